"""One sound that was given to the device, and what the device's progress means for its broadcast."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from schedules.arbitration import START_TOLERANCE
from speaker_agent.device.port import RATE, Progress
from speaker_agent.memory.plan import KeptBroadcast
from speaker_agent.playback.layout import Layout
from wire.model import BulletinClass
from wire.outcomes import CancelledReason, MissedReason, PartialReason


@dataclass(frozen=True)
class AttemptEnd:
    """What came of an attempt that had begun; held until it is committed."""

    state: Literal["played", "partial", "stopped"]
    """`stopped`: it gave way to another broadcast, and goes on later."""
    reason: PartialReason | MissedReason | CancelledReason | None
    progress: Progress
    at: datetime
    frees_at: datetime | None = None
    """When it left the loudspeaker to its own class and lower ones, for `Conditions.free_since`; None: no change."""


@dataclass
class Attempt:
    """Armed, then sounding, then over. The device's thread sets `begun`, `volume`, `begin_failed` and `opened`."""

    kept: KeptBroadcast
    turn: datetime
    """The instant from which on it may begin or go on."""
    position: int
    """The frame of the layout at which it begins or goes on."""
    layout: Layout
    output_delay: timedelta
    begun: bool = False
    """The journal has the claim, and the first sample may leave."""
    volume: int | None = None
    begin_failed: Exception | None = None
    """Why it could not begin, though the device asked for the first sample."""
    opened: str | None = None
    """SHA-256 of the clip that is being read."""
    end: AttemptEnd | None = None

    @property
    def id(self) -> str:
        return self.kept.id

    @property
    def bulletin_class(self) -> BulletinClass:
        return self.kept.content.bulletin_class

    @property
    def frames(self) -> int:
        """How many it has to sound, from its position on."""
        return self.layout.frames - self.position

    @property
    def begins_by(self) -> datetime:
        """The last instant at which its first sample may leave; after it arbitration decides again."""
        content = self.kept.content
        if self.kept.begun or self.bulletin_class == "emergency":
            return content.expires_at + self.output_delay
        return max(content.latest_start, self.turn) + START_TOLERANCE + self.output_delay

    def all_left(self, progress: Progress) -> bool:
        """Whether all its frames left; also if it was stopped before the device could say that it has finished."""
        return progress.finished or progress.frames_heard >= self.frames

    def ended_at(self, progress: Progress, now: datetime) -> datetime:
        """When the last frame left, for an attempt that was played to its end."""
        if progress.began_at is None:
            return now
        return min(now, progress.began_at + timedelta(seconds=self.frames / RATE))

    def start_error_ms(self, progress: Progress) -> float | None:
        """Actual start less planned start, without the delay that the settings ask for.

        None if it isn't known, or the attempt only went on.
        """
        if progress.began_at is None or self.position:
            return None
        begins_at = self.kept.content.begins_at + self.output_delay
        return round((progress.began_at - begins_at) / timedelta(milliseconds=1), 1)
