"""The agent's clock: what time it is, how far that is to be believed, and the one place where time passes.

The boards boot in the past (no clock chip, a power cut each week). So the clock has three states, as the protocol
defines them:

    trusted     the kernel says that its clock is synchronised, or the office answered within 24 hours
    held        it was trusted in this boot and the board has run on, or a clock chip has kept it
    untrusted   neither: nothing but an emergency may sound

The floor is an instant that is certainly past. The journal keeps it across restarts, and it rises only while the clock
is trusted. A system clock that reads below the floor is wrong, whatever the kernel says.

`now()` is the kernel's boot-time clock (which nothing sets) plus an offset. While the kernel is synchronised the offset
follows the system clock. A step forward is taken at once. After a small step back `now()` stands still until the system
clock has caught up, so that it doesn't run backwards in the middle of a sound. A step back of more than
`LARGEST_STANDSTILL` corrects a clock that was plainly wrong, and is taken at once.
"""

import ctypes
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

from wire.receipts import ClockState

ANSWER_GOOD_FOR = timedelta(hours=24)
LARGEST_STANDSTILL = timedelta(seconds=1)
CHIP_AGREES_WITHIN = timedelta(seconds=2)
# A wait looks at the clock at least this often: the system clock may be set meanwhile.
_LOOK_AGAIN_S = 1.0
_MOST_LOOKS_PER_WAIT = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# From sys/timex.h
_TIME_ERROR = 5
_STA_UNSYNC = 0x0040


class Clock(Protocol):
    """What the agent's parts ask of the clock; tests inject their own."""

    def now(self) -> datetime:
        """This instant, aware and in UTC."""

    def wait(self, event: threading.Event, until: datetime | None, decided_at: datetime | None = None) -> None:
        """Return when the event is set, or once `now() >= until` (None: when the event is set).

        The only place where the agent lets time pass. It may also return after ten seconds, or at once when the clock
        was set back, during the wait or since `decided_at` (the `now()` from which the caller worked out `until`): else
        the caller would sleep through the hour that comes twice. So callers ask `now()` again.
        """

    def state(self) -> ClockState:
        """How far `now()` is to be believed."""


class _Timex(ctypes.Structure):
    """The head of the kernel's `struct timex` (adjtimex(2)), and padding for the rest on any machine."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_synchronised() -> bool:
    """Whether the kernel's clock is synchronised: systemd-timesyncd says so to it, chrony with `rtcsync`."""
    timex = _Timex()  # modes = 0: read only, needs no privilege
    state: int = _libc().adjtimex(ctypes.byref(timex))
    return 0 <= state < _TIME_ERROR and not timex.status & _STA_UNSYNC


@cache
def _libc() -> ctypes.CDLL:
    """Kept, because each reading of the clock asks the kernel, and the look-up takes ten times as long as that."""
    return ctypes.CDLL(None)


def clock_chip_time(chip: Path = Path("/sys/class/rtc/rtc0")) -> datetime | None:
    """The time of the board's clock chip (without a battery 1970 after a power cut); None: the board has no chip."""
    try:
        return _EPOCH + timedelta(seconds=int((chip / "since_epoch").read_text()))
    except (OSError, ValueError):
        return None


