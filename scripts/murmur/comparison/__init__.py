"""Comparison of groups of animals: differences, tests over sessions and factors, measurement error."""
