"""What an officer does with announcements: write one, change it, hand it in."""

import re
import unicodedata
from collections.abc import Sequence
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
_WRITTEN = frozenset("\n\t")
_LEAST_DIGITS = 7
_LONG_NUMBER = re.compile(r"[0-9](?:[\s./,_()+-]{0,2}[0-9]){6,}")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_NOBODYS = ("measure", "range", "date", "time", "document", "address")

AnnouncementState = Literal["draft", "submitted", "approved", "refused"]


class AnnouncementFields(TypedDict, total=False):
    """What an officer decides of an announcement; of a new one at least title, text and class."""

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
    """Where an announcement stands: its state, and the submission and approval of its present version."""

    state: AnnouncementState
    submission: Submission | None = None
    approval: Approval | None = None


def standing(session: Session, announcement: Announcement) -> AnnouncementStanding:
    """Worked out from the last submission of the present version and sound: another of either makes it a draft again.

    A sound that was lost and made again may come out differently: another voice speaks where one fails.
    """
    return standings(session, [announcement])[announcement.announcement]


def standings(session: Session, announcements: Sequence[Announcement]) -> dict[str, AnnouncementStanding]:
    """Where several stand, by two questions."""
    rows = session.exec(
        select(Submission).where(col(Submission.announcement).in_([each.announcement for each in announcements]))
    ).all()
    # The last of a version is the one that isn't refused: only after a refusal it is handed in again.
    rows = sorted(rows, key=lambda row: (row.refused_at is None, row.refused_at or row.submitted_at))
    submissions = {(row.announcement, row.version, row.clip): row for row in rows}
    approvals = {
        row.submission: row
        for row in session.exec(
            select(Approval).where(col(Approval.submission).in_([row.submission for row in submissions.values()]))
        ).all()
    }
    stands = {}
    for each in announcements:
        submission = submissions.get((each.announcement, each.version, each.clip or ""))
        approval = approvals.get(submission.submission) if submission else None
        stands[each.announcement] = _standing(submission, approval)
    return stands


def _standing(submission: Submission | None, approval: Approval | None) -> AnnouncementStanding:
    if submission is None:
        return AnnouncementStanding("draft")
    if submission.refused_at is not None:
        return AnnouncementStanding("refused", submission)
    if approval is not None and approval.withdrawn_at is None:
        return AnnouncementStanding("approved", submission, approval)
    return AnnouncementStanding("submitted", submission, approval)


def require_announcement(session: Session, announcement: str) -> Announcement:
    """The announcement of a path; raises NotFound."""
    row = session.get(Announcement, announcement)
    if row is None:
        raise NotFound("announcement_unknown")
    return row


def write_announcement(session: Session, now: datetime, officer: Officer, fields: AnnouncementFields) -> Announcement:
    """A new draft; its sound is prepared at once. Raises Invalid."""
    row = Announcement(
        announcement=new_ulid(now),
        author=officer.officer,
        created_at=now,
        changed_at=now,
        spoken_text="",
        warnings=[],
        **_checked(fields),
    )
    _read(session, now, row)
    _require_voice(session, row)
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "announcement written", row.announcement)
    note_change(session, "announcement", row.announcement)
    return row


class ChangedMeanwhile(Conflict):
    """Somebody has changed the announcement since it was looked at; `row` is what it is now."""

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
    """Change some fields; whatever it was, it is a draft again, by the officer who changed it.

    `seen`: the version that was looked at. Raises Invalid, and ChangedMeanwhile where there is a later one.
    """
    row = require_announcement(session, announcement)
    if fields.get("text", row.text) != row.text:
        fields = {"may_leave_country": False, **fields}  # of another text somebody has to agree again
    checked = {name: value for name, value in _checked(fields).items() if getattr(row, name) != value}
    if not checked:
        return row
    if seen is not None and seen != row.version:
        raise ChangedMeanwhile(row)
    row.sqlmodel_update(checked)
    return new_version(session, now, officer, row, "announcement changed", fields=sorted(checked))


