"""From text as officers write it to words as they are said.

    spoken_text("Họp 7h30 ngày 30/5") → “Họp bảy giờ ba mươi ngày ba mươi tháng năm”

An officer's corrections and the lexicon, then rules, then the national list of abbreviations.
What has been read is not read again, what nobody knows stays as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from audio.spoken_text.doubts import Doubt, doubts
from audio.spoken_text.lexicon import Correction, Lexicon, read_corrections
from audio.spoken_text.number_words import NORTHERN, Dialect
from audio.spoken_text.plain_text import plain_text
from audio.spoken_text.readers.addresses import read_addresses, read_roads
from audio.spoken_text.readers.amounts import read_amounts
from audio.spoken_text.readers.capitals import plain_meanings, read_capitals, signs
from audio.spoken_text.readers.dates import read_dates
from audio.spoken_text.readers.document_numbers import read_document_numbers
from audio.spoken_text.readers.list_heads import read_list_heads
from audio.spoken_text.readers.phones import read_phones
from audio.spoken_text.readers.romans import read_romans
from audio.spoken_text.readers.symbols import read_symbols
from audio.spoken_text.readers.times import read_times
from audio.spoken_text.readers.web_addresses import read_web_addresses
from audio.spoken_text.reading import READ, SAID_FROM, SAID_TO, Reading, Stretch

NO_LEXICON = Lexicon()
_PIECES = re.compile(f"{SAID_FROM}([^{SAID_TO}]*){SAID_TO}")
_SPACE_BEFORE_POINT = re.compile(f" +(?={SAID_FROM}?[,.;:)])")


@dataclass(frozen=True)
class ReadingWarning:
    """Something in the text that may be said wrongly: `text` stands at `start` ≤ i < `end` of what was written.

    `kind`: unread, unknown_capitals, ambiguous_abbreviation, ambiguous_date, impossible_date, impossible_time,
    wrong_weekday, phone_length, past_date.
    """

    kind: str
    text: str
    start: int
    end: int
    blocks: bool  # it must be mended; else it asks to be confirmed


@dataclass(frozen=True)
class Piece:
    """A piece of what is said; `stretch`: what it was made of, None where it is as it was written."""

    words: str
    stretch: Stretch | None


@dataclass(frozen=True)
class SpokenText:
    """The words to be said, in pieces too; how each changed stretch came about; what an officer should look at before.

    Places are those of what was written. A piece that nobody read, but somebody should look at, has a stretch too.
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
    read_web_addresses(reading)
    read_list_heads(reading)
    read_document_numbers(reading, signs(plain.text))
    read_phones(reading)
    read_times(reading)
    read_dates(reading)
    read_romans(reading)
    lexicon.read(reading, alone=False)
    read_roads(reading)
    read_capitals(reading)
    read_addresses(reading, plain_meanings())
    read_amounts(reading)
    read_symbols(reading)
    found = doubts(reading, today)

    def placed(stretch: Stretch) -> Stretch:
        start, end = plain.source(stretch.start, stretch.end)
        return replace(stretch, start=start, end=end)

    stretches = sorted(reading.stretches, key=lambda each: each.start)
    marked = sorted([*stretches, *_doubtful_text(reading, found)], key=lambda each: each.start)
    lines = (_SPACE_BEFORE_POINT.sub("", " ".join(line.split())) for line in reading.said(marked).split("\n"))
    pieces = _PIECES.split("\n".join(filter(None, lines)))
    of = iter([placed(each) for each in marked if each.words.strip()])
    said = tuple(Piece(words, next(of) if at % 2 else None) for at, words in enumerate(pieces))
    return SpokenText(
        "".join(pieces),
        tuple(each for each in said if each.words),
        tuple(map(placed, stretches)),
        tuple(
            ReadingWarning(each.kind, text[start:end], start, end, each.blocks)
            for each in found
            for start, end in [plain.source(each.start, each.end)]
        ),
    )


def _doubtful_text(reading: Reading, found: Sequence[Doubt]) -> Iterator[Stretch]:
    """What is doubted and nobody read: it is marked too, and said as it was written."""
    end = 0
    for doubt in found:
        if doubt.start >= end and READ not in reading.open[doubt.start : doubt.end]:
            yield Stretch(doubt.start, doubt.end, reading.text[doubt.start : doubt.end], doubt.kind, "text")
            end = doubt.end
