"""The alarm clock: it wakes what compares deadlines with now, and decides nothing. The only import of APScheduler."""

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

# Without it APScheduler drops a job that is over a second late, with a log line alone.
_NEVER_TOO_LATE = None


class AlarmClock:
    """Calls functions at intervals, each at most once at a time. Nothing of it is stored: the rows are the truth."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._rung: dict[str, datetime] = {}

    def every(self, seconds: float, call: Callable[[], None], name: str) -> None:
        """Call again and again."""
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
        """Begin to wake."""
        self._scheduler.start()

    def ring(self, now: datetime) -> None:
        """Call those whose interval has passed by a clock that isn't the real one."""
        for job in self._scheduler.get_jobs():
            if job.id not in self._rung or abs(now - self._rung[job.id]) >= job.trigger.interval:
                self._rung[job.id] = now
                job.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """Finish what runs, and end."""
        self._scheduler.shutdown(wait=True)
