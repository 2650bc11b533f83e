"""Days with a stroke or with their year: 30/5/2024, 6-5-2021, ngày 3, 5 và 7/6, 15/6, 10/3 ÂL; a dash between two."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.number_words import cardinal
from audio.spoken_text.readers.dates.date_or_share import BEFORE_DATE, is_date
from audio.spoken_text.readers.dates.day_and_month import (
    ANY_DAY,
    DAY,
    FREE_AFTER,
    FREE_BEFORE,
    MONTH,
    YEAR,
    day_and_month_of,
    is_day_of_any_year,
    say_day_and_month,
    year_of,
)
from audio.spoken_text.reading import Reading

LUNAR_YEAR = re.compile(rf"{FREE_BEFORE}(?P<it>{DAY}/{MONTH}/)(?=(?:Giáp|Ất|Bính|Đinh|Mậu|Kỷ|Kỉ|Canh|Tân|Nhâm|Quý)\s)")
SEVERAL_DAYS = re.compile(
    rf"{FREE_BEFORE}(?P<it>(?P<first>{ANY_DAY}(?:\s?[,;+&]\s?{ANY_DAY}){{0,12}})\s?(?P<join>-|,|;|\+|&|và|đến)\s?"
    rf"{DAY}\s?(?P<sep>[/.-])\s?{MONTH}(?:\s?[/.-]\s?{YEAR})?){FREE_AFTER}"
)
FULL_DATE = re.compile(
    rf"(?<![\w/.,:+])(?P<it>{DAY}\s?(?P<sep>[/.-])\s?{MONTH}\s?(?:(?P=sep)|(?<=[0-9])-)\s?{YEAR})(?![\w/]|[.,:][0-9])"
)
SHORT_YEAR = re.compile(
    rf"{FREE_BEFORE}(?P<it>{DAY}(?P<sep>[/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)(?P<year>[0-9]{{2}})){FREE_AFTER}"
)
DAY_AND_MONTH = re.compile(rf"(?<![\w/.,:+])(?P<it>{DAY}\s?/\s?{MONTH})(?![\w/]|[.,:][0-9])")
LUNAR = re.compile(r"(?<=[\x010-9])(?P<it>(?P<space>\s*\(?)(?P<lunar>ÂL|AL|âl|al))(?!\w)")
BETWEEN_DATES = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=\x01)")
BEFORE_LAST_DAY = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=[Tt]hứ\b|[Cc]hủ nhật|hết\b)")
_BEFORE_HOUSE = re.compile(r"(?:số|nhà|hẻm|ngõ|kiệt)\s*$")
_BEFORE_DAYS = re.compile(r"(?:ngày|từ|đợt|sáng|chiều|tối|hôm|trong),?\s*\(?$")


def say_lunar_year(match: re.Match[str], reading: Reading) -> str:
    """The name of the year follows as it is: 10/3/Giáp Thìn."""
    return f"{day_and_month_of(match, reading.dialect)} năm "


def say_several_days(match: re.Match[str], reading: Reading) -> str | None:
    """Days in their order, and the month of the last is the month of all."""
    before = reading.before(match)
    if _BEFORE_HOUSE.search(before) or is_counted(reading.after(match)):
        return None
    if not _are_days_of_one_month(match, is_cued=bool(_BEFORE_DAYS.search(before))):
        return None
    join = match["join"]
    first = ", ".join(cardinal(day, reading.dialect) for day in _first_days(match))
    joined = " đến " if join in "-đến" else " và " if join in "+&và" else ", "
    year = year_of(match, reading.dialect) if match["year"] else ""
    return f"{first}{joined}{day_and_month_of(match, reading.dialect)}{year}"


def _first_days(match: re.Match[str]) -> list[int]:
    return [int(each) for each in re.findall(r"[0-9]+", match["first"])]


def _are_days_of_one_month(match: re.Match[str], *, is_cued: bool) -> bool:
    first, day, month = _first_days(match), int(match["day"]), int(match["month"])
    join, sep = match["join"], match["sep"]
    if sorted({*first, day}) != [*first, day]:
        return False
    if (sep == "-" and join not in ("và", "đến") and day <= month) or (sep == "." and join in ",;+&"):
        return False
    return is_cued or bool(match["year"]) or join in ("-", "đến") or (len(first) > 1 and day > month)


def say_full_date(match: re.Match[str], reading: Reading) -> str:
    """Day, month and year; a year of two digits is of this century."""
    year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
    return f"{say_day_and_month(match, reading)} năm {cardinal(int(year), reading.dialect)}"


def say_short_year(match: re.Match[str], reading: Reading) -> str | None:
    """Only where a word before it says that it is a date."""
    before = reading.before(match)
    is_date_surely = BEFORE_DATE.search(before) or re.search(r"[0-9][/.][0-9]{1,2}\s*(?:-|–|đến)\s*$", before)
    return say_full_date(match, reading) if is_date_surely else None


def say_date_or_leave_share(match: re.Match[str], reading: Reading) -> str | None:
    """15/6; 5/6 hộ is left for the shares."""
    if not is_day_of_any_year(match):
        return None
    if not is_date(match["day"], match["month"], reading.before(match), reading.after(match)):
        return None
    return say_day_and_month(match, reading)


def say_lunar(match: re.Match[str], _reading: Reading) -> str:
    """10/3 ÂL, 10/3 (ÂL)."""
    return f"{match['space']}âm lịch"


def say_between_moments(match: re.Match[str], reading: Reading) -> str | None:
    """22h 26/11 - 4h 27/11: from an hour of a day to an hour of another."""
    day, hour = reading.ending_at(match.start("it"), "date"), reading.beginning_at(match.end("it"), "time")
    if day is None or hour is None:
        return None
    gap = re.search(r"[\s,]*(?:ngày\s+)?$", reading.text[max(0, day.start - 12) : day.start])
    is_moment = gap and reading.ending_at(day.start - len(gap[0]), "time")
    return "đến" if is_moment else None
