"""A pause before the next try: it doubles each time, up to a limit, and starts anew once a try has helped."""

from collections.abc import Callable
from datetime import datetime, timedelta


class Pause:
    """Counted from `begin`; a clock that was set back in between ends it rather than prolongs it.

    `stretch` gives a factor for each pause (jitter), at least 1.
    """

    def __init__(self, first_s: float, largest_s: float, stretch: Callable[[], float] = lambda: 1.0) -> None:
        self._first_s = first_s
        self._largest_s = largest_s
        self._stretch = stretch
        self._next_s = first_s
        self._begun: datetime | None = None
        self._length = timedelta()

    def begin(self, now: datetime) -> None:
        """From now on, one step longer than last time."""
        self._begun = now
        self._length = timedelta(seconds=min(self._next_s * self._stretch(), self._largest_s))
        self._next_s = min(self._next_s * 2, self._largest_s)

    def reset(self) -> None:
        """No pause runs, and the next one is the first again."""
        self._begun = None
        self._next_s = self._first_s

    def over(self, now: datetime) -> bool:
        """Whether nothing stands before the next try."""
        return self._begun is None or not self._begun <= now < self._begun + self._length

    @property
    def ends_at(self) -> datetime | None:
        """When it is over; None where none runs."""
        return None if self._begun is None else self._begun + self._length
