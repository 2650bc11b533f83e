"""A text that is being read: which stretches have their words already, and what is still open.

Readers are applied one after the other. What one has read is closed to those that follow: nothing inside is read again.
They see what was written next to it, because dates are told from fractions by the words before them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from audio.spoken_text.number_words import Dialect

Kind = Literal[
    "abbreviation",
    "abbreviation, one of several",
    "address",
    "code",
    "date",
    "document",
    "list",
    "measure",
    "number",
    "phone",
    "range",
    "roman",
    "share",
    "sign",
    "time",
    "web",
]
"""What a reader takes the writing for."""

By = Literal["rule", "list", "lexicon", "correction", "text"]
"""Who read a stretch: a reader, one by the national list, the commune's lexicon, or an officer; text: none of these."""

READ = "\x01"
"""Stands in `open` for each character that was read."""
SAID_FROM, SAID_TO = "\x02", "\x03"
"""Stand around the words of a stretch in what is said."""


@dataclass(frozen=True)
class Stretch:
    """The words for `start` ≤ i < `end`. Text that no reader knows, and that is doubted, has itself for its words."""

    start: int
    end: int
    words: str
    kind: str
    """A reader's `Kind`, "lexicon", "correction", or for doubted text the kind of its doubt."""
    by: By = "rule"
    entry: str = ""
    """The id of the lexicon entry that read it."""


@dataclass
class Reading:
    """A text, the stretches read so far, and `open`: the text with these blanked out."""

    text: str
    dialect: Dialect
    stretches: list[Stretch] = field(default_factory=list)
    open: str = ""
    _begins: dict[int, Stretch] = field(default_factory=dict)
    _ends: dict[int, Stretch] = field(default_factory=dict)
    confirmed: list[tuple[int, int]] = field(default_factory=list)
    """Places that an officer has confirmed: they are right as they are read."""

    def __post_init__(self) -> None:
        self.open = self.text

    def before(self, match: re.Match[str], length: int = 40) -> str:
        """What was written before a match, in small letters, also where it has been read."""
        return self.text[max(0, match.start() - length) : match.start()].lower()

    def after(self, match: re.Match[str], length: int = 40) -> str:
        """What was written after a match, in small letters, also where it has been read."""
        return self.text[match.end() : match.end() + length].lower()

    def ending_at(self, at: int, *kinds: Kind) -> Stretch | None:
        """The stretch that ends there, if it is of one of these kinds; without `kinds` of any."""
        found = self._ends.get(at)
        return found if found and (found.kind in kinds or not kinds) else None

    def beginning_at(self, at: int, *kinds: Kind) -> Stretch | None:
        """The stretch that begins there, if it is of one of these kinds; without `kinds` of any."""
        found = self._begins.get(at)
        return found if found and (found.kind in kinds or not kinds) else None

    def is_between(self, match: re.Match[str], *kinds: Kind) -> bool:
        """Whether a stretch ends where `it` begins, and another begins where it ends, both of one of these kinds."""
        start, end = match.span("it")
        return bool(self.ending_at(start, *kinds) and self.beginning_at(end, *kinds))

    def said(self, stretches: Sequence[Stretch]) -> str:
        """The text with the words of these stretches (in order) between `SAID_FROM` and `SAID_TO`."""
        parts = []
        at = 0
        for stretch in stretches:
            gap = self.text[at : stretch.start]
            parts.append(gap)
            at = stretch.end
            if stretch.by == "text":
                parts += [SAID_FROM, stretch.words, SAID_TO]
                continue
            if gap[-1:].isalnum() or (not gap and len(parts) > 1):
                parts.append(" ")
            words = stretch.words.strip()
            parts.append(stretch.words.replace(words, f"{SAID_FROM}{words}{SAID_TO}", 1) if words else " ")
            if words and self.text[at : at + 1].isalnum():
                parts.append(" ")
        parts.append(self.text[at:])
        return "".join(parts)

    def close(self, found: Sequence[Stretch]) -> None:
        """Add these, in order of their places: they are read, and no longer open."""
        if not found:
            return
        self.stretches += found
        self._begins |= {each.start: each for each in found}
        self._ends |= {each.end: each for each in found}
        parts = []
        at = 0
        for stretch in found:
            parts += [self.open[at : stretch.start], READ * (stretch.end - stretch.start)]
            at = stretch.end
        self.open = "".join([*parts, self.open[at:]])
