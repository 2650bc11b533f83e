"""A sound card under ALSA's calls that runs dry, or hangs, at a chosen moment."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from speaker_agent.clock.agent_clock import Clock
from speaker_agent.device import alsa
from speaker_agent.device.alsa import InDriver
from speaker_agent.device.port import BYTES_PER_FRAME, RATE

LIMIT_S = 20.0
_PREPARED, _RUNNING = 2, 3  # from alsa/pcm.h


class Card:
    """Plays frames by the clock. It takes the place of `_open_pcm` and the PCM; used by the device's thread alone.

    `runs_dry_after`: after so many frames of the stream it reports an underrun, once. `hangs_at_question`: the
    number of the call of `room` that doesn't return before `answers` is set. `rate`: frames a second by its crystal.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        runs_dry_after: int | None = None,
        hangs_at_question: int | None = None,
        rate: float = RATE,
    ) -> None:
        self._rate = rate
        self.runs_dry_after = runs_dry_after
        self.answers = threading.Event()
        self.closed = threading.Event()
        """Set when the device's thread has closed the card."""
        self._hangs_at_question = hangs_at_question
        self._questions = 0
        self.written = b""
        self.first_sound_at: datetime | None = None
        """When the first frame that isn't silence left."""
        self.last_sound_at: datetime | None = None
        """When the last frame that isn't silence leaves."""
        self._clock = clock
        self._runs_since: datetime | None = None
        self._buffer = alsa.BUFFER_US * RATE // 1_000_000
        self._run_from = 0
        self._in_driver: InDriver = nullcontext

    @contextmanager
    def open(self, _name: str, in_driver: InDriver) -> Iterator["Card"]:
        self._in_driver = in_driver
        try:
            yield self
        finally:
            self.closed.set()

    def room(self) -> int:
        with self._in_driver():
            self._questions += 1
            if self._questions == self._hangs_at_question:
                self.answers.wait(LIMIT_S)
        return self._buffer - self.queued()

    def queued(self) -> int:
        return max(0, self.delay())

    def write(self, pcm: bytes) -> int:
        if any(pcm):
            ahead = self.delay() / self._rate if self._runs_since else 0.0
            leaves_at = self._clock.now() + timedelta(seconds=ahead)
            self.first_sound_at = self.first_sound_at or leaves_at
            self.last_sound_at = leaves_at + timedelta(seconds=len(pcm) / BYTES_PER_FRAME / self._rate)
        self.written += pcm
        return len(pcm) // BYTES_PER_FRAME

    def start(self) -> None:
        self._runs_since = self._clock.now()

    def state(self) -> int:
        return _PREPARED if self._runs_since is None else _RUNNING

    def delay(self) -> int:
        frames = len(self.written) // BYTES_PER_FRAME - self._run_from
        if self._runs_since is None:
            return frames
        left = round((self._clock.now() - self._runs_since).total_seconds() * self._rate)
        if self.runs_dry_after is not None and left >= self.runs_dry_after:
            self.runs_dry_after = None
            raise alsa._Interrupted(-errno.EPIPE)
        return frames - left

    def recover(self, _code: int) -> None:
        self._runs_since, self._run_from = None, len(self.written) // BYTES_PER_FRAME
