"""Drafts: writing an announcement, and changing it, which makes it a draft again."""

import unicodedata
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, Unpack

from sqlmodel import Session

from audio.speech.port import Voice
from audio.spoken_text.personal_numbers import personal_numbers
from controller.announcements.lists import require_announcement
from controller.announcements.readings import reading_of, speaks_vietnamese, update_reading
from controller.announcements.versions import keep_version, writers_of_version
from controller.database.column_types import AuditAction, AuditDetail, CorrectionFields
from controller.database.tables import Announcement, AnnouncementVersion, Officer
from controller.database.transactions import Database, note_change
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.station import audit, facts
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import Charges, areas_of, charges_of, may, may_anywhere, may_in_station, require, tops
from wire.ids import new_ulid
from wire.model import BulletinClass

LONGEST_TEXT = 20_000
LONGEST_TITLE = 200
_ALLOWED_CONTROL_CHARACTERS = frozenset("\n\t")
_COPIED = {
    "title",
    "text",
    "bulletin_class",
    "language",
    "voice",
    "speed",
    "recording",
    "corrections",
    "may_leave_country",
}


class AnnouncementFields(TypedDict, total=False):
    """The fields of an announcement that an officer sets. A new one needs title, text and bulletin class."""

    title: str
    text: str
    bulletin_class: BulletinClass
    language: str
    voice: Voice
    speed: float
    may_leave_country: bool
    area: str | None
    corrections: list[CorrectionFields]


def write_announcement(
    session: Session, now: datetime, officer: Officer, fields: AnnouncementFields, others: Collection[str] = ()
) -> Announcement:
    """Add a draft; its clip is made soon after the commit. `others`: who else wrote what it says.

    Raises Invalid, Forbidden (not in charge of its area).
    """
    area = fields["area"] if "area" in fields else _home_area(session, now, officer)
    if area is not None:
        area_tree(session).require_named(area, "area")
    row = Announcement(
        announcement=new_ulid(now),
        author=officer.officer,
        created_at=now,
        changed_at=now,
        spoken_text="",
        warnings=[],
        **_check_fields({**fields, "area": area}),
    )
    require_editor_of(session, now, officer, row)
    reading = update_reading(session, now, row)
    _require_voice(session, row)
    session.add(row)
    session.flush()
    keep_version(session, row, officer.officer, reading, others)
    audit.record(session, now, officer.officer, "announcement written", row.announcement)
    note_change(session, "announcement", row.announcement)
    return row


def read_ahead(
    database: Database, now: datetime, officer: Officer, fields: AnnouncementFields, announcement: str | None = None
) -> None:
    """Have the text read that `write_announcement`, or `change_announcement`, is about to store with these fields.

    Others wait for the transaction that stores it. What is wrong with the fields is said there.
    """
    with database.reading() as session, suppress(Invalid, NotFound):
        before = require_announcement(session, announcement).model_dump() if announcement else {}
        area = {} if announcement else {"area": _home_area(session, now, officer)}
        row = Announcement(**{**before, **area, **_check_fields(fields)})
        if row.text and speaks_vietnamese(row):
            reading_of(session, now, row)


def _home_area(session: Session, now: datetime, officer: Officer) -> str | None:
    """Where the officer writes: the own area, else the topmost one in which others have made the officer a deputy."""
    tree, charges = area_tree(session), charges_of(session, now, officer)
    if may(charges, "editor", areas_of(officer.area), tree):
        return officer.area
    if may_in_station(charges, "editor"):
        return None
    return next(iter(tops(charges, "editor", tree)), officer.area)


def take_up_version(session: Session, now: datetime, officer: Officer, announcement: str, version: int) -> Announcement:
    """Make an earlier version the newest again.

    Raises NotFound, Conflict (its text isn't known), Forbidden, Invalid (its voice may not read it).
    """
    row = require_announcement(session, announcement)
    earlier = session.get(AnnouncementVersion, (announcement, version))
    if earlier is None:
        raise NotFound("version_unknown")
    if not earlier.text and earlier.recording is None:
        raise Conflict("version_without_text")
    row.sqlmodel_update(earlier.model_dump(include=_COPIED))
    others = writers_of_version(session, earlier)
    return new_version(session, now, officer, row, "announcement taken up", others, version=version)


