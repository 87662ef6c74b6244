"""Provenance of each file: records, stamps and digests of the code."""
