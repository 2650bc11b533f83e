"""Submitting an announcement for approval: one version, with its very sound."""

from datetime import datetime

from sqlmodel import Session, col, select

from controller.announcements.drafts import require_editor_of
from controller.announcements.lists import require_announcement
from controller.announcements.readings import reading_of, speaks_vietnamese, warning_fields
from controller.announcements.sound import require_sound
from controller.announcements.versions import sound_alike
from controller.database.tables import Agreement, Announcement, AnnouncementVersion, Officer, Submission
from controller.database.transactions import note_change
from controller.errors import Conflict
from controller.orders.agreements import agreements_in_force, contents_of
from controller.orders.standings import standing_of
from controller.planning.waiting import ask_again
from controller.station import audit
from wire.ids import new_ulid


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
    require_editor_of(session, now, officer, row)
    reading = reading_of(session, now, row)
    if row.recording is None and speaks_vietnamese(row) and reading.words == row.spoken_text:
        row.warnings = warning_fields(reading)  # a date in the text may have passed since it was written
    elif row.recording is None and speaks_vietnamese(row):
        past = [each for each in warning_fields(reading) if each["kind"] == "past_date"]
        row.warnings = [each for each in row.warnings if each["kind"] != "past_date"] + past
    for warning in row.warnings if row.recording is None else ():
        if warning["blocks"]:
            raise Conflict("text_unread", text=warning["text"])
        if warning["kind"] not in confirmed:
            raise Conflict("doubt_unconfirmed", text=warning["text"], kind=warning["kind"])
    clip = require_sound(row)
    submission = Submission(
        submission=new_ulid(now),
        announcement=announcement,
        version=row.version,
        clip=clip,
        submitted_by=officer.officer,
        submitted_at=now,
    )
    session.add(submission)
    session.flush()
    ask_again(session, now, announcement, after_refusal=True)
    _say_what_is_agreed(session, announcement, submission)
    audit.record(session, now, officer.officer, "announcement submitted", announcement, confirmed=confirmed)
    note_change(session, "announcement", announcement)
    return row


def _say_what_is_agreed(session: Session, announcement: str, submission: Submission) -> None:
    """What is agreed for a sound holds for a version that differs in its title alone: nobody is asked again."""
    version = session.get_one(AnnouncementVersion, (announcement, submission.version))
    of_announcement = select(Agreement).where(Agreement.announcement == announcement)
    rows = session.exec(of_announcement.where(col(Agreement.completed_at).is_not(None))).all()
    contents = contents_of(session, rows)
    for row in agreements_in_force(session, {each.of_order for each in rows}).values():
        content = contents.get(row.manifest)
        same = content and (content["clip"], content["bulletin_class"]) == (submission.clip, version.bulletin_class)
        if row.announcement != announcement or not same:
            continue
        agreed = session.get_one(Submission, row.submission)
        if sound_alike(session.get_one(AnnouncementVersion, (announcement, agreed.version)), version):
            row.submission = submission.submission
            session.add(row)
    session.flush()
