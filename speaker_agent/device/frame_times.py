"""When a frame leaves the sound card, from noisy answers of its driver.

Frames leave at a steady rate, so one number says it all: the instant at which frame 0 left, or would have
left. Each answer of the driver about its delay gives that number with some error; the median of the last ones
is good to a fraction of a millisecond.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from speaker_agent.device.port import RATE

WINDOW = timedelta(seconds=0.8)
SETTLED_AFTER = timedelta(seconds=0.2)
# A question that took longer was interrupted: nobody knows to which moment its answer belongs.
LONGEST_QUESTION = timedelta(milliseconds=0.3)


@dataclass(frozen=True)
class _Answer:
    asked_at: datetime
    took: timedelta
    frame_0_at: datetime


class FrameTimes:
    """The instants at which frames leave. Every frame handed over counts, pauses and silence too, from 0."""

    def __init__(self) -> None:
        self._answers: deque[_Answer] = deque()

    def add(self, asked_at: datetime, answered_at: datetime, written: int, delay: int) -> None:
        """The driver was asked between these instants: of `written` frames, `delay` had not yet left."""
        took = answered_at - asked_at
        frame_0_at = asked_at + took / 2 - length_of(written - delay)
        self._answers.append(_Answer(asked_at, took, frame_0_at))
        while self._answers[0].asked_at < asked_at - WINDOW:
            self._answers.popleft()

    @property
    def settled(self) -> bool:
        """Whether enough is known: the first answers of a stream are off by many milliseconds."""
        answers = self._answers
        return bool(answers) and answers[-1].asked_at - answers[0].asked_at >= SETTLED_AFTER

    def forget(self) -> None:
        """The stream was interrupted: what was known no longer holds."""
        self._answers.clear()

    def leaves_at(self, frame: int) -> datetime | None:
        """When this frame leaves; None: nothing is known yet."""
        frame_0_at = self._frame_0_at()
        return None if frame_0_at is None else frame_0_at + length_of(frame)

    def frame_at(self, instant: datetime) -> int | None:
        """The frame that leaves at this instant (negative: before frame 0); None: nothing is known yet."""
        frame_0_at = self._frame_0_at()
        return None if frame_0_at is None else round((instant - frame_0_at) / timedelta(seconds=1) * RATE)

    def _frame_0_at(self) -> datetime | None:
        if not self._answers:
            return None
        good = [answer for answer in self._answers if answer.took <= LONGEST_QUESTION]
        if not good:
            good = [min(self._answers, key=lambda answer: answer.took)]
        first = good[0].frame_0_at
        offsets_s = [(answer.frame_0_at - first).total_seconds() for answer in good]
        return first + timedelta(seconds=median(offsets_s))


def length_of(frames: int) -> timedelta:
    """How long so many frames last, to a microsecond."""
    return timedelta(seconds=frames / RATE)
