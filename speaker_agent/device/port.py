"""The port to the sound device: what playback asks of it, and what it may believe of the answers.

Sound is PCM everywhere: 48 kHz, mono, signed 16-bit little endian. A device plays one sound at a time, in a thread of
its own, and counts the frames that have *left* it: what was only handed to it was not heard.

Errors:

    DeviceFailed        it cannot be opened: raised by start, nothing sounds
    Progress.failure    it failed while it sounded, or stopped consuming: what left before counts
    Progress.sound_error    the sound failed (its iterator raised, or was too short): the device is well
    DeviceBusy          start was called while a sound runs: a mistake of the caller
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
    """start was called while a sound runs: wait for its end first, or stop it."""


@dataclass(frozen=True)
class Sound:
    """What is to leave the device, pauses included."""

    label: str
    """The broadcast's id; also in the name of the file device's file."""
    blocks: Iterator[bytes]
    """PCM in blocks of any even length. The device's thread pulls them, and closes the iterator if it can be closed."""
    frames: int
    """Length of all blocks together."""


@dataclass(frozen=True)
class Progress:
    """How far the current or the last sound has come. Once the sound is over it no longer changes."""

    frames_heard: int = 0
    """Frames of the sound that have left the device."""
    began_at: datetime | None = None
    """When the first frame left, by the agent's clock; None: not yet."""
    finished: bool = False
    """The last frame has left."""
    failure: str | None = None
    """The device failed: words for the log and for `last_error` of the status."""
    sound_error: str | None = None
    """The sound failed, not the device: a clip that doesn't decode. Words for the log and for `last_error`."""


class Device(Protocol):
    """Where sound leaves the agent.

    Constructors take `on_change: Callable[[], None]`. It is called from the device's thread, without a lock held, when
    a sound began, finished or failed.
    """

    def start(self, sound: Sound, at: datetime) -> None:
        """Return at once; the first frame leaves at `at`, or as soon as possible if that has passed.

        The beginning of the sound is never dropped. Raises DeviceBusy, and DeviceFailed where the device doesn't open.
        For a distant start it is opened later, and tells the same by `Progress.failure` with `began_at` None.
        """

    def progress(self) -> Progress:
        """Of the current or the last sound; before the first one `Progress()`."""

    def stop(self) -> Progress:
        """Fall silent as fast as possible, and say what was heard. A start that is still to come is revoked."""

    def close(self) -> None:
        """Stop, and release the hardware. The device must not be used again."""
