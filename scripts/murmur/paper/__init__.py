"""The published study's numbers, compared with this study's."""