def take_up_again(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """A new draft that says the same, in the same voice, whatever has become of the other. Raises NotFound."""
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
    """Offer its text whenever one is written, or no longer; it stays what it is. Raises NotFound."""
    row = require_announcement(session, announcement)
    if row.template == template:
        return
    row.template = template
    session.add(row)
    audit.record(session, now, officer.officer, "template kept" if template else "template dropped", announcement)
    note_change(session, "announcement", announcement)


def templates(session: Session) -> list[Announcement]:
    """The texts that recur, by their titles."""
    rows = session.exec(select(Announcement).where(col(Announcement.template).is_(True))).all()
    return sorted(rows, key=lambda row: (by_name(row.title), row.announcement))


def submit_announcement(
    session: Session, now: datetime, officer: Officer, announcement: str, confirmed: list[str], seen: int | None = None
) -> Announcement:
    """Hand the present version, with its very sound, to the one who approves. Raises Conflict, NotFound.

    `confirmed`: the kinds of doubts that somebody has looked at, in the version `seen`.
    """
    row = require_announcement(session, announcement)
    if seen is not None and seen != row.version:
        raise Conflict("announcement_changed_not_submitted")
    if standing(session, row).state in ("submitted", "approved"):
        return row
    reading = reading_of(session, now, row)
    if row.recording is None and speaks_vietnamese(row) and reading.words == row.spoken_text:
        row.warnings = _warnings(reading)  # a day may be past that wasn't when this was written
    elif row.recording is None and speaks_vietnamese(row):
        past = [each for each in _warnings(reading) if each["kind"] == "past_date"]
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
    """A recorded voice takes the place of speech; whatever it was, it is a draft again."""
    row = require_announcement(session, announcement)
    if row.recording == sha256:
        return row
    row.recording = sha256
    return new_version(session, now, officer, row, "recording kept", sha256=sha256)


def drop_recording(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """Speech again in place of the recorded voice; whatever it was, it is a draft again."""
    row = require_announcement(session, announcement)
    if row.recording is None:
        return row
    row.recording = None
    return new_version(session, now, officer, row, "recording dropped")


def make_clip_again(session: Session, sha256: str) -> bool:
    """A clip's bytes are lost: the same words make the same bytes again. False where no announcement says them now."""
    rows = session.exec(select(Announcement).where(Announcement.clip == sha256)).all()
    for row in rows:
        row.clip_version = row.version - 1
        session.add(row)
        note_change(session, "announcement", row.announcement)
    return bool(rows)


def newest_announcements(session: Session, limit: int, before: str | None) -> list[Announcement]:
    """The newest first; `before`: those older than this one."""
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
    """What has changed is a draft again, by the officer who changed it, and its sound is to be made anew."""
    row.version += 1
    row.author = officer.officer
    row.changed_at = now
    _read(session, now, row)
    _require_voice(session, row)
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, action, row.announcement, **detail)
    note_change(session, "announcement", row.announcement)
    return row


def _require_voice(session: Session, row: Announcement) -> None:
    """That this text may be read by the voice that is chosen; raises Invalid."""
    if row.voice != "google" or row.recording is not None:
        return
    if facts.read(session, "gtts") != "on":
        raise Invalid("voice", "google_voice_off")
    if row.bulletin_class == "emergency":
        raise Invalid("voice", "google_voice_too_slow")
    numbers = numbers_of_people(row.text, reading_of(session, row.changed_at, row))
    if numbers and not row.may_leave_country:
        raise Invalid("may_leave_country", "numbers_would_leave_country", number=numbers[0])


def numbers_of_people(text: str, reading: SpokenText) -> list[str]:
    """Numbers of telephones, and of papers or accounts, as they are written: by each, somebody can be found."""
    found = [text[each.start : each.end] for each in reading.stretches if each.kind in ("phone", "code")]
    # Whatever a correction or the lexicon says of them: what is no sum, measure, day or hour by the rules alone.
    masked = list("".join(str(unicodedata.digit(each, each)) for each in text))
    for each in spoken_text(text).stretches:
        if each.kind in _NOBODYS or _THOUSANDS.fullmatch(text[each.start : each.end]):
            masked[each.start : each.end] = "x" * (each.end - each.start)
    found += [each for each in _LONG_NUMBER.findall("".join(masked)) if each not in found]
    return [each for each in found if sum(letter.isdecimal() for letter in each) >= _LEAST_DIGITS]


def speaks_vietnamese(row: Announcement) -> bool:
    """Whether engines can speak it; what is in another language is recorded."""
    return row.language.partition("-")[0].lower() == "vi"


def _read(session: Session, now: datetime, row: Announcement) -> None:
    if not speaks_vietnamese(row):
        row.spoken_text, row.warnings = row.text, []
        return
    reading = reading_of(session, now, row)
    row.spoken_text, row.warnings = reading.words, _warnings(reading)


def _warnings(reading: SpokenText) -> list[WarningFields]:
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


def _checked(fields: AnnouncementFields) -> AnnouncementFields:
    """The fields with their text in NFC and fit to be spoken; raises Invalid."""
    checked = fields.copy()
    if "title" in checked:
        checked["title"] = _text("title", checked["title"], LONGEST_TITLE)
    if "text" in checked:
        checked["text"] = _text("text", checked["text"], LONGEST_TEXT)
    return checked


def _text(name: str, given: str, longest: int) -> str:
    text = unicodedata.normalize("NFC", given.replace("\r\n", "\n")).strip()
    if not text:
        raise Invalid(name, "text_missing" if name == "text" else "title_missing")
    if len(text) > longest:
        raise Invalid(name, "text_too_long" if name == "text" else "title_too_long", length=len(text), most=longest)
    for place, character in enumerate(text, 1):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in _WRITTEN:
            raise Invalid(name, "text_control_character", place=place)
    return text
