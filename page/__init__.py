"""The web page: drop a scan, look at its masks, correct them, download tables; docs/page.md describes it."""
