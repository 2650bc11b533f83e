"""Whether an announcement's sound is made, as its player shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from audio.speech.sentences import sentences_of
from controller.announcements.sound import SoundState, clips_of, sound_state
from controller.database.tables import Announcement, Clip
from controller.words.phrases import Phrase


@dataclass(frozen=True)
class SentenceHeard:
    """A sentence, and where in the clip it sounds, in seconds."""

    words: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class PlayerState:
    """`clip`: its SHA-256. `engine`: which one spoke, in place of `fallback` if that isn't None.

    `failure`: why there is no sound, as the part of a sentence.
    """

    state: SoundState
    clip: str | None = None
    duration_ms: int = 0
    engine: str | None = None
    fallback: str | None = None
    failure: Phrase | None = None
    sentences: tuple[SentenceHeard, ...] = ()


def sound_of(session: Session, row: Announcement) -> PlayerState:
    """The sound of the announcement's present version."""
    return sounds_of(session, [row])[row.announcement]


def sound_of_clip(session: Session, sha256: str) -> PlayerState:
    """The sound of an earlier version, whose clip this is."""
    clip = session.get_one(Clip, sha256)
    return PlayerState("ready", sha256, clip.duration_ms, clip.engine)


def sounds_of(session: Session, rows: Sequence[Announcement]) -> dict[str, PlayerState]:
    """The same of several announcements, by their ids; one query."""
    clips = clips_of(session, rows)
    return {row.announcement: _sound(row, clips) for row in rows}


def _sound(row: Announcement, clips: dict[str, Clip]) -> PlayerState:
    if sound_state(row) == "being_made":
        return PlayerState("being_made")
    if row.clip is None:
        return PlayerState("failed", failure=row.clip_failure)
    clip = clips[row.clip]
    return PlayerState(
        "ready", row.clip, clip.duration_ms, row.clip_engine, row.clip_fallback, sentences=_sentences(row, clip)
    )


def _sentences(row: Announcement, clip: Clip) -> tuple[SentenceHeard, ...]:
    if row.recording is not None or clip.sentences is None:
        return ()
    cut = sentences_of(row.spoken_text)
    if len(cut) != len(clip.sentences):
        return ()
    return tuple(
        SentenceHeard(each.words, begins_ms / 1000, ends_ms / 1000)
        for each, (begins_ms, ends_ms) in zip(cut, clip.sentences, strict=True)
    )
