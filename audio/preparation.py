"""From words, or a recorded voice, to a finished clip in the store: the only file that knows the order of the steps."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from audio import opus
from audio.chimes import chime, closing_note
from audio.clip_store import ClipStore
from audio.mastering import NothingToHear, master
from audio.pcm import RATE
from audio.recording import recorded_pcm
from audio.speech import FailureReason, SpeechEngine, SpeechFailed, Voice, speak_or_fall_back
from wire.model import BulletinClass

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A clip in the store: its address, its size, its length as the protocol counts it, and who speaks in it."""

    sha256: str
    bytes: int
    duration_ms: int
    engine: str | None  # None: a recorded voice
    fallback: str | None  # the engine that should have spoken and could not


def prepare(
    words: str,
    *,
    bulletin_class: BulletinClass,
    voice: Voice,
    speed: float,
    engines: Sequence[SpeechEngine],
    store: ClipStore,
) -> Prepared:
    """Speak the words by the first engine that can, and keep the clip. Raises SpeechFailed, DiskFull."""
    speech, failure = speak_or_fall_back(engines, words, voice, speed)
    try:
        pcm = master(speech.pcm, speech.rate, chime(bulletin_class), closing_note(bulletin_class))
    except NothingToHear as error:
        raise SpeechFailed(speech.engine, FailureReason.EMPTY, str(error)) from error
    return _kept(pcm, store, speech.engine, failure.engine if failure else None)


def prepare_recording(data: bytes, *, bulletin_class: BulletinClass, store: ClipStore) -> Prepared:
    """Master an uploaded recording, and keep the clip.

    Raises NotAudio, RecordingTooLarge, RecordingTooLong, NothingToHear, and DiskFull of the store.
    """
    pcm = master(recorded_pcm(data), RATE, chime(bulletin_class), closing_note(bulletin_class))
    return _kept(pcm, store, engine=None, fallback=None)


def _kept(pcm: bytes, store: ClipStore, engine: str | None, fallback: str | None) -> Prepared:
    clip = opus.encode(pcm)
    sha256 = store.put(clip)
    duration_ms = opus.frames_to_ms(len(pcm) // 2)
    _log.info("clip %s: %d ms, %d bytes, voice %s", sha256, duration_ms, len(clip), engine or "recorded")
    return Prepared(sha256, len(clip), duration_ms, engine, fallback)
