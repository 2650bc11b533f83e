"""The loudspeaker: ALSA, by ctypes on libasound.so.2, with the start of a sound placed on a frame.

The device is opened shortly before a sound and closed after it: other programs may use the card, and a USB card that
was unplugged is found again. From opening to closing the stream never stops. Silence goes before the sound, so that the
driver's delay is known when the first frame of the sound is handed over; and silence goes after it, until the driver
says that the last frame has left.

The card's crystal is not the agent's clock: two crystals may drift 6 ms a minute. So while a sound leaves, it is kept
in step with its own beginning, one frame at a time. A frame that was left out counts as heard, one that was played
twice counts once.

A stop is seen within 10 ms; then `snd_pcm_drop` throws away what has not left.
"""

import ctypes
import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cache

from speaker_agent.clock.agent_clock import Clock
from speaker_agent.device.drift import Lateness, Shifts, with_a_frame_twice, without_a_frame
from speaker_agent.device.frame_times import FrameTimes, length_of
from speaker_agent.device.port import BYTES_PER_FRAME, RATE, DeviceFailed, Sound
from speaker_agent.device.sound_thread import HANGS_AFTER_S, SoundThread, ThreadedDevice

InDriver = Callable[[], AbstractContextManager[None]]
"""Put around each call that may hang: `SoundThread.in_driver`."""

log = logging.getLogger(__name__)

OPEN_AHEAD = timedelta(seconds=2)
# No crystal keeps another's time: beyond this, one frame of each block is left out or played twice.
LARGEST_DRIFT_S = 0.001
# Long enough for a board that is busy with its card; neither a stop nor a start waits for it. Not longer: a sound
# server takes its own latency from it. With a second, PulseAudio's starts were 5 to 20 ms off, not 0.5.
BUFFER_US = 500_000
_BLOCK_FRAMES = RATE // 100
_TURN_S = 0.01
_SILENCE = bytes(_BLOCK_FRAMES * BYTES_PER_FRAME)
# The stream is started with so many frames; only then come the first answers about its delay.
_FRAMES_BEFORE_START = 4 * _BLOCK_FRAMES
# A mixer after the driver works in blocks of its own: so much silence pushes the block with the last frame out of it.
_FRAMES_AFTER_SOUND = RATE // 10

# From alsa/pcm.h
_STREAM_PLAYBACK = 0
_NONBLOCK = 1
_FORMAT_S16_LE = 2
_ACCESS_RW_INTERLEAVED = 3
_STATE_PREPARED = 2
_RESAMPLING_ALLOWED = 1


class AlsaDevice(ThreadedDevice):
    """An ALSA device by its name (`default`, `plughw:1,0`, …: `aplay -L` lists them)."""

    def __init__(self, name: str, clock: Clock, on_change: Callable[[], None]) -> None:
        super().__init__()
        self._name = name
        self._clock = clock
        self._on_change = on_change

    def _thread_for(self, sound: Sound, at: datetime) -> SoundThread:
        return _AlsaThread(sound, at, self._name, self._clock, self._on_change)


