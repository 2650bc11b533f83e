"""Vietnam's public holidays by law, and the swap days of those years whose decree the `holidays` library knows."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from holidays import country_holidays


@dataclass(frozen=True)
class PublicHoliday:
    day: date
    name: str


@lru_cache(maxsize=256)
def public_holidays(year: int) -> tuple[PublicHoliday, ...]:
    """The days off of a year, in order, with Vietnamese names (Labour Code 2019, article 112; later decrees)."""
    days = country_holidays("VN", years=year, language="vi")
    return tuple(PublicHoliday(day, name) for day, name in sorted(days.items()) if day.year == year)
