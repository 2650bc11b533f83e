"""A text that is being read: which stretches are words already, what of them is said, and what is still to be read.

Readers come one after the other, each with a pattern and what it says of a match. What one has read is closed to those
that follow: nothing inside is read again. They see what was written beside it, because dates are told from fractions by
the words before them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from audio.spoken_text.number_words import Dialect

Say = Callable[[re.Match[str]], str | None]
"""The words for a match; None: it isn't what it looked like."""

By = Literal["rule", "list", "lexicon", "correction", "text"]

READ = "\x01"
"""Stands in `open` for each character of what was read."""
SAID_FROM, SAID_TO = "\x02", "\x03"
"""Stand in what is said around the words of a stretch."""


@dataclass(frozen=True)
class Stretch:
    """What is said of `start` ≤ i < `end`, and why: the reader's name. By `text`: nobody read it, it is as written."""

    start: int
    end: int
    words: str
    why: str
    by: By = "rule"


@dataclass
class Reading:
    """The text, the stretches read so far, and the same text with these blanked out."""

    text: str
    dialect: Dialect
    stretches: list[Stretch] = field(default_factory=list)
    open: str = ""
    _begins: dict[int, Stretch] = field(default_factory=dict)
    _ends: dict[int, Stretch] = field(default_factory=dict)
    confirmed: list[tuple[int, int]] = field(default_factory=list)
    """Places of which somebody said that they are right as they are read."""

    def __post_init__(self) -> None:
        self.open = self.text

    def read(self, pattern: re.Pattern[str], say: Say, why: str, by: By = "rule") -> None:
        """Say each match of what is still open. A group named `it` is what is read of a match; else all of it."""
        group: str | int = "it" if "it" in pattern.groupindex else 0
        found = []
        at = 0
        while match := pattern.search(self.open, at):
            words = say(match)
            start, end = match.span(group)
            if words is None:
                at = match.start() + 1
                continue
            found.append(Stretch(start, end, words, why, by))
            at = max(end, match.start() + 1)
        self.close(found)

    def before(self, match: re.Match[str], length: int = 40) -> str:
        """What was written before a match, in small letters, whoever has read it."""
        return self.text[max(0, match.start() - length) : match.start()].lower()

    def after(self, match: re.Match[str], length: int = 40) -> str:
        """What was written after it."""
        return self.text[match.end() : match.end() + length].lower()

    def ending_at(self, at: int, *whys: str) -> Stretch | None:
        """The stretch that ends there, if it was read as one of these; without `whys` as anything."""
        found = self._ends.get(at)
        return found if found and (found.why in whys or not whys) else None

    def beginning_at(self, at: int, *whys: str) -> Stretch | None:
        """The stretch that begins there, if it was read as one of these; without `whys` as anything."""
        found = self._begins.get(at)
        return found if found and (found.why in whys or not whys) else None

    def is_between(self, match: re.Match[str], *whys: str) -> bool:
        """Whether what ends where `it` begins, and what begins where it ends, were both read as one of these."""
        start, end = match.span("it")
        return bool(self.ending_at(start, *whys) and self.beginning_at(end, *whys))

    def said(self, stretches: Sequence[Stretch]) -> str:
        """All of it: these stretches (in their order) in words, between `SAID_FROM` and `SAID_TO`; else as written."""
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
        """Take these, in their order, for read."""
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
