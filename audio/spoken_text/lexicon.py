"""The commune's own words: entries of the lexicon, which come before the tables of readers, and an officer's
corrections of one text, which come before the lexicon.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
    """`spoken` is said for `written` where it stands as a word of its own; `beside`: only near this word."""

    written: str
    spoken: str
    any_case: bool = False
    beside: str = ""


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


class Lexicon:
    """Entries in the order in which they count: of two that write the same, the first whose word beside is there."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        by_first_word: dict[str, list[tuple[str, Entry]]] = {}
        for entry in entries:
            written = plain_text(entry.written).text.strip()
            first = _PIECE.search(written)
            if first and first.start() == 0:
                by_first_word.setdefault(first[0].lower(), []).append((written, entry))
        # Entries of one writing together, because there may be thousands: the text is searched once for all of them.
        self._by_first_word: dict[str, list[tuple[str, bool, list[tuple[str, Entry]]]]] = {}
        for word, found in by_first_word.items():
            found.sort(key=lambda each: (-len(each[0]), not each[1].beside))
            self._by_first_word[word] = [
                (written, any_case, [(entry.beside.lower(), entry) for _, entry in alike])
                for (written, any_case), alike in groupby(found, key=lambda each: (each[0], each[1].any_case))
            ]

    def read(self, reading: Reading, *, alone: bool) -> None:
        """Say what is still open; `alone`: only where nothing is joined to it, as the signs of a document's number.

        Otherwise what holds a digit is left: 30 is no word in 30.000.
        """
        if not self._by_first_word:
            return
        found: list[Stretch] = []
        end = 0
        for piece in _PIECE.finditer(reading.open):
            if piece.start() < end:
                continue
            for written, any_case, entries in self._by_first_word.get(piece[0].lower(), ()):
                after = piece.start() + len(written)
                if not alone and any(letter.isdecimal() for letter in written):
                    continue
                if not _is_word_at(reading.open, piece.start(), after, written, any_case) or (
                    alone and _is_joined(reading.text, piece.start(), after)
                ):
                    continue
                near = _near(reading.text, piece.start(), after)
                entry = next((each for beside, each in entries if not beside or _has_word(near, beside)), None)
                if entry is not None:
                    found.append(Stretch(piece.start(), after, entry.spoken, "lexicon", "lexicon"))
                    end = after
                    break
        reading.close(found)


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


def _is_word_at(text: str, start: int, end: int, written: str, any_case: bool) -> bool:
    found = text[start:end]
    if found != written and not (any_case and found.lower() == written.lower()):
        return False
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
