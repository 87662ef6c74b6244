"""The files of the mice, and the tables about them."""
