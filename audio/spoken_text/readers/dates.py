"""Dates: 30/5/2024, 6-5-2021, 1-15/6, ngày 3, 5 và 7/6, 7/2025, năm học 2024-2025, 10/3 âm lịch, thứ 2, T2-T6."""

import re
from datetime import date

from audio.spoken_text.counted import is_counted
from audio.spoken_text.letters import SMALL
from audio.spoken_text.number_words import Dialect, cardinal, month_word, ordinal
from audio.spoken_text.readers.romans import roman_value
from audio.spoken_text.reading import Reading

_D, _M, _Y = r"(?P<day>0?[1-9]|[12][0-9]|3[01])", r"(?P<month>0?[1-9]|1[0-2])", r"(?P<year>(?:1[89]|20)[0-9]{2})"
_FREE, _END = r"(?<![\w/.,:+-])", r"(?![\w/]|[.,:][0-9]|-[0-9])"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"

_FULL = re.compile(
    rf"(?<![\w/.,:+])(?P<it>{_D}\s?(?P<sep>[/.-])\s?{_M}\s?(?:(?P=sep)|(?<=[0-9])-)\s?{_Y})(?![\w/]|[.,:][0-9])"
)
_SHORT_YEAR = re.compile(
    rf"{_FREE}(?P<it>{_D}(?P<sep>[/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)(?P<year>[0-9]{{2}})){_END}"
)
_DAYS = re.compile(
    rf"{_FREE}(?P<it>(?P<first>{_DAY}(?:\s?[,;+&]\s?{_DAY}){{0,12}})\s?(?P<join>-|,|;|\+|&|và|đến)\s?"
    rf"{_D}\s?(?P<sep>[/.-])\s?{_M}(?:\s?[/.-]\s?{_Y})?){_END}"
)
_MONTH_YEAR = re.compile(rf"{_FREE}(?P<it>(?P<from>(?:0?[1-9]|1[0-2])\s?(?:-|,|và)\s?)?{_M}\s?[/-]\s?{_Y}){_END}")
_DAY_MONTH = re.compile(rf"(?<![\w/.,:+])(?P<it>{_D}\s?/\s?{_M})(?![\w/]|[.,:][0-9])")
_DAY_DASH_MONTH = re.compile(
    rf"(?P<cue>ngày|nay|mai|kia|mốt|hôm|sáng|trưa|chiều|tối|đêm|quốc khánh|lễ|giờ|phút|trước|sau|hết|hạn|vào|dịp|"
    r"từ|đến|tới)\s"
    rf"(?P<it>{_D}(?:\s?-\s?|\.){_M})(?![\w/-]|[.,:][0-9]|\s?(?:(?:hàng |hằng |mỗi |các |trong )?tháng|%))",
    re.IGNORECASE,
)
_DAY_DASH_MONTH_AT_HEAD = re.compile(rf"^(?P<it>{_D}\s?-\s?{_M})(?=\s?:)", re.MULTILINE)
_DAY_DASH_MONTH_SURE = re.compile(
    rf"(?<![\w/.,:+-])(?P<it>{_D}[-.]{_M})(?![\w/-]|[.,:][0-9]|\s?(?:(?:hàng |hằng |mỗi )?tháng|%))"
)
_DAY_DASH_MONTH_TOO = re.compile(
    rf"(?<=\x01)(?P<join>\s*(?:,|;|&|và|hoặc)\s*(?:ngày\s)?)(?P<it>{_D}(?P<sep>[.-]){_M})(?![\w/-]|[.,:][0-9]|\s?(?:tháng|%))"
)
_OF_THE_MOON = re.compile(rf"{_FREE}(?P<it>{_D}/{_M}/)(?=(?:Giáp|Ất|Bính|Đinh|Mậu|Kỷ|Kỉ|Canh|Tân|Nhâm|Quý)\s)")
_TWO_YEARS = re.compile(
    r"(?<![\w/.,-])(?P<it>(?P<first>(?:1[89]|20)[0-9]{2})\s?-\s?(?P<second>(?:1[89]|20)[0-9]{2}))(?![\w/-]|[.,][0-9])"
)
_SHORTER_SECOND = re.compile(
    r"(?<![\w/.,-])(?P<it>(?P<first>20[0-9]{2})\s?-\s?(?P<second>[0-9]{2}))(?![\w/-]|[.,][0-9])"
)
_MONTH_WORD = re.compile(r"(?<=tháng )(?P<it>0?[1-9]|1[0-2])(?![\w/]|[.,][0-9])", re.IGNORECASE)
_QUARTER = re.compile(
    r"(?<=quý )(?P<it>(?:(?P<from>[1-4IV]{1,3})\s?-\s?)?"
    r"(?P<quarter>[1-4IV]{1,3})\s?[/-]\s?(?P<year>20[0-9]{2}))(?![\w/])",
    re.IGNORECASE,
)
_T_MONTH_YEAR = re.compile(rf"(?<!\w)(?P<it>[Tt]\.?{_M}\s?[/-]\s?{_Y})(?![\w/])")
_ROUND_OF_YEAR = re.compile(
    rf"(?:đợt|lần|học kỳ|kỳ họp)\s(?P<it>(?P<round>[IVX]{{1,4}}|[0-9]{{1,2}})\s?/\s?{_Y})(?![\w/])", re.IGNORECASE
)
_MONTHS = re.compile(r"(?<=tháng )(?P<it>(?P<first>0?[1-9]|1[0-2]),\s?(?P<second>0?[1-9]|1[0-2]))(?![\w/]|[.,][0-9])")
_WEEKDAY = re.compile(r"(?<!\w)(?P<it>T\.?\s?(?P<day>[2-7]))(?!\w)")
_SOME_WEEKDAYS = re.compile(r"(?<!\w)(?P<it>T[2-7](?:\s?-\s?(?:T[2-7]|CN)){2,5})(?!\w)")
_SUNDAY = re.compile(r"(?<!\w)(?P<it>CN)(?!\w)")
_MORE_WEEKDAYS = re.compile(
    r"(?<!\w)thứ\s?(?P<it>[2-7](?:\s?,\s?[2-7])+(?:\s?(?:,|và)\s?[2-7])?|[2-7]\svà\s[2-7])(?![\w/]|[.,][0-9])",
    re.IGNORECASE,
)
_T_MONTHS = re.compile(
    r"(?<![\w.])(?P<it>T(?P<first>[1-9]|1[0-2])\s?[-,]\s?T(?P<second>[89]|1[0-2]))(?![\w/-]|\.[0-9])"
)
_T_MONTH = re.compile(r"(?<![\w.])(?P<it>T(?P<month>[1-9]|1[0-2]))(?![\w/-]|\.[0-9])")
_FROM_THU = re.compile(
    r"(?<!\w)(?P<it>(?P<thu>thứ)\s?(?P<first>[1-9])\s?-\s?(?P<last>[2-9]))(?![\w/-]|[.,][0-9])", re.IGNORECASE
)
_THU = re.compile(r"(?<!\w)(?P<it>(?P<thu>thứ)\s?(?P<number>[0-9]{1,3}))(?![\w/]|[.,][0-9])", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=\x01)")
_TO_A_DAY = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=[Tt]hứ\b|[Cc]hủ nhật|hết\b)")
_DASHED = re.compile(
    rf"(?:từ|từ ngày)\s(?P<it>(?P<day>{_DAY})(?P<sep>[.-])(?P<month>0?[1-9]|1[0-2])"
    rf"(?P<to>\s(?:đến|tới)(?: hết| ngày| hết ngày)?\s|\s-\s)"
    rf"(?P<day2>{_DAY})(?P=sep)(?P<month2>0?[1-9]|1[0-2]))(?![\w/-]|[.,:][0-9])",
    re.IGNORECASE,
)
_LUNAR = re.compile(r"(?<=[\x010-9])(?P<it>(?P<space>\s*\(?)(?P<lunar>ÂL|AL|âl|al))(?!\w)")

