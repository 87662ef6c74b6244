"""Whether a file is still what the current code, settings and inputs would make."""
