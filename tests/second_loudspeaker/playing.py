"""What the second loudspeaker plays, and when: a second implementation of the rules, without a line of schedules/."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tests.second_loudspeaker.wire import LONG_AGO, MS, ORDER, SECOND, Plan, Settings


@dataclass
class Kept:
    """One broadcast in the plan. `plan` is the revision in force, `newest` the highest one, `raw` the bytes of that."""

    plan: Plan
    newest: Plan
    raw: bytes
    known_at: datetime
    ready_at: datetime | None = None
    begun_at: datetime | None = None
    position_ms: int = 0
    start_error_ms: float | None = None
    final: str | None = None

    @property
    def emergency(self) -> bool:
        return self.plan.bulletin_class == "emergency"

    @property
    def rank(self) -> int:
        return ORDER[self.plan.bulletin_class]

    @property
    def ends_at(self) -> datetime:
        assert self.begun_at
        return self.begun_at + (self.plan.length_ms - self.position_ms) * MS


class Tell(Protocol):
    """Writes a receipt."""

    def __call__(
        self,
        plan: Plan,
        state: str,
        at: datetime,
        reason: str | None = None,
        heard_ms: int | None = 0,
        start_error_ms: float | None = None,
    ) -> None: ...


class Playing:
    """Plays one broadcast at a time, without making a sound; `sounded` lists what would have sounded, from and to."""

    def __init__(self, tell: Tell) -> None:
        self.kept: dict[str, Kept] = {}
        self.sounding: Kept | None = None
        self.sounded: list[tuple[str, datetime, datetime]] = []
        self._tell = tell
        self._settings: Settings | None = None
        self._has_sound: Callable[[Kept], bool] = lambda _kept: False
        self._free_since = dict.fromkeys(ORDER, LONG_AGO)

    def finish(self, kept: Kept, state: str, reason: str | None, at: datetime) -> None:
        """Give the broadcast its final state; if it sounds, it stops."""
        if kept is self.sounding:
            self._fall_silent(at)
        kept.final = state
        heard_ms = kept.plan.heard_ms(kept.position_ms)
        self._tell(kept.plan, state, at, reason, heard_ms, kept.start_error_ms)

    def step(
        self,
        settings: Settings | None,
        may_sound: Callable[[Kept], bool],
        has_sound: Callable[[Kept], bool],
        now: datetime,
    ) -> datetime | None:
        """Decide and act; returns when something may change by itself."""
        self._settings, self._has_sound = settings, has_sound
        waiting = [kept for kept in self.kept.values() if kept.final is None]
        for kept in waiting:
            if kept.ready_at is None and has_sound(kept):
                kept.ready_at = now
                self._tell(kept.plan, "ready", now)
        if self.sounding:
            self._go_on(self.sounding, now)
        for kept in sorted(waiting, key=lambda kept: kept.plan.order):
            came = kept.plan.starts_at is None or kept.plan.starts_at <= now
            if kept.final is None and kept is not self.sounding and came and may_sound(kept):
                self._consider(kept, now)
        edges = [
            edge
            for kept in waiting
            if kept.final is None
            for edge in (kept.plan.starts_at, kept.plan.latest_start + MS, kept.plan.expires_at)
            if edge is not None and edge > now
        ]
        return min([*edges, *([self.sounding.ends_at] if self.sounding else [])], default=None)

    def _quiet_until(self, at: datetime) -> datetime | None:
        return self._settings.quiet_until(at) if self._settings else None

    @property
    def _muted(self) -> bool:
        return self._settings is not None and self._settings.muted

    def _go_on(self, kept: Kept, now: datetime) -> None:
        if kept.ends_at <= now:
            self.finish(kept, "played", None, kept.ends_at)
        elif self._muted:
            self.finish(kept, "partial", "muted", now)
        elif not kept.emergency and (quiet_end := self._quiet_until(now)) and quiet_end > _just_after(kept):
            self.finish(kept, "partial", "quiet_hours", now)

    def _consider(self, kept: Kept, now: datetime) -> None:
        """Begin it, continue it, let it wait, or end it."""
        blocked = self.sounding is not None and self.sounding.rank <= kept.rank
        if self._muted:
            self.finish(kept, "partial" if kept.begun_at else "missed", "muted", now)
        elif kept.begun_at:
            if kept.plan.expires_at <= now:
                self.finish(kept, "partial", "pre_empted", now)
            elif not blocked and kept.ready_at and (kept.emergency or not self._quiet_until(now)):
                self._begin(kept, now)
        elif reason := self._lost_its_time(kept, blocked, now):
            self.finish(kept, "missed", reason, now)
        elif not blocked and kept.ready_at:
            turn = max(kept.plan.starts_at or LONG_AGO, kept.ready_at, self._free_since[kept.plan.bulletin_class])
            quiet_end = None if kept.emergency else self._quiet_until(turn)
            if quiet_end and quiet_end > kept.plan.latest_start:
                self.finish(kept, "missed", "quiet_hours", now)
            elif quiet_end is None or quiet_end <= now:
                self._begin(kept, now)

    def _lost_its_time(self, kept: Kept, blocked: bool, now: datetime) -> str | None:
        """The reason why it can no longer begin; None if it can."""
        latest, expired = kept.plan.latest_start, kept.plan.expires_at <= now
        came_late = "late" if kept.known_at > latest else "no_audio"
        could_have = max(kept.plan.starts_at or kept.known_at, kept.ready_at or LONG_AGO)
        waited = "busy" if self._free_since[kept.plan.bulletin_class] > could_have else "late"
        if kept.emergency:
            return ("busy" if blocked else waited if kept.ready_at else came_late) if expired else None
        if blocked or kept.ready_at is None:
            return ("busy" if blocked else came_late) if latest < now or expired else None
        if self._free_since[kept.plan.bulletin_class] > latest:
            return "busy"
        if kept.ready_at > max(
            latest, kept.known_at
        ):  # what the speaker had when the broadcast arrived counts as had before
            return came_late
        return waited if latest + SECOND < now or expired else None

    def _begin(self, kept: Kept, now: datetime) -> None:
        if not self._has_sound(kept):  # verifies the hash again
            kept.ready_at = None
            return
        stopped = self.sounding
        if stopped:
            self._fall_silent(now)
            if stopped.plan.expires_at <= now:
                self.finish(stopped, "partial", "pre_empted", now)
        if kept.begun_at is None:
            if kept.plan.starts_at:
                kept.start_error_ms = round((now - kept.plan.starts_at) / MS, 1)
            self._tell(kept.plan, "started", now, start_error_ms=kept.start_error_ms)
        kept.begun_at = now
        self.sounding = kept

    def _fall_silent(self, at: datetime) -> None:
        kept, self.sounding = self.sounding, None
        assert kept
        assert kept.begun_at
        self.sounded.append((kept.plan.broadcast, kept.begun_at, at))
        kept.position_ms += (at - kept.begun_at) // MS
        for bulletin_class, rank in ORDER.items():
            if rank >= kept.rank:
                self._free_since[bulletin_class] = max(self._free_since[bulletin_class], at)


def _just_after(kept: Kept) -> datetime:
    """No broadcast begins in quiet hours: if they end within a second of its start, the clock was a moment early."""
    return (kept.begun_at or LONG_AGO) + SECOND
