"""Verification of files against their records and the current state."""
