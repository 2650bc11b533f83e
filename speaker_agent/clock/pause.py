"""A pause before the next try: it doubles each time, up to a limit, until a try has helped."""

from collections.abc import Callable
from datetime import datetime, timedelta


class Pause:
    """Counted from `begin`. A clock that is set back meanwhile ends the pause; it never prolongs it.

    `stretch` gives a factor of at least 1 for each pause (jitter).
    """

    def __init__(self, first_s: float, largest_s: float, stretch: Callable[[], float] = lambda: 1.0) -> None:
        self._first_s = first_s
        self._largest_s = largest_s
        self._stretch = stretch
        self._next_s = first_s
        self._begun: datetime | None = None
        self._length = timedelta()

    def begin(self, now: datetime) -> None:
        """Begin a pause that is twice as long as the last one, up to the limit."""
        self._begun = now
        self._length = timedelta(seconds=min(self._next_s * self._stretch(), self._largest_s))
        self._next_s = min(self._next_s * 2, self._largest_s)

    def reset(self) -> None:
        """End the pause; the next one is as short as the first."""
        self._begun = None
        self._next_s = self._first_s

    def over(self, now: datetime) -> bool:
        """Whether the next try may begin; also True before the first pause."""
        return self._begun is None or not self._begun <= now < self._begun + self._length

    @property
    def ends_at(self) -> datetime | None:
        """When the pause is over, also where that has passed; None: none was begun since the last `reset`."""
        return None if self._begun is None else self._begun + self._length
