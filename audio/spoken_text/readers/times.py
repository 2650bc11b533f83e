"""Times of day: 7h30, 07g15, 13:05, 8h – 16h30, 14h00’, 24/24h, 45’."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.number_words import Dialect, cardinal
from audio.spoken_text.reader import Reader, Table, between
from audio.spoken_text.reading import Reading

_MINUTES = r"(?P<minute>[0-5][0-9]|(?<=[hHgG])[1-9](?![0-9]))(?:\s?(?:['’′]|phút\b|ph\b|p\b))?"
_HOURS = r"(?P<hour>[01]?[0-9]|2[0-4])"
_DAY_AND_MONTH = r"\s[0-9]{1,2}\s?[/-]\s?[0-9]{1,2}(?!\s?(?:giờ|[hg:])|[0-9])"
_BY_LETTER = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}\s?(?P<mark>[hHgG])(?:(?!{_DAY_AND_MONTH})\s?{_MINUTES}|(?![\w²³])))(?![\w²³]|[.,]\d|\s?/\s?(?:l|lít|kg|ngày|lần)\b)"
)
_IN_WORDS = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}\s?giờ\s?{_MINUTES})"
    r"(?!\w|\.[0-9]|\s?[-/]\s?[0-9]{1,2}(?!\s?(?:giờ|[hg:])|[0-9]))"
)
_BY_POINT = re.compile(rf"(?<![\w.,/:])(?P<it>{_HOURS}\.(?P<minute>[0-5][0-9])\s?(?P<mark>phút|giờ|h))(?!\w)")
_BY_COLON = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}:(?P<minute>[0-5][0-9])(?::00)?(?:\s?(?:h|giờ)\b)?)(?![\w:]|[.,]\d)"
)
_FROM_TIME_TO_TIME = re.compile(
    r"(?<![\w.,/:])(?P<it>(?P<hour>[01]?[0-9]|2[0-4])\.(?P<minute>[0-5][05])(?P<to>\s(?:đến|tới)\s|\s?[-–]\s?)"
    r"(?P<hour2>[01]?[0-9]|2[0-4])\.(?P<minute2>[0-5][05]))(?![\w:]|[.,][0-9]|\s?[-/%°])"
)
_BY_POINT_BEFORE_DAY = re.compile(
    rf"(?<![\w.,/:-])(?P<it>{_HOURS}\.(?P<minute>[0-5][05]))(?=,?\s(?:ngày|sáng|trưa|chiều|tối|đêm)\s)"
)
_AFTER_TIME = re.compile(r"\s*(?:,|;|\)|\(|$|ngày|sáng|trưa|chiều|tối|đêm|hàng ngày|hằng ngày|các ngày|và|thứ)")
_FIRST_HOUR_OF_TWO = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}\s?-)(?=\s?(?:[01]?[0-9]|2[0-4])\s?(?:[hH](?![a-zà-ỹ])|g\b|g[0-5]|giờ))"
)
_AROUND_THE_CLOCK = re.compile(r"(?<![\w/])(?P<it>24\s?/\s?(?P<of>24|7)(?:\s?(?:h|giờ|g)\b)?)(?![\w/])")
_MINUTES_BY_PRIME = re.compile(r"(?<![\w.,])(?P<it>(?P<minute>[0-9]{1,3})\s?[’'′])(?!\w)")
_MINUTES_BY_LETTER = re.compile(
    r"(?:sớm|muộn|trễ|dài|trong|khoảng|nghỉ|sau|trước|thời gian|mỗi|chờ|cách|đun|lúc)\s"
    r"(?P<it>(?P<minute>[1-9][0-9]{0,2})p)(?![\w.])",
    re.IGNORECASE,
)
_DASH = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=\x01)")
_AFTER_BARE_HOUR = re.compile(
    r"\s*(?:(?:-|đến)\s*[0-9]{1,2}\s?[gh]|(?:sáng|trưa|chiều|tối|đêm|ngày|hôm|mai|nay|có mặt|tập trung|họp|bắt đầu)\b)"
)
_BEFORE_DAY = re.compile(r"(?:ngày|hôm|sáng|trưa|chiều|tối|đêm|đến|từ|trước|sau|hết)\s*$")
_BEFORE_BARE_HOUR = re.compile(
    r"(?:lúc|từ|đến|tới|vào|trước|sau|hồi|khoảng|hết|giờ|thời gian|sáng|trưa|chiều|tối|đêm|qua|"
    r"mai|nay|kia|mốt|thứ \w+|\bcn|\bt[2-7]|chủ nhật|đúng|[-(;:,)]|[0-9]/[0-9]{1,2})\s*$"
)
_BEFORE_TIMES = re.compile(r"(?:^|\n|từ|và|lúc|vào|:|\(|sáng|chiều|tối|,|;)\s*$")


def _say_time(match: re.Match[str], reading: Reading) -> str:
    """Bảy giờ, bảy giờ ba mươi, bảy giờ năm phút."""
    minute = match["minute"]
    hour = cardinal(int(match["hour"]), reading.dialect)
    if minute is None or minute == "00":
        return f"{hour} giờ"
    unit = " phút" if int(minute) < 10 or "phút" in match[0] else ""
    return f"{hour} giờ {cardinal(int(minute), reading.dialect)}{unit}"


def _say_by_letter(match: re.Match[str], reading: Reading) -> str | None:
    """7h30, 7g; 11g is a time after “đến” and a weight elsewhere, and 4G is neither."""
    is_bare = match["mark"] in "gG" and match["minute"] is None
    if is_bare and match["mark"] == "G":
        return None
    if is_bare and not (
        _BEFORE_BARE_HOUR.search(reading.before(match)) or _AFTER_BARE_HOUR.match(reading.after(match))
    ):
        return None
    return _say_time(match, reading)


def _say_by_colon(match: re.Match[str], reading: Reading) -> str | None:
    """13:05; not in a ratio or a score."""
    return None if re.search(r"(?:tỷ|tỉ) (?:lệ|số)\D{0,12}$", reading.before(match)) else _say_time(match, reading)


def _say_from_time_to_time(match: re.Match[str], reading: Reading) -> str | None:
    """Từ 7.30 đến 11.00: a number has a comma there, and its thousands have three digits."""
    if not _BEFORE_TIMES.search(reading.before(match)) or not _AFTER_TIME.match(reading.after(match)):
        return None
    first = _hour_and_minute(match["hour"], match["minute"], reading.dialect)
    return f"{first} đến {_hour_and_minute(match['hour2'], match['minute2'], reading.dialect)}"


def _hour_and_minute(hour: str, minute: str, dialect: Dialect) -> str:
    return f"{cardinal(int(hour), dialect)} giờ" + (f" {cardinal(int(minute), dialect)}" if int(minute) else "")


def _say_around_the_clock(match: re.Match[str], reading: Reading) -> str | None:
    """Trực 24/24h, 24/7; 24/24 hộ are shares, and ngày 24/7 is a date."""
    if is_counted(reading.after(match)):
        return None
    if match["of"] == "7" and _BEFORE_DAY.search(reading.before(match)):
        return None
    unit = " giờ" if match["of"] == "24" else ""
    return f"hai mươi {reading.dialect.four} trên {cardinal(int(match['of']), reading.dialect)}{unit}"


def _say_first_hour(match: re.Match[str], reading: Reading) -> str:
    return f"{cardinal(int(match['hour']), reading.dialect)} đến"


def _say_minutes(match: re.Match[str], reading: Reading) -> str:
    return f"{cardinal(int(match['minute']), reading.dialect)} phút"


TIMES: Table = (
    Reader("trực 24/24h", "trực hai mươi tư trên hai mươi tư giờ", _AROUND_THE_CLOCK, _say_around_the_clock, "time"),
    Reader("11-14h", "mười một đến mười bốn giờ", _FIRST_HOUR_OF_TWO, _say_first_hour, "time"),
    Reader("7h30", "bảy giờ ba mươi", _BY_LETTER, _say_by_letter, "time"),
    Reader("6 giờ 45 phút", "sáu giờ bốn mươi lăm phút", _IN_WORDS, _say_time, "time"),
    Reader("lúc 07.30 phút", "lúc bảy giờ ba mươi phút", _BY_POINT, _say_time, "time"),
    Reader("lúc 13:05", "lúc mười ba giờ năm phút", _BY_COLON, _say_by_colon, "time"),
    Reader(
        "từ 7.30 đến 11.00", "từ bảy giờ ba mươi đến mười một giờ", _FROM_TIME_TO_TIME, _say_from_time_to_time, "time"
    ),
    Reader("7.30 sáng mai", "bảy giờ ba mươi sáng mai", _BY_POINT_BEFORE_DAY, _say_time, "time"),
    Reader("hâm 45’", "hâm bốn mươi lăm phút", _MINUTES_BY_PRIME, _say_minutes, "time"),
    Reader("nghỉ 15p", "nghỉ mười lăm phút", _MINUTES_BY_LETTER, _say_minutes, "time"),
    Reader("8h – 16h30", "tám giờ đến mười sáu giờ ba mươi", _DASH, between("đến", "time"), "time"),
)
