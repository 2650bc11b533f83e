"""Announcements until their approval: writing, changing, recordings, templates, submission."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict, Unpack

from sqlmodel import Session, col, select

from audio.speech.port import Voice
from audio.spoken_text import SpokenText, spoken_text
from controller.announcements.readings import reading_of
from controller.announcements.sound import require_sound
from controller.database.column_types import AuditAction, AuditDetail, CorrectionFields, WarningFields
from controller.database.tables import Announcement, Approval, Officer, Submission
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid, NotFound
from controller.station import audit, facts
from controller.station.name_order import by_name
from wire.ids import new_ulid
from wire.model import BulletinClass

LONGEST_TEXT = 20_000
LONGEST_TITLE = 200
_ALLOWED_CONTROL_CHARACTERS = frozenset("\n\t")
_MIN_DIGITS_OF_PERSONAL_NUMBER = 7
_LONG_NUMBER = re.compile(r"[0-9](?:[\s./,_()+-]{0,2}[0-9]){6,}")
_GROUPED_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_IMPERSONAL_KINDS = ("measure", "range", "date", "time", "document", "address")

AnnouncementState = Literal["draft", "submitted", "approved", "refused"]


class AnnouncementFields(TypedDict, total=False):
    """The fields of an announcement that an officer sets. A new one needs title, text and bulletin class."""

    title: str
    text: str
    bulletin_class: BulletinClass
    language: str
    voice: Voice
    speed: float
    may_leave_country: bool
    corrections: list[CorrectionFields]


@dataclass(frozen=True)
class AnnouncementStanding:
    """An announcement's state, and the submission and approval of its current version and clip."""

    state: AnnouncementState
    submission: Submission | None = None
    approval: Approval | None = None


def standing_of(session: Session, announcement: Announcement) -> AnnouncementStanding:
    """The standing by the last submission of the current version with the current clip.

    A new version, or another clip, makes the announcement a draft again. A clip that is lost and made again may differ:
    another voice speaks if the chosen one fails.
    """
    return standings_of(session, [announcement])[announcement.announcement]


def standings_of(session: Session, announcements: Sequence[Announcement]) -> dict[str, AnnouncementStanding]:
    """{announcement: its standing} of several announcements, by two queries."""
    rows = session.exec(
        select(Submission).where(col(Submission.announcement).in_([each.announcement for each in announcements]))
    ).all()
    # A version is submitted again only after a refusal, so its last submission is the one that isn't refused.
    rows = sorted(rows, key=lambda row: (row.refused_at is None, row.refused_at or row.submitted_at))
    submissions = {(row.announcement, row.version, row.clip): row for row in rows}
    approvals = {
        row.submission: row
        for row in session.exec(
            select(Approval).where(col(Approval.submission).in_([row.submission for row in submissions.values()]))
        ).all()
    }
    found = {}
    for each in announcements:
        submission = submissions.get((each.announcement, each.version, each.clip or ""))
        approval = approvals.get(submission.submission) if submission else None
        found[each.announcement] = _standing_by_rows(submission, approval)
    return found


def _standing_by_rows(submission: Submission | None, approval: Approval | None) -> AnnouncementStanding:
    if submission is None:
        return AnnouncementStanding("draft")
    if submission.refused_at is not None:
        return AnnouncementStanding("refused", submission)
    if approval is not None and approval.withdrawn_at is None:
        return AnnouncementStanding("approved", submission, approval)
    return AnnouncementStanding("submitted", submission, approval)


def require_announcement(session: Session, announcement: str) -> Announcement:
    """The announcement that a request's path names; raises NotFound."""
    row = session.get(Announcement, announcement)
    if row is None:
        raise NotFound("announcement_unknown")
    return row


def write_announcement(session: Session, now: datetime, officer: Officer, fields: AnnouncementFields) -> Announcement:
    """Add a draft; its clip is made soon after the commit. Raises Invalid."""
    row = Announcement(
        announcement=new_ulid(now),
        author=officer.officer,
        created_at=now,
        changed_at=now,
        spoken_text="",
        warnings=[],
        **_check_fields(fields),
    )
    _update_reading(session, now, row)
    _require_voice(session, row)
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "announcement written", row.announcement)
    note_change(session, "announcement", row.announcement)
    return row


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
    if fields.get("text", row.text) != row.text:
        fields = {"may_leave_country": False, **fields}  # a new text needs a new agreement
    checked = {name: value for name, value in _check_fields(fields).items() if getattr(row, name) != value}
    if not checked:
        return row
    if seen is not None and seen != row.version:
        raise ChangedMeanwhile(row)
    row.sqlmodel_update(checked)
    return new_version(session, now, officer, row, "announcement changed", fields=sorted(checked))


