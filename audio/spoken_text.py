"""From text as officers write it to words as they are said.

For now it does the least that is honest: one Unicode form and folded white space. Numbers, dates and abbreviations
are given to the speech engine as they stand, which reads many of them badly ("15" becomes "mười năm"); their reading,
and the warnings about them, have their place here.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadingWarning:
    """Something in the text that may be said wrongly: `text` stands at `start` ≤ i < `end` of what was written."""

    kind: str
    text: str
    start: int
    end: int
    blocks: bool  # it must be mended; else it asks to be confirmed


@dataclass(frozen=True)
class SpokenText:
    """The words to be said, and what an officer should look at before."""

    words: str
    warnings: tuple[ReadingWarning, ...] = ()


def spoken_text(text: str) -> SpokenText:
    """The words of a text: NFC, spaces folded to one, line breaks to one (a line break is a pause)."""
    composed = unicodedata.normalize("NFC", text)
    lines = (" ".join(line.split()) for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", composed))
    return SpokenText("\n".join(filter(None, lines)))
