"""Vietnam's public holidays, as the law gives them and, where they are known, with the swap days of the decrees."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from holidays import country_holidays


@dataclass(frozen=True)
class PublicHoliday:
    """A day off, and its Vietnamese name."""

    day: date
    name: str


@lru_cache(maxsize=256)
def public_holidays(year: int) -> tuple[PublicHoliday, ...]:
    """The days off of a year, in order (Labour Code 2019, article 112; resolutions and decrees since)."""
    days = country_holidays("VN", years=year, language="vi")
    return tuple(PublicHoliday(day, name) for day, name in sorted(days.items()) if day.year == year)