class _AlsaThread(SoundThread):
    """One sound through one stream. Frames are counted from the stream's first one, silence included."""

    def __init__(
        self,
        sound: Sound,
        at: datetime,
        name: str,
        clock: Clock,
        on_change: Callable[[], None],
    ) -> None:
        super().__init__(sound, at, on_change)
        self._name = name
        self._clock = clock
        self._times = FrameTimes()
        # How many frames of the stream were handed over, have left by the driver's delay, were taken from its buffer.
        self._written = self._left = self._taken = 0
        self._lost = 0  # frames of the sound that were handed over and never left
        self._run_from = 0  # the first frame since the stream was last started
        self._sound_from: int | None = None  # the sound's first frame, and the one after its last
        self._sound_to: int | None = None
        self._expected_at = at  # when the sound's first frame should leave
        self._pending = b""
        self._shifts = Shifts()
        self._lateness = Lateness()

    def play(self) -> None:
        while self._clock.now() < self.at - OPEN_AHEAD and not self.stopping.is_set():
            self.opened()
            self._clock.wait(self.stopping, self.at - OPEN_AHEAD)
        if self.stopping.is_set():
            return
        with _open_pcm(self._name, self.in_driver) as pcm:
            self.opened()
            try:
                self._let_out(pcm)
            except DeviceFailed:
                # What the mixer took is certain; the last answer about the delay may be one of a dying device.
                self.heard(self._of_the_sound(min(self._left, self._taken)))
                raise
            finally:
                if self.progress.frames_heard:
                    self.tell_beginning()

    def _let_out(self, pcm: "_Pcm") -> None:
        looks_without_progress, moved_to = 0, 0
        while not self._all_left():
            try:
                if self.stopping.is_set():
                    self._look(pcm)
                    return
                self._hand_over(pcm)
                self._look(pcm)
            except _Interrupted as interruption:
                self._go_on_after(interruption, pcm)
            finally:
                self._tell()
            looks_without_progress = 0 if self._taken > moved_to else looks_without_progress + 1
            moved_to = max(moved_to, self._taken)
            if looks_without_progress * _TURN_S > HANGS_AFTER_S:
                raise DeviceFailed(f"the sound device {self._name} takes no more sound: is it still there?")
            # Not by the agent's clock: the card gives the pace, and so short a wait only spares the processor.
            self.stopping.wait(_TURN_S)
        self.finished()

    def _hand_over(self, pcm: "_Pcm") -> None:
        """Fill the room that the device has, and start the stream once it holds enough."""
        room = pcm.room()
        # Asked at each block: a sound that was given up as hung while the driver didn't answer must not begin later.
        while room >= _BLOCK_FRAMES and not self.stopping.is_set():
            # Kept until the device takes it: with an underrun it may refuse.
            self._pending = self._pending or self._next_block()
            if not self._pending or not (put := pcm.write(self._pending)):
                break
            self._pending = self._pending[put * BYTES_PER_FRAME :]
            self._written += put
            room -= put
        if self._written - self._run_from >= _FRAMES_BEFORE_START and pcm.state() == _STATE_PREPARED:
            pcm.start()

    def _next_block(self) -> bytes:
        if self._sound_from is None:
            ahead = self._frames_until_start()
            if ahead is None:
                return b""
            if ahead > 0:
                return _SILENCE[: ahead * BYTES_PER_FRAME]
            self._sound_from = self._written
            self._expected_at = self._times.leaves_at(self._written) or self._leaves_if_started_now()
        if self._sound_to is None:
            if block := self.blocks.take(_BLOCK_FRAMES):
                return self._in_step(block)
            self._sound_to = self._written
        return _SILENCE

    def _in_step(self, block: bytes) -> bytes:
        """The sound's next block, a frame shorter or longer if the card runs too slow or too fast."""
        leaves_at = self._times.leaves_at(self._written) if self._times.settled else None
        if leaves_at is None or self._sound_from is None:
            return block
        played_s = (self._written - self._sound_from + self._shifts.before(self._written)) / RATE
        late_s = self._lateness.take((leaves_at - self._expected_at).total_seconds() - played_s)
        if abs(late_s) < LARGEST_DRIFT_S or len(block) <= BYTES_PER_FRAME:
            return block
        shift = 1 if late_s > 0 else -1
        block, at = without_a_frame(block) if shift == 1 else with_a_frame_twice(block)
        self._shifts.add(self._written + at, shift)
        self._lateness.corrected(shift / RATE)
        return block

    def _frames_until_start(self) -> int | None:
        """How many frames of silence still go before the sound; None: it will be known in a moment."""
        frame = self._times.frame_at(self.at)
        if frame is not None:
            return frame - self._written
        if self._written - self._run_from >= _FRAMES_BEFORE_START:
            return None
        return round((self.at - self._leaves_if_started_now()) / timedelta(seconds=1) * RATE)

    def _leaves_if_started_now(self) -> datetime:
        """When the next frame would leave, if a stream that isn't running were started now."""
        return self._clock.now() + length_of(self._written - self._run_from)

    def _look(self, pcm: "_Pcm") -> None:
        """Ask the driver how far the device has come."""
        if pcm.state() == _STATE_PREPARED:
            return
        asked_at = self._clock.now()
        delay = pcm.delay()
        self._times.add(asked_at, self._clock.now(), self._written, delay)
        self._left = self._written - max(0, delay)
        self._taken = self._written - pcm.queued()

    def _go_on_after(self, interruption: "_Interrupted", pcm: "_Pcm") -> None:
        """Start again. After an underrun all that was handed over has left; after a suspension the queue is lost."""
        log.warning("sound %s: %s was interrupted (%s), and goes on", self.sound.label, self._name, interruption)
        if interruption.code == -errno.ESTRPIPE:
            self._lost += self._of_the_sound(self._written) - self._of_the_sound(self._left)
        if self._of_the_sound(self._written):
            self.tell_beginning()  # as long as it is known: after the interruption the old answers don't hold
        pcm.recover(interruption.code)
        self._left = self._taken = self._run_from = self._written
        self._times.forget()

    def _of_the_sound(self, frames: int) -> int:
        """How many of the stream's first `frames` belong to the sound, and were not lost."""
        if self._sound_from is None:
            return 0
        end = self._written if self._sound_to is None else self._sound_to
        frames = min(frames, end)
        return max(0, frames - self._sound_from + self._shifts.before(frames) - self._lost)

    def _tell(self) -> None:
        self.heard(max(self._of_the_sound(self._left), self.progress.frames_heard))
        if self._times.settled and self.progress.frames_heard:
            self.tell_beginning()

    def beginning(self) -> datetime:
        return self._times.leaves_at(self._sound_from or 0) or self._expected_at

    def _all_left(self) -> bool:
        """Whether the sound has left, by both witnesses: the driver's delay, and what was taken from its buffer."""
        return self._sound_to is not None and min(self._left, self._taken) >= self._sound_to + _FRAMES_AFTER_SOUND


