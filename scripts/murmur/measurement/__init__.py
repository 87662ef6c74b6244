"""Volumes, function and overlap, measured on masks."""
