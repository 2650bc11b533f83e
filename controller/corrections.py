"""What an officer does about how one text is read: say it otherwise here, or always; it is right; change the text."""

from datetime import datetime

from sqlmodel import Session

from audio.spoken_text import SpokenText
from controller.announcements import change_announcement, new_version, require_announcement
from controller.errors import Conflict, Invalid
from controller.lexicon import Wording, check_spoken, set_entry
from controller.readings import reading_of
from controller.tables import Announcement, Officer

MOST_CORRECTIONS = 200
_CONTEXT = 8
"""How many characters before and after a place tell it from others in the text; changed there, it is doubted again."""


def correct(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int], spoken: str
) -> Announcement:
    """Say this at that place of this announcement; nothing, where it is a sign. Raises Invalid, Conflict."""
    written = _written(session, now, row, place)
    if spoken.strip() or any(letter.isalnum() for letter in written):
        spoken = check_spoken("spoken", spoken, written)
    return _kept(session, now, officer, row, place, spoken.strip())


def correct_always(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int], spoken: str
) -> Announcement:
    """Put it into the lexicon of the officer's own area, and read the announcement by that. Raises as `set_entry`."""
    written = _written(session, now, row, place)
    set_entry(session, now, officer, officer.area, Wording(written, spoken))
    row.corrections = [each for each in row.corrections if each["written"] != written]
    return new_version(session, now, officer, row, "reading corrected", written=written, spoken=spoken, always=True)


def confirm(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int]
) -> Announcement:
    """It is right as it is read there. Raises Invalid, Conflict (what can't be read can't be right)."""
    written = _written(session, now, row, place)
    if any(each.blocks for each in reading_of(session, now, row).warnings if (each.start, each.end) == place):
        raise Conflict(f"“{written}” chưa đọc được. Ghi cách đọc, hoặc bỏ đi.")
    return _kept(session, now, officer, row, place, None)


def change_text(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int], text: str
) -> Announcement:
    """Write this at that place instead. Raises Invalid, Conflict."""
    _written(session, now, row, place)
    changed = row.text[: place[0]] + text + row.text[place[1] :]
    return change_announcement(session, now, officer, row.announcement, {"text": changed})


def read_again(session: Session, now: datetime, officer: Officer, row: Announcement) -> Announcement:
    """By the lexicon and the rules as they are now."""
    return new_version(session, now, officer, row, "announcement read again")


def undo(
    session: Session, now: datetime, officer: Officer, row: Announcement, written: str, before: str
) -> Announcement:
    """Read that place by rules and lexicon again."""
    row.corrections = [each for each in row.corrections if (each["written"], each["before"]) != (written, before)]
    return new_version(session, now, officer, row, "reading corrected", written=written, undone=True)


def require_version(session: Session, announcement: str, version: int) -> Announcement:
    """The announcement as it was seen; raises NotFound, Conflict."""
    row = require_announcement(session, announcement)
    if row.version != version:
        raise Conflict("Văn bản đã đổi từ khi mở trang này. Xem lại cách đọc rồi sửa.")
    return row


def places_of(spoken: SpokenText) -> set[tuple[int, int]]:
    """What can be corrected: each stretch that was read, and each place that is doubted."""
    read = {(each.start, each.end) for each in spoken.stretches}
    return read | {(each.start, each.end) for each in spoken.warnings}


def _written(session: Session, now: datetime, row: Announcement, place: tuple[int, int]) -> str:
    if place not in places_of(reading_of(session, now, row)):
        raise Conflict("Chỗ này không còn được đọc như khi mở trang. Xem lại cách đọc rồi sửa.")
    return row.text[slice(*place)]


def _kept(
    session: Session, now: datetime, officer: Officer, row: Announcement, place: tuple[int, int], spoken: str | None
) -> Announcement:
    start, end = place
    written, before = row.text[start:end], row.text[max(0, start - _CONTEXT) : start]
    others = [each for each in row.corrections if (each["written"], each["before"]) != (written, before)]
    if len(others) >= MOST_CORRECTIONS:
        raise Invalid(
            "spoken", f"Đã sửa cách đọc ở {MOST_CORRECTIONS} chỗ, nhiều nhất. Ghi vào từ điển, hoặc sửa văn bản."
        )
    given = {"written": written, "before": before, "after": row.text[end : end + _CONTEXT], "spoken": spoken}
    row.corrections = [*others, given]
    return new_version(session, now, officer, row, "reading corrected", written=written, spoken=spoken)
