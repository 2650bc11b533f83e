"""Broadcasts of one class that want the same minutes at the same speakers: who meets whom, and a place for each.

Nobody begins before the instant that was wanted: whoever was told "five o'clock" isn't called at half past four.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wish:
    """One broadcast: when it was to begin, how long it is with all repetitions, where. `made` tells who came first."""

    broadcast: str
    wanted_start: datetime
    length: timedelta
    made: tuple[datetime, str]
    speakers: frozenset[str]

    @property
    def wanted_end(self) -> datetime:
        """When it would have sounded whole."""
        return self.wanted_start + self.length


def collide(wishes: Sequence[Wish]) -> list[tuple[str, str]]:
    """The pairs that would sound at once at some speaker, the one that was made first in front."""
    pairs = sorted(_pairs(wishes), key=lambda pair: (pair[0].made, pair[1].made))
    return [(one.broadcast, other.broadcast) for one, other in pairs]


def in_turn(
    wishes: Sequence[Wish],
    goes_before: Collection[tuple[str, str]],
    pause: timedelta,
    fixed: Mapping[str, datetime] | None = None,
) -> dict[str, datetime]:
    """When each begins, so that no two that share a speaker overlap.

    They are placed one after the other: those that are decided in their order (`goes_before`, the newest word last),
    the others by who was made first among those that meet. Each begins when it was wanted, or at the first whole second
    at which all that were placed before it, and share a speaker with it, leave it room and a pause. What is `fixed` to
    an instant (it sounds, or is about to) keeps it, and the others go round it.
    """
    before = _decided(wishes, goes_before)
    by_id = {wish.broadcast: wish for wish in wishes}
    starts = dict(fixed or {})
    places = _Places(pause)
    for name, begins in starts.items():
        places.keep(by_id[name], begins)
    for wish in _sequence(wishes, before):
        if wish.broadcast in starts:
            continue
        # Who was decided to go first does so also where it had to give way to a third.
        first = [by_id[name] for name in before[wish.broadcast] if name in starts and _meet(by_id[name], wish)]
        behind = max((starts[each.broadcast] + each.length for each in first), default=None)
        starts[wish.broadcast] = places.take(wish, behind)
    return starts


def _meet(one: Wish, other: Wish) -> bool:
    overlap = max(one.wanted_start, other.wanted_start) < min(one.wanted_end, other.wanted_end)
    return overlap and bool(one.speakers & other.speakers)


def _pairs(wishes: Sequence[Wish]) -> Iterator[tuple[Wish, Wish]]:
    sounding: list[Wish] = []
    audible = [wish for wish in wishes if wish.length > timedelta()]
    for wish in sorted(audible, key=lambda wish: (wish.wanted_start, wish.broadcast)):
        sounding = [each for each in sounding if each.wanted_end > wish.wanted_start]
        for other in sounding:
            if other.speakers & wish.speakers:
                yield (wish, other) if wish.made < other.made else (other, wish)
        sounding.append(wish)


class _Places:
    """What is taken, by time."""

    def __init__(self, pause: timedelta) -> None:
        self._pause = pause
        self._taken: list[tuple[datetime, str, Wish]] = []
        self._longest = timedelta()

    def keep(self, wish: Wish, begins: datetime) -> None:
        """Take that place for it."""
        if wish.length > timedelta():
            insort(self._taken, (begins, wish.broadcast, wish))
            self._longest = max(self._longest, wish.length)

    def take(self, wish: Wish, behind: datetime | None) -> datetime:
        """Take the first place where there is room; `behind`: not before that has ended, and a pause."""
        begins = self.first_room(wish, behind)
        self.keep(wish, begins)
        return begins

    def first_room(self, wish: Wish, behind: datetime | None) -> datetime:
        begins = wish.wanted_start
        if behind is not None:
            begins = max(begins, _whole_second(behind + self._pause))
        if wish.length <= timedelta():
            return begins
        soonest = bisect_left(self._taken, begins - self._longest - self._pause, key=lambda taken: taken[0])
        for taken_from, _, other in islice(self._taken, soonest, None):
            # Where it was wanted it may follow without a pause; where it had to give way it keeps one on both sides.
            apart = timedelta() if begins == wish.wanted_start else self._pause
            if not other.speakers & wish.speakers:
                continue
            if begins + wish.length + apart <= taken_from:
                break
            if taken_from + other.length + apart > begins:
                begins = _whole_second(taken_from + other.length + self._pause)
        return begins


def _whole_second(instant: datetime) -> datetime:
    return _EPOCH - (_EPOCH - instant) // _SECOND * _SECOND


def _decided(wishes: Sequence[Wish], goes_before: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    """Who goes before each. Where words contradict each other in a circle, the newest of them hold."""
    before: dict[str, set[str]] = {wish.broadcast: set() for wish in wishes}

    def reaches(start: str, goal: str) -> bool:
        todo, seen = [start], set[str]()
        while todo:
            step = todo.pop()
            if step == goal:
                return True
            if step not in seen:
                seen.add(step)
                todo += before[step]
        return False

    for first, second in reversed(list(goes_before)):
        if first in before and second in before and first != second and not reaches(first, second):
            before[second].add(first)
    return before


def _sequence(wishes: Sequence[Wish], before: Mapping[str, set[str]]) -> Iterator[Wish]:
    """The order of placing: who was made first among those that nobody left goes before."""
    by_id = {wish.broadcast: wish for wish in wishes}
    behind: dict[str, list[str]] = {name: [] for name in by_id}
    for second, firsts in before.items():
        for first in firsts:
            behind[first].append(second)
    awaited = {name: len(firsts) for name, firsts in before.items()}
    ready = [(wish.made, wish.broadcast) for wish in wishes if not awaited[wish.broadcast]]
    heapq.heapify(ready)
    while ready:
        _, name = heapq.heappop(ready)
        yield by_id[name]
        for second in behind[name]:
            awaited[second] -= 1
            if not awaited[second]:
                heapq.heappush(ready, (by_id[second].made, second))
