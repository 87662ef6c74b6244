"""How each file was made: records, stamps, and digests of the code."""