LEAP_YEAR = 2024
"""A year that has each day and month that may be written without one."""

_AFTER_A_TIME = ("giờ", "phút")
_IS_HOUSE = re.compile(r"(?:số|nhà|hẻm|ngõ|kiệt)\s*$")
_BEFORE_ANY_NUMBER = ("trước", "sau", "hết", "hạn", "vào", "dịp", "từ", "đến", "tới")
_IS_DATE = re.compile(
    r"(?:ngày|ngày:|hôm|sáng|trưa|chiều|tối|đêm|mùng|mồng|rằm|tức|dịp|lễ|tết|nhằm|hạn|quốc khánh|chiến thắng|"
    r"giải phóng|thống nhất|quốc tế lao động|quốc tế phụ nữ|"
    r"đường|phố|cầu|đại lộ|công viên|quảng trường|thứ \w+,?|chủ nhật,?|cn,?|"
    r"t[2-7],?)\s*\(?$"
)
_MAY_BE_DATE = re.compile(
    r"(?:từ|đến|tới|hết|trước|sau|kể từ|vào|qua|tháng \d+,|\d\s*(?:-|và|,)|"
    r"[0-9]\s?[hg](?:[0-9]{2})?['’]?,?|[0-9]:[0-9]{2},?|[0-9] giờ(?: [0-9]{1,2})?(?: phút)?,?)\s*$"
)
_IS_OF_A_CALENDAR = re.compile(r"\s*\(?(?:\w+ lịch\b|âl\b|al\b|dl\b|hàng năm|hằng năm)")
_UNTIL_A_DATE = re.compile(rf"\s*(?:đến|tới|-)\s*(?:ngày |hết |hết ngày )?{_DAY}\s?/\s?(?:0?[1-9]|1[0-2])\b")
_SINCE_A_DATE = re.compile(rf"{_DAY}\s?/\s?(?:0?[1-9]|1[0-2])\s*(?:đến|tới|-)\s*(?:ngày |hết |hết ngày )?$")
_IS_PART = re.compile(r"(?:số|tổng|dân số|diện tích|quân số|chặng|quãng|chiều|lượng|mức|giá|thời gian)\b")
_IS_SHARE = re.compile(r"(?:đạt|được|có|tiêm|khoảng|chiếm|gần|hơn|số|giảm|tăng|còn|chỉ|mới|tỷ lệ|tỉ lệ|là|quá)\s*$")


