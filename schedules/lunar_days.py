"""Days of the Vietnamese lunar calendar, as of UTC+7: not always China's (Tết of 2007 and 2030 differ by a day)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from lunar_vn import solar_to_lunar

from schedules.limits import LUNAR_YEARS


class NoLunarDay(ValueError):
    """The calendar isn't known for that year."""


@dataclass(frozen=True)
class LunarDay:
    """A day of the lunar calendar: `leap` months repeat the number of the month before them."""

    day: int
    month: int
    year: int
    leap: bool


@dataclass(frozen=True)
class LunarMonth:
    """A lunar month by the solar date of its first day; 29 or 30 days long."""

    first: date
    length: int
    month: int
    leap: bool


@lru_cache(maxsize=4096)
def lunar_day(day: date) -> LunarDay:
    """The lunar day of a solar date; raises NoLunarDay."""
    if day.year not in LUNAR_YEARS:
        raise NoLunarDay(f"the lunar calendar is known from {LUNAR_YEARS[0]} to {LUNAR_YEARS[-1]}, not for {day.year}")
    lunar = solar_to_lunar(day)
    return LunarDay(lunar.day, lunar.month, lunar.year, bool(lunar.leap))


def lunar_months(begin: date) -> Iterator[LunarMonth]:
    """The lunar months from the one that holds `begin` on, to the end of the known calendar."""
    first = begin - timedelta(days=lunar_day(begin).day - 1)
    while first.year < LUNAR_YEARS[-1]:
        lunar = lunar_day(first)
        length = 29 if lunar_day(first + timedelta(days=29)).day == 1 else 30
        yield LunarMonth(first, length, lunar.month, lunar.leap)
        first += timedelta(days=length)