def take_up_again(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """A new draft with the text, voice and recording of an earlier announcement in any state. Raises NotFound."""
    earlier = require_announcement(session, announcement)
    no_google = earlier.voice == "google" and facts.read(session, "gtts") != "on"
    fields: AnnouncementFields = {
        "title": earlier.title,
        "text": earlier.text,
        "bulletin_class": earlier.bulletin_class,
        "language": earlier.language,
        "voice": "north" if no_google else earlier.voice,
        "speed": earlier.speed,
        "corrections": earlier.corrections,
        "may_leave_country": earlier.may_leave_country,
    }
    row = write_announcement(session, now, officer, fields)
    if earlier.recording is not None:
        keep_recording(session, now, officer, row.announcement, earlier.recording)
    return row


def set_template(session: Session, now: datetime, officer: Officer, announcement: str, *, template: bool) -> None:
    """Make the announcement a template, or no longer; its state and version stay. Raises NotFound."""
    row = require_announcement(session, announcement)
    if row.template == template:
        return
    row.template = template
    session.add(row)
    audit.record(session, now, officer.officer, "template kept" if template else "template dropped", announcement)
    note_change(session, "announcement", announcement)


def templates(session: Session) -> list[Announcement]:
    """All templates, by title."""
    rows = session.exec(select(Announcement).where(col(Announcement.template).is_(True))).all()
    return sorted(rows, key=lambda row: (by_name(row.title), row.announcement))


def submit_announcement(
    session: Session, now: datetime, officer: Officer, announcement: str, confirmed: list[str], seen: int | None = None
) -> Announcement:
    """Submit the current version, with its current clip, for approval.

    `confirmed`: the kinds of doubts that the officer has confirmed, in the version `seen`. Raises NotFound, Conflict (a
    later version, an unconfirmed or blocking doubt, no clip).
    """
    row = require_announcement(session, announcement)
    if seen is not None and seen != row.version:
        raise Conflict("announcement_changed_not_submitted")
    if standing_of(session, row).state in ("submitted", "approved"):
        return row
    reading = reading_of(session, now, row)
    if row.recording is None and speaks_vietnamese(row) and reading.words == row.spoken_text:
        row.warnings = _warning_fields(reading)  # a date in the text may have passed since it was written
    elif row.recording is None and speaks_vietnamese(row):
        past = [each for each in _warning_fields(reading) if each["kind"] == "past_date"]
        row.warnings = [each for each in row.warnings if each["kind"] != "past_date"] + past
    for warning in row.warnings if row.recording is None else ():
        if warning["blocks"]:
            raise Conflict("text_unread", text=warning["text"])
        if warning["kind"] not in confirmed:
            raise Conflict("doubt_unconfirmed", text=warning["text"], kind=warning["kind"])
    clip = require_sound(row)
    session.add(
        Submission(
            submission=new_ulid(now),
            announcement=announcement,
            version=row.version,
            clip=clip,
            author=row.author,
            submitted_by=officer.officer,
            submitted_at=now,
        )
    )
    audit.record(session, now, officer.officer, "announcement submitted", announcement, confirmed=confirmed)
    note_change(session, "announcement", announcement)
    return row


def keep_recording(session: Session, now: datetime, officer: Officer, announcement: str, sha256: str) -> Announcement:
    """Use a recording, by its SHA-256, in place of speech; the announcement becomes a draft."""
    row = require_announcement(session, announcement)
    if row.recording == sha256:
        return row
    row.recording = sha256
    return new_version(session, now, officer, row, "recording kept", sha256=sha256)


def drop_recording(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """Use speech again in place of the recording; the announcement becomes a draft."""
    row = require_announcement(session, announcement)
    if row.recording is None:
        return row
    row.recording = None
    return new_version(session, now, officer, row, "recording dropped")


def make_clip_again(session: Session, sha256: str) -> bool:
    """Have a lost clip made again: the same words give the same bytes. False if no announcement uses it now."""
    rows = session.exec(select(Announcement).where(Announcement.clip == sha256)).all()
    for row in rows:
        row.clip_version = row.version - 1
        session.add(row)
        note_change(session, "announcement", row.announcement)
    return bool(rows)


def announcements_named(session: Session, announcements: Collection[str]) -> dict[str, Announcement]:
    """These announcements by their ids."""
    rows = session.exec(select(Announcement).where(col(Announcement.announcement).in_(announcements))).all()
    return {row.announcement: row for row in rows}


def newest_announcements(session: Session, limit: int, before: str | None) -> list[Announcement]:
    """At most `limit` announcements, the newest first. `before`: only those older than this id."""
    query = select(Announcement).order_by(col(Announcement.announcement).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Announcement.announcement) < before)
    return list(session.exec(query).all())


def new_version(
    session: Session,
    now: datetime,
    officer: Officer,
    row: Announcement,
    action: AuditAction,
    **detail: Unpack[AuditDetail],
) -> Announcement:
    """Store `row` as a new version: a draft of this officer, read anew, whose clip is still to be made.

    Raises Invalid (the voice may not read this text).
    """
    row.version += 1
    row.author = officer.officer
    row.changed_at = now
    _update_reading(session, now, row)
    _require_voice(session, row)
    session.add(row)
    session.flush()
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


def personal_numbers(text: str, reading: SpokenText) -> list[str]:
    """Telephone, document and account numbers as written in the text: each can identify a person."""
    found = [text[each.start : each.end] for each in reading.stretches if each.kind in ("phone", "code")]
    # Also numbers that a correction or the lexicon reads as something else: here the rules alone decide the kind.
    masked = list("".join(str(unicodedata.digit(each, each)) for each in text))
    for each in spoken_text(text).stretches:
        if each.kind in _IMPERSONAL_KINDS or _GROUPED_THOUSANDS.fullmatch(text[each.start : each.end]):
            masked[each.start : each.end] = "x" * (each.end - each.start)
    found += [each for each in _LONG_NUMBER.findall("".join(masked)) if each not in found]
    return [each for each in found if sum(letter.isdecimal() for letter in each) >= _MIN_DIGITS_OF_PERSONAL_NUMBER]


def speaks_vietnamese(row: Announcement) -> bool:
    """Whether engines can speak it. An announcement in another language needs a recording."""
    return row.language.partition("-")[0].lower() == "vi"


def _update_reading(session: Session, now: datetime, row: Announcement) -> None:
    if not speaks_vietnamese(row):
        row.spoken_text, row.warnings = row.text, []
        return
    reading = reading_of(session, now, row)
    row.spoken_text, row.warnings = reading.words, _warning_fields(reading)


def _warning_fields(reading: SpokenText) -> list[WarningFields]:
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
