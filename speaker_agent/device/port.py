"""The port to the sound device: what the playback loop asks of it, and what it may believe of the answers.

Sound is PCM everywhere: 48 kHz, mono, signed 16-bit little endian. A device sounds one thing at a time, in a
thread of its own, and counts what has *left* it: what was only handed to it is not heard.

Errors, all of this file:

    DeviceFailed        it cannot be opened: raised by start, nothing sounds
    Progress.failure    it failed while it sounded, or stopped consuming: what left before counts
    Progress.sound_error    the sound failed (its iterator raised, or was too short): the device is well
    DeviceBusy          start while a sound runs: a mistake of the caller
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

RATE = 48_000
BYTES_PER_FRAME = 2


class DeviceFailed(Exception):
    """The device can't be opened; the message says which one, why, and what to look at."""


class DeviceBusy(Exception):
    """start was called while a sound runs: the caller should have waited for its end, or stopped it."""


@dataclass(frozen=True)
class Sound:
    """What is to leave the device, in order, sound and pauses alike."""

    label: str
    """The broadcast's id; the file device names its file by it."""
    blocks: Iterator[bytes]
    """PCM in blocks of any even length, pulled by the device's thread, and closed by it if they can be."""
    frames: int
    """Length of all blocks together, known beforehand."""


@dataclass(frozen=True)
class Progress:
    """How far the current or the last sound has come. Once it is over, this no longer changes."""

    frames_heard: int = 0
    """Frames that have left the device."""
    began_at: datetime | None = None
    """When the first frame left, by the agent's clock; None: not yet."""
    finished: bool = False
    """The last frame has left."""
    failure: str | None = None
    """The device failed: words for the log and for `last_error` of the status."""
    sound_error: str | None = None
    """The sound itself failed (a clip that doesn't decode): the device is not to blame."""


class Device(Protocol):
    """A place where sound leaves the agent.

    Constructors take `on_change: Callable[[], None]`, called from the device's thread, without any lock held,
    when a sound began, finished or failed.
    """

    def start(self, sound: Sound, at: datetime) -> None:
        """Return at once; the first frame leaves at `at`, or as soon as it can where that has passed.

        Nothing of the head is dropped. Raises DeviceBusy, and DeviceFailed where the device doesn't open now;
        a distant start opens it later, and tells the same by `failure` with `began_at` None.
        """

    def progress(self) -> Progress:
        """Of the current or last sound; before the first one: nothing heard, not finished."""

    def stop(self) -> Progress:
        """Fall silent as fast as it can, and say what was heard; also revokes a start still to come."""

    def close(self) -> None:
        """Stop, and give back what is held. The device isn't used again."""
