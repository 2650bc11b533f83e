"""Times of day: 7h30, 07g15, 13:05, 8h – 16h30, 14h00’, 24/24h, 45’."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.number_words import cardinal
from audio.spoken_text.reading import Reading

_MINUTES = r"(?P<minute>[0-5][0-9]|(?<=[hHgG])[1-9](?![0-9]))(?:\s?(?:['’′]|phút\b|ph\b|p\b))?"
_HOURS = r"(?P<hour>[01]?[0-9]|2[0-4])"
_A_DAY_OF_MONTH = r"\s[0-9]{1,2}\s?[/-]\s?[0-9]{1,2}(?!\s?(?:giờ|[hg:])|[0-9])"
_BY_LETTER = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}\s?(?P<mark>[hHgG])(?:(?!{_A_DAY_OF_MONTH})\s?{_MINUTES}|(?![\w²³])))(?![\w²³]|[.,]\d|\s?/\s?(?:l|lít|kg|ngày|lần)\b)"
)
_IN_WORDS = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}\s?giờ\s?{_MINUTES})"
    r"(?!\w|\.[0-9]|\s?[-/]\s?[0-9]{1,2}(?!\s?(?:giờ|[hg:])|[0-9]))"
)
_BY_POINT = re.compile(rf"(?<![\w.,/:])(?P<it>{_HOURS}\.(?P<minute>[0-5][0-9])\s?(?P<mark>phút|giờ|h))(?!\w)")
_BY_COLON = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}:(?P<minute>[0-5][0-9])(?::00)?(?:\s?(?:h|giờ)\b)?)(?![\w:]|[.,]\d)"
)
_TWO_BY_POINT = re.compile(
    r"(?<![\w.,/:])(?P<it>(?P<hour>[01]?[0-9]|2[0-4])\.(?P<minute>[0-5][05])(?P<to>\s(?:đến|tới)\s|\s?[-–]\s?)"
    r"(?P<hour2>[01]?[0-9]|2[0-4])\.(?P<minute2>[0-5][05]))(?![\w:]|[.,][0-9]|\s?[-/%°])"
)
_POINT_BEFORE_A_DAY = re.compile(
    rf"(?<![\w.,/:-])(?P<it>{_HOURS}\.(?P<minute>[0-5][05]))(?=,?\s(?:ngày|sáng|trưa|chiều|tối|đêm)\s)"
)
_OF_A_DAY = re.compile(r"\s*(?:,|;|\)|\(|$|ngày|sáng|trưa|chiều|tối|đêm|hàng ngày|hằng ngày|các ngày|và|thứ)")
_FIRST_OF_TWO = re.compile(
    rf"(?<![\w.,/:])(?P<it>{_HOURS}\s?-)(?=\s?(?:[01]?[0-9]|2[0-4])\s?(?:[hH](?![a-zà-ỹ])|g\b|g[0-5]|giờ))"
)
_ALL_DAY = re.compile(r"(?<![\w/])(?P<it>24\s?/\s?(?P<of>24|7)(?:\s?(?:h|giờ|g)\b)?)(?![\w/])")
_MINUTES_ALONE = re.compile(r"(?<![\w.,])(?P<it>(?P<minute>[0-9]{1,3})\s?[’'′])(?!\w)")
_MINUTES_BY_LETTER = re.compile(
    r"(?:sớm|muộn|trễ|dài|trong|khoảng|nghỉ|sau|trước|thời gian|mỗi|chờ|cách|đun|lúc)\s"
    r"(?P<it>(?P<minute>[1-9][0-9]{0,2})p)(?![\w.])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=\x01)")
_TO_A_TIME = re.compile(
    r"\s*(?:(?:-|đến)\s*[0-9]{1,2}\s?[gh]|(?:sáng|trưa|chiều|tối|đêm|ngày|hôm|mai|nay|có mặt|tập trung|họp|bắt đầu)\b)"
)
_A_DAY = re.compile(r"(?:ngày|hôm|sáng|trưa|chiều|tối|đêm|đến|từ|trước|sau|hết)\s*$")
_CUE = re.compile(
    r"(?:lúc|từ|đến|tới|vào|trước|sau|hồi|khoảng|hết|giờ|thời gian|sáng|trưa|chiều|tối|đêm|qua|"
    r"mai|nay|kia|mốt|thứ \w+|\bcn|\bt[2-7]|chủ nhật|đúng|[-(;:,)]|[0-9]/[0-9]{1,2})\s*$"
)


def read_times(reading: Reading) -> None:
    """All times of day; a dash between two is “đến”."""
    dialect = reading.dialect

    def say(match: re.Match[str]) -> str | None:
        minute = match["minute"]
        hour = cardinal(int(match["hour"]), dialect)
        if minute is None or minute == "00":
            return f"{hour} giờ"
        return f"{hour} giờ {cardinal(int(minute), dialect)}" + (
            " phút" if int(minute) < 10 or "phút" in match[0] else ""
        )

    def by_letter(match: re.Match[str]) -> str | None:
        # 11g is a time after “đến”, and a weight elsewhere.
        is_bare = match["mark"] in "gG" and match["minute"] is None
        if is_bare and match["mark"] == "G":
            return None  # 4G
        if is_bare and not _CUE.search(reading.before(match)) and not _TO_A_TIME.match(reading.after(match)):
            return None
        return say(match)

    def by_colon(match: re.Match[str]) -> str | None:
        return None if re.search(r"(?:tỷ|tỉ) (?:lệ|số)\D{0,12}$", reading.before(match)) else say(match)

    def two_by_point(match: re.Match[str]) -> str | None:
        """Từ 7.30 đến 11.00: a number has a comma there, and its thousands have three digits."""
        cue = re.search(r"(?:^|\n|từ|và|lúc|vào|:|\(|sáng|chiều|tối|,|;)\s*$", reading.before(match))
        if not cue or not _OF_A_DAY.match(reading.after(match)):
            return None
        ends = [(match["hour"], match["minute"]), (match["hour2"], match["minute2"])]
        return " đến ".join(
            f"{cardinal(int(hour), dialect)} giờ" + (f" {cardinal(int(minute), dialect)}" if int(minute) else "")
            for hour, minute in ends
        )

    def all_day(match: re.Match[str]) -> str | None:
        if is_counted(reading.after(match)):
            return None  # 24/24 hộ
        if match["of"] == "7" and _A_DAY.search(reading.before(match)):
            return None  # the 24th of July
        hours = " giờ" if match["of"] == "24" else ""
        return f"hai mươi {dialect.four} trên {cardinal(int(match['of']), dialect)}{hours}"

    reading.read(_ALL_DAY, all_day, "time")
    reading.read(_FIRST_OF_TWO, lambda match: f"{cardinal(int(match['hour']), dialect)} đến", "time")
    reading.read(_BY_LETTER, by_letter, "time")
    reading.read(_IN_WORDS, say, "time")
    reading.read(_BY_POINT, say, "time")
    reading.read(_BY_COLON, by_colon, "time")
    reading.read(_TWO_BY_POINT, two_by_point, "time")
    reading.read(_POINT_BEFORE_A_DAY, say, "time")
    reading.read(_MINUTES_ALONE, lambda match: f"{cardinal(int(match['minute']), dialect)} phút", "time")
    reading.read(_MINUTES_BY_LETTER, lambda match: f"{cardinal(int(match['minute']), dialect)} phút", "time")
    reading.read(_BETWEEN, lambda match: "đến" if reading.is_between(match, "time") else None, "time")
