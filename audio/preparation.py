"""Makes a clip from words or a recorded voice, and stores it. Only this file knows the order of the steps."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from audio.clip_store import ClipStore
from audio.sound import opus
from audio.sound.chimes import chime, closing_note, siren
from audio.sound.mastering import (
    DEFAULT_SOUND_OPTIONS,
    PAUSE_AFTER_CHIME_MS,
    NothingToHear,
    SoundOptions,
    join_with_pauses,
    master,
    trim,
)
from audio.sound.pcm import RATE, prefetch
from audio.sound.recording import decode_recording
from audio.speech.port import FailureReason, SpeechEngine, SpeechFailed, Voice, speak_or_fall_back
from audio.speech.sentences import sentences_of
from wire.model import BulletinClass

_RECIPE_VERSION = 2
"""Raise it when a change of the code makes the same words sound different."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedClip:
    """A stored clip: SHA-256, size in bytes, length as the protocol counts it, and the engine that spoke."""

    sha256: str
    bytes: int
    duration_ms: int
    engine: str | None  # None: a recorded voice
    fallback: str | None  # the first engine, where it failed and `engine` spoke in its place
    sentences: list[list[int]] | None  # [from, to] of each in milliseconds of the clip; None: a recorded voice


@dataclass(frozen=True)
class Manner:
    """How words are to be spoken. `engines` are tried in order; `speed` is a factor (audio/speech/port.py)."""

    bulletin_class: BulletinClass
    voice: Voice
    speed: float
    engines: Sequence[SpeechEngine]
    sound: SoundOptions = DEFAULT_SOUND_OPTIONS

    def recipe(self, words: str) -> str:
        """The SHA-256 of everything that decides how these words sound, if the first engine speaks them."""
        engine = self.engines[0].identity
        chosen = [self.sound.horn_filter, self.sound.siren]
        parts = [_RECIPE_VERSION, words, self.bulletin_class, self.voice, self.speed, engine, *chosen]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def prepare(words: str, manner: Manner, store: ClipStore) -> PreparedClip:
    """Have the words spoken by the first engine that works, and store the clip. Raises SpeechFailed, DiskFull."""
    sentences = sentences_of(words)
    speech, failure = speak_or_fall_back(manner.engines, [each.words for each in sentences], manner.voice, manner.speed)
    spoken, places = join_with_pauses(speech.sentences, [each.ends_paragraph for each in sentences], speech.rate)
    opening = _opening(manner.bulletin_class, manner.sound)
    closing = closing_note(manner.bulletin_class)
    try:
        clip = opus.encode_blocks(prefetch(master(spoken, speech.rate, opening, closing, manner.sound.horn_filter)))
    except NothingToHear as error:
        raise SpeechFailed(speech.engine, FailureReason.EMPTY, str(error)) from error
    begins_ms = opus.frames_to_ms(len(opening) // 2) + PAUSE_AFTER_CHIME_MS
    places = [[begins_ms + place_ms for place_ms in each] for each in places]
    return _store(clip, store, speech.engine, failure.engine if failure else None, places)


def prepare_recording(
    data: bytes, *, bulletin_class: BulletinClass, sound: SoundOptions, store: ClipStore
) -> PreparedClip:
    """Master an uploaded recording (WAV, MP3, M4A, Ogg Opus or FLAC), and store the clip.

    Raises NotAudio, RecordingTooLarge, RecordingTooLong, NothingToHear, DiskFull.
    """
    voice = trim(decode_recording(data), RATE)
    opening, closing = _opening(bulletin_class, sound), closing_note(bulletin_class)
    clip = opus.encode_blocks(prefetch(master(voice, RATE, opening, closing, sound.horn_filter)))
    return _store(clip, store, engine=None, fallback=None, sentences=None)


def _opening(bulletin_class: BulletinClass, sound: SoundOptions) -> bytes:
    return siren() if sound.siren and bulletin_class == "emergency" else chime(bulletin_class)


def _store(
    clip: bytes, store: ClipStore, engine: str | None, fallback: str | None, sentences: list[list[int]] | None
) -> PreparedClip:
    sha256 = store.put(clip)
    duration_ms = opus.duration_ms(clip)
    _log.info("clip %s: %d ms, %d bytes, voice %s", sha256, duration_ms, len(clip), engine or "recorded")
    return PreparedClip(sha256, len(clip), duration_ms, engine, fallback, sentences)
