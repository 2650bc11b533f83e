"""The sound of an announcement: whether its clip is made, the clip itself, and a recording in place of speech."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from controller.announcements.drafts import new_version, require_editor_of
from controller.announcements.lists import require_announcement
from controller.database.tables import Announcement, Clip, Officer
from controller.database.transactions import note_change
from controller.errors import Conflict
from controller.words.phrases import Phrase

SoundState = Literal["being_made", "ready", "failed"]


def sound_state(row: Announcement) -> SoundState:
    """The state of the current version's clip: `clip_version` equals `version` once it is made or has failed."""
    if row.clip_version < row.version:
        return "being_made"
    return "ready" if row.clip else "failed"


def clips_of(session: Session, rows: Iterable[Announcement]) -> dict[str, Clip]:
    """{SHA-256: clip} of the clips of these announcements."""
    return clips_named(session, {row.clip for row in rows if row.clip is not None})


def clips_named(session: Session, hashes: Collection[str]) -> dict[str, Clip]:
    """{SHA-256: clip} of those of these clips that exist."""
    return {clip.sha256: clip for clip in session.exec(select(Clip).where(col(Clip.sha256).in_(hashes))).all()}


def require_sound(row: Announcement) -> str:
    """The SHA-256 of the current version's clip; raises Conflict if there is none (yet)."""
    if sound_state(row) == "being_made":
        raise Conflict("sound_being_made")
    if row.clip is None:
        raise Conflict("sound_failed", why=row.clip_failure or Phrase("clip_crashed"))
    return row.clip


def keep_recording(session: Session, now: datetime, officer: Officer, announcement: str, sha256: str) -> Announcement:
    """Use a recording, by its SHA-256, in place of speech; the announcement becomes a draft."""
    row = require_announcement(session, announcement)
    require_editor_of(session, now, officer, row)
    if row.recording == sha256:
        return row
    row.recording = sha256
    return new_version(session, now, officer, row, "recording kept", sha256=sha256)


def drop_recording(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """Use speech again in place of the recording; the announcement becomes a draft."""
    row = require_announcement(session, announcement)
    require_editor_of(session, now, officer, row)
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
