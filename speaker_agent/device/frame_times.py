"""When a frame leaves the sound card, by noisy answers of its driver.

Frames leave at a steady rate, so one instant says it all: when frame 0 left, or would have left. Each answer of the
driver about its delay gives that instant with some error. The median of the last answers is right to a fraction of a
millisecond.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from speaker_agent.device.port import RATE

WINDOW = timedelta(seconds=0.8)
SETTLED_AFTER = timedelta(seconds=0.2)
# A question that took longer was interrupted: it isn't known at which moment of it the answer was right.
LONGEST_QUESTION = timedelta(milliseconds=0.3)


@dataclass(frozen=True)
class _Answer:
    asked_at: datetime
    took: timedelta
    frame_0_at: datetime


class FrameTimes:
    """The instants at which frames leave. Frames are counted from 0, silence and pauses included."""

    def __init__(self) -> None:
        self._answers: deque[_Answer] = deque()

    def add(self, asked_at: datetime, answered_at: datetime, written: int, delay: int) -> None:
        """Note an answer of the driver, asked between these instants: of `written` frames, `delay` had not left."""
        took = answered_at - asked_at
        frame_0_at = asked_at + took / 2 - length_of(written - delay)
        self._answers.append(_Answer(asked_at, took, frame_0_at))
        while self._answers[0].asked_at < asked_at - WINDOW:
            self._answers.popleft()

    @property
    def settled(self) -> bool:
        """Whether there are enough answers: the first ones of a stream are off by many milliseconds."""
        answers = self._answers
        return bool(answers) and answers[-1].asked_at - answers[0].asked_at >= SETTLED_AFTER

    def forget(self) -> None:
        """The stream was interrupted: no earlier answer holds any more."""
        self._answers.clear()

    def leaves_at(self, frame: int) -> datetime | None:
        """When this frame leaves; None before the first answer."""
        frame_0_at = self._frame_0_at()
        return None if frame_0_at is None else frame_0_at + length_of(frame)

    def frame_at(self, instant: datetime) -> int | None:
        """The frame that leaves at this instant (negative: before frame 0); None before the first answer."""
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
    """How long so many frames last, to the microsecond."""
    return timedelta(seconds=frames / RATE)
