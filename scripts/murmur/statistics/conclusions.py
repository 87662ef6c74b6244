"""Words of the tables of phenotypes: raters, and conclusions from the tests by reference and reader."""

RATERS = ("reference", "reader")
MIN_MICE = 3  # per phenotype: with a group of 2 among larger ones, Welch's tests are liberal (docs/statistics.md)
MIN_DF = 10  # of an SD: with fewer, the true one may be half or twice the estimate
SIGNIFICANT, NOT_SIGNIFICANT = "same: significant", "same: not significant"
REFERENCE_ONLY, READER_ONLY, OPPOSITE = "reference only", "reader only", "opposite"
