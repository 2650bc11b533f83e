"""Whether an announcement's present version has its sound."""

from typing import Literal

from controller.database.tables import Announcement
from controller.errors import Conflict

SoundState = Literal["being_made", "ready", "failed"]


def sound_state(row: Announcement) -> SoundState:
    """Of the present version: `clip_version` rises to it once a clip was made, or making it failed."""
    if row.clip_version < row.version:
        return "being_made"
    return "ready" if row.clip else "failed"


def require_sound(row: Announcement) -> str:
    """The SHA-256 of the present version's clip; raises Conflict."""
    if row.clip_version < row.version:
        raise Conflict("Âm thanh đang được chuẩn bị. Chờ một lát rồi làm lại.")
    if row.clip is None:
        raise Conflict(f"Chưa làm được âm thanh: {row.clip_failure}. Sửa rồi làm lại.")
    return row.clip
