"""From text as officers write it to words as they are said.

    spoken_text("Họp 7h30 ngày 30/5") → “Họp bảy giờ ba mươi ngày ba mươi tháng năm”

An officer's corrections come first, then the lexicon, then the tables of readers (`readers/`).
What has been read is not read again; what no reader knows stays as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from audio.spoken_text.doubts import Doubt, DoubtKind, doubts
from audio.spoken_text.lexicon import Correction, Lexicon, read_corrections
from audio.spoken_text.number_words import NORTHERN, Dialect
from audio.spoken_text.plain_text import PlainText, plain_text
from audio.spoken_text.reader import read_table
from audio.spoken_text.readers.tables import tables_after_lexicon, tables_before_lexicon
from audio.spoken_text.reading import READ, SAID_FROM, SAID_TO, Reading, Stretch

NO_LEXICON = Lexicon()
_PIECES = re.compile(f"{SAID_FROM}([^{SAID_TO}]*){SAID_TO}")
_SPACE_BEFORE_POINT = re.compile(f" +(?={SAID_FROM}?[,.;:)])")


@dataclass(frozen=True)
class ReadingWarning:
    """Something in the text that may be said wrongly: `text` stands at `start` ≤ i < `end` of what was written."""

    kind: DoubtKind
    text: str
    start: int
    end: int
    blocks: bool
    """It must be changed; else it is enough to confirm it."""


@dataclass(frozen=True)
class Piece:
    """A piece of what is said, and the stretch that it stands for; None: it is as it was written."""

    words: str
    stretch: Stretch | None


@dataclass(frozen=True)
class SpokenText:
    """The words to be said, the same in pieces, each stretch that was read, and what an officer should look at.

    Places are those of what was written. A doubted piece that no reader has read has a stretch too, in `pieces` only.
    """

    words: str
    pieces: tuple[Piece, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()


def spoken_text(
    text: str,
    dialect: Dialect = NORTHERN,
    today: date | None = None,
    lexicon: Lexicon = NO_LEXICON,
    corrections: Sequence[Correction] = (),
) -> SpokenText:
    """The words of a text: line breaks to one (a line break is a pause), spaces folded to one.

    `today`, the commune's: without it no date is past.
    """
    plain = plain_text(text)
    reading = Reading(plain.text, dialect)
    read_corrections(reading, corrections, text, plain)
    lexicon.read(reading, alone=True)
    for table in tables_before_lexicon():
        read_table(reading, table)
    lexicon.read(reading, alone=False)
    for table in tables_after_lexicon():
        read_table(reading, table)
    found = doubts(reading, today)
    return SpokenText(*_words_and_pieces(reading, plain, found), tuple(_warning(each, text, plain) for each in found))


def _words_and_pieces(
    reading: Reading, plain: PlainText, found: Sequence[Doubt]
) -> tuple[str, tuple[Piece, ...], tuple[Stretch, ...]]:
    """The first three fields of a `SpokenText`."""
    stretches = sorted(reading.stretches, key=lambda each: each.start)
    marked = sorted([*stretches, *_doubtful_text(reading, found)], key=lambda each: each.start)
    lines = (_SPACE_BEFORE_POINT.sub("", " ".join(line.split())) for line in reading.said(marked).split("\n"))
    parts = _PIECES.split("\n".join(filter(None, lines)))
    with_words = iter([_placed(each, plain) for each in marked if each.words.strip()])
    pieces = tuple(Piece(words, next(with_words) if at % 2 else None) for at, words in enumerate(parts))
    return (
        "".join(parts),
        tuple(each for each in pieces if each.words),
        tuple(_placed(each, plain) for each in stretches),
    )


def _placed(stretch: Stretch, plain: PlainText) -> Stretch:
    """With its place in what was written."""
    start, end = plain.source(stretch.start, stretch.end)
    return replace(stretch, start=start, end=end)


def _warning(doubt: Doubt, text: str, plain: PlainText) -> ReadingWarning:
    start, end = plain.source(doubt.start, doubt.end)
    return ReadingWarning(doubt.kind, text[start:end], start, end, doubt.blocks)


def _doubtful_text(reading: Reading, found: Sequence[Doubt]) -> Iterator[Stretch]:
    """What is doubted and has not been read: it is marked too, and said as it was written."""
    end = 0
    for doubt in found:
        if doubt.start >= end and READ not in reading.open[doubt.start : doubt.end]:
            yield Stretch(doubt.start, doubt.end, reading.text[doubt.start : doubt.end], doubt.kind, "text")
            end = doubt.end
