"""A day and a month: how they are written, whether there is such a day, and its words."""

import re
from datetime import date

from audio.spoken_text.number_words import Dialect, cardinal, month_word
from audio.spoken_text.reading import Reading

DAY = r"(?P<day>0?[1-9]|[12][0-9]|3[01])"
MONTH = r"(?P<month>0?[1-9]|1[0-2])"
YEAR = r"(?P<year>(?:1[89]|20)[0-9]{2})"
ANY_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
FREE_BEFORE = r"(?<![\w/.,:+-])"
FREE_AFTER = r"(?![\w/]|[.,:][0-9]|-[0-9])"

LEAP_YEAR = 2024
"""A year that has each day and month that may be written without a year."""


def is_day(day: int, month: int, year: int) -> bool:
    """Whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def day_and_month(day: int, month: int, dialect: Dialect) -> str:
    """Mười lăm tháng sáu."""
    return f"{cardinal(day, dialect)} tháng {month_word(month, dialect)}"


def day_and_month_of(match: re.Match[str], dialect: Dialect) -> str:
    """The same, of the groups `day` and `month`."""
    return day_and_month(int(match["day"]), int(match["month"]), dialect)


def is_day_of_any_year(match: re.Match[str]) -> bool:
    """Whether the groups `day` and `month` are a day."""
    return is_day(int(match["day"]), int(match["month"]), LEAP_YEAR)


def say_day_and_month(match: re.Match[str], reading: Reading) -> str:
    """With “ngày” before it in 8h 15/6: else the day would be heard as minutes."""
    start = match.start("it")
    while reading.text[start - 1 : start].isspace():
        start -= 1
    is_after_time = reading.text.endswith("giờ", 0, start) or reading.ending_at(start, "time")
    word = "ngày " if is_after_time and start < match.start("it") else ""
    return word + day_and_month_of(match, reading.dialect)


def year_of(match: re.Match[str], dialect: Dialect) -> str:
    """The words for the group `year`, to follow a day or a month: “ năm hai nghìn không trăm hai mươi lăm”."""
    return f" năm {cardinal(int(match['year']), dialect)}"
