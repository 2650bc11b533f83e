"""What an officer does about how one text is read: say it otherwise here, or always; it is right; change the text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlmodel import Session

from audio.spoken_text import SpokenText, lexicon
from controller.announcements.drafts import change_announcement, new_version
from controller.announcements.lexicon import Wording, check_spoken, entries_in, set_entry
from controller.announcements.readings import reading_of
from controller.database.column_types import PlaceFields
from controller.database.tables import Announcement, Officer
from controller.errors import Conflict, Invalid

MOST_CORRECTIONS = 200


@dataclass(frozen=True)
class Place:
    """`start` ≤ i < `end` of the text as somebody saw it, what is written there, and a few characters before."""

    start: int
    end: int
    written: str
    before: str

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Self:
        """A place of this text."""
        return cls(start, end, text[start:end], text[max(0, start - lexicon.CONTEXT) : start])


def correct(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: Place, spoken: str
) -> Announcement:
    """Say this at that place of this announcement; nothing, where it is a sign. Raises Invalid, Conflict."""
    start, end = _where(session, now, row, place)
    written = row.text[start:end]
    if spoken.strip() or any(letter.isalnum() for letter in written):
        spoken = check_spoken("spoken", spoken, written)
    return _kept(session, now, officer, row, (start, end), spoken.strip())


def correct_always(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: Place, spoken: str
) -> Announcement:
    """Put it into the lexicon of the officer's own area, and read the announcement by that. Raises as `set_entry`."""
    start, end = _where(session, now, row, place)
    written = place.written
    there = next(
        (each for each in entries_in(session, officer.area) if (each.written, each.beside) == (written, "")), None
    )
    entry = set_entry(
        session, now, officer, officer.area, Wording(written, spoken, there is not None and there.any_case)
    )
    here = _told_by(row.text, start, end)
    row.author = officer.officer  # whose lexicon it is read by from now on
    row.corrections = [each for each in row.corrections if here.items() - each.items()]
    said = {(each.start, each.end): each.words.strip() for each in reading_of(session, now, row).stretches}
    if said.get((start, end)) != entry.spoken:  # an entry with a word beside it goes first
        row.corrections = [*row.corrections, {**here, "spoken": entry.spoken}]
    return new_version(session, now, officer, row, "reading corrected", written=written, spoken=spoken, always=True)


def confirm(session: Session, now: datetime, officer: Officer, row: Announcement, place: Place) -> Announcement:
    """It is right as it is read there. Raises Invalid, Conflict (what can't be read can't be right)."""
    found = _where(session, now, row, place)
    if any(each.blocks for each in reading_of(session, now, row).warnings if (each.start, each.end) == found):
        raise Conflict("text_unread_not_confirmed", text=place.written)
    return _kept(session, now, officer, row, found, None)


def change_text(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: Place, text: str
) -> Announcement:
    """Write this at that place instead. Raises Invalid, Conflict."""
    start, end = _where(session, now, row, place)
    changed = row.text[:start] + text + row.text[end:]
    return change_announcement(session, now, officer, row.announcement, {"text": changed})


def read_again(session: Session, now: datetime, officer: Officer, row: Announcement) -> Announcement:
    """By the lexicon and the rules as they are now; nothing, where that is what was read."""
    if reading_of(session, now, row).words == row.spoken_text:
        return row
    return new_version(session, now, officer, row, "announcement read again")


def undo(session: Session, now: datetime, officer: Officer, row: Announcement, number: int) -> Announcement:
    """Read that place by rules and lexicon again; `number`: of the correction, from 0. Raises Conflict."""
    if not 0 <= number < len(row.corrections):
        raise Conflict("correction_unknown")
    gone = row.corrections[number]
    row.corrections = [each for each in row.corrections if each is not gone]
    return new_version(session, now, officer, row, "reading corrected", written=gone["written"], undone=True)


def places_of(spoken: SpokenText) -> set[tuple[int, int]]:
    """What can be corrected: each stretch that was read, and each place that is doubted."""
    read = {(each.start, each.end) for each in spoken.stretches}
    return read | {(each.start, each.end) for each in spoken.warnings}


def _where(session: Session, now: datetime, row: Announcement, place: Place) -> tuple[int, int]:
    """Where the place is now: text may have been written before it since it was seen. Raises Conflict."""
    found = [
        (start, end)
        for start, end in places_of(reading_of(session, now, row))
        if Place.of(row.text, start, end) == Place(start, end, place.written, place.before)
    ]
    if not found:
        raise Conflict("correction_misplaced", text=place.written)
    return min(found, key=lambda each: abs(each[0] - place.start))


def _told_by(text: str, start: int, end: int) -> PlaceFields:
    """What tells a place of this text: what stands there, before and after, and its number among equals."""
    around = lexicon.with_edges(text)[start : end + 2 * lexicon.CONTEXT]
    written, before, after = text[start:end], around[: lexicon.CONTEXT], around[-lexicon.CONTEXT :]
    equals = list(lexicon.places_of(text, before, written, after))
    return {"written": written, "before": before, "after": after, "nth": equals.index(start), "of": len(equals)}


def _kept(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int], spoken: str | None
) -> Announcement:
    written = row.text[slice(*place)]
    where = _told_by(row.text, *place)
    others = [each for each in row.corrections if where.items() - each.items()]
    if len(others) >= MOST_CORRECTIONS:
        raise Invalid("spoken", "too_many_corrections", most=MOST_CORRECTIONS)
    row.corrections = [*others, {**where, "spoken": spoken}]
    return new_version(session, now, officer, row, "reading corrected", written=written, spoken=spoken)
