"""The office's clock: the system's, or one that a test shares between programs and moves while they run.

The test's file holds one line, `MONOTONIC_NS UNIX_NS RATE UNTIL_NS`: at that instant of this machine's monotonic clock
it was that instant of the test's time, which since goes RATE times as fast, and stands at UNTIL_NS by itself. Whoever
moves it replaces the whole file by a rename, so that nobody reads half of two. The speakers read the same line
(`speaker_agent/clock/shared_clock.py`).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The system's time."""
    return datetime.now(UTC)


def clock_of(test_clock: Path | None) -> Callable[[], datetime]:
    """Where the office reads the time, by its setting `test_clock`. Raises OSError where that file isn't there."""
    if test_clock is None:
        return utc_now

    def now() -> datetime:
        monotonic_ns, unix_ns, rate, until_ns = test_clock.read_text(encoding="ascii").split()
        gone_ns = round((time.monotonic_ns() - int(monotonic_ns)) * float(rate))
        return _EPOCH + timedelta(microseconds=min(int(unix_ns) + gone_ns, int(until_ns)) // 1000)

    now()
    return now
