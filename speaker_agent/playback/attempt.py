"""One sound that the device was given, and what the device's word about it means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from schedules.arbitration import START_TOLERANCE
from speaker_agent.device.port import RATE, Progress
from speaker_agent.memory.plan import Kept
from speaker_agent.playback.layout import Layout
from wire.model import BulletinClass
from wire.outcomes import CancelledReason, MissedReason, PartialReason


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt that had begun, until that is committed. `stopped`: it goes on later."""

    state: Literal["played", "partial", "stopped"]
    reason: PartialReason | MissedReason | CancelledReason | None
    progress: Progress
    at: datetime
    frees_at: datetime | None = None


@dataclass
class Attempt:
    """Armed, then sounding, then over. `begun`, `volume`, `begin_failed` and `opened` are set by the device's thread.

    `position`: the frame of the layout at which it begins or goes on. `turn`: the instant at which it may.
    """

    kept: Kept
    turn: datetime
    position: int
    layout: Layout
    output_delay: timedelta
    begun: bool = False
    volume: int | None = None
    begin_failed: Exception | None = None
    opened: str | None = None
    """The clip that is being read."""
    outcome: Outcome | None = None

    @property
    def id(self) -> str:
        return self.kept.id

    @property
    def bulletin_class(self) -> BulletinClass:
        return self.kept.content.bulletin_class

    @property
    def frames(self) -> int:
        """All that it has to sound."""
        return self.layout.frames - self.position

    @property
    def begins_by(self) -> datetime:
        """The last instant at which its first sample may leave; behind it arbitration decides anew."""
        content = self.kept.content
        if self.kept.begun or self.bulletin_class == "emergency":
            return content.expires_at + self.output_delay
        return max(content.latest_start, self.turn) + START_TOLERANCE + self.output_delay

    def all_left(self, progress: Progress) -> bool:
        """Also where it was stopped between its last frame and the device's word that it has finished."""
        return progress.finished or progress.frames_heard >= self.frames

    def ended_at(self, progress: Progress, now: datetime) -> datetime:
        """When the last frame of one that was played left."""
        if progress.began_at is None:
            return now
        return min(now, progress.began_at + timedelta(seconds=self.frames / RATE))

    def start_error_ms(self, progress: Progress) -> float | None:
        """Actual less planned; None where that isn't known, or it only went on. A delay that was set is no error."""
        if progress.began_at is None or self.position:
            return None
        planned_at = self.kept.content.planned_at + self.output_delay
        return round((progress.began_at - planned_at) / timedelta(milliseconds=1), 1)