def read_dates(reading: Reading) -> None:
    """All dates that are one. What may be a fraction as well is left where the words beside it say so."""
    dialect = reading.dialect

    def full(match: re.Match[str]) -> str | None:
        year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
        day = after_a_time(match) + day_month(int(match["day"]), int(match["month"]), dialect)
        return f"{day} năm {cardinal(int(year), dialect)}"

    def short_year(match: re.Match[str]) -> str | None:
        before = reading.before(match)
        is_surely = _IS_DATE.search(before) or re.search(r"[0-9][/.][0-9]{1,2}\s*(?:-|–|đến)\s*$", before)
        return full(match) if is_surely else None

    def of_the_moon(match: re.Match[str]) -> str:
        return f"{day_month(int(match['day']), int(match['month']), dialect)} năm "

    def days(match: re.Match[str]) -> str | None:
        first = [int(each) for each in re.findall(r"[0-9]+", match["first"])]
        year = f" năm {cardinal(int(match['year']), dialect)}" if match["year"] else ""
        join = match["join"]
        if _IS_HOUSE.search(reading.before(match)) or is_counted(reading.after(match)):
            return None
        if sorted({*first, int(match["day"])}) != [*first, int(match["day"])] or (
            (match["sep"] == "-" and join not in ("và", "đến") and int(match["day"]) <= int(match["month"]))
            or (match["sep"] == "." and join in ",;+&")
        ):
            return None
        if not re.search(r"(?:ngày|từ|đợt|sáng|chiều|tối|hôm|trong),?\s*\(?$", reading.before(match)) and not (
            year or join in ("-", "đến") or (len(first) > 1 and int(match["day"]) > int(match["month"]))
        ):
            return None
        said = ", ".join(cardinal(each, dialect) for each in first)
        between = " đến " if join in "-đến" else " và " if join in "+&và" else ", "
        return f"{said}{between}{day_month(int(match['day']), int(match['month']), dialect)}{year}"

    def month_year(match: re.Match[str]) -> str | None:
        if is_counted(reading.after(match)) or re.search(r"(?:bản đồ|tỷ lệ|tỉ lệ)\s*$", reading.before(match)):
            return None
        if re.search(r"\bsố\s*$", reading.before(match)) and not match["from"]:
            return f"{cardinal(int(match['month']), dialect)}{year_of(match)}"  # the twelfth of that year
        said = f"{month_word(int(match['month']), dialect)} năm {cardinal(int(match['year']), dialect)}"
        if match["from"]:
            first = re.findall(r"[0-9]+|[^\s0-9]+", match["from"])
            if not re.search(r"tháng\s*$", reading.before(match)):
                return None
            between = {"-": " đến ", "và": " và "}.get(first[1], ", ")
            said = f"{month_word(int(first[0]), dialect)}{between}{said}"
        return said if re.search(r"tháng\s*$", reading.before(match)) else f"tháng {said}"

    def day_of_month(match: re.Match[str]) -> str | None:
        day, month = int(match["day"]), int(match["month"])
        if not is_day(day, month, LEAP_YEAR) or not is_date(reading, match):
            return None
        return after_a_time(match) + day_month(day, month, dialect)

    def after_a_time(match: re.Match[str]) -> str:
        """8h 15/6 has its “ngày” said: else the day would be heard as minutes."""
        start = match.start("it")
        while reading.text[start - 1 : start].isspace():
            start -= 1
        is_time = reading.text.endswith("giờ", 0, start) or reading.ending_at(start, "time")
        return "ngày " if is_time and start < match.start("it") else ""

    def dashed(match: re.Match[str]) -> str | None:
        day, month, to_day, to_month = (int(match[name]) for name in ("day", "month", "day2", "month2"))
        if not (is_day(day, month, LEAP_YEAR) and is_day(to_day, to_month, LEAP_YEAR)) or (
            day <= month and to_day <= to_month and (month != to_month or is_counted(reading.after(match)))
        ):
            return None  # từ 2-3 đến 4-5 ki lô gam
        between = match["to"].replace("-", "đến")
        return f"{day_month(day, month, dialect)}{between}{day_month(to_day, to_month, dialect)}"

    def day_dash_month(match: re.Match[str]) -> str | None:
        day, month = int(match["day"]), int(match["month"])
        many = re.search(r"(?:từ|các|những)\s*$", reading.before(match))
        cue = match["cue"].lower()
        may_be_range = many or cue in _AFTER_A_TIME or cue in _BEFORE_ANY_NUMBER
        is_number = "." in match["it"] and cue in _BEFORE_ANY_NUMBER
        if not is_day(day, month, LEAP_YEAR) or (may_be_range and day <= month) or is_number:
            return None
        return after_a_time(match) + day_month(day, month, dialect)

    def day_dash_month_sure(match: re.Match[str]) -> str | None:
        """Thứ bảy 5-12, dịp 2-9, hạn nộp: 5-12, 15-8 âm lịch."""
        before, after = reading.before(match), reading.after(match)
        is_cued = _IS_DATE.search(before) and not re.search(r"(?:ngày|ngày:|mùng|mồng)\s*\(?$", before)
        is_planned = re.search(r"(?:hạn|lịch)[^.;:\n]{0,15}:\s*$", before)
        if not (is_cued or is_planned or _IS_OF_A_CALENDAR.match(after)) or is_counted(after):
            return None
        if not is_day(int(match["day"]), int(match["month"]), LEAP_YEAR):
            return None
        return after_a_time(match) + day_month(int(match["day"]), int(match["month"]), dialect)

    def day_dash_month_too(match: re.Match[str]) -> str | None:
        """30-4 và 1-5: another, as the one before it."""
        before = reading.ending_at(match.start("join"), "date")
        is_number = match["sep"] == "." and int(match["day"]) <= 12  # 2.5 ha
        is_alike = before and match["sep"] in reading.text[before.start : before.end] and not is_number
        return day_month(int(match["day"]), int(match["month"]), dialect) if is_alike else None

    def two_years(match: re.Match[str]) -> str | None:
        first, second = match["first"], match["second"]
        second = second if len(second) == 4 else first[:2] + second
        if int(second) <= int(first):
            return None
        between = (
            " đến " if re.search(r"(?:giai đoạn|từ|từ năm|các năm|sinh năm|\bsn)\s*$", reading.before(match)) else ", "
        )
        return f"{cardinal(int(first), dialect)}{between}{cardinal(int(second), dialect)}"

    def year_of(match: re.Match[str]) -> str:
        return f" năm {cardinal(int(match['year']), dialect)}"

    def round_of_year(match: re.Match[str]) -> str | None:
        value = roman_value(match["round"].upper()) or (int(match["round"]) if match["round"].isdecimal() else None)
        return f"{cardinal(value, dialect)}{year_of(match)}" if value else None

    def quarter(match: re.Match[str]) -> str | None:
        quarters = [each for each in (match["from"], match["quarter"]) if each]
        values = [roman_value(each.upper()) or (int(each) if each.isdigit() else None) for each in quarters]
        said = " đến ".join(cardinal(value, dialect) for value in values if value)
        return f"{said}{year_of(match)}" if all(values) else None

    def weekday(match: re.Match[str]) -> str | None:
        is_name = re.search(
            r"(?:mba|máy|trạm|lộ|tòa|nhà|block|mũi|kênh|lô|khu|dãy|đường|hẻm|cống|cầu|tuyến|tổ|rạch)\s*$",
            reading.before(match),
        )
        return None if is_name else f"thứ {ordinal(int(match['day']), dialect)}"

    def some_weekdays(match: re.Match[str]) -> str:
        """T3-T5-T7: each of them, where T3-T5 is from one to the other."""
        days = re.findall("[2-7]|CN", match["it"])
        return ", ".join("chủ nhật" if day == "CN" else f"thứ {ordinal(int(day), dialect)}" for day in days)

    def t_month(match: re.Match[str]) -> str | None:
        before = reading.before(match)
        is_month = re.search(r"(?:rằm|mùng \w+|mồng \w+)\s*$", before) or (
            int(match["month"]) > 7 and re.search(r"(?:kỳ|hóa đơn|lương|từ|đến|trong|hết|tiền\s\w+)\s*$", before)
        )
        return f"tháng {month_word(int(match['month']), dialect)}" if is_month else None

    def t_months(match: re.Match[str]) -> str:
        first, second = (month_word(int(match[name]), dialect) for name in ("first", "second"))
        return f"tháng {first}{' đến ' if '-' in match['it'] else ', '}tháng {second}"

    def two_months(match: re.Match[str]) -> str | None:
        if is_counted(reading.after(match)):
            return None  # tháng 11, 4 hộ
        return f"{month_word(int(match['first']), dialect)}, {month_word(int(match['second']), dialect)}"

    def more_weekdays(match: re.Match[str]) -> str | None:
        if is_counted(reading.after(match)):
            return None  # thứ 2, 4 hộ
        return re.sub("[2-7]", lambda day: ordinal(int(day[0]), dialect), match["it"])

    def sunday(match: re.Match[str]) -> str | None:
        beside = reading.before(match, 12) + "|" + reading.after(match, 12)
        is_day_of_week = re.search(
            r"(?:t[2-7]|thứ \w+|\bbảy|sáng|chiều|tối|ngày|lịch|nghỉ|trừ|cả|và)[\s,&+/-]*\||\|[\s,(]*(?:ngày|\d{1,2}/)",
            beside,
        )
        return "chủ nhật" if is_day_of_week else None

    def between_moments(match: re.Match[str]) -> str | None:
        """22h 26/11 - 4h 27/11: from an hour of a day to an hour of another."""
        day, hour = reading.ending_at(match.start("it"), "date"), reading.beginning_at(match.end("it"), "time")
        if day is None or hour is None:
            return None
        between = re.search(r"[\s,]*(?:ngày\s+)?$", reading.text[max(0, day.start - 12) : day.start])
        is_moment = between and reading.ending_at(day.start - len(between[0]), "time")
        return "đến" if is_moment else None

    reading.read(_OF_THE_MOON, of_the_moon, "date")
    reading.read(_DAYS, days, "date")
    reading.read(_FULL, full, "date")
    reading.read(_QUARTER, quarter, "date")
    reading.read(
        _T_MONTH_YEAR, lambda match: f"tháng {month_word(int(match['month']), dialect)}{year_of(match)}", "date"
    )
    reading.read(_ROUND_OF_YEAR, round_of_year, "date")
    reading.read(_MONTH_YEAR, month_year, "date")
    reading.read(_SHORT_YEAR, short_year, "date")
    reading.read(_DAY_MONTH, day_of_month, "date")
    reading.read(_DASHED, dashed, "date")
    reading.read(_DAY_DASH_MONTH, day_dash_month, "date")
    reading.read(
        _DAY_DASH_MONTH_AT_HEAD,
        lambda match: (
            day_month(int(match["day"]), int(match["month"]), dialect)
            if int(match["day"]) > int(match["month"])
            else None
        ),
        "date",
    )
    reading.read(_DAY_DASH_MONTH_SURE, day_dash_month_sure, "date")
    reading.read(_DAY_DASH_MONTH_TOO, day_dash_month_too, "date")
    reading.read(_TWO_YEARS, two_years, "date")
    reading.read(_SHORTER_SECOND, two_years, "date")
    reading.read(_MONTHS, two_months, "date")
    reading.read(_MONTH_WORD, lambda match: month_word(int(match["it"]), dialect), "date")
    reading.read(_SOME_WEEKDAYS, some_weekdays, "date")
    reading.read(_T_MONTH, t_month, "date")
    reading.read(_WEEKDAY, weekday, "date")
    reading.read(_T_MONTHS, t_months, "date")
    reading.read(_SUNDAY, sunday, "date")
    reading.read(_MORE_WEEKDAYS, more_weekdays, "date")
    reading.read(
        _FROM_THU,
        lambda match: (
            f"{match['thu']} {ordinal(int(match['first']), dialect)} đến thứ {ordinal(int(match['last']), dialect)}"
        ),
        "date",
    )
    reading.read(_THU, lambda match: f"{match['thu']} {ordinal(int(match['number']), dialect)}", "date")
    reading.read(_LUNAR, lambda match: f"{match['space']}âm lịch", "date")
    reading.read(_BETWEEN, lambda match: "đến" if reading.is_between(match, "date") else None, "date")
    reading.read(_BETWEEN, between_moments, "date")
    reading.read(_TO_A_DAY, lambda _: "đến", "date")


