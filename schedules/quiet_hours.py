"""Quiet hours: local times of day in which only an emergency may sound; `from` ≤ t < `to`, also across midnight.

The wall clock alone says whether an instant is quiet, so a span inside an hour that comes twice is quiet twice. The
answer can change only where the wall reads the beginning or end of a span, and where the zone's offset changes.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice

from wire.settings import QuietHours

# How far ahead is looked. Quiet hours that join without a gap have no end: this one stands for it.
_AHEAD_DAYS = 3


def quiet_until(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """The instant at which the quiet hours around `at` end; None where `at` is not quiet."""
    if not _is_quiet(at, periods, zone):
        return None
    ends = (instant for instant in _changes(at, periods, zone) if not _is_quiet(instant, periods, zone))
    return next(ends, at + timedelta(days=_AHEAD_DAYS))


def next_quiet(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """The first quiet instant at or behind `at`; None where there is none in the next days."""
    if _is_quiet(at, periods, zone):
        return at
    return next((instant for instant in _changes(at, periods, zone) if _is_quiet(instant, periods, zone)), None)


def _is_quiet(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> bool:
    wall = at.astimezone(zone).time()
    for period in periods:
        begin, end = time.fromisoformat(period.from_), time.fromisoformat(period.to)
        if begin <= wall < end or (end < begin and not end <= wall < begin):
            return True
    return False


def _changes(after: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> Iterator[datetime]:
    """The instants of the next days at which the answer may change, in order."""
    of_days = _changes_from(after.astimezone(zone).date(), tuple(periods), zone)
    return islice(of_days, bisect_right(of_days, after), None)


@lru_cache(maxsize=512)
def _changes_from(today: date, periods: tuple[QuietHours, ...], zone: tzinfo) -> list[datetime]:
    walls = [
        datetime.combine(today + timedelta(days=day), time.fromisoformat(text), zone)
        for text in {text for period in periods for text in (period.from_, period.to)}
        for day in range(_AHEAD_DAYS + 1)
    ]
    # An hour that comes twice (PEP 495) gives two instants. One that is skipped gives two that are none: the change of
    # the offset is there for it, and an instant too many does no harm.
    instants = {wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}
    return sorted(instants | _offset_changes(today, zone))


def _offset_changes(today: date, zone: tzinfo) -> set[datetime]:
    """When, that day and in the next ones, the zone's offset changes; to the second, by halving."""
    changes = set()
    # A little early: local days begin up to fourteen hours before that day of UTC.
    start = datetime.combine(today, time(), UTC) - timedelta(days=1)
    for day in range(_AHEAD_DAYS + 2):
        before, behind = start + timedelta(days=day), start + timedelta(days=day + 1)
        if _offset(before, zone) == _offset(behind, zone):
            continue
        while behind - before > timedelta(seconds=1):
            middle = before + (behind - before) // timedelta(seconds=2) * timedelta(seconds=1)
            if _offset(middle, zone) == _offset(before, zone):
                before = middle
            else:
                behind = middle
        changes.add(behind)
    return changes


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
