"""Days whose sign may part numbers too: 2-9 is a day after “dịp”, and a range in “sau 2-3 ngày”; 20.11 and 2.5 ha."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.readers.dates.date_or_share import AFTER_DATE, BEFORE_DATE
from audio.spoken_text.readers.dates.day_and_month import (
    ANY_DAY,
    DAY,
    LEAP_YEAR,
    MONTH,
    day_and_month,
    day_and_month_of,
    is_day,
    is_day_of_any_year,
    say_day_and_month,
)
from audio.spoken_text.reading import Reading

FROM_TO = re.compile(
    rf"(?:từ|từ ngày)\s(?P<it>(?P<day>{ANY_DAY})(?P<sep>[.-])(?P<month>0?[1-9]|1[0-2])"
    rf"(?P<to>\s(?:đến|tới)(?: hết| ngày| hết ngày)?\s|\s-\s)"
    rf"(?P<day2>{ANY_DAY})(?P=sep)(?P<month2>0?[1-9]|1[0-2]))(?![\w/-]|[.,:][0-9])",
    re.IGNORECASE,
)
AFTER_CUE = re.compile(
    rf"(?P<cue>ngày|nay|mai|kia|mốt|hôm|sáng|trưa|chiều|tối|đêm|quốc khánh|lễ|giờ|phút|trước|sau|hết|hạn|vào|dịp|"
    r"từ|đến|tới)\s"
    rf"(?P<it>{DAY}(?:\s?-\s?|\.){MONTH})(?![\w/-]|[.,:][0-9]|\s?(?:(?:hàng |hằng |mỗi |các |trong )?tháng|%))",
    re.IGNORECASE,
)
AT_HEAD_OF_LINE = re.compile(rf"^(?P<it>{DAY}\s?-\s?{MONTH})(?=\s?:)", re.MULTILINE)
AMONG_WORDS = re.compile(
    rf"(?<![\w/.,:+-])(?P<it>{DAY}[-.]{MONTH})(?![\w/-]|[.,:][0-9]|\s?(?:(?:hàng |hằng |mỗi )?tháng|%))"
)
AFTER_DAY = re.compile(
    rf"(?<=\x01)(?P<join>\s*(?:,|;|&|và|hoặc)\s*(?:ngày\s)?)(?P<it>{DAY}(?P<sep>[.-]){MONTH})(?![\w/-]|[.,:][0-9]|\s?(?:tháng|%))"
)
_CUES_FOR_ANY_NUMBER = ("trước", "sau", "hết", "hạn", "vào", "dịp", "từ", "đến", "tới")
_CUES_FOR_RANGE = ("giờ", "phút", *_CUES_FOR_ANY_NUMBER)


def say_from_to(match: re.Match[str], reading: Reading) -> str | None:
    """Từ 05-12 đến 07-12."""
    day, month, to_day, to_month = (int(match[name]) for name in ("day", "month", "day2", "month2"))
    if not (is_day(day, month, LEAP_YEAR) and is_day(to_day, to_month, LEAP_YEAR)):
        return None
    may_be_ranges = day <= month and to_day <= to_month
    if may_be_ranges and (month != to_month or is_counted(reading.after(match))):
        return None  # từ 2-3 đến 4-5 ki lô gam
    joined = match["to"].replace("-", "đến")
    return f"{day_and_month(day, month, reading.dialect)}{joined}{day_and_month(to_day, to_month, reading.dialect)}"


def say_after_cue(match: re.Match[str], reading: Reading) -> str | None:
    """Sáng 2-9, trước 31-12; after a cue that stands before ranges too the day must be more than the month."""
    cue = match["cue"].lower()
    may_be_range = cue in _CUES_FOR_RANGE or re.search(r"(?:từ|các|những)\s*$", reading.before(match))
    if may_be_range and int(match["day"]) <= int(match["month"]):
        return None
    if "." in match["it"] and cue in _CUES_FOR_ANY_NUMBER:
        return None
    return say_day_and_month(match, reading) if is_day_of_any_year(match) else None


def say_at_head_of_line(match: re.Match[str], reading: Reading) -> str | None:
    """24-11: đại hội."""
    return day_and_month_of(match, reading.dialect) if int(match["day"]) > int(match["month"]) else None


def say_among_words(match: re.Match[str], reading: Reading) -> str | None:
    """Thứ bảy 5-12, hạn nộp: 5-12, 15-8 âm lịch."""
    before, after = reading.before(match), reading.after(match)
    is_cued = BEFORE_DATE.search(before) and not re.search(r"(?:ngày|ngày:|mùng|mồng)\s*\(?$", before)
    is_deadline = re.search(r"(?:hạn|lịch)[^.;:\n]{0,15}:\s*$", before)
    if not (is_cued or is_deadline or AFTER_DATE.match(after)) or is_counted(after):
        return None
    return say_day_and_month(match, reading) if is_day_of_any_year(match) else None


def say_after_day(match: re.Match[str], reading: Reading) -> str | None:
    """30-4 và 1-5: another, written as the one before it."""
    before = reading.ending_at(match.start("join"), "date")
    is_number = match["sep"] == "." and int(match["day"]) <= 12  # 2.5 ha
    is_alike = before and match["sep"] in reading.text[before.start : before.end] and not is_number
    return day_and_month_of(match, reading.dialect) if is_alike else None
