"""Correcting how one text is read: here only, or always; confirming a reading; changing the text at a place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlmodel import Session

from audio.spoken_text import SpokenText, lexicon
from controller.announcements.drafts import change_announcement, new_version, require_editor_of
from controller.announcements.lexicon import Wording, check_spoken, entries_in, set_entry
from controller.announcements.readings import reading_of
from controller.database.column_types import PlaceFields
from controller.database.tables import Announcement, Officer
from controller.errors import Conflict, Invalid

MOST_CORRECTIONS = 200


@dataclass(frozen=True)
class Place:
    """The characters start ≤ i < end of the text as the officer saw it, and a few characters before them."""

    start: int
    end: int
    written: str
    before: str

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Self:
        return cls(start, end, text[start:end], text[max(0, start - lexicon.CONTEXT) : start])


def correct(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: Place, spoken: str
) -> Announcement:
    """Read `spoken` at that place, in this announcement only. Raises Invalid, Conflict.

    `spoken` may be empty (say nothing) only where no letter or digit is written.
    """
    start, end = _locate(session, now, row, place)
    written = row.text[start:end]
    if spoken.strip() or any(letter.isalnum() for letter in written):
        spoken = check_spoken("spoken", spoken, written)
    return _add_correction(session, now, officer, row, (start, end), spoken.strip())


def correct_always(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: Place, spoken: str
) -> Announcement:
    """Add `spoken` to the lexicon of the officer's area, and read the announcement anew by it.

    Raises Conflict, and what `set_entry` raises.
    """
    start, end = _locate(session, now, row, place)
    written = place.written
    existing = next(
        (each for each in entries_in(session, officer.area) if (each.written, each.beside) == (written, "")), None
    )
    entry = set_entry(
        session, now, officer, officer.area, Wording(written, spoken, existing is not None and existing.any_case)
    )
    fields = _place_fields(row.text, start, end)
    row.corrections = [each for each in row.corrections if fields.items() - each.items()]
    words_at = {(each.start, each.end): each.words.strip() for each in reading_of(session, now, row).stretches}
    if words_at.get((start, end)) != entry.spoken:  # an entry with a word near it has won over the new one
        row.corrections = [*row.corrections, {**fields, "spoken": entry.spoken}]
    return new_version(session, now, officer, row, "reading corrected", written=written, spoken=spoken, always=True)


def confirm(session: Session, now: datetime, officer: Officer, row: Announcement, place: Place) -> Announcement:
    """Confirm that this place is read right. Raises Invalid, Conflict (a place that can't be read, or has moved)."""
    found = _locate(session, now, row, place)
    if any(each.blocks for each in reading_of(session, now, row).warnings if (each.start, each.end) == found):
        raise Conflict("text_unread_not_confirmed", text=place.written)
    return _add_correction(session, now, officer, row, found, None)


def change_text(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: Place, text: str
) -> Announcement:
    """Replace the text at that place. Raises Invalid, Conflict."""
    start, end = _locate(session, now, row, place)
    changed = row.text[:start] + text + row.text[end:]
    return change_announcement(session, now, officer, row.announcement, {"text": changed})


def read_again(session: Session, now: datetime, officer: Officer, row: Announcement) -> Announcement:
    """Read the text anew by the lexicon and rules of today; a new version only if the words differ."""
    require_editor_of(session, now, officer, row)
    if reading_of(session, now, row).words == row.spoken_text:
        return row
    return new_version(session, now, officer, row, "announcement read again")


def undo(session: Session, now: datetime, officer: Officer, row: Announcement, number: int) -> Announcement:
    """Remove correction `number` (from 0); rules and lexicon read its place again. Raises Conflict (no such one)."""
    if not 0 <= number < len(row.corrections):
        raise Conflict("correction_unknown")
    gone = row.corrections[number]
    row.corrections = [each for each in row.corrections if each is not gone]
    return new_version(session, now, officer, row, "reading corrected", written=gone["written"], undone=True)


def places_of(spoken: SpokenText) -> set[tuple[int, int]]:
    """(start, end) of the places that can be corrected: stretches that rules have read, and doubts."""
    read = {(each.start, each.end) for each in spoken.stretches}
    return read | {(each.start, each.end) for each in spoken.warnings}


def _locate(session: Session, now: datetime, row: Announcement, place: Place) -> tuple[int, int]:
    """(start, end) of the place in today's text, which may have changed before it. Raises Conflict if it is gone."""
    found = [
        (start, end)
        for start, end in places_of(reading_of(session, now, row))
        if Place.of(row.text, start, end) == Place(start, end, place.written, place.before)
    ]
    if not found:
        raise Conflict("correction_misplaced", text=place.written)
    return min(found, key=lambda each: abs(each[0] - place.start))


def _place_fields(text: str, start: int, end: int) -> PlaceFields:
    """The fields by which a correction finds this place again after the text has changed elsewhere."""
    around = lexicon.with_edges(text)[start : end + 2 * lexicon.CONTEXT]
    written, before, after = text[start:end], around[: lexicon.CONTEXT], around[-lexicon.CONTEXT :]
    equals = list(lexicon.places_of(text, before, written, after))
    return {"written": written, "before": before, "after": after, "nth": equals.index(start), "of": len(equals)}


def _add_correction(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int], spoken: str | None
) -> Announcement:
    written = row.text[slice(*place)]
    where = _place_fields(row.text, *place)
    others = [each for each in row.corrections if where.items() - each.items()]
    if len(others) >= MOST_CORRECTIONS:
        raise Invalid("spoken", "too_many_corrections", most=MOST_CORRECTIONS)
    row.corrections = [*others, {**where, "spoken": spoken}]
    return new_version(session, now, officer, row, "reading corrected", written=written, spoken=spoken)
