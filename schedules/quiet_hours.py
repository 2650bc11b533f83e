"""Quiet hours: local times of day in which only an emergency may sound; `from` ≤ t < `to`, also across midnight."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from wire.settings import QuietHours

# Quiet hours that join without a gap have no end: what they hold back is judged by this one instead.
_ENDLESS = timedelta(days=8)


def quiet_until(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """The instant at which the quiet hours around `at` end; None where `at` is not quiet."""
    end = _end_of_period(at, periods, zone)
    if end is None:
        return None
    while end < at + _ENDLESS and (later := _end_of_period(end, periods, zone)) is not None:
        end = later
    return end


def next_quiet(after: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """The first instant after `after` at which quiet hours begin; None where there are none."""
    local = after.astimezone(zone)
    starts = [
        start
        for period in periods
        if period.from_ != period.to
        for days in (0, 1, 2)
        if (start := _instant(local, period.from_, days)) > after
    ]
    return min(starts, default=None)


def _end_of_period(at: datetime, periods: Sequence[QuietHours], zone: tzinfo) -> datetime | None:
    """The latest end of the single periods that `at` lies in."""
    local = at.astimezone(zone)
    of_day = local.time()
    ends = []
    for period in periods:
        begin, end = time.fromisoformat(period.from_), time.fromisoformat(period.to)
        if begin <= of_day < end:
            ends.append(_instant(local, period.to, 0))
        elif end < begin and (of_day >= begin or of_day < end):
            ends.append(_instant(local, period.to, 1 if of_day >= begin else 0))
    return max(ends, default=None)


def _instant(local: datetime, time_of_day: str, days_later: int) -> datetime:
    naive = datetime.combine(local.date() + timedelta(days=days_later), time.fromisoformat(time_of_day))
    return naive.replace(tzinfo=local.tzinfo).astimezone(tz=UTC)
