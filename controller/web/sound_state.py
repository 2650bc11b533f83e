"""Whether an announcement's sound is there, as its player shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

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
    return sounds_of(session, [row])[row.announcement]


def sounds_of(session: Session, rows: Sequence[Announcement]) -> dict[str, SoundState]:
    """The sounds of several announcements' present versions, by one question."""
    wanted = [row.clip for row in rows if row.clip is not None]
    clips = {clip.sha256: clip for clip in session.exec(select(Clip).where(col(Clip.sha256).in_(wanted))).all()}
    return {row.announcement: _sound(row, clips) for row in rows}


def _sound(row: Announcement, clips: dict[str, Clip]) -> SoundState:
    if row.clip_version < row.version:
        return SoundState("being_made")
    if row.clip is None:
        return SoundState("failed", failure=row.clip_failure)
    duration_ms = clips[row.clip].duration_ms
    return SoundState("ready", row.clip, duration_ms, row.clip_engine, row.clip_fallback)
