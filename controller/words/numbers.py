"""Numbers as the reader's language writes them."""

from controller.words.translation import language, ngettext

_VIETNAMESE = str.maketrans(",.", ".,")


def number(value: int) -> str:
    """1234 is 1.234; in English 1,234."""
    return _as_written(f"{value:,}")


def decimal(value: float) -> str:
    """11.25 is 11,2; in English 11.2."""
    return _as_written(f"{value:,.1f}")


def counted(text: str, n: int, **values: object) -> str:
    """“{n} loa”: the text in the form that goes with `n`, filled with its values. `make catalogue` gathers it."""
    return ngettext(text, text, n).format(n=number(n), **values)


def _as_written(text: str) -> str:
    return text.translate(_VIETNAMESE) if language() == "vi" else text
