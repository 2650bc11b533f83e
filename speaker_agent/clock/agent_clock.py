"""The agent's clock: what time it is, how far that is to be believed, and the one place where time passes.

The boards boot in the past (no clock chip, a power cut each week). So the clock knows three states, as the
protocol defines them:

    trusted     the kernel says that its clock is synchronised, or the office answered within 24 hours
    held        it was trusted in this boot and the board has run on, or a clock chip has kept it
    untrusted   neither: nothing but an emergency may sound

The floor is an instant that is certainly past: the journal keeps it across restarts, and it is only given out
while the clock is trusted. A system clock that reads below it is wrong, whatever the kernel says.

`now()` is the kernel's boot-time clock (which nothing sets) plus an offset. While the kernel is synchronised
the offset follows the system clock. A step forward is taken at once. After a small step back `now()` stands
still until the system clock has caught up, so it doesn't run backwards in the middle of a sound; a step back
of more than `LARGEST_STANDSTILL` corrects a clock that was plainly wrong, and is taken at once.
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
# A wait looks at the clock at least this often: the system clock may be set while we wait.
_LOOK_AGAIN_S = 1.0
_MOST_LOOKS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_ERROR = 5
_STA_UNSYNC = 0x0040


class Clock(Protocol):
    """What the agent's parts ask of the clock; tests inject their own."""

    def now(self) -> datetime:
        """The instant by the agent's clock, aware and in UTC."""

    def wait(self, event: threading.Event, until: datetime | None, decided_at: datetime | None = None) -> None:
        """Return when the event is set, or once `now() >= until`; None: only for the event.

        The only place where the agent lets time pass. Returns early where the clock was set back meanwhile, or since
        `decided_at`, the instant by which `until` was worked out, so that nobody sleeps through the hour that comes
        twice; and it may do so after ten seconds in any case: callers look at `now()` again.
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
    """Kept: a look-up takes ten times as long as the question, and each reading of the clock asks it."""
    return ctypes.CDLL(None)


def clock_chip_time(chip: Path = Path("/sys/class/rtc/rtc0")) -> datetime | None:
    """What the board's clock chip reads (without battery: 1970 after a power cut); None: there is none."""
    try:
        return _EPOCH + timedelta(seconds=int((chip / "since_epoch").read_text()))
    except (OSError, ValueError):
        return None


class AgentClock:
    """The real clock. Safe to ask from any thread.

    `floor` is what `floor_to_keep` gave last, `booted_at` what `booted_at_to_keep` gave in this same boot
    (None after another one: the caller compares the boot's id). The other arguments stand for the machine.
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
        # When this boot began, by what was last believed: now is this plus the time since. None: nothing was.
        self._booted_at = booted_at
        self._answered: timedelta | None = None
        self._last_now: datetime | None = None
        self._ahead = timedelta()
        if booted_at is None and floor is not None:
            self._booted_at = self._kept_by_chip(chip_time(), floor)

    def now(self) -> datetime:
        with self._lock:
            return self._read()[0]

    def state(self) -> ClockState:
        with self._lock:
            return self._read()[1]

    def offset_ms(self) -> float:
        """By how much the agent's clock is ahead of the system's."""
        with self._lock:
            self._read()
            return self._ahead / timedelta(milliseconds=1)

    def take_answer(self, office_now: datetime, round_trip: timedelta) -> None:
        """Believe the office's answer to a time request: `office_now` + half the round trip is now.

        The caller has checked signature, nonce and age. Where the kernel is synchronised, that stays the
        better source. The answer replaces a floor that lies above it: a floor is only as good as the clock
        that wrote it.
        """
        if office_now.tzinfo is None or round_trip < timedelta():
            raise ValueError("an answer needs an aware instant and a round trip that isn't negative")
        with self._lock:
            now = office_now.astimezone(UTC) + round_trip / 2
            if self._floor is not None and self._floor > now:
                self._floor = None
            self._answered = self._since_boot()
            self._booted_at = now - self._answered

    def floor_to_keep(self) -> datetime | None:
        """What the journal should keep now; None: the clock isn't trusted, so leave what is kept."""
        with self._lock:
            now, state = self._read()
            if state != "trusted":
                return None
            self._floor = now if self._floor is None else max(self._floor, now)
            return self._floor

    def booted_at_to_keep(self) -> datetime | None:
        """When this boot began, to be kept with the boot's id; None: it isn't trusted, keep nothing."""
        with self._lock:
            return self._booted_at if self._read()[1] == "trusted" else None

    def wait(self, event: threading.Event, until: datetime | None, decided_at: datetime | None = None) -> None:
        if until is None:
            event.wait()
            return
        before = decided_at
        for _ in range(_MOST_LOOKS):
            now = self.now()
            if now >= until or (before is not None and now < before):
                return
            if event.wait(self._pause_s(until - now)):
                return
            before = now

    def _read(self) -> tuple[datetime, ClockState]:
        """One reading, so that an instant and how far it is believed belong together."""
        since_boot, system = self._since_boot(), self._system_now()
        state: ClockState
        if self._synchronised() and (self._floor is None or system >= self._floor):
            now, state = system, "trusted"
            self._booted_at, self._answered = system - since_boot, None
        elif self._booted_at is not None:
            fresh = self._answered is not None and since_boot - self._answered < ANSWER_GOOD_FOR
            now, state = self._booted_at + since_boot, "trusted" if fresh else "held"
        else:
            now, state = system, "untrusted"
        if self._last_now is not None and timedelta() < self._last_now - now <= LARGEST_STANDSTILL:
            now = self._last_now
        self._last_now, self._ahead = now, now - system
        return now, state

    def _kept_by_chip(self, chip: datetime | None, floor: datetime) -> datetime | None:
        """When this boot began, by a clock chip that wasn't set back and agrees with the system clock."""
        system = self._system_now()
        if chip is None or chip < floor or abs(chip - system) > CHIP_AGREES_WITHIN:
            return None
        return system - self._since_boot()

    def _system_now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._system_ns() // 1000)

    def _since_boot(self) -> timedelta:
        return timedelta(microseconds=self._boot_ns() // 1000)
