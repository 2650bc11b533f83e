"""Broadcasts of one class that want the same minutes at the same speakers: which collide, and a start for each.

No broadcast starts before its wanted instant: people who were told "five o'clock" don't listen at half past four.
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
    """One broadcast, its wanted start, its length with all repetitions, and its speakers.

    `made`: when it or its schedule was made, then an id; the lowest is placed first.
    """

    broadcast: str
    wanted_start: datetime
    length: timedelta
    made: tuple[datetime, str]
    speakers: frozenset[str]

    @property
    def wanted_end(self) -> datetime:
        return self.wanted_start + self.length


def find_collisions(wishes: Sequence[Wish], open_: Collection[str] = ()) -> list[tuple[str, str]]:
    """The pairs of broadcasts that would sound at once at some speaker, in each pair the one that was made first.

    `open_`: broadcasts that aren't compared with each other.
    """
    pairs = sorted(_colliding_pairs(wishes, open_), key=lambda pair: (pair[0].made, pair[1].made))
    return [(one.broadcast, other.broadcast) for one, other in pairs]


def place_in_turn(
    wishes: Sequence[Wish],
    goes_before: Collection[tuple[str, str]],
    pause: timedelta,
    fixed: Mapping[str, datetime] | None = None,
) -> dict[str, datetime]:
    """A start for each broadcast, so that no two that share a speaker overlap.

    `goes_before`: pairs (first, second) that an officer decided, the newest decision last. Broadcasts are placed one by
    one: a decided first before its second, otherwise in the order of `made`. Each starts at its wanted instant, or at
    the first whole second at which the broadcasts placed before it at the same speakers leave it room and a pause.
    `fixed`: starts that must not move (it sounds, or will at once); the others are placed around them.
    """
    before = _predecessors(wishes, goes_before)
    by_id = {wish.broadcast: wish for wish in wishes}
    starts = dict(fixed or {})
    places = _TakenPlaces(pause)
    for name, begins in starts.items():
        places.keep(by_id[name], begins)
    for wish in _placing_order(wishes, before):
        if wish.broadcast in starts:
            continue
        # A decided first goes before its second even if a third broadcast pushed it to a later start.
        first = [by_id[name] for name in before[wish.broadcast] if name in starts and _collides(by_id[name], wish)]
        first_ends_at = max((starts[each.broadcast] + each.length for each in first), default=None)
        starts[wish.broadcast] = places.take(wish, first_ends_at)
    return starts


def _collides(one: Wish, other: Wish) -> bool:
    overlap = max(one.wanted_start, other.wanted_start) < min(one.wanted_end, other.wanted_end)
    return overlap and bool(one.speakers & other.speakers)


def _colliding_pairs(wishes: Sequence[Wish], open_: Collection[str]) -> Iterator[tuple[Wish, Wish]]:
    sounding: list[Wish] = []
    compared: list[Wish] = []
    audible = [wish for wish in wishes if wish.length > timedelta()]
    for wish in sorted(audible, key=lambda wish: (wish.wanted_start, wish.broadcast)):
        sounding = [each for each in sounding if each.wanted_end > wish.wanted_start]
        compared = [each for each in compared if each.wanted_end > wish.wanted_start]
        is_open = wish.broadcast in open_
        for other in compared if is_open else sounding:
            if other.speakers & wish.speakers:
                yield (wish, other) if wish.made < other.made else (other, wish)
        sounding.append(wish)
        if not is_open:
            compared.append(wish)


class _TakenPlaces:
    """The broadcasts that were placed so far, by their starts."""

    def __init__(self, pause: timedelta) -> None:
        self._pause = pause
        self._taken: list[tuple[datetime, str, Wish]] = []
        self._longest = timedelta()

    def keep(self, wish: Wish, begins: datetime) -> None:
        """Place it at this start, whether there is room or not."""
        if wish.length > timedelta():
            insort(self._taken, (begins, wish.broadcast, wish))
            self._longest = max(self._longest, wish.length)

    def take(self, wish: Wish, after: datetime | None) -> datetime:
        """Place it at the first start with room, and return that; with `after`, at least a pause after this instant."""
        begins = self.first_room(wish, after)
        self.keep(wish, begins)
        return begins

    def first_room(self, wish: Wish, after: datetime | None) -> datetime:
        begins = wish.wanted_start
        if after is not None:
            begins = max(begins, _round_up_to_second(after + self._pause))
        if wish.length <= timedelta():
            return begins
        soonest = bisect_left(self._taken, begins - self._longest - self._pause, key=lambda taken: taken[0])
        for taken_from, _, other in islice(self._taken, soonest, None):
            # At its wanted start no pause is needed; at a start that had to move, one on both sides.
            apart = timedelta() if begins == wish.wanted_start else self._pause
            if not other.speakers & wish.speakers:
                continue
            if begins + wish.length + apart <= taken_from:
                break
            if taken_from + other.length + apart > begins:
                begins = _round_up_to_second(taken_from + other.length + self._pause)
        return begins


def _round_up_to_second(instant: datetime) -> datetime:
    return _EPOCH - (_EPOCH - instant) // _SECOND * _SECOND


def _predecessors(wishes: Sequence[Wish], goes_before: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    """For each broadcast those that go before it. Of decisions that form a circle the newest hold."""
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


def _placing_order(wishes: Sequence[Wish], before: Mapping[str, set[str]]) -> Iterator[Wish]:
    """The order of placing: topological by `before`, and by `made` among those whose predecessors are all placed."""
    by_id = {wish.broadcast: wish for wish in wishes}
    followers: dict[str, list[str]] = {name: [] for name in by_id}
    for second, firsts in before.items():
        for first in firsts:
            followers[first].append(second)
    unplaced_firsts = {name: len(firsts) for name, firsts in before.items()}
    ready = [(wish.made, wish.broadcast) for wish in wishes if not unplaced_firsts[wish.broadcast]]
    heapq.heapify(ready)
    while ready:
        _, name = heapq.heappop(ready)
        yield by_id[name]
        for second in followers[name]:
            unplaced_firsts[second] -= 1
            if not unplaced_firsts[second]:
                heapq.heappush(ready, (by_id[second].made, second))
