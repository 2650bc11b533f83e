"""Dates: `table.py` has a row for each form in which days, months, years and weekdays are written."""
