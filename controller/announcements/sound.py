"""The clips of announcements: whether that of the current version is made, and the clips themselves."""

from collections.abc import Iterable
from typing import Literal

from sqlmodel import Session, col, select

from controller.database.tables import Announcement, Clip
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
    wanted = {row.clip for row in rows if row.clip is not None}
    return {clip.sha256: clip for clip in session.exec(select(Clip).where(col(Clip.sha256).in_(wanted))).all()}


def require_sound(row: Announcement) -> str:
    """The SHA-256 of the current version's clip; raises Conflict if there is none (yet)."""
    if sound_state(row) == "being_made":
        raise Conflict("sound_being_made")
    if row.clip is None:
        raise Conflict("sound_failed", why=row.clip_failure or Phrase("clip_crashed"))
    return row.clip
