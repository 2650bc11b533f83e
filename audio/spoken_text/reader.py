"""A reader of one form of writing: a pattern, and what is said for a match. Tables of readers are applied in order."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from audio.spoken_text.reading import By, Kind, Reading, Stretch

Say = Callable[[re.Match[str], Reading], str | None]
"""The words for a match; None: it isn't what it looks like. Reads the words around the match, and changes nothing."""


@dataclass(frozen=True)
class Reader:
    """One row of a table.

    `example` is a text that this row reads, and `spoken` the words of that whole text: a test holds each row to them.
    """

    example: str
    spoken: str
    pattern: re.Pattern[str]
    """Its group `it` is what the words stand for. The rest of a match is only looked at."""
    say: Say
    kind: Kind
    by: By = "rule"
    is_repeated: bool = False
    """For lists of any length: once a row above has read something, this row is applied until it finds nothing more."""


Table = tuple[Reader, ...]


def read_table(reading: Reading, table: Table) -> None:
    """Apply each row to what the rows before it, and the tables before this one, have left."""
    count = len(reading.stretches)
    for reader in table:
        if not reader.is_repeated:
            apply_reader(reading, reader)
            continue
        while len(reading.stretches) > count:
            count = len(reading.stretches)
            apply_reader(reading, reader)


def apply_reader(reading: Reading, reader: Reader) -> None:
    """Say each match. After a match that isn't read the search goes on at its second character."""
    found = []
    at = 0
    while match := reader.pattern.search(reading.open, at):
        words = reader.say(match, reading)
        if words is None:
            at = match.start() + 1
            continue
        start, end = match.span("it")
        found.append(Stretch(start, end, words, reader.kind, reader.by))
        at = max(end, match.start() + 1)
    reading.close(found)


def always(words: str) -> Say:
    """Says the same for each match."""
    return lambda _match, _reading: words


def between(words: str, kind: Kind) -> Say:
    """Says this where a stretch of the kind ends before `it`, and another begins after it."""
    return lambda match, reading: words if reading.is_between(match, kind) else None
