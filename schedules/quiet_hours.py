"""Quiet hours: local times of day in which only an emergency may sound; `from` ≤ t < `to`, also across midnight.

Only the wall clock decides whether an instant is quiet, so a period in an hour that comes twice is quiet twice. The
answer can change only when the wall clock shows `from` or `to`, and when the zone's offset changes.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice

from wire.settings import QuietHours

# How far ahead changes are searched. Quiet hours around the clock never end: their end is given as 3 days ahead.
_SEARCH_DAYS = 3


def quiet_until(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """When the quiet hours around `at` end; None where `at` isn't quiet."""
    if not is_within(at, periods, zone):
        return None
    ends = (instant for instant in _changes(at, periods, zone) if not is_within(instant, periods, zone))
    return next(ends, at + timedelta(days=_SEARCH_DAYS))


def next_quiet(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """The first quiet instant from `at` on; None where the next 3 days have none."""
    if is_within(at, periods, zone):
        return at
    return next((instant for instant in _changes(at, periods, zone) if is_within(instant, periods, zone)), None)


@dataclass(frozen=True)
class Hindrance:
    """How quiet hours keep a broadcast from sounding whole.

    `begins`: the first instant from its start on that isn't quiet. `quiet_at`: when it would be cut; None: it can't
    begin at all, because `begins` is after its `latest_start`.
    """

    begins: datetime
    quiet_at: datetime | None


def hindrance(
    starts_at: datetime,
    latest_start: datetime | None,
    run_time: timedelta,
    periods: Sequence[QuietHours],
    zone: tzinfo,
) -> Hindrance | None:
    """What keeps a broadcast that is no emergency from sounding whole; None: nothing does."""
    begins = quiet_until(starts_at, periods, zone) or starts_at
    if latest_start is not None and begins > latest_start:
        return Hindrance(begins, quiet_at=None)
    quiet_at = next_quiet(begins, periods, zone)
    return Hindrance(begins, quiet_at) if quiet_at is not None and quiet_at < begins + run_time else None


def is_within(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> bool:
    wall = at.astimezone(zone).time()
    for period in periods:
        begin, end = time.fromisoformat(period.from_), time.fromisoformat(period.to)
        if begin <= wall < end or (end < begin and not end <= wall < begin):
            return True
    return False


def _changes(after: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> Iterator[datetime]:
    """The instants of the next 3 days at which the answer may change, in order."""
    of_days = _changes_of_days(after.astimezone(zone).date(), tuple(periods), zone)
    return islice(of_days, bisect_right(of_days, after), None)


@lru_cache(maxsize=512)
def _changes_of_days(today: date, periods: tuple[QuietHours, ...], zone: tzinfo) -> list[datetime]:
    walls = [
        datetime.combine(today + timedelta(days=day), time.fromisoformat(text), zone)
        for text in {text for period in periods for text in (period.from_, period.to)}
        for day in range(_SEARCH_DAYS + 1)
    ]
    # A time in an hour that comes twice (PEP 495) gives two instants. One in a skipped hour gives two wrong ones, which
    # do no harm; the change of the offset stands for it.
    instants = {wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}
    return sorted(instants | _offset_changes(today, zone))


def _offset_changes(today: date, zone: tzinfo) -> set[datetime]:
    """When the zone's offset changes, on that day and the next 3; to the second, by bisection."""
    changes = set()
    # A day early: local days begin up to fourteen hours before the UTC day.
    start = datetime.combine(today, time(), UTC) - timedelta(days=1)
    for day in range(_SEARCH_DAYS + 2):
        before, after = start + timedelta(days=day), start + timedelta(days=day + 1)
        if _offset(before, zone) == _offset(after, zone):
            continue
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
            if _offset(middle, zone) == _offset(before, zone):
                before = middle
            else:
                after = middle
        changes.add(after)
    return changes


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
