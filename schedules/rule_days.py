"""The wall times of one line of a rule, in order, by the solar or the lunar calendar.

Which days of a year a solar line means depends only on the year's first weekday and on its place in the four-year leap
cycle. So dateutil works them out once for each of these 28 kinds of year; INTERVAL and BYSETPOS are applied here.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from itertools import dropwhile, groupby, islice, takewhile
from typing import Literal

from dateutil.rrule import rrulestr

from schedules.limits import OCCURRENCE_YEARS
from schedules.lunar_days import lunar_months

# dateutil searches up to the year 9999 for a day that never comes. Asked about these last years, it gives up soon.
_MODEL_YEARS = range(9972, 10000)


Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]


@dataclass(frozen=True)
class SolarLine:
    """One line by the solar calendar. `chosen_days`: its WKST and BY… parts for days, rewritten for FREQ=YEARLY.

    `positions`: BYSETPOS. INTERVAL counts from `first_start`. `until` is included. `week_start`: 0 is Monday.
    """

    frequency: Frequency
    interval: int
    chosen_days: str
    times: tuple[time, ...]
    positions: tuple[int, ...]
    week_start: int
    first_start: datetime
    until: datetime | None = None
    count: int | None = None

    def walls(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """Its wall times with begin ≤ t ≤ end, in order."""
        begin, end = _clamp_bounds(self, begin, end)
        # BYSETPOS needs whole periods: the one around `begin` began at most a year earlier.
        days = self._days(begin.date() - timedelta(days=366 if self.positions else 0), end.year)
        if self.interval > 1 or self.positions:
            walls = self._walls_of_periods(days)
        else:
            walls = (datetime.combine(day, at) for day in days for at in self.times)
        return takewhile(end.__ge__, dropwhile(begin.__gt__, walls))

    def _days(self, first: date, last_year: int) -> Iterator[date]:
        for year in range(first.year, last_year + 1):
            days = _chosen_days_of(self.chosen_days, _model_year(year))
            skipped = bisect_left(days, (first.month, first.day)) if year == first.year else 0
            for month, day in islice(days, skipped, None):
                yield date(year, month, day)

    def _walls_of_periods(self, days: Iterator[date]) -> Iterator[datetime]:
        period = self._period
        phase = period(self.first_start)
        for number, group in groupby(days, period):
            if (number - phase) % self.interval:
                continue
            found = list(group)
            size = len(found) * len(self.times)
            chosen = {place - 1 if place > 0 else size + place for place in self.positions}
            for place in sorted(chosen) if chosen else range(size):
                if 0 <= place < size:
                    yield datetime.combine(found[place // len(self.times)], self.times[place % len(self.times)])

    @property
    def _period(self) -> Callable[[date], int]:
        """Gives each day the number of its period: day, week, month or year by `frequency`."""
        week_start = self.week_start
        numbers: dict[Frequency, Callable[[date], int]] = {
            "DAILY": date.toordinal,
            "WEEKLY": lambda day: (day.toordinal() - 1 - week_start) // 7,
            "MONTHLY": lambda day: day.year * 12 + day.month,
            "YEARLY": lambda day: day.year,
        }
        return numbers[self.frequency]


@dataclass(frozen=True)
class LunarLine:
    """One line by the lunar calendar. `months`: None means every month; leap months count only with `leap_months`."""

    month_days: tuple[int, ...]
    months: frozenset[int] | None
    leap_months: bool
    times: tuple[time, ...]
    first_start: datetime
    until: datetime | None = None
    count: int | None = None

    def walls(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """Its wall times with begin ≤ t ≤ end, in order."""
        begin, end = _clamp_bounds(self, begin, end)
        return takewhile(end.__ge__, dropwhile(begin.__gt__, self._walls_from(begin.date(), end.date())))

    def _walls_from(self, begin: date, end: date) -> Iterator[datetime]:
        for month in takewhile(lambda month: month.first <= end, lunar_months(begin)):
            if (self.months is None or month.month in self.months) and (self.leap_months or not month.leap):
                for day in (day for day in self.month_days if day <= month.length):
                    yield from map(partial(datetime.combine, month.first + timedelta(days=day - 1)), self.times)


RuleLine = SolarLine | LunarLine


def _clamp_bounds(line: RuleLine, begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    last = datetime(OCCURRENCE_YEARS[-1], 12, 31, 23, 59, 59)  # noqa: DTZ001  # a wall time
    end = min(end, last if line.until is None else line.until, last)
    return min(max(begin, line.first_start), last), end


@lru_cache(maxsize=128)
def _model_year(year: int) -> int:
    """A year from 9972 to 9999 with the same weekdays and the same place in the leap cycle."""
    weekday = date(year, 1, 1).weekday()
    return next(each for each in _MODEL_YEARS if each % 4 == year % 4 and date(each, 1, 1).weekday() == weekday)


@lru_cache(maxsize=512)
def _chosen_days_of(chosen_days: str, year: int) -> tuple[tuple[int, int], ...]:
    """Month and day of each chosen day of that year, in order."""
    new_year = datetime(year, 1, 1)  # noqa: DTZ001  # a wall time
    days = rrulestr(f"FREQ=YEARLY;{chosen_days};BYHOUR=0;BYMINUTE=0;BYSECOND=0", dtstart=new_year)
    return tuple((day.month, day.day) for day in takewhile(lambda day: day.year == year, days))
