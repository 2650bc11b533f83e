"""From text as officers write it to words as they are said.

    spoken_text("Họp 7h30 ngày 30/5") → “Họp bảy giờ ba mươi ngày ba mươi tháng năm”

Rules, then the national list of abbreviations. What has been read is not read again, what nobody knows stays as it is.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from audio.spoken_text.addresses import read_addresses
from audio.spoken_text.amounts import read_amounts
from audio.spoken_text.capitals import plain_meanings, read_capitals, signs
from audio.spoken_text.dates import read_dates
from audio.spoken_text.document_numbers import read_document_numbers
from audio.spoken_text.doubts import doubts
from audio.spoken_text.list_heads import read_list_heads
from audio.spoken_text.number_words import NORTHERN, Dialect
from audio.spoken_text.phones import read_phones
from audio.spoken_text.plain_text import plain_text
from audio.spoken_text.reading import Reading, Stretch
from audio.spoken_text.romans import read_romans
from audio.spoken_text.symbols import read_symbols
from audio.spoken_text.times import read_times
from audio.spoken_text.web_addresses import read_web_addresses


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
class SpokenText:
    """The words to be said, how each changed stretch came about, and what an officer should look at before."""

    words: str
    stretches: tuple[Stretch, ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()


def spoken_text(text: str, dialect: Dialect = NORTHERN, today: date | None = None) -> SpokenText:
    """The words of a text: line breaks to one (a line break is a pause), spaces folded to one.

    `today`, the commune's: without it no date is past.
    """
    plain = plain_text(text)
    reading = Reading(plain.text, dialect)
    read_web_addresses(reading)
    read_list_heads(reading)
    read_document_numbers(reading, signs(plain.text))
    read_phones(reading)
    read_times(reading)
    read_dates(reading)
    read_romans(reading)
    read_capitals(reading)
    read_addresses(reading, plain_meanings())
    read_amounts(reading)
    read_symbols(reading)
    lines = (re.sub(r" +(?=[,.;:)])", "", " ".join(line.split())) for line in reading.said().split("\n"))
    return SpokenText(
        "\n".join(filter(None, lines)),
        tuple(
            replace(each, start=start, end=end)
            for each in sorted(reading.stretches, key=lambda each: each.start)
            for start, end in [plain.source(each.start, each.end)]
        ),
        tuple(
            ReadingWarning(each.kind, text[start:end], start, end, each.blocks)
            for each in doubts(reading, today)
            for start, end in [plain.source(each.start, each.end)]
        ),
    )
