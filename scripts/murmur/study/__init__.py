"""What a study file asks for: its cohorts and readers, checked before any job starts."""
