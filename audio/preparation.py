"""From words, or a recorded voice, to a finished clip in the store: the only file that knows the order of the steps."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from audio.clip_store import ClipStore
from audio.sound import opus
from audio.sound.chimes import chime, closing_note, siren
from audio.sound.mastering import (
    AS_INSTALLED,
    PAUSE_AFTER_CHIME_MS,
    NothingToHear,
    Sound,
    mastered,
    trimmed,
    with_pauses,
)
from audio.sound.pcm import RATE, ahead
from audio.sound.recording import recorded_pcm
from audio.speech.port import FailureReason, SpeechEngine, SpeechFailed, Voice, speak_or_fall_back
from audio.speech.sentences import sentences_of
from wire.model import BulletinClass

_MASTERING = 2
"""To be raised where the same words are to sound otherwise from now on."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A clip in the store: its address, its size, its length as the protocol counts it, and who speaks in it."""

    sha256: str
    bytes: int
    duration_ms: int
    engine: str | None  # None: a recorded voice
    fallback: str | None  # the engine that should have spoken and could not
    sentences: list[list[int]] | None  # where each sounds, from and to in milliseconds; None: not known


@dataclass(frozen=True)
class Manner:
    """How words are to be spoken; the first of `engines` that can speaks."""

    bulletin_class: BulletinClass
    voice: Voice
    speed: float
    engines: Sequence[SpeechEngine]
    sound: Sound = AS_INSTALLED

    def recipe(self, words: str) -> str:
        """The SHA-256 of all that decides how a clip of these words sounds, where the first engine speaks."""
        engine = self.engines[0].identity
        chosen = [self.sound.horn_filter, self.sound.siren]
        parts = [_MASTERING, words, self.bulletin_class, self.voice, self.speed, engine, *chosen]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def prepare(words: str, manner: Manner, store: ClipStore) -> Prepared:
    """Speak the words by the first engine that can, and keep the clip. Raises SpeechFailed, DiskFull."""
    sentences = sentences_of(words)
    speech, failure = speak_or_fall_back(manner.engines, [each.words for each in sentences], manner.voice, manner.speed)
    spoken, places = with_pauses(speech.sentences, [each.ends_paragraph for each in sentences], speech.rate)
    opening = _opening(manner.bulletin_class, manner.sound)
    closing = closing_note(manner.bulletin_class)
    try:
        clip = opus.encode_blocks(ahead(mastered(spoken, speech.rate, opening, closing, manner.sound.horn_filter)))
    except NothingToHear as error:
        raise SpeechFailed(speech.engine, FailureReason.EMPTY, str(error)) from error
    begins_ms = opus.frames_to_ms(len(opening) // 2) + PAUSE_AFTER_CHIME_MS
    places = [[begins_ms + place_ms for place_ms in each] for each in places]
    return _kept(clip, store, speech.engine, failure.engine if failure else None, places)


def prepare_recording(data: bytes, *, bulletin_class: BulletinClass, sound: Sound, store: ClipStore) -> Prepared:
    """Master an uploaded recording, and keep the clip.

    Raises NotAudio, RecordingTooLarge, RecordingTooLong, NothingToHear, and DiskFull of the store.
    """
    voice = trimmed(recorded_pcm(data), RATE)
    opening, closing = _opening(bulletin_class, sound), closing_note(bulletin_class)
    clip = opus.encode_blocks(ahead(mastered(voice, RATE, opening, closing, sound.horn_filter)))
    return _kept(clip, store, engine=None, fallback=None, sentences=None)


def _opening(bulletin_class: BulletinClass, sound: Sound) -> bytes:
    return siren() if sound.siren and bulletin_class == "emergency" else chime(bulletin_class)


def _kept(
    clip: bytes, store: ClipStore, engine: str | None, fallback: str | None, sentences: list[list[int]] | None
) -> Prepared:
    sha256 = store.put(clip)
    duration_ms = opus.duration_ms(clip)
    _log.info("clip %s: %d ms, %d bytes, voice %s", sha256, duration_ms, len(clip), engine or "recorded")
    return Prepared(sha256, len(clip), duration_ms, engine, fallback, sentences)
