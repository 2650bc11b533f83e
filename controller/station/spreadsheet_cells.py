"""Cells of the CSV files that officers open in a spreadsheet, and may send back."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP: CSV injection)."""


def cell_of(text: str) -> str:
    """The text as a cell that is no formula: with an apostrophe before it where a spreadsheet would read one."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def text_of(cell: str) -> str:
    """The text that `cell_of` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell
