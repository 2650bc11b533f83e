"""The tables of readers in the order in which they are applied."""

from audio.spoken_text.reader import Table
from audio.spoken_text.readers.addresses import ADDRESSES, ROADS
from audio.spoken_text.readers.amounts.table import AMOUNTS
from audio.spoken_text.readers.capitals import abbreviations
from audio.spoken_text.readers.dates.table import DATES
from audio.spoken_text.readers.document_numbers import DOCUMENT_NUMBERS
from audio.spoken_text.readers.list_heads import LIST_HEADS
from audio.spoken_text.readers.phones import PHONES
from audio.spoken_text.readers.romans import ROMANS
from audio.spoken_text.readers.symbols import SYMBOLS
from audio.spoken_text.readers.times import TIMES
from audio.spoken_text.readers.web_addresses import WEB_ADDRESSES


def tables_before_lexicon() -> tuple[Table, ...]:
    """What has a form of its own. An abbreviation inside it is part of that form: UBND in 57/KH-UBND."""
    return (WEB_ADDRESSES, LIST_HEADS, DOCUMENT_NUMBERS, PHONES, TIMES, DATES, ROMANS)


def tables_after_lexicon() -> tuple[Table, ...]:
    """What is left: abbreviations, each number, and signs."""
    return (ROADS, abbreviations(), ADDRESSES, AMOUNTS, SYMBOLS)
