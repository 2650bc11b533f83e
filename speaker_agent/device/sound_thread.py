"""What the devices share: one thread for each sound, its progress, and a watch on drivers that hang.

A thread that hangs in a driver (a frozen sound server, a dying card) can't be ended. A second thread sees it, and calls
it a failure of the device. Until the first one has come back no other sound is started: its thread would hang as well.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypedDict, Unpack

from speaker_agent.device.port import BYTES_PER_FRAME, RATE, DeviceBusy, DeviceFailed, Progress, Sound

log = logging.getLogger(__name__)

HANGS_AFTER_S = 2.0
_WATCH_EVERY_S = 0.25
# The wire rounds lengths to milliseconds, for each clip and repetition: so many frames are no defect of a sound.
LENGTH_TOLERANCE_FRAMES = RATE // 10


class SoundFailed(Exception):
    """The sound can't go on; what left the device before counts as heard."""


class Blocks:
    """The sound's blocks, cut to the lengths that the device asks for."""

    def __init__(self, sound: Sound) -> None:
        self._blocks = sound.blocks
        self._frames = sound.frames
        self._taken = 0
        self._rest = b""

    def take(self, frames: int) -> bytes:
        """The PCM of the next `frames`; fewer at the end, after it none. Raises SoundFailed."""
        while len(self._rest) < frames * BYTES_PER_FRAME:
            try:
                block = next(self._blocks, None)
            except Exception as error:
                raise SoundFailed(f"the sound broke off: {error!r}") from error
            if block is None:
                break
            if len(block) % BYTES_PER_FRAME:
                raise SoundFailed(f"a block of {len(block)} bytes isn't made of whole frames")
            self._rest += block
        cut = frames * BYTES_PER_FRAME
        taken, self._rest = self._rest[:cut], self._rest[cut:]
        self._taken += len(taken) // BYTES_PER_FRAME
        if len(taken) < cut and self._taken < self._frames - LENGTH_TOLERANCE_FRAMES:
            raise SoundFailed(f"the sound ended after {self._taken} of {self._frames} frames")
        if self._taken > self._frames + LENGTH_TOLERANCE_FRAMES:
            raise SoundFailed(f"the sound goes on after its {self._frames} frames")
        return taken

    def close(self) -> None:
        """Close the sound's iterator, so that a generator runs its `finally`."""
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


class _ProgressChanges(TypedDict, total=False):
    """Fields of Progress."""

    frames_heard: int
    began_at: datetime
    finished: bool
    failure: str
    sound_error: str


class SoundThread(ABC):
    """One sound on its way out of one device."""

    def __init__(self, sound: Sound, at: datetime, on_change: Callable[[], None]) -> None:
        self.sound = sound
        self.at = at
        self.blocks = Blocks(sound)
        self.stopping = threading.Event()
        self._opened = threading.Event()
        self._ended = threading.Event()
        self._in_driver_since: float | None = None
        self._on_change = on_change
        self._lock = threading.Lock()
        self._progress = Progress()
        self._thread = threading.Thread(target=self._run, name=f"sound {sound.label}", daemon=True)

    @abstractmethod
    def play(self) -> None:
        """Open the output, call `opened`, let the sound out, close. Runs in the sound's thread.

        Returns once the last frame has left, or `stopping` is set. Raises DeviceFailed, SoundFailed.
        """

    @abstractmethod
    def beginning(self) -> datetime:
        """When the first frame left, as exactly as it is known; called after some of the sound was heard."""

    def opened(self) -> None:
        """Let the caller of `wait_until_open` go on."""
        self._opened.set()

    @contextmanager
    def in_driver(self) -> Iterator[None]:
        """Put it around each call that may hang: the watch counts the time in it."""
        self._in_driver_since = time.monotonic()
        try:
            yield
        finally:
            self._in_driver_since = None

    def heard(self, frames: int) -> None:
        """So many frames of the sound have left the device."""
        self._note(frames_heard=frames)

    def tell_beginning(self) -> None:
        """Note when the sound began, and call `on_change`; only the first call counts."""
        if self.progress.began_at is None:
            self._note(began_at=self.beginning())
            self._on_change()

    def finished(self) -> None:
        self._note(finished=True)
        self._on_change()

    @property
    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    @property
    def over(self) -> bool:
        return self._ended.is_set() or _is_final(self.progress)

    def start(self) -> None:
        """Raises DeviceFailed where the system gives no thread."""
        try:
            threading.Thread(target=self._watch, name=f"watch {self.sound.label}", daemon=True).start()
            self._thread.start()
        except RuntimeError as error:
            self._ended.set()
            raise DeviceFailed(f"no thread can be had for the sound: {error}") from error

    def wait_until_open(self) -> None:
        """Return once the device is open. Raises DeviceFailed if it doesn't open."""
        self._opened.wait()
        progress = self.progress
        if progress.failure is not None and progress.began_at is None:
            raise DeviceFailed(progress.failure)

    def stop(self) -> None:
        self.stopping.set()
        if not self._ended.wait(HANGS_AFTER_S + 2 * _WATCH_EVERY_S):
            # It doesn't hang in the driver, or the watch would have seen it: the device has run dry, and is silent.
            self._note(sound_error=f"the sound gave no block for {HANGS_AFTER_S:.0f} s")

    def join(self, within_s: float) -> bool:
        """Whether the thread has ended by then."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.play()
        except DeviceFailed as error:
            self._note(failure=str(error))
        except SoundFailed as error:
            self._note(sound_error=str(error))
        except Exception as error:  # or the broadcast of a thread that died would sound for ever
            log.exception("sound %s: the device's thread failed, the sound has ended", self.sound.label)
            self._note(failure=f"defect in the device's thread: {error!r}")
        finally:
            self.blocks.close()
            self._opened.set()
            self._ended.set()
        if not self.progress.finished:
            self._on_change()

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH_EVERY_S):
            since = self._in_driver_since
            if since is not None and time.monotonic() - since > HANGS_AFTER_S:
                if self.progress.frames_heard:
                    self.tell_beginning()
                self._note(failure=f"the sound device gives no answer for {HANGS_AFTER_S:.0f} s: it hangs")
                self.stopping.set()
                self._opened.set()
                self._ended.set()
                self._on_change()

    def _note(self, **changes: Unpack[_ProgressChanges]) -> None:
        """Change the progress, unless it is final: what came first counts."""
        with self._lock:
            if not _is_final(self._progress):
                self._progress = replace(self._progress, **changes)


def _is_final(progress: Progress) -> bool:
    return progress.finished or progress.failure is not None or progress.sound_error is not None


class ThreadedDevice(ABC):
    """The device port, with a thread for each sound."""

    def __init__(self) -> None:
        self._current: SoundThread | None = None

    @abstractmethod
    def _thread_for(self, sound: Sound, at: datetime) -> SoundThread:
        """The thread for this sound, not started. Raises DeviceFailed."""

    def start(self, sound: Sound, at: datetime) -> None:
        if self._current is not None:
            if not self._current.over:
                raise DeviceBusy(f"{sound.label} was started while {self._current.sound.label} sounds")
            self._current.stop()  # it is over, and may still be closing its output
            if not self._current.join(_WATCH_EVERY_S):
                raise DeviceFailed("the sound device still gives no answer: it hangs")
        thread = self._thread_for(sound, at)
        thread.start()
        self._current = thread
        thread.wait_until_open()

    def progress(self) -> Progress:
        return Progress() if self._current is None else self._current.progress

    def stop(self) -> Progress:
        if self._current is not None:
            self._current.stop()
        return self.progress()

    def close(self) -> None:
        self.stop()
