"""Keeping a sound in step with the clock, a frame at a time, where nobody hears it, and counting what that changed."""

import sys
from array import array
from bisect import bisect_left
from collections import deque

# A sound server's word about its delay wanders by a millisecond over seconds; a crystal's drift stays.
_ANSWERS = 500
# So far off is no crystal, but a clock that was set: the sound goes on from where it is.
_NO_DRIFT_S = 0.1


class Lateness:
    """How late a sound leaves, by the mean of the last 500 answers: 5 s, where each block of 10 ms brings one."""

    def __init__(self) -> None:
        self._answers: deque[float] = deque()
        self._sum_s = 0.0
        self._corrected_s = 0.0
        self._set_off_s = 0.0

    def take(self, late_s: float) -> float:
        """An answer, and what is known by it; 0 while that isn't enough. Corrections before it count in it."""
        raw_s = late_s + self._corrected_s - self._set_off_s
        if abs(raw_s - self._corrected_s) > _NO_DRIFT_S:
            self._set_off_s += raw_s - self._corrected_s
            self._answers.clear()
            self._sum_s = 0.0
            return 0.0
        self._answers.append(raw_s)
        self._sum_s += raw_s
        if len(self._answers) <= _ANSWERS:
            return 0.0
        self._sum_s -= self._answers.popleft()
        return self._sum_s / _ANSWERS - self._corrected_s

    def corrected(self, by_s: float) -> None:
        """From now on it leaves so much earlier."""
        self._corrected_s += by_s


class Shifts:
    """Where in a stream frames of the sound were left out or said twice; added in the stream's order."""

    def __init__(self) -> None:
        self._frames: list[int] = []
        self._totals: list[int] = []

    def add(self, frame: int, left_out: int) -> None:
        """At this frame of the stream one was left out (1), or is one that was said before (-1)."""
        self._frames.append(frame)
        self._totals.append(self.before(frame) + left_out)

    def before(self, frame: int) -> int:
        """How many more frames of the sound than of the stream lie before a frame of the stream."""
        place = bisect_left(self._frames, frame)
        return self._totals[place - 1] if place else 0


def without_a_frame(block: bytes) -> tuple[bytes, int]:
    """The block without the frame that differs least from the one before it, and which that was."""
    at = _smoothest(block)
    return block[: 2 * at] + block[2 * at + 2 :], at


def with_a_frame_twice(block: bytes) -> tuple[bytes, int]:
    """The block with one frame twice, that which differs least from the one before it, and which that was."""
    at = _smoothest(block)
    return block[: 2 * at] + block[2 * at - 2 :], at


def _smoothest(block: bytes) -> int:
    """Of a block of at least two frames, the one that differs least from the one before it."""
    samples = array("h", block)
    if sys.byteorder == "big":
        samples.byteswap()
    return min(range(1, len(samples)), key=lambda at: abs(samples[at] - samples[at - 1]))
