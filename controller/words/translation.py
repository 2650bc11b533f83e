"""In which language words are said. They are written in Vietnamese, which is what the catalogues translate from.

`mark` and `Counted` only mark a text for `make catalogue`; `_`, `pgettext`, `ngettext` and `counted` (numbers.py) say
it at once.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["vi", "en"]

CATALOGUES = Path(__file__).parent / "catalogue"
DOMAIN = "loa"

_language: ContextVar[Language] = ContextVar("language", default="vi")


def language() -> Language:
    """What the present reader reads: of this request, or of this command. Threads begin with Vietnamese."""
    return _language.get()


@contextmanager
def speaking(to: Language) -> Iterator[None]:
    """Say everything in this language until the end of the block."""
    before = _language.set(to)
    try:
        yield
    finally:
        _language.reset(before)


def _(text: str) -> str:
    """The text in the reader's language; as it is where the catalogue has no entry."""
    return _catalogue(language()).gettext(text) if text else text  # the empty entry is the catalogue's own head


def pgettext(context: str, text: str) -> str:
    """The same for one Vietnamese text that needs several translations: `context` says in English which one this is."""
    return _catalogue(language()).pgettext(context, text)


def ngettext(one: str, many: str, n: int) -> str:
    """The same, in the form that goes with a number."""
    return _catalogue(language()).ngettext(one, many, n)


def mark(text: str) -> str:
    """Mark a text that is said later, by `_`."""
    return text


@dataclass(frozen=True)
class Counted:
    """Mark a text whose form goes with one of its values: “{n} day”, “{n} days”. Vietnamese has one form for both."""

    by: str
    text: str


@cache
def _catalogue(of: Language) -> gettext.NullTranslations:
    if of == "vi":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, CATALOGUES, [of], fallback=True)
