"""What a user sees on the terminal: progress, what is wrong, and where the results are."""
