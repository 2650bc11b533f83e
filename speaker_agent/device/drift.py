"""Keeping a sound in step with the clock, by one frame at a time where it can't be heard; and counting these frames."""

import sys
from array import array
from bisect import bisect_left
from collections import deque

# What a sound server says of its delay wanders by a millisecond over seconds; a crystal's drift stays in the mean.
_ANSWERS_AVERAGED = 500
# A larger jump is no crystal's drift, but a clock that was set: the sound goes on from where it is.
_LARGEST_CRYSTAL_DRIFT_S = 0.1


class Lateness:
    """How late a sound leaves, by the mean of the last 500 answers: those of 5 s, with one for each block of 10 ms."""

    def __init__(self) -> None:
        self._answers: deque[float] = deque()
        self._sum_s = 0.0
        self._corrected_s = 0.0
        self._set_off_s = 0.0

    def take(self, late_s: float) -> float:
        """Add an answer; how late the sound is now, in seconds, or 0 while there are too few answers.

        `late_s`: as the device says, after all corrections so far.
        """
        raw_s = late_s + self._corrected_s - self._set_off_s
        if abs(raw_s - self._corrected_s) > _LARGEST_CRYSTAL_DRIFT_S:
            self._set_off_s += raw_s - self._corrected_s
            self._answers.clear()
            self._sum_s = 0.0
            return 0.0
        self._answers.append(raw_s)
        self._sum_s += raw_s
        if len(self._answers) <= _ANSWERS_AVERAGED:
            return 0.0
        self._sum_s -= self._answers.popleft()
        return self._sum_s / _ANSWERS_AVERAGED - self._corrected_s

    def corrected(self, by_s: float) -> None:
        """Note that from now on the sound leaves earlier by so much."""
        self._corrected_s += by_s


class Shifts:
    """Where in a stream a frame of the sound was left out or played twice; added in the stream's order."""

    def __init__(self) -> None:
        self._frames: list[int] = []
        self._totals: list[int] = []

    def add(self, frame: int, left_out: int) -> None:
        """At this frame of the stream one of the sound was left out (1), or was played a second time (-1)."""
        self._frames.append(frame)
        self._totals.append(self.before(frame) + left_out)

    def before(self, frame: int) -> int:
        """How many more frames of the sound than of the stream lie before this frame of the stream."""
        place = bisect_left(self._frames, frame)
        return self._totals[place - 1] if place else 0


def without_a_frame(block: bytes) -> tuple[bytes, int]:
    """The block without the frame that differs least from the one before it; and that frame's index."""
    at = _smoothest(block)
    return block[: 2 * at] + block[2 * at + 2 :], at


def with_a_frame_twice(block: bytes) -> tuple[bytes, int]:
    """The block with one frame twice, where two neighbours differ least; and the index of the second copy."""
    at = _smoothest(block)
    return block[: 2 * at] + block[2 * at - 2 :], at


def _smoothest(block: bytes) -> int:
    """The index of the frame that differs least from the one before it, in a block of at least two."""
    samples = array("h", block)
    if sys.byteorder == "big":
        samples.byteswap()
    return min(range(1, len(samples)), key=lambda at: abs(samples[at] - samples[at - 1]))
