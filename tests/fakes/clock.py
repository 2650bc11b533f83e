"""A clock that stands until a test moves it; it goes back only by `jump`."""

import threading
import time
from datetime import UTC, datetime, timedelta

from wire.receipts import ClockState

_REAL_LIMIT_S = 30.0
_REAL_LOOK_S = 0.002


class FakeClock:
    """Implements the agent's clock port. `trust` is what `state()` returns; tests set it.

    With `runs_ahead`, `wait` moves the clock to the instant that it waits for: for code in one thread.
    Otherwise it blocks until another thread has called `advance`.
    """

    def __init__(self, start: datetime, *, trust: ClockState = "trusted", runs_ahead: bool = False) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware start")
        self.trust: ClockState = trust
        self._now = start.astimezone(UTC)
        self._runs_ahead = runs_ahead
        self._moved = threading.Condition()
        self._wakings: list[datetime | None] = []

    def now(self) -> datetime:
        with self._moved:
            return self._now

    def state(self) -> ClockState:
        return self.trust

    def offset_ms(self) -> float:
        return 0.0

    def advance(self, by: timedelta) -> None:
        """Move forward; raises ValueError for a step back."""
        if by < timedelta():
            raise ValueError("this clock doesn't run backwards: use jump")
        self.jump(self.now() + by)

    def advance_to(self, instant: datetime) -> None:
        """Move forward to an instant; raises ValueError if it has passed."""
        self.advance(instant - self.now())

    def jump(self, to: datetime) -> None:
        """Set the clock, also back."""
        with self._moved:
            self._now = to.astimezone(UTC)
            self._moved.notify_all()

    def wait(self, event: threading.Event, until: datetime | None, decided_at: datetime | None = None) -> None:
        """As the port says. Raises TimeoutError after 30 real seconds without `advance`."""
        if self._runs_ahead and until is not None:
            if not event.is_set() and until > self.now():
                self.advance_to(until)
            return
        limit = time.monotonic() + _REAL_LIMIT_S
        with self._moved:
            seen = self._now if decided_at is None else decided_at
            self._wakings.append(until)
            self._moved.notify_all()
            try:
                # A thread can't wait for an event and a condition at once, so it looks at the event every 2 ms.
                while not event.is_set() and (until is None or seen <= self._now < until):
                    seen = self._now
                    if time.monotonic() > limit:
                        raise TimeoutError(f"no thread advanced the clock to {until} in {_REAL_LIMIT_S:.0f} s")
                    self._moved.wait(_REAL_LOOK_S)
            finally:
                self._wakings.remove(until)

    def wait_for_sleeper(self, until: datetime | None = None) -> None:
        """Return once a thread waits (for exactly `until`, if given): then its work before the wait is done."""

        def sleeps() -> bool:
            # A thread whose instant has come will wake, and doesn't count.
            asleep = [waking for waking in self._wakings if waking is None or waking > self._now]
            return bool(asleep) if until is None else until in asleep

        with self._moved:
            if not self._moved.wait_for(sleeps, _REAL_LIMIT_S):
                raise TimeoutError(f"no thread waited for {until or 'anything'} within {_REAL_LIMIT_S:.0f} s")
