"""The commune's own words: entries of the lexicon, which come before the tables of readers, and an officer's
corrections of one text, which come before the lexicon.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from audio.spoken_text.plain_text import PlainText, plain_text
from audio.spoken_text.reading import Reading, Stretch

MAX_DISTANCE_OF_BESIDE = 40
"""An entry's `beside` counts if it stands at most so many characters before or after it, in the same line."""

CONTEXT = 8
"""How many characters before and after a place tell it from others in the text; changed there, it is doubted again."""
_EDGE = "\n" * CONTEXT

_PIECE = re.compile(r"\w+|[^\w\s]")
_JOINED_BEFORE = re.compile(r"\w[/.@&_+-]$")
_JOINED_AFTER = re.compile(r"[/.@&_+-]\w")


@dataclass(frozen=True)
class Entry:
    """`spoken` is said for `written` where it stands as a word of its own; `beside`: only near this word.

    `id`: the stretches that it reads name it.
    """

    written: str
    spoken: str
    any_case: bool = False
    beside: str = ""
    id: str = ""


@dataclass(frozen=True)
class Correction:
    """`spoken` is said for `written` where it stands between `before` and `after`; None: it is right as it is read.

    Of several such places the `nth` (from 0) is meant, as long as there are `of` of them: with one more or fewer it
    can't be told any more which it was, and the correction lapses.
    """

    written: str
    before: str
    after: str
    spoken: str | None
    nth: int = 0
    of: int | None = None


@dataclass(frozen=True)
class _Written:
    """An entry with the plain form of what is written; the lowest `rank` counts, of those that write as much."""

    entry: Entry
    written: str
    rank: tuple[bool, int]
    beside: str
    has_digit: bool


@dataclass
class _Begun:
    """The entries that begin with one word, by what they write, and by that in small letters for those of any case."""

    lengths: list[int] = field(default_factory=list)
    """Of what they write, the longest first."""
    exact: dict[str, list[_Written]] = field(default_factory=dict)
    any_case: dict[str, list[_Written]] = field(default_factory=dict)

    def add(self, each: _Written) -> None:
        if each.entry.any_case:
            self.any_case.setdefault(each.written.lower(), []).append(each)
        else:
            self.exact.setdefault(each.written, []).append(each)

    def of(self, found: str) -> list[_Written]:
        """The entries that write this, those that count first before the others."""
        exact, any_case = self.exact.get(found, ()), self.any_case.get(found.lower(), ())
        return sorted([*exact, *(each for each in any_case if len(each.written) == len(found))], key=_rank)


class Lexicon:
    """Entries in the order in which they count: of two that write the same, the first whose word beside is there.

    A text is read in one pass, however many entries there are.
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._begun: dict[str, _Begun] = {}
        for number, entry in enumerate(entries):
            written = plain_text(entry.written).text.strip()
            first = _PIECE.match(written)
            if first:
                has_digit = any(letter.isdecimal() for letter in written)
                rank = (not entry.beside, number)
                each = _Written(entry, written, rank, entry.beside.lower(), has_digit)
                self._begun.setdefault(first[0].lower(), _Begun()).add(each)
        for begun in self._begun.values():
            groups = [*begun.exact.values(), *begun.any_case.values()]
            begun.lengths = sorted({len(each.written) for group in groups for each in group}, reverse=True)

    def read(self, reading: Reading, *, alone: bool) -> None:
        """Say what is still open; `alone`: only where nothing is joined to it, as the signs of a document's number.

        Otherwise what holds a digit is left: 30 is no word in 30.000.
        """
        if not self._begun:
            return
        found: list[Stretch] = []
        end = 0
        for piece in _PIECE.finditer(reading.open):
            begun = self._begun.get(piece[0].lower()) if piece.start() >= end else None
            if begun is None:
                continue
            for after in (piece.start() + length for length in begun.lengths):
                entry = _entry_at(begun, reading, piece.start(), after, alone=alone)
                if entry is not None:
                    found.append(Stretch(piece.start(), after, entry.spoken, "lexicon", "lexicon", entry.id))
                    end = after
                    break
        reading.close(found)


def _rank(each: _Written) -> tuple[bool, int]:
    return each.rank


def _entry_at(begun: _Begun, reading: Reading, start: int, end: int, *, alone: bool) -> Entry | None:
    """The entry by which `start` ≤ i < `end` is read, if one writes just that."""
    if end > len(reading.open):
        return None
    near: tuple[str, str] | None = None
    for each in begun.of(reading.open[start:end]):
        if (each.has_digit and not alone) or not _is_word_at(reading.open, start, end, each.written):
            continue
        if alone and _is_joined(reading.text, start, end):
            return None
        near = near or _near(reading.text, start, end)
        if not each.beside or _has_word(near, each.beside):
            return each.entry
    return None


def with_edges(text: str) -> str:
    """The text between line breaks, so that a place at its edge has a context: it changes if the text goes on there."""
    return f"{_EDGE}{text}{_EDGE}"


def places_of(text: str, before: str, written: str, after: str) -> Iterator[int]:
    """The places at which `written` stands between `before` and `after`."""
    edged = with_edges(text)
    at = edged.find(before + written + after)
    while at >= 0:
        yield at + len(before) - CONTEXT
        at = edged.find(before + written + after, at + 1)


def read_corrections(reading: Reading, corrections: Sequence[Correction], text: str, plain: PlainText) -> None:
    """Say each at its place in `text`, which is as the officer wrote it. Of two for one place the later counts."""
    taken = bytearray(len(text))
    found = []
    for each in reversed(corrections):
        places = list(places_of(text, each.before, each.written, each.after)) if each.written else []
        if each.of is not None and each.of != len(places):
            continue
        for start in places[each.nth : each.nth + 1]:
            end = start + len(each.written)
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            place = plain.place(start), plain.place(end)
            if each.spoken is None:
                reading.confirmed.append(place)
            else:
                found.append(Stretch(*place, each.spoken, "correction", "correction"))
    reading.close(sorted(found, key=lambda each: each.start))


def _is_word_at(text: str, start: int, end: int, written: str) -> bool:
    """Whether what is written there is no part of a longer word."""
    return not (_is_word_letter(written[0]) and start and _is_word_letter(text[start - 1])) and not (
        _is_word_letter(written[-1]) and end < len(text) and _is_word_letter(text[end])
    )


def _is_word_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _is_joined(text: str, start: int, end: int) -> bool:
    return bool(_JOINED_BEFORE.search(text[max(0, start - 2) : start]) or _JOINED_AFTER.match(text[end : end + 2]))


def _near(text: str, start: int, end: int) -> tuple[str, str]:
    """The text near a place, before and after, in the same line, in small letters."""
    before = text[max(0, start - MAX_DISTANCE_OF_BESIDE) : start].rpartition("\n")[2]
    return before.lower(), text[end : end + MAX_DISTANCE_OF_BESIDE].partition("\n")[0].lower()


def _has_word(near: tuple[str, str], word: str) -> bool:
    # As letters first: re caches some hundreds of patterns, and an area may have thousands of entries.
    return any(word in each and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", each) for each in near)
