"""Comparison with the numbers printed by the published study."""
