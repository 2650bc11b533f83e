"""The port of speech engines, and what happens when one fails: the next one speaks, and the officer is told.

SpeechFailed is the only error that an engine raises; its reason is one of `FailureReason`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

SLOWEST, FASTEST = 0.5, 2.0

_log = logging.getLogger(__name__)


Voice = Literal["north", "central", "south", "piper", "google"]
"""The three great regions of spoken Vietnamese, Hà Nội, Huế, Sài Gòn; the commune's own voice; Google's."""


class FailureReason(StrEnum):
    """Why there is no speech."""

    MISSING = "missing"  # the engine is not installed
    HUNG = "hung"  # no answer in time
    DIED = "died"  # the engine ended with an error
    OFFLINE = "offline"  # its server cannot be reached
    REFUSED = "refused"  # its server answered, and would not speak
    EMPTY = "empty"  # it spoke nothing, or silence
    BROKEN = "broken"  # what it gave is no sound that can be read


class SpeechFailed(Exception):
    """An engine did not speak. `engine` is its name, `detail` is for the log."""

    def __init__(self, engine: str, reason: FailureReason, detail: str = "") -> None:
        super().__init__(f"{engine}: {reason}" + (f" ({detail})" if detail else ""))
        self.engine = engine
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Speech:
    """Spoken sentences: mono signed 16-bit little endian PCM at `rate` Hz for each, never empty, never silent."""

    sentences: tuple[bytes, ...]
    rate: int
    engine: str

    @property
    def pcm(self) -> bytes:
        """All of them, as they follow each other."""
        return b"".join(self.sentences)


class SpeechEngine(Protocol):
    """Turns words into speech. `name` is shown to officers."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str:
        """What decides how it speaks: another one may say the same words otherwise."""
        ...

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """Speak each sentence, all or none; `speed` is a factor, 0.5 to 2.0, 1.0 as the engine speaks by itself.

        Raises SpeechFailed.
        """
        ...


@dataclass(frozen=True)
class SwitchedOff:
    """In place of an engine that may not speak, or isn't there: whoever chose it is told that another spoke."""

    name: str

    @property
    def identity(self) -> str:
        """It says nothing."""
        return self.name

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """Fails as the port says."""
        del sentences, voice, speed
        raise SpeechFailed(self.name, FailureReason.MISSING, "switched off")


def speak_or_fall_back(
    engines: Sequence[SpeechEngine], sentences: Sequence[str], voice: Voice, speed: float
) -> tuple[Speech, SpeechFailed | None]:
    """Let the first engine speak that can speak all of it; also says why the first of all could not.

    Raises SpeechFailed, of the last engine, where none could; ValueError for a speed out of bounds or no engine.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"the speed {speed} does not lie between {SLOWEST} and {FASTEST}")
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


def heard(sentences: Sequence[bytes], rate: int, engine: str) -> Speech:
    """The speech that an engine returns; raises SpeechFailed where there is nothing to hear in one of them."""
    if not sentences or not all(pcm.strip(b"\0") for pcm in sentences):
        raise SpeechFailed(engine, FailureReason.EMPTY)
    return Speech(tuple(sentences), rate, engine)
