"""The published study's numbers, and how this study's compare with them."""
