"""Calls functions at intervals, so that they compare deadlines with now. The only module that imports APScheduler."""

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

# APScheduler would otherwise skip a call that is over a second late, and only log that.
_NEVER_TOO_LATE = None


class AlarmClock:
    """Calls functions at intervals, each at most once at a time. It stores nothing: the database has the deadlines."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._rung: dict[str, datetime] = {}

    def every(self, seconds: float, call: Callable[[], None], name: str) -> None:
        """Call `call` every `seconds`; `name` is its id, one for each function."""
        self._scheduler.add_job(
            call,
            "interval",
            seconds=seconds,
            id=name,
            name=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=_NEVER_TOO_LATE,
        )

    def start(self) -> None:
        self._scheduler.start()

    def ring(self, now: datetime) -> None:
        """Call the functions whose interval has passed by a test's clock, which stands at `now`."""
        for job in self._scheduler.get_jobs():
            if job.id not in self._rung or abs(now - self._rung[job.id]) >= job.trigger.interval:
                self._rung[job.id] = now
                job.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """Wait for the calls that run, and end."""
        self._scheduler.shutdown(wait=True)
