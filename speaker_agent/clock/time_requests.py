"""What time is it? The office is asked where the kernel's clock is not synchronised, and believed for a day."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from speaker_agent.clock.agent_clock import Clock
from speaker_agent.clock.pause import Pause
from wire.requests import TimeAnswer, TimeRequest

ANSWER_WITHIN_S = 10.0
# After a longer round trip it isn't known on which half of it the message waited, in a queue or after a clip.
GOOD_WITHIN_S = 1.0
ASK_AGAIN_AFTER = timedelta(hours=12)
_CHECK_CLOCK_EVERY = timedelta(minutes=1)


class DisciplinedClock(Clock, Protocol):
    """The agent's clock as the parts see it that keep it right; `AgentClock` says more of each method."""

    def take_answer(self, office_now: datetime, round_trip: timedelta) -> None: ...

    def offset_ms(self) -> float: ...

    def floor_to_keep(self) -> datetime | None: ...

    def booted_at_to_keep(self) -> datetime | None: ...


class TimeRequests:
    """Stepped by the main loop. Each request takes one answer, within ten seconds by `monotonic_s`; `ask` sends it."""

    def __init__(
        self,
        clock: DisciplinedClock,
        synchronised: Callable[[], bool],
        monotonic_s: Callable[[], float],
        ask: Callable[[TimeRequest], None],
    ) -> None:
        self._clock = clock
        self._synchronised = synchronised
        self._monotonic_s = monotonic_s
        self._ask = ask
        self._connected = False
        self._asked: tuple[str, float] | None = None
        self._answered_at: datetime | None = None
        self._pause = Pause(ANSWER_WITHIN_S, 300.0)

    def connected(self, up: bool) -> None:
        """The connection came or went. On each connect the time is asked for, if it is needed."""
        self._connected = up
        self._asked = self._answered_at = None
        self._pause.reset()

    def take(self, answer: TimeAnswer) -> bool:
        """Set the clock by an answer; False if nothing was asked in the last ten seconds that it answers."""
        if self._asked is None or answer.nonce != self._asked[0]:
            return False
        round_trip_s = self._monotonic_s() - self._asked[1]
        self._asked = None
        if not 0 <= round_trip_s <= ANSWER_WITHIN_S:
            return False
        good = round_trip_s <= GOOD_WITHIN_S
        if good or self._clock.state() != "trusted":
            self._clock.take_answer(answer.now, timedelta(seconds=round_trip_s))
        if good:
            self._answered_at = self._clock.now()
            self._pause.reset()
        return True

    def step(self, now: datetime) -> datetime | None:
        """Ask the office, if the clock needs it; when to look again."""
        if not self._connected:
            return None
        if self._answered_at is not None and self._answered_at <= now < self._answered_at + ASK_AGAIN_AFTER:
            return self._answered_at + ASK_AGAIN_AFTER
        if not self._pause.over(now):
            return self._pause.ends_at
        if self._synchronised() and self._clock.state() == "trusted":
            return now + _CHECK_CLOCK_EVERY
        nonce = secrets.token_urlsafe(16)
        self._asked = nonce, self._monotonic_s()
        self._ask(TimeRequest(nonce=nonce))
        self._pause.begin(now)
        return self._pause.ends_at
