"""Whether the clip of an announcement's current version is made."""

from typing import Literal

from controller.database.tables import Announcement
from controller.errors import Conflict
from controller.words.phrases import Phrase

SoundState = Literal["being_made", "ready", "failed"]


def sound_state(row: Announcement) -> SoundState:
    """The state of the current version's clip: `clip_version` equals `version` once it is made or has failed."""
    if row.clip_version < row.version:
        return "being_made"
    return "ready" if row.clip else "failed"


def require_sound(row: Announcement) -> str:
    """The SHA-256 of the current version's clip; raises Conflict if there is none (yet)."""
    if sound_state(row) == "being_made":
        raise Conflict("sound_being_made")
    if row.clip is None:
        raise Conflict("sound_failed", why=row.clip_failure or Phrase("clip_crashed"))
    return row.clip
