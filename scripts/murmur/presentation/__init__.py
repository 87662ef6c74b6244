"""Figures, printed tables, pages and prose."""
