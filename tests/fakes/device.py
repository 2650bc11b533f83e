"""A sound device in memory that follows the test's clock and refuses misuse."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from speaker_agent.clock.agent_clock import Clock
from speaker_agent.device.port import BYTES_PER_FRAME, RATE, DeviceBusy, DeviceFailed, Progress, Sound


@dataclass
class Played:
    """The part of one sound that left the device: its PCM, and when its first frame left."""

    label: str
    began_at: datetime
    pcm: bytes = b""

    @property
    def frames(self) -> int:
        return len(self.pcm) // BYTES_PER_FRAME


class FakeDevice:
    """Implements the device port. Nothing happens between the calls of `run`.

    `opens` False: there is no device. `fail`: the device dies now. `before_first_frame` is called just before the sound
    is asked for its first frame.
    """

    def __init__(self, clock: Clock) -> None:
        self.opens = True
        self.lag = timedelta()
        """How much longer a sound takes than its frames should."""
        self.played: list[Played] = []
        self.starts: list[tuple[str, datetime]] = []
        self.before_first_frame: Callable[[], None] = lambda: None
        self._clock = clock
        self._sound: Sound | None = None
        self._at: datetime | None = None
        self._rest = b""
        self._progress = Progress()
        self._closed = False

    def start(self, sound: Sound, at: datetime) -> None:
        assert not self._closed, "a closed device isn't used again"
        assert at.tzinfo is not None, "a start needs an aware instant"
        assert sound.frames > 0, "a sound of no length"
        if self._sound is not None:
            raise DeviceBusy(f"{sound.label} was started while {self._sound.label} sounds")
        self.starts.append((sound.label, at))
        if not self.opens:
            raise DeviceFailed("no such device")
        self._sound, self._at, self._rest, self._progress = sound, at, b"", Progress()

    def progress(self) -> Progress:
        return self._progress

    def stop(self) -> Progress:
        self.run()
        self._sound = None
        return self._progress

    def close(self) -> None:
        self.stop()
        self._closed = True

    @property
    def busy(self) -> bool:
        return self._sound is not None

    @property
    def next_change(self) -> datetime | None:
        """The instant of the next change without a call; None if there is none."""
        if self._sound is None or self._at is None:
            return None
        if self._progress.began_at is None:
            return self._at
        return self._progress.began_at + timedelta(microseconds=-(-self._sound.frames * 1_000_000 // RATE)) + self.lag

    def move_beginning(self, at: datetime) -> None:
        """The sound that was placed begins at this instant, not at the one that was asked for."""
        self._at = at

    def fail(self, words: str = "unplugged") -> None:
        """Let the device fail."""
        self.run()
        if self._sound is not None:
            self._sound, self._progress = None, replace(self._progress, failure=words)
        self.opens = False

    def run(self) -> None:
        """Play the frames that are due by now."""
        now = self._clock.now()
        if self._sound is None or self._at is None or now < self._at:
            return
        if self._progress.began_at is None and not self._begin(self._sound, now):
            return
        assert self._progress.began_at is not None
        due = max(0, (now - self.lag - self._progress.began_at) // timedelta(microseconds=1) * RATE // 1_000_000)
        self._let_out(self._sound, min(due, self._sound.frames))

    def _begin(self, sound: Sound, now: datetime) -> bool:
        self.before_first_frame()
        if not self._fill(sound, BYTES_PER_FRAME):
            return False
        self._progress = replace(self._progress, began_at=now)
        self.played.append(Played(sound.label, now))
        return True

    def _let_out(self, sound: Sound, due: int) -> None:
        cut = (due - self._progress.frames_heard) * BYTES_PER_FRAME
        whole = self._fill(sound, cut)
        self.played[-1].pcm += self._rest[:cut]
        self._rest = self._rest[cut:]
        self._progress = replace(self._progress, frames_heard=self.played[-1].frames)
        if whole and due == sound.frames:
            assert not self._rest, "the sound is longer than it said"
            assert next(sound.blocks, None) is None, "the sound is longer than it said"
            self._sound, self._progress = None, replace(self._progress, finished=True)

    def _fill(self, sound: Sound, length: int) -> bool:
        """Take blocks until there are `length` bytes; False if the sound fails."""
        try:
            while len(self._rest) < length:
                block = next(sound.blocks, None)
                assert block is not None, "the sound is shorter than it said"
                assert len(block) % BYTES_PER_FRAME == 0, "half a frame"
                self._rest += block
        except AssertionError:
            raise
        except Exception as error:  # noqa: BLE001 - as the real devices: whatever a sound raises is its failure
            self._sound, self._progress = None, replace(self._progress, sound_error=repr(error))
            return False
        return True
