"""Broadcasts of one class that want the same minutes at the same speakers: who meets whom, and a place for each.

Nobody begins before the instant that was wanted: whoever was told "five o'clock" isn't called at half past four.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


def in_turn(wishes: Sequence[Wish], goes_before: Collection[tuple[str, str]], pause: timedelta) -> dict[str, datetime]:
    """When each begins, so that no two that share a speaker overlap.

    They are placed one after the other: those that are decided in their order (`goes_before`, the newest word last),
    the others by who was made first among those that meet. Each begins when it was wanted, or at the first whole second
    at which all that were placed before it, and share a speaker with it, leave it room and a pause.
    """
    starts: dict[str, datetime] = {}
    placed: list[tuple[Wish, datetime]] = []
    for wish in _sequence(wishes, goes_before):
        begins = _first_room(wish, placed, pause)
        starts[wish.broadcast] = begins
        placed.append((wish, begins))
    return starts


def next_gap(wish: Wish, others: Sequence[Wish], pause: timedelta) -> datetime:
    """The first start, not before the wanted one, at which it meets none of the others."""
    return _first_room(wish, [(other, other.wanted_start) for other in others if other != wish], pause)


def _pairs(wishes: Sequence[Wish]) -> Iterator[tuple[Wish, Wish]]:
    sounding: list[Wish] = []
    for wish in sorted(wishes, key=lambda wish: (wish.wanted_start, wish.broadcast)):
        sounding = [each for each in sounding if each.wanted_end > wish.wanted_start]
        for other in sounding:
            if other.speakers & wish.speakers:
                yield (wish, other) if wish.made < other.made else (other, wish)
        if wish.length:
            sounding.append(wish)


def _first_room(wish: Wish, placed: Sequence[tuple[Wish, datetime]], pause: timedelta) -> datetime:
    taken = sorted(
        (begins, begins + other.length) for other, begins in placed if other.length and other.speakers & wish.speakers
    )
    begins = wish.wanted_start
    for taken_from, taken_to in taken:
        # Where it was wanted it may follow without a pause; where it had to give way it keeps one on both sides.
        apart = timedelta() if begins == wish.wanted_start else pause
        if begins + wish.length + apart <= taken_from:
            break
        if taken_to + apart > begins:
            begins = _whole_second(taken_to + pause)
    return begins


def _whole_second(instant: datetime) -> datetime:
    return _EPOCH - (_EPOCH - instant) // _SECOND * _SECOND


def _sequence(wishes: Sequence[Wish], goes_before: Collection[tuple[str, str]]) -> list[Wish]:
    """The order of placing. Where words contradict each other in a circle, the newest of them holds."""
    by_id = {wish.broadcast: wish for wish in wishes}
    before: dict[str, set[str]] = {name: set() for name in by_id}

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
        if first in by_id and second in by_id and first != second and not reaches(first, second):
            before[second].add(first)
    sequence: list[Wish] = []
    done: set[str] = set()
    waiting = sorted(wishes, key=lambda wish: wish.made)
    while waiting:
        ready = next(wish for wish in waiting if before[wish.broadcast] <= done)
        sequence.append(ready)
        done.add(ready.broadcast)
        waiting.remove(ready)
    return sequence