def may_change(charges: Charges, row: Announcement, tree: AreaTree) -> bool:
    """Whether the charges make an editor in the announcement's area; others may read and copy it."""
    return may(charges, "editor", areas_of(row.area), tree)


def require_editor_of(session: Session, now: datetime, officer: Officer, row: Announcement) -> None:
    """Raises Forbidden unless the officer is an editor in the announcement's area; others may read and copy it."""
    tree, charges = area_tree(session), charges_of(session, now, officer)
    if may_change(charges, row, tree):
        return
    if not may_anywhere(charges, "editor"):
        require(session, now, officer, "editor", areas_of(row.area))
    if row.area is None:
        raise Forbidden("announcement_of_station", officer=officer.name)
    raise Forbidden("announcement_of_other_area", officer=officer.name, area=tree.by_id[row.area].name)


class ChangedMeanwhile(Conflict):
    """The announcement has changed since the officer saw it; `row` is what it is now."""

    def __init__(self, row: Announcement) -> None:
        super().__init__("announcement_changed_not_saved")
        self.row = row


def change_announcement(
    session: Session,
    now: datetime,
    officer: Officer,
    announcement: str,
    fields: AnnouncementFields,
    seen: int | None = None,
) -> Announcement:
    """Change some fields. It becomes a draft, in whatever state it was, and the officer its author.

    `seen`: the version that the officer saw. Raises NotFound, Invalid, ChangedMeanwhile (there is a later version).
    """
    row = require_announcement(session, announcement)
    require_editor_of(session, now, officer, row)
    if fields.get("text", row.text) != row.text:
        fields = {"may_leave_country": False, **fields}  # a new text needs a new agreement
    checked = {name: value for name, value in _check_fields(fields).items() if getattr(row, name) != value}
    if not checked:
        return row
    if seen is not None and seen != row.version:
        raise ChangedMeanwhile(row)
    row.sqlmodel_update(checked)
    return new_version(session, now, officer, row, "announcement changed", fields=sorted(checked))


def new_version(
    session: Session,
    now: datetime,
    officer: Officer,
    row: Announcement,
    action: AuditAction,
    others: Collection[str] = (),
    **detail: Unpack[AuditDetail],
) -> Announcement:
    """Store `row` as a new version: a draft of this officer, read anew, whose clip is still to be made.

    `others`: who else contributed to it. Raises Invalid (the voice may not read this text), Forbidden (not in charge of
    its area).
    """
    require_editor_of(session, now, officer, row)
    row.version += 1
    row.author = officer.officer
    row.changed_at = now
    reading = update_reading(session, now, row)
    _require_voice(session, row)
    session.add(row)
    session.flush()
    keep_version(session, row, officer.officer, reading, others)
    audit.record(session, now, officer.officer, action, row.announcement, **detail)
    note_change(session, "announcement", row.announcement)
    return row


def _require_voice(session: Session, row: Announcement) -> None:
    """Raises Invalid if Google's voice is chosen and may not read this text."""
    if row.voice != "google" or row.recording is not None:
        return
    if facts.read(session, "gtts") != "on":
        raise Invalid("voice", "google_voice_off")
    if row.bulletin_class == "emergency":
        raise Invalid("voice", "google_voice_too_slow")
    numbers = personal_numbers(row.text, reading_of(session, row.changed_at, row))
    if numbers and not row.may_leave_country:
        raise Invalid("may_leave_country", "numbers_would_leave_country", number=numbers[0])


def _check_fields(fields: AnnouncementFields) -> AnnouncementFields:
    """The fields with title and text stripped and in NFC; raises Invalid (empty, too long, control characters)."""
    checked = fields.copy()
    if "title" in checked:
        checked["title"] = _check_text("title", checked["title"], LONGEST_TITLE)
    if "text" in checked:
        checked["text"] = _check_text("text", checked["text"], LONGEST_TEXT)
    return checked


def _check_text(name: str, given: str, longest: int) -> str:
    text = unicodedata.normalize("NFC", given.replace("\r\n", "\n")).strip()
    if not text:
        raise Invalid(name, "text_missing" if name == "text" else "title_missing")
    if len(text) > longest:
        raise Invalid(name, "text_too_long" if name == "text" else "title_too_long", length=len(text), most=longest)
    for place, character in enumerate(text, 1):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in _ALLOWED_CONTROL_CHARACTERS:
            raise Invalid(name, "text_control_character", place=place)
    return text
