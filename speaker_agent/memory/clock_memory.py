"""What the journal keeps of the clock: an instant that is certainly past, and when this boot began."""

from datetime import datetime, timedelta
from pathlib import Path

from speaker_agent.clock.time_requests import DisciplinedClock
from speaker_agent.memory.journal import FactName, Journal
from wire.instants import format_instant, parse_instant
from wire.receipts import ClockState

KEEP_EVERY = timedelta(minutes=10)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ClockMemory:
    """Stepped by the main loop: writes every ten minutes, and when the clock's state has changed."""

    def __init__(self, journal: Journal, clock: DisciplinedClock) -> None:
        self._journal = journal
        self._clock = clock
        self._kept_at: datetime | None = None
        self._state: ClockState | None = None

    @staticmethod
    def recall(journal: Journal) -> tuple[datetime | None, datetime | None]:
        """The clock's floor, and when this boot began; each None if it isn't known, the second also in another boot."""
        floor, booted_at, boot_id = journal.fact("clock_floor"), journal.fact("booted_at"), _boot_id()
        same_boot = boot_id != b"" and journal.fact("boot_id") == boot_id
        return (
            parse_instant(floor.decode()) if floor else None,
            parse_instant(booted_at.decode()) if booted_at and same_boot else None,
        )

    def step(self, now: datetime) -> datetime:
        """Write, if it is time; when to look again."""
        state = self._clock.state()
        if self._kept_at is not None and self._kept_at <= now < self._kept_at + KEEP_EVERY and state == self._state:
            return self._kept_at + KEEP_EVERY
        self._kept_at, self._state = now, state
        floor, booted_at = self._clock.floor_to_keep(), self._clock.booted_at_to_keep()
        facts: dict[FactName, bytes | None] = {}
        if floor is not None:
            facts["clock_floor"] = format_instant(floor).encode()
        if booted_at is not None:
            facts |= {"booted_at": format_instant(booted_at).encode(), "boot_id": _boot_id()}
        if facts:
            self._journal.keep_facts(facts)
        return now + KEEP_EVERY


def _boot_id() -> bytes:
    """The kernel's name for this boot; empty where it has none: then each start counts as another boot."""
    try:
        return _BOOT_ID.read_bytes().strip()
    except OSError:
        return b""
