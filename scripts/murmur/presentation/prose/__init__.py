"""Results in words: one function per paragraph, every number and verdict from the tables of statistics."""
