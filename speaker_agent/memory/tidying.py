"""Every ten minutes: the journal forgets what is over, and keeps what a full disk could not take before."""

from datetime import datetime, timedelta

from speaker_agent.clock.agent_clock import Clock
from speaker_agent.memory.journal import Journal
from speaker_agent.memory.own_settings import OwnSettings
from speaker_agent.memory.plan import Plan

TIDY_EVERY = timedelta(minutes=10)


class Tidying:
    """Stepped by the main loop."""

    def __init__(self, journal: Journal, own_settings: OwnSettings, plan: Plan, clock: Clock) -> None:
        self._journal = journal
        self._own_settings = own_settings
        self._plan = plan
        self._clock = clock
        self._tidied_at: datetime | None = None

    def step(self, now: datetime) -> datetime:
        """Tidy, if it is time; when to look again. Raises sqlite3.Error: the rest is done the next time."""
        if self._tidied_at is not None and self._tidied_at <= now < self._tidied_at + TIDY_EVERY:
            return self._tidied_at + TIDY_EVERY
        self._tidied_at = now
        if self._own_settings.keep():
            self._plan.withdraw_moved()
        self._plan.forget_expired(now)
        # By a clock that isn't believed, no receipt is old.
        if self._clock.state() != "untrusted":
            self._journal.forget_receipts(now)
        return now + TIDY_EVERY
