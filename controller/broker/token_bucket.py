"""Token buckets: how much of something each key may take, at once and in the long run."""

from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Rate(NamedTuple):
    """A bucket holds `burst` tokens, and gets `per_s` of them each second."""

    burst: float
    per_s: float


def a_day(amount: float) -> Rate:
    """At most `amount` in any 24 hours, half of them at once."""
    return Rate(amount / 2, amount / 2 / 86_400)


class Buckets(Generic[Key]):
    """A bucket of one rate for each key; all are full at first. Instants are seconds of any one clock."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left: dict[Key, tuple[float, float]] = {}

    def take(self, key: Key, tokens: float, now_s: float) -> bool:
        """Take the tokens if the bucket holds so many; False, and nothing taken, if it doesn't."""
        left = self.left(key, now_s)
        if left < tokens:
            return False
        self._left[key] = (left - tokens, now_s)
        return True

    def take_up_to(self, key: Key, tokens: int, now_s: float) -> int:
        """Take as many whole tokens as there are, at most `tokens`; returns how many."""
        taken = min(tokens, int(self.left(key, now_s)))
        self.take(key, taken, now_s)
        return taken

    def left(self, key: Key, now_s: float) -> float:
        """How many tokens the bucket holds. A clock that was set back adds none, and fills it from there on."""
        left, at_s = self._left.get(key, (self._rate.burst, now_s))
        if now_s < at_s:
            self._left[key] = (left, now_s)
            return left
        return min(self._rate.burst, left + (now_s - at_s) * self._rate.per_s)
