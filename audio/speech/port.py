"""The interface of speech engines, and the fallback: where one fails the next one speaks, and the officer is told.

SpeechFailed is the only error that an engine raises; its reason is one of `FailureReason`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

MIN_SPEED, MAX_SPEED = 0.5, 2.0

_log = logging.getLogger(__name__)


Voice = Literal["north", "central", "south", "piper", "google"]
"""Hà Nội, Huế and Sài Gòn for the three great regions (espeak-ng); the commune's own piper voice; Google's."""


class FailureReason(StrEnum):
    """Why there is no speech."""

    MISSING = "missing"  # the engine is not installed
    HUNG = "hung"  # no answer in time
    DIED = "died"  # the engine ended with an error
    OFFLINE = "offline"  # its server cannot be reached
    REFUSED = "refused"  # its server answered with an error, or without sound
    EMPTY = "empty"  # it spoke nothing, or silence
    BROKEN = "broken"  # its output can't be decoded


class SpeechFailed(Exception):
    """An engine didn't speak. `engine`: its name, shown to officers; `detail`: English, for the log."""

    def __init__(self, engine: str, reason: FailureReason, detail: str = "") -> None:
        super().__init__(f"{engine}: {reason}" + (f" ({detail})" if detail else ""))
        self.engine = engine
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Speech:
    """Each sentence as mono signed 16-bit little endian PCM at `rate` Hz; none is empty or silent."""

    sentences: tuple[bytes, ...]
    rate: int
    engine: str

    @property
    def pcm(self) -> bytes:
        return b"".join(self.sentences)


class SpeechEngine(Protocol):
    """Turns words into speech. Officers see `name`."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str:
        """Part of a clip's recipe: it must change when the same words would sound different."""
        ...

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """Speak all sentences; raises SpeechFailed if one of them fails.

        `speed`: a factor from MIN_SPEED to MAX_SPEED; 1.0 is the engine's own pace.
        """
        ...


@dataclass(frozen=True)
class SwitchedOff:
    """Stands for an engine that is turned off or not installed: it always fails, so that officers see the fallback."""

    name: str

    @property
    def identity(self) -> str:
        return self.name

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """Raises SpeechFailed with reason MISSING."""
        del sentences, voice, speed
        raise SpeechFailed(self.name, FailureReason.MISSING, "switched off")


def speak_or_fall_back(
    engines: Sequence[SpeechEngine], sentences: Sequence[str], voice: Voice, speed: float
) -> tuple[Speech, SpeechFailed | None]:
    """Try the engines in order; returns the first full speech, and the first engine's failure if it failed.

    Raises the last engine's SpeechFailed where all fail; ValueError for no engine, or a speed that is too low or high.
    """
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise ValueError(f"the speed {speed} does not lie between {MIN_SPEED} and {MAX_SPEED}")
    if not engines:
        raise ValueError("no speech engine is given")
    failures: list[SpeechFailed] = []
    for engine in engines:
        try:
            speech = engine.speak(sentences, voice, speed)
        except SpeechFailed as failure:
            _log.warning("speech failed, %s", failure)
            failures.append(failure)
        else:
            return speech, failures[0] if failures else None
    raise failures[-1]


def require_audible(sentences: Sequence[bytes], rate: int, engine: str) -> Speech:
    """The Speech of these sentences' PCM; raises SpeechFailed (EMPTY) where one is empty or silent."""
    if not sentences or not all(pcm.strip(b"\0") for pcm in sentences):
        raise SpeechFailed(engine, FailureReason.EMPTY)
    return Speech(tuple(sentences), rate, engine)