class _Interrupted(Exception):
    """The stream ran dry (EPIPE) or was suspended (ESTRPIPE)."""

    def __init__(self, code: int) -> None:
        super().__init__(_words(code))
        self.code = code


class _Pcm:
    """The few calls of alsa-lib that are used, on one stream. Each raises DeviceFailed or _Interrupted."""

    def __init__(self, name: str, handle: ctypes.c_void_p, in_driver: InDriver) -> None:
        self._name = name
        self._handle = handle
        self._in_driver = in_driver
        form = _FORMAT_S16_LE, _ACCESS_RW_INTERLEAVED, 1, RATE, _RESAMPLING_ALLOWED, BUFFER_US
        self._call("snd_pcm_set_params", *form)
        size, period = ctypes.c_ulong(), ctypes.c_ulong()
        self._call("snd_pcm_get_params", ctypes.byref(size), ctypes.byref(period))
        self._buffer = size.value

    def room(self) -> int:
        """How many frames could be written now."""
        return self._call("snd_pcm_avail")

    def queued(self) -> int:
        """How many frames the device has not yet taken out of the buffer."""
        return max(0, self._buffer - self.room())

    def write(self, pcm: bytes) -> int:
        """How many frames were taken; 0 if there is no room."""
        return self._call("snd_pcm_writei", pcm, len(pcm) // BYTES_PER_FRAME)

    def start(self) -> None:
        self._call("snd_pcm_start")

    def state(self) -> int:
        return self._call("snd_pcm_state")

    def delay(self) -> int:
        """How many of the frames written have not left; negative in an underrun."""
        frames = ctypes.c_long()
        self._call("snd_pcm_delay", ctypes.byref(frames))
        return frames.value

    def recover(self, code: int) -> None:
        self._call("snd_pcm_recover", code, 1)

    def _call(self, function: str, *arguments: object) -> int:
        with self._in_driver():
            code: int = getattr(_libasound(), function)(self._handle, *arguments)
        if code >= 0:
            return code
        if code == -errno.EAGAIN:
            return 0
        if code in (-errno.EPIPE, -errno.ESTRPIPE):
            raise _Interrupted(code)
        raise DeviceFailed(f"the sound device {self._name} failed: {_words(code)}")


@contextmanager
def _open_pcm(name: str, in_driver: InDriver) -> Iterator[_Pcm]:
    lib, handle = _libasound(), ctypes.c_void_p()
    with in_driver():
        code = lib.snd_pcm_open(ctypes.byref(handle), name.encode(), _STREAM_PLAYBACK, _NONBLOCK)
    if code == -errno.EBUSY:
        raise DeviceFailed(f"the sound device {name} is in use by another program")
    if code < 0:
        raise DeviceFailed(f"the sound device {name} can't be opened: {_words(code)}; `aplay -L` lists them")
    try:
        yield _Pcm(name, handle, in_driver)
    finally:
        with in_driver():
            lib.snd_pcm_drop(handle)
            lib.snd_pcm_close(handle)


def _words(code: int) -> str:
    words: bytes = _libasound().snd_strerror(code)
    return words.decode(errors="replace")


_Text, _Number = ctypes.c_char_p, ctypes.c_int
_ErrorHandler = ctypes.CFUNCTYPE(None, _Text, _Number, _Text, _Number, _Text)


def _log_alsa_error(file: bytes, line: int, function: bytes, code: int, words: bytes) -> None:
    # `words` is a format for printf; ctypes can't read its arguments, and the format alone tells the place.
    format_ = words.decode(errors="replace")
    log.info("alsa-lib: %s (%s:%d, %s, code %d)", format_, file.decode(), line, function.decode(), code)


@cache
def _error_handler() -> "ctypes._FuncPointer":
    """Cached so that it is never freed: alsa-lib holds a bare pointer to it."""
    return _ErrorHandler(_log_alsa_error)


@cache
def _libasound() -> ctypes.CDLL:
    try:
        lib = ctypes.CDLL("libasound.so.2")
    except OSError as error:
        raise DeviceFailed("libasound.so.2 isn't there: install the package libasound2") from error
    handle, frames = ctypes.c_void_p, ctypes.c_long
    lib.snd_strerror.restype = ctypes.c_char_p
    lib.snd_pcm_avail.argtypes, lib.snd_pcm_avail.restype = [handle], frames
    lib.snd_pcm_writei.argtypes = [handle, ctypes.c_char_p, ctypes.c_ulong]
    lib.snd_pcm_writei.restype = frames
    lib.snd_lib_error_set_handler(_error_handler())
    return lib
