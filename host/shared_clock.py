"""A clock that a test shares between programs and moves while they run: days pass in minutes. Never in a real commune.

The file holds one line: `MONOTONIC_NS UNIX_NS RATE UNTIL_NS`. When the monotonic clock of this machine read
MONOTONIC_NS, the test's time was UNIX_NS. Since then the test's time goes RATE times as fast (0: it stands), and stands
still from UNTIL_NS on, so that a busy machine may be late there for as long as it likes. The test replaces the whole
file by a rename: no reader sees half of two.
"""

import time
from datetime import timedelta
from pathlib import Path

# A wait looks this often whether the test has moved the clock: the price is fifty wakings a second.
_LOOK_AGAIN_S = 0.02


class SharedClock:
    """Reads the file for each question (15 µs). Raises OSError where the file is missing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.now_ns()

    def now_ns(self) -> int:
        """Nanoseconds since 1970, by the test's time."""
        monotonic_ns, unix_ns, rate, until_ns = self._read_file()
        return min(unix_ns + round((time.monotonic_ns() - monotonic_ns) * rate), until_ns)

    def pause_s(self, left: timedelta) -> float:
        """How long to wait in real time, at most, until `left` of the test's time has passed."""
        _, _, rate, _ = self._read_file()
        return min(left.total_seconds() / rate, _LOOK_AGAIN_S) if rate else _LOOK_AGAIN_S

    def _read_file(self) -> tuple[int, int, float, int]:
        monotonic_ns, unix_ns, rate, until_ns = self._file.read_text(encoding="ascii").split()
        return int(monotonic_ns), int(unix_ns), float(rate), int(until_ns)
