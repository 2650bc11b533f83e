"""The status message: sent on connect, on a change, and every minute."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wire.instants import cut_to_milliseconds
from wire.receipts import ClockState
from wire.status import STATUS_EVERY_S, ClockReport, PlanReport, Status

_EVERY = timedelta(seconds=STATUS_EVERY_S)
_AT_MOST_EVERY = timedelta(seconds=1)
_CHECK_CLOCK_EVERY = timedelta(seconds=10)
THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")


@dataclass(frozen=True)
class WatchedStatus:
    """The part of the status that is sent at once when it changes. `plan_revisions` stands for the plan's digest."""

    plan_revisions: int
    settings_revision: int | None
    playing: str | None
    clock: ClockState
    volume: int
    last_error: str | None


@dataclass(frozen=True)
class SampledStatus:
    """The part of the status that is worked out only when a status is sent."""

    plan: PlanReport
    clock_offset_ms: float
    cache_bytes: int
    unacknowledged: int


class StatusReports:
    """Stepped by the main loop. `refused` counts the messages that were refused since this start, by reason."""

    def __init__(
        self,
        *,
        agent: str,
        boot: str,
        journal: str,
        data_dir: Path,
        watched: Callable[[], WatchedStatus],
        sampled: Callable[[datetime], SampledStatus],
        refused: Counter[str],
        send: Callable[[bytes], None],
    ) -> None:
        self._agent = agent
        self._boot = boot
        self._journal = journal
        self._data_dir = data_dir
        self._watched = watched
        self._sampled = sampled
        self._refused = refused
        self._send = send
        self._session: int | None = None
        self._sent: WatchedStatus | None = None
        self._sent_at: datetime | None = None

    def connected(self, session: int | None) -> None:
        """A new connection has this number, or there is none any more. Each new one gets a status at once."""
        self._session = session
        self._sent = self._sent_at = None

    def step(self, now: datetime) -> datetime | None:
        """Send the status, if it is due; when to look again."""
        if self._session is None:
            return None
        watched = self._watched()
        due_at = now
        if self._sent_at is not None and self._sent_at <= now:
            due_at = self._sent_at + (_EVERY if watched == self._sent else _AT_MOST_EVERY)
        if due_at > now:
            return min(due_at, now + _CHECK_CLOCK_EVERY)
        self._send(self._status(watched, self._session, now).to_json())
        self._sent, self._sent_at = watched, now
        return now + _CHECK_CLOCK_EVERY

    def last_word(self) -> bytes:
        """The status of a speaker that ends in order."""
        return last_will(self._boot, self._session or 0)

    def _status(self, watched: WatchedStatus, session: int, now: datetime) -> Status:
        at = cut_to_milliseconds(now)
        sampled = self._sampled(at)
        return Status(
            online=True,
            boot=self._boot,
            session=session,
            at=at,
            agent=self._agent,
            journal=self._journal,
            clock=ClockReport(state=watched.clock, offset_ms=round(sampled.clock_offset_ms, 1)),
            plan=sampled.plan,
            settings_revision=watched.settings_revision,
            playing=watched.playing,
            volume=watched.volume,
            disk_free_bytes=_disk_free(self._data_dir),
            cache_bytes=sampled.cache_bytes,
            temperature_c=_temperature(),
            last_error=watched.last_error,
            unacknowledged=sampled.unacknowledged,
            refused=dict(self._refused),
        )


def last_will(boot: str, session: int) -> bytes:
    """The status that the broker sends for a speaker that is gone."""
    return Status(online=False, boot=boot, session=session, refused={}).last_will()


def _disk_free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _temperature(zone: Path = THERMAL_ZONE) -> float | None:
    try:
        return round(int(zone.read_text()) / 1000, 1)
    except (OSError, ValueError):
        return None
