"""The office's clock: the system's, or one that a test shares between programs and moves while they run.

The test's file has one line, `MONOTONIC_NS UNIX_NS RATE UNTIL_NS`. The test's time was UNIX_NS when this machine's
monotonic clock was MONOTONIC_NS; since then it runs RATE times as fast, and stops at UNTIL_NS. The test replaces the
file by a rename, so that a reader never sees half of it. Speakers read the same line
(`speaker_agent/clock/shared_clock.py`).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


def clock_of(test_clock: Path | None) -> Callable[[], datetime]:
    """The function that tells the time, by the setting `test_clock`. Raises OSError if that file can't be read."""
    if test_clock is None:
        return utc_now

    def now() -> datetime:
        monotonic_ns, unix_ns, rate, until_ns = test_clock.read_text(encoding="ascii").split()
        elapsed_ns = round((time.monotonic_ns() - int(monotonic_ns)) * float(rate))
        return _EPOCH + timedelta(microseconds=min(int(unix_ns) + elapsed_ns, int(until_ns)) // 1000)

    now()
    return now
