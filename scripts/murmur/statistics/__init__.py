"""Agreement, overlap, phenotypes, readers and cohorts: the statistics of the measurements."""
