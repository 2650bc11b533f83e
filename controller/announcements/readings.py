"""How an announcement is read: by its corrections, the lexicon of its area, and the station's dialect.

The last readings are remembered by all that they depend on. So a text can be read before the transaction that stores it
(drafts.py: `read_ahead`): within it the reading is there, and if the lexicon changed meanwhile, it is made again.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from audio.speech.port import Voice
from audio.spoken_text import SpokenText, spoken_text
from audio.spoken_text.lexicon import Correction, Entry, Lexicon
from audio.spoken_text.number_words import FOURS, NORTHERN, SOUTHERN, THOUSANDS, ZERO_TENS, Dialect
from controller.database.column_types import CorrectionFields, WarningFields
from controller.database.tables import Announcement, LexiconEntry
from controller.station import facts
from controller.station.area_tree import area_tree


def reading_of(session: Session, now: datetime, row: Announcement) -> SpokenText:
    """The announcement's text as it would be read today."""
    return readings_of(session, now, [row])[0]


def readings_of(session: Session, now: datetime, rows: Sequence[Announcement]) -> list[SpokenText]:
    """The text of each announcement as it would be read today. The number of queries doesn't grow with the rows."""
    today = now.astimezone(ZoneInfo(facts.time_zone(session))).date()
    lexicons = lexicons_of(session, {row.area for row in rows})
    dialects = {voice: dialect(session, voice) for voice in {row.voice for row in rows}}
    return [
        _read(
            row.text,
            dialects[row.voice],
            today,
            lexicons[row.area],
            tuple(_correction(each) for each in row.corrections),
        )
        for row in rows
    ]


def update_reading(session: Session, now: datetime, row: Announcement) -> SpokenText | None:
    """Set the row's spoken words and warnings by today's reading; None: in another language it is the text itself."""
    if not speaks_vietnamese(row):
        row.spoken_text, row.warnings = row.text, []
        return None
    reading = reading_of(session, now, row)
    row.spoken_text, row.warnings = reading.words, warning_fields(reading)
    return reading


def speaks_vietnamese(row: Announcement) -> bool:
    """Whether engines can speak it. An announcement in another language needs a recording."""
    return row.language.partition("-")[0].lower() == "vi"


def warning_fields(reading: SpokenText) -> list[WarningFields]:
    """The warnings of a reading as an announcement's row keeps them."""
    return [
        {
            "kind": warning.kind,
            "text": warning.text,
            "from": warning.start,
            "to": warning.end,
            "blocks": warning.blocks,
        }
        for warning in reading.warnings
    ]


def dialect(session: Session, voice: Voice) -> Dialect:
    """The dialect of the voice's region, with the number words that the station has chosen."""
    own = SOUTHERN if voice == "south" else NORTHERN
    thousand = facts.read(session, "word_for_thousand")
    zero_tens = facts.read(session, "word_for_zero_tens")
    four = facts.read(session, "word_for_four")
    return Dialect(
        thousand if thousand in THOUSANDS else own.thousand,
        zero_tens if zero_tens in ZERO_TENS else own.zero_tens,
        four if four in FOURS else own.four,
    )


@lru_cache(maxsize=16)
def _read(
    text: str, dialect: Dialect, today: date, lexicon: Lexicon, corrections: tuple[Correction, ...]
) -> SpokenText:
    return spoken_text(text, dialect, today, lexicon, corrections)


def lexicons_of(session: Session, areas: Collection[str | None]) -> dict[str | None, Lexicon]:
    """{area: its lexicon}: the entries of the area, of its ancestors (the nearest first), then the station's.

    None: the station's alone.
    """
    nearest_first = {area: area_tree(session).chain(area)[::-1] if area else [] for area in areas}
    within = {each for chain in nearest_first.values() for each in chain}
    rows = session.exec(
        select(  # type: ignore[call-overload]  # its overloads end at four columns
            LexiconEntry.area,
            LexiconEntry.written,
            LexiconEntry.spoken,
            LexiconEntry.any_case,
            LexiconEntry.beside,
            LexiconEntry.entry,
        )
        .where(or_(col(LexiconEntry.area).is_(None), col(LexiconEntry.area).in_(within)))
        .order_by(col(LexiconEntry.changed_at).desc())
    ).all()
    return {area: _lexicon(rows, chain) for area, chain in nearest_first.items()}


def _lexicon(rows: Sequence[Sequence[Any]], nearest_first: Sequence[str]) -> Lexicon:
    distance: dict[str | None, int] = {each: place for place, each in enumerate((*nearest_first, None))}
    held = sorted((row for row in rows if row[0] in distance), key=lambda row: distance[row[0]])
    return _compiled(tuple(tuple(row[1:]) for row in held))


@lru_cache(maxsize=16)
def _compiled(entries: tuple[tuple[Any, ...], ...]) -> Lexicon:
    return Lexicon([Entry(*each) for each in entries])


def _correction(given: CorrectionFields) -> Correction:
    return Correction(given["written"], given["before"], given["after"], given["spoken"], given["nth"], given.get("of"))
