"""How an announcement is read: by its corrections, the lexicon of its author's area, and the station's dialect."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from audio.speech.port import Voice
from audio.spoken_text import SpokenText, spoken_text
from audio.spoken_text.lexicon import Correction, Entry, Lexicon
from audio.spoken_text.number_words import FOURS, NORTHERN, SOUTHERN, THOUSANDS, ZERO_TENS, Dialect
from controller.database.column_types import CorrectionFields, WarningFields
from controller.database.tables import Announcement, LexiconEntry, Officer
from controller.station import facts
from controller.station.area_tree import area_tree


def reading_of(session: Session, now: datetime, row: Announcement) -> SpokenText:
    """The announcement's text as it would be read today."""
    today = now.astimezone(ZoneInfo(facts.time_zone(session))).date()
    lexicon = lexicon_of(session, session.get_one(Officer, row.author).area)
    return spoken_text(
        row.text,
        dialect(session, row.voice),
        today,
        lexicon,
        [_correction(each) for each in row.corrections],
    )


def update_reading(session: Session, now: datetime, row: Announcement) -> None:
    """Set the row's spoken words and warnings by today's reading; in another language than ours it is the text."""
    if not speaks_vietnamese(row):
        row.spoken_text, row.warnings = row.text, []
        return
    reading = reading_of(session, now, row)
    row.spoken_text, row.warnings = reading.words, warning_fields(reading)


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


def lexicon_of(session: Session, area: str | None) -> Lexicon:
    """The entries of an area, of its ancestors (the nearest first), then the station's. None: the station's alone."""
    nearest_first = area_tree(session).chain(area)[::-1] if area else []
    rows = session.exec(
        select(LexiconEntry)
        .where(or_(col(LexiconEntry.area).is_(None), col(LexiconEntry.area).in_(nearest_first)))
        .order_by(col(LexiconEntry.changed_at).desc())
    ).all()
    distance = {each: place for place, each in enumerate(nearest_first)}
    rows = sorted(rows, key=lambda row: distance.get(row.area or "", len(distance)))
    return Lexicon([Entry(row.written, row.spoken, row.any_case, row.beside) for row in rows])


def _correction(given: CorrectionFields) -> Correction:
    return Correction(given["written"], given["before"], given["after"], given["spoken"], given["nth"], given.get("of"))
