"""A clock that a test shares with the programs of a station and moves while they run.

clock = MovedClock(tmp_path / "clock", datetime(2026, 12, 28, 1, tzinfo=UTC))
station = Station(tmp_path, clock=clock)     # both programs take their time from it
clock.run(4)                                 # four times as fast as real time
clock.jump(slot - timedelta(seconds=1))      # ahead, with all of the time between passed at once
clock.stand()
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(2999, 1, 1, tzinfo=UTC)


class MovedClock:
    """Stands at first. Its time is in `file`, and in copies that are a little ahead or behind."""

    def __init__(self, file: Path, start: datetime) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._copies: dict[Path, timedelta] = {}
        self._since_ns = time.monotonic_ns()
        self._at = start
        self._rate = 0.0
        self._until = _NEVER
        self._write()

    def copy(self, ahead: timedelta) -> Path:
        """Make a file whose time is always ahead by so much, for a speaker with a wrong clock."""
        file = self.file.with_name(f"{self.file.name}{ahead / timedelta(milliseconds=1):+.0f}ms")
        self._copies[file] = ahead
        self._write()
        return file

    def now(self) -> datetime:
        gone_us = (time.monotonic_ns() - self._since_ns) * self._rate / 1000
        return min(self._at + timedelta(microseconds=round(gone_us)), self._until)

    def run(self, rate: float, until: datetime = _NEVER) -> None:
        """Run from now at `rate` times real time; it stops by itself at `until`."""
        self._set(self.now(), rate, until)

    def stand(self) -> None:
        self.run(0)

    def jump(self, to: datetime) -> None:
        """Jump to an instant and run on at the same rate. Raises ValueError for a jump back."""
        if to < self.now():
            raise ValueError(f"it is {self.now()} already: the clock of all doesn't run back to {to}")
        self._set(to, self._rate)

    def _set(self, at: datetime, rate: float, until: datetime = _NEVER) -> None:
        self._at, self._since_ns, self._rate, self._until = at, time.monotonic_ns(), rate, until
        self._write()

    def _write(self) -> None:
        for file, ahead in {self.file: timedelta(), **self._copies}.items():
            unix_ns, until_ns = (
                (at + ahead - _EPOCH) // timedelta(microseconds=1) * 1000 for at in (self._at, self._until)
            )
            whole = file.with_name(f"{file.name}.new")
            whole.write_text(f"{self._since_ns} {unix_ns} {self._rate} {until_ns}\n", encoding="ascii")
            whole.replace(file)
