"""Broadcasts and results in one line, for the pages that list them."""
