"""The status: what this speaker says of itself on connect, on a change, and every minute."""

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
class Standing:
    """What is told at once when it changes. `plan_revisions` stands for the plan and its digest."""

    plan_revisions: int
    settings_revision: int | None
    playing: str | None
    clock: ClockState
    volume: int
    last_error: str | None


@dataclass(frozen=True)
class Measures:
    """What is only measured when a status is sent."""

    plan: PlanReport
    clock_offset_ms: float
    cache_bytes: int
    unacknowledged: int


class Health:
    """Stepped by the main loop. `refused` counts what was refused, by reason, since this start."""

    def __init__(
        self,
        *,
        agent: str,
        boot: str,
        journal: str,
        data_dir: Path,
        standing: Callable[[], Standing],
        measure: Callable[[datetime], Measures],
        send: Callable[[bytes], None],
    ) -> None:
        self.refused: Counter[str] = Counter()
        self._agent = agent
        self._boot = boot
        self._journal = journal
        self._data_dir = data_dir
        self._standing = standing
        self._measure = measure
        self._send = send
        self._session: int | None = None
        self._told: Standing | None = None
        self._told_at: datetime | None = None

    def connected(self, session: int | None) -> None:
        """A connection with this number stands, or none: on each connect the status is told."""
        self._session = session
        self._told = self._told_at = None

    def step(self, now: datetime) -> datetime | None:
        """Tell the status if it is due; when to look again."""
        if self._session is None:
            return None
        standing = self._standing()
        due_at = now
        if self._told_at is not None and self._told_at <= now:
            due_at = self._told_at + (_EVERY if standing == self._told else _AT_MOST_EVERY)
        if due_at > now:
            return min(due_at, now + _CHECK_CLOCK_EVERY)
        self._send(self._status(standing, self._session, now).to_json())
        self._told, self._told_at = standing, now
        return now + _CHECK_CLOCK_EVERY

    def last_word(self) -> bytes:
        """Said when the agent ends in order."""
        return last_will(self._boot, self._session or 0)

    def _status(self, standing: Standing, session: int, now: datetime) -> Status:
        at = cut_to_milliseconds(now)
        measures = self._measure(at)
        return Status(
            online=True,
            boot=self._boot,
            session=session,
            at=at,
            agent=self._agent,
            journal=self._journal,
            clock=ClockReport(state=standing.clock, offset_ms=round(measures.clock_offset_ms, 1)),
            plan=measures.plan,
            settings_revision=standing.settings_revision,
            playing=standing.playing,
            volume=standing.volume,
            disk_free_bytes=_disk_free(self._data_dir),
            cache_bytes=measures.cache_bytes,
            temperature_c=_temperature(),
            last_error=standing.last_error,
            unacknowledged=measures.unacknowledged,
            refused=dict(self.refused),
        )


def last_will(boot: str, session: int) -> bytes:
    """What the broker says for a speaker that is gone."""
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
