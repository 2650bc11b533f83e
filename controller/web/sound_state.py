"""Whether an announcement's sound is there, as its player shows it."""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from controller.tables import Announcement, Clip


@dataclass(frozen=True)
class SoundState:
    """`failure` stands inside a sentence. `fallback`: the engine that should have spoken; `engine` did."""

    state: Literal["being_made", "ready", "failed"]
    clip: str | None = None
    duration_ms: int = 0
    engine: str | None = None
    fallback: str | None = None
    failure: str | None = None


def sound_of(session: Session, row: Announcement) -> SoundState:
    """The sound of the announcement's present version."""
    if row.clip_version < row.version:
        return SoundState("being_made")
    if row.clip is None:
        return SoundState("failed", failure=row.clip_failure)
    clip = session.get_one(Clip, row.clip)
    return SoundState("ready", row.clip, clip.duration_ms, row.clip_engine, row.clip_fallback)
