"""Words that are used more than once: templates, and earlier announcements taken up again."""

from datetime import datetime

from sqlmodel import Session, col, select

from controller.announcements.drafts import (
    AnnouncementFields,
    require_editor_of,
    write_announcement,
)
from controller.announcements.lists import require_announcement
from controller.announcements.sound import keep_recording
from controller.announcements.versions import all_writers
from controller.database.tables import Announcement, Officer
from controller.database.transactions import note_change
from controller.station import audit, facts
from controller.station.name_order import by_name


def set_template(session: Session, now: datetime, officer: Officer, announcement: str, *, template: bool) -> None:
    """Make the announcement a template, or no longer; its state and version stay. Raises NotFound, Forbidden."""
    row = require_announcement(session, announcement)
    require_editor_of(session, now, officer, row)
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


def take_up_again(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """A new draft of one's own area with the text, voice and recording of an earlier announcement in any state.

    Whoever wrote the earlier one is a writer of this one too. Raises NotFound.
    """
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
    row = write_announcement(session, now, officer, fields, all_writers(session, announcement))
    if earlier.recording is not None:
        keep_recording(session, now, officer, row.announcement, earlier.recording)
    return row