def day_month(day: int, month: int, dialect: Dialect) -> str:
    """Mười lăm tháng sáu."""
    return f"{cardinal(day, dialect)} tháng {month_word(month, dialect)}"


def is_day(day: int, month: int, year: int) -> bool:
    """Whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def is_surely_date(reading: Reading, match: re.Match[str]) -> bool:
    """Whether the word before it, or after it, makes it a date."""
    before, after = reading.before(match), reading.after(match)
    return bool(
        _IS_DATE.search(before)
        or _IS_OF_A_CALENDAR.match(after)
        or _UNTIL_A_DATE.match(after)
        or _SINCE_A_DATE.search(before)
    )


def is_surely_share(reading: Reading, match: re.Match[str]) -> bool:
    """Whether the words beside it make it so many of so many."""
    after = reading.after(match).lstrip()
    return bool(is_counted(after) or _IS_PART.match(after) or _IS_SHARE.search(reading.before(match)))


def is_date(reading: Reading, match: re.Match[str]) -> bool:
    """Whether 5/6 is a day here, or five of six: by the words before and after."""
    if is_surely_date(reading, match):
        return True
    if is_surely_share(reading, match):
        return False
    before, after = reading.before(match), reading.after(match)
    if re.search(
        r"(?:số|nhà|hẻm|ngõ|ngách|kiệt|tổ|khối|lô|thửa|km|tờ|lớp|hạng|phòng|nhóm|bàn|quầy|dãy|vòng|mốc|"
        r"trình độ|văn hóa|tốt nghiệp)\s*$",
        before,
    ) or re.search(r"(?:hẻm|ngõ|kiệt|số nhà|nhà số)\s[0-9/a-z]+(?:,\s?[0-9/a-z]+)*(?:,\s?|\svà\s|\s?-\s?)$", before):
        return False
    if _MAY_BE_DATE.search(before):
        return True
    if int(match["day"]) > int(match["month"]):
        return True  # no share is more than its whole
    if match["day"] == match["month"] and re.match(f"[{SMALL}]", after.lstrip()):
        return False  # all of them
    return int(match["day"]) >= int(match["month"]) or not after.strip() or after.strip()[0] in ",;.:)-"
