"""The office's clock: the system's, or one that a test shares between programs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from host.shared_clock import SharedClock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


def clock_of(test_clock: Path | None) -> Callable[[], datetime]:
    """The function that tells the time, by the setting `test_clock`. Raises OSError if that file can't be read."""
    if test_clock is None:
        return utc_now
    shared = SharedClock(test_clock)
    return lambda: _EPOCH + timedelta(microseconds=shared.now_ns() // 1000)