class AgentClock:
    """The real clock. Safe to ask from any thread.

    `floor` is what `floor_to_keep` returned last. `booted_at` is what `booted_at_to_keep` returned in this boot; None
    if it was another one (the caller compares their ids). The other arguments are the machine's; tests pass their own.
    """

    def __init__(
        self,
        *,
        floor: datetime | None = None,
        booted_at: datetime | None = None,
        system_synchronised: Callable[[], bool] = kernel_synchronised,
        chip_time: Callable[[], datetime | None] = clock_chip_time,
        system_ns: Callable[[], int] = time.time_ns,
        boot_ns: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        pause_s: Callable[[timedelta], float] = lambda left: min(left.total_seconds(), _LOOK_AGAIN_S),
    ) -> None:
        self._floor = floor
        self._synchronised = system_synchronised
        self._system_ns = system_ns
        self._boot_ns = boot_ns
        self._pause_s = pause_s
        self._lock = threading.Lock()
        # When this boot began, by the clock that was last believed; None: none was. Now is this plus the time since.
        self._booted_at = booted_at
        self._answered_since_boot: timedelta | None = None
        self._last_now: datetime | None = None
        self._ahead = timedelta()
        if booted_at is None and floor is not None:
            self._booted_at = self._boot_by_chip(chip_time(), floor)

    def now(self) -> datetime:
        with self._lock:
            return self._read_clocks()[0]

    def state(self) -> ClockState:
        with self._lock:
            return self._read_clocks()[1]

    def offset_ms(self) -> float:
        """By how much the agent's clock is ahead of the system's."""
        with self._lock:
            self._read_clocks()
            return self._ahead / timedelta(milliseconds=1)

    def take_answer(self, office_now: datetime, round_trip: timedelta) -> None:
        """Believe the office's answer to a time request: `office_now` + half the round trip is now.

        The caller has checked signature, nonce and age. A synchronised kernel stays the better source. The answer
        removes a floor above it: a floor is only as good as the clock that wrote it.
        """
        if office_now.tzinfo is None or round_trip < timedelta():
            raise ValueError("an answer needs an aware instant and a round trip that isn't negative")
        with self._lock:
            now = office_now.astimezone(UTC) + round_trip / 2
            if self._floor is not None and self._floor > now:
                self._floor = None
            self._answered_since_boot = self._since_boot()
            self._booted_at = now - self._answered_since_boot

    def floor_to_keep(self) -> datetime | None:
        """The floor for the journal to keep; None: the clock isn't trusted, so the journal leaves what it has."""
        with self._lock:
            now, state = self._read_clocks()
            if state != "trusted":
                return None
            self._floor = now if self._floor is None else max(self._floor, now)
            return self._floor

    def booted_at_to_keep(self) -> datetime | None:
        """When this boot began, for the journal to keep with the boot's id; None: the clock isn't trusted."""
        with self._lock:
            return self._booted_at if self._read_clocks()[1] == "trusted" else None

    def wait(self, event: threading.Event, until: datetime | None, decided_at: datetime | None = None) -> None:
        if until is None:
            event.wait()
            return
        before = decided_at
        for _ in range(_MOST_LOOKS_PER_WAIT):
            now = self.now()
            if now >= until or (before is not None and now < before):
                return
            if event.wait(self._pause_s(until - now)):
                return
            before = now

    def _read_clocks(self) -> tuple[datetime, ClockState]:
        """The instant, and how far it is to be believed, by one reading of all sources."""
        since_boot, system = self._since_boot(), self._system_now()
        state: ClockState
        if self._synchronised() and (self._floor is None or system >= self._floor):
            now, state = system, "trusted"
            self._booted_at, self._answered_since_boot = system - since_boot, None
        elif self._booted_at is not None:
            fresh = self._answered_since_boot is not None and since_boot - self._answered_since_boot < ANSWER_GOOD_FOR
            now, state = self._booted_at + since_boot, "trusted" if fresh else "held"
        else:
            now, state = system, "untrusted"
        if self._last_now is not None and timedelta() < self._last_now - now <= LARGEST_STANDSTILL:
            now = self._last_now
        self._last_now, self._ahead = now, now - system
        return now, state

    def _boot_by_chip(self, chip: datetime | None, floor: datetime) -> datetime | None:
        """When this boot began, by a clock chip that is above the floor and agrees with the system clock; else None."""
        system = self._system_now()
        if chip is None or chip < floor or abs(chip - system) > CHIP_AGREES_WITHIN:
            return None
        return system - self._since_boot()

    def _system_now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._system_ns() // 1000)

    def _since_boot(self) -> timedelta:
        return timedelta(microseconds=self._boot_ns() // 1000)
