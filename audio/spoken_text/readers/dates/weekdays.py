"""Days of the week: thứ 2, T2-T6, T3-T5-T7, thứ 2, 4 và 6, CN; and what else “thứ” stands before."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.number_words import ordinal
from audio.spoken_text.reading import Reading

SEVERAL = re.compile(r"(?<!\w)(?P<it>T[2-7](?:\s?-\s?(?:T[2-7]|CN)){2,5})(?!\w)")
T_DAY = re.compile(r"(?<!\w)(?P<it>T\.?\s?(?P<day>[2-7]))(?!\w)")
SUNDAY = re.compile(r"(?<!\w)(?P<it>CN)(?!\w)")
LISTED = re.compile(
    r"(?<!\w)thứ\s?(?P<it>[2-7](?:\s?,\s?[2-7])+(?:\s?(?:,|và)\s?[2-7])?|[2-7]\svà\s[2-7])(?![\w/]|[.,][0-9])",
    re.IGNORECASE,
)
FROM_TO = re.compile(
    r"(?<!\w)(?P<it>(?P<word>thứ)\s?(?P<first>[1-9])\s?-\s?(?P<last>[2-9]))(?![\w/-]|[.,][0-9])", re.IGNORECASE
)
ORDINAL = re.compile(r"(?<!\w)(?P<it>(?P<word>thứ)\s?(?P<number>[0-9]{1,3}))(?![\w/]|[.,][0-9])", re.IGNORECASE)
_BEFORE_NAME = re.compile(r"(?:mba|máy|trạm|lộ|tòa|nhà|block|mũi|kênh|lô|khu|dãy|đường|hẻm|cống|cầu|tuyến|tổ|rạch)\s*$")
_NEXT_TO_SUNDAY = re.compile(
    r"(?:t[2-7]|thứ \w+|\bbảy|sáng|chiều|tối|ngày|lịch|nghỉ|trừ|cả|và)[\s,&+/-]*\||\|[\s,(]*(?:ngày|\d{1,2}/)"
)


def say_several(match: re.Match[str], reading: Reading) -> str:
    """T3-T5-T7 is each of them, where T3-T5 is from one to the other."""
    days = re.findall("[2-7]|CN", match["it"])
    return ", ".join("chủ nhật" if day == "CN" else f"thứ {ordinal(int(day), reading.dialect)}" for day in days)


def say_t_day(match: re.Match[str], reading: Reading) -> str | None:
    """T2; kênh T4 is a name."""
    is_name = _BEFORE_NAME.search(reading.before(match))
    return None if is_name else f"thứ {ordinal(int(match['day']), reading.dialect)}"


def say_sunday(match: re.Match[str], reading: Reading) -> str | None:
    """CN next to another day or a time of day; elsewhere it is a branch (chi nhánh) or something else."""
    around = reading.before(match, 12) + "|" + reading.after(match, 12)
    return "chủ nhật" if _NEXT_TO_SUNDAY.search(around) else None


def say_listed(match: re.Match[str], reading: Reading) -> str | None:
    """Thứ 2, 4 và 6; in “thứ 2, 4 hộ” the second number counts."""
    if is_counted(reading.after(match)):
        return None
    return re.sub("[2-7]", lambda day: ordinal(int(day[0]), reading.dialect), match["it"])


def say_from_to(match: re.Match[str], reading: Reading) -> str:
    """Thứ 2-6."""
    first, last = (ordinal(int(match[name]), reading.dialect) for name in ("first", "last"))
    return f"{match['word']} {first} đến thứ {last}"


def say_ordinal(match: re.Match[str], reading: Reading) -> str:
    """Thứ 4 is “thứ tư”, also in “lần thứ 4”."""
    return f"{match['word']} {ordinal(int(match['number']), reading.dialect)}"
