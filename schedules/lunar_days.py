"""Days of the Vietnamese lunar calendar at UTC+7. China's can differ: by a day at Tết of 2007 and 2030."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from lunar_vn import solar_to_lunar

from schedules.limits import LUNAR_YEARS


class NoLunarDay(ValueError):
    """The date lies outside 1968 to 2099."""


@dataclass(frozen=True)
class LunarDay:
    """A day of the lunar calendar. `leap`: in a leap month, which has the number of the month before it."""

    day: int
    month: int
    year: int
    leap: bool


@dataclass(frozen=True)
class LunarMonth:
    """A lunar month: `first` is the solar date of its first day, `length` 29 or 30 days."""

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
    """The lunar months in order, from the one with the solar date `begin` to those of 2098; raises NoLunarDay."""
    first = begin - timedelta(days=lunar_day(begin).day - 1)
    while first.year < LUNAR_YEARS[-1]:
        lunar = lunar_day(first)
        length = 29 if lunar_day(first + timedelta(days=29)).day == 1 else 30
        yield LunarMonth(first, length, lunar.month, lunar.leap)
        first += timedelta(days=length)
