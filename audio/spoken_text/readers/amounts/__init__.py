"""Amounts: `table.py` has a row for each form in which money, measures, shares and ranges are written."""
