"""Devices for machines without sound: both take the time that a loudspeaker would, by the agent's clock.

`FileDevice` writes what sounds, while it sounds: a frame is in the file once it would have left a loudspeaker, and the
file is a valid WAV at any moment, also after the agent was killed. `NoDevice` writes nothing.
"""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path

from speaker_agent.clock.agent_clock import Clock
from speaker_agent.device.port import BYTES_PER_FRAME, RATE, DeviceFailed, Sound
from speaker_agent.device.sound_thread import SoundThread, ThreadedDevice
from wire.instants import format_instant

_STEP_FRAMES = RATE // 50
_HEADER_BYTES = 44

Write = Callable[[bytes], None]
OpenOutput = Callable[[datetime], AbstractContextManager[Write]]


class FileDevice(ThreadedDevice):
    """One file for each sound, named by its first frame: `{speaker}_{YYYYMMDDTHHMMSSmmmZ}_{label}.wav`."""

    def __init__(self, folder: Path, speaker: str, clock: Clock, on_change: Callable[[], None]) -> None:
        super().__init__()
        self._folder = folder
        self._speaker = speaker
        self._clock = clock
        self._on_change = on_change
        with suppress(OSError):  # `start` says what is wrong with the folder
            folder.mkdir(parents=True, exist_ok=True)

    def _thread_for(self, sound: Sound, at: datetime) -> SoundThread:
        if not os.access(self._folder, os.W_OK | os.X_OK) or not self._folder.is_dir():
            raise DeviceFailed(f"no folder to write sound to: make {self._folder}, writable for the agent")

        def open_output(began_at: datetime) -> AbstractContextManager[Write]:
            instant = format_instant(began_at).translate({ord(mark): None for mark in "-:."})
            return _growing_wav(self._folder / f"{self._speaker}_{instant}_{sound.label}.wav")

        return _PacedThread(sound, at, self._clock, self._on_change, open_output)


class NoDevice(ThreadedDevice):
    """Takes the time, and is silent."""

    def __init__(self, clock: Clock, on_change: Callable[[], None]) -> None:
        super().__init__()
        self._clock = clock
        self._on_change = on_change

    def _thread_for(self, sound: Sound, at: datetime) -> SoundThread:
        return _PacedThread(sound, at, self._clock, self._on_change, lambda _: nullcontext(lambda _: None))


class _PacedThread(SoundThread):
    """Lets each step of 20 ms out once the clock says that its last frame has left."""

    def __init__(
        self, sound: Sound, at: datetime, clock: Clock, on_change: Callable[[], None], open_output: OpenOutput
    ) -> None:
        super().__init__(sound, at, on_change)
        self._clock = clock
        self._open_output = open_output
        self._first_frame_at = self._last_now = clock.now()

    def play(self) -> None:
        self.opened()
        while self._clock.now() < self.at and not self.stopping.is_set():
            self._clock.wait(self.stopping, self.at)
        if self.stopping.is_set():
            return
        # This call writes into the journal that the sound begins; until then it hasn't.
        block = self.blocks.take(_STEP_FRAMES)
        if self.stopping.is_set():
            return
        self._first_frame_at = self._last_now = self._clock.now()
        with self._open_output(self._first_frame_at) as write:
            self.tell_beginning()
            self._let_out(block, write)
        if not self.stopping.is_set():
            self.finished()

    def beginning(self) -> datetime:
        return self._first_frame_at

    def _let_out(self, block: bytes, write: Write) -> None:
        out = 0
        while block:
            end = out + len(block) // BYTES_PER_FRAME
            due = self._wait_for_frame(end)
            with self.in_driver():
                write(block[: (due - out) * BYTES_PER_FRAME])
            out = due
            self.heard(out)
            if self.stopping.is_set():
                return
            block = self.blocks.take(_STEP_FRAMES)

    def _wait_for_frame(self, frame: int) -> int:
        """Wait until so many frames are due, or until the stop; how many of them are due then."""
        while True:
            now = self._clock.now()
            if now < self._last_now:  # the clock was set back: a loudspeaker wouldn't have noticed
                self._first_frame_at -= self._last_now - now
            self._last_now = now
            due = (now - self._first_frame_at) // timedelta(microseconds=1) * RATE // 1_000_000
            if due >= frame or self.stopping.is_set():
                return min(due, frame)
            until = timedelta(microseconds=-(-frame * 1_000_000 // RATE))
            self._clock.wait(self.stopping, self._first_frame_at + until)


@contextmanager
def _growing_wav(path: Path) -> Iterator[Write]:
    """A WAV file whose header is right after each write. Raises DeviceFailed."""
    unnamed = path.with_suffix(".new")
    try:
        with unnamed.open("wb", buffering=0) as file:
            file.write(_wav_header(0))
            unnamed.rename(path)  # it gets its name together with its header: no reader finds an empty file
            length = 0

            def write(pcm: bytes) -> None:
                nonlocal length
                # First the sound, then the header that counts it: killed between the two, the file lacks 20 ms.
                while pcm:
                    put = os.pwrite(file.fileno(), pcm, _HEADER_BYTES + length)
                    length, pcm = length + put, pcm[put:]
                os.pwrite(file.fileno(), _wav_header(length), 0)
                if os.fstat(file.fileno()).st_nlink == 0:
                    raise DeviceFailed(f"{path} was deleted while it was written")

            yield write
    except OSError as error:
        raise DeviceFailed(f"{path} can't be written: {error.strerror}") from error


def _wav_header(length: int) -> bytes:
    """RIFF/WAVE, PCM, mono, 48 kHz, 16 bits, for `length` bytes of sound."""
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * BYTES_PER_FRAME, BYTES_PER_FRAME, BYTES_PER_FRAME * 8)
    riff = struct.pack("<4sI4s4sI", b"RIFF", _HEADER_BYTES - 8 + length, b"WAVE", b"fmt ", len(form))
    return riff + form + struct.pack("<4sI", b"data", length)
