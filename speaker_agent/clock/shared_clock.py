"""A clock that a test shares between programs and moves while they run: days pass in minutes. Never on a real speaker.

The file holds one line: `MONOTONIC_NS UNIX_NS RATE UNTIL_NS`. At that instant of this machine's monotonic clock it was
that instant of the test's time, which since goes RATE times as fast (0: it stands), and stands at UNTIL_NS by itself: a
busy machine can be late there for as long as it likes. Whoever moves it replaces the whole file by a rename, so that
nobody reads half of two. The office reads the same line (`controller/running/shared_clock.py`).
"""

import time
from datetime import timedelta
from pathlib import Path

# Whoever waits by it looks this often whether it was moved: the price is fifty wakings a second.
_LOOK_AGAIN_S = 0.02


class SharedClock:
    """Reads the file anew for each question: 15 µs. Raises OSError where it isn't there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.now_ns()

    def now_ns(self) -> int:
        """Nanoseconds since 1970."""
        monotonic_ns, unix_ns, rate, until_ns = self._read()
        return min(unix_ns + round((time.monotonic_ns() - monotonic_ns) * rate), until_ns)

    def pause_s(self, left: timedelta) -> float:
        """How long to wait in real time, at most, until so much of its time is over."""
        _, _, rate, _ = self._read()
        return min(left.total_seconds() / rate, _LOOK_AGAIN_S) if rate else _LOOK_AGAIN_S

    def _read(self) -> tuple[int, int, float, int]:
        monotonic_ns, unix_ns, rate, until_ns = self._file.read_text(encoding="ascii").split()
        return int(monotonic_ns), int(unix_ns), float(rate), int(until_ns)
