"""Months, quarters and years: 7/2025, tháng 11, quý I/2026, đợt I/2025, năm học 2024-2025, T9-T12, rằm T7."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.number_words import cardinal, month_word
from audio.spoken_text.readers.dates.day_and_month import FREE_AFTER, FREE_BEFORE, MONTH, YEAR, year_of
from audio.spoken_text.readers.romans import roman_value
from audio.spoken_text.reading import Reading

QUARTER = re.compile(
    r"(?<=quý )(?P<it>(?:(?P<from>[1-4IV]{1,3})\s?-\s?)?"
    r"(?P<quarter>[1-4IV]{1,3})\s?[/-]\s?(?P<year>20[0-9]{2}))(?![\w/])",
    re.IGNORECASE,
)
T_MONTH_AND_YEAR = re.compile(rf"(?<!\w)(?P<it>[Tt]\.?{MONTH}\s?[/-]\s?{YEAR})(?![\w/])")
ROUND = re.compile(
    rf"(?:đợt|lần|học kỳ|kỳ họp)\s(?P<it>(?P<round>[IVX]{{1,4}}|[0-9]{{1,2}})\s?/\s?{YEAR})(?![\w/])", re.IGNORECASE
)
MONTH_AND_YEAR = re.compile(
    rf"{FREE_BEFORE}(?P<it>(?P<from>(?:0?[1-9]|1[0-2])\s?(?:-|,|và)\s?)?{MONTH}\s?[/-]\s?{YEAR}){FREE_AFTER}"
)
TWO_YEARS = re.compile(
    r"(?<![\w/.,-])(?P<it>(?P<first>(?:1[89]|20)[0-9]{2})\s?-\s?(?P<second>(?:1[89]|20)[0-9]{2}))(?![\w/-]|[.,][0-9])"
)
SHORTENED_YEARS = re.compile(
    r"(?<![\w/.,-])(?P<it>(?P<first>20[0-9]{2})\s?-\s?(?P<second>[0-9]{2}))(?![\w/-]|[.,][0-9])"
)
TWO_MONTHS = re.compile(
    r"(?<=tháng )(?P<it>(?P<first>0?[1-9]|1[0-2]),\s?(?P<second>0?[1-9]|1[0-2]))(?![\w/]|[.,][0-9])"
)
AFTER_WORD = re.compile(r"(?<=tháng )(?P<it>0?[1-9]|1[0-2])(?![\w/]|[.,][0-9])", re.IGNORECASE)
T_MONTH = re.compile(r"(?<![\w.])(?P<it>T(?P<month>[1-9]|1[0-2]))(?![\w/-]|\.[0-9])")
T_MONTHS = re.compile(r"(?<![\w.])(?P<it>T(?P<first>[1-9]|1[0-2])\s?[-,]\s?T(?P<second>[89]|1[0-2]))(?![\w/-]|\.[0-9])")
_BEFORE_PERIOD = re.compile(r"(?:giai đoạn|từ|từ năm|các năm|sinh năm|\bsn)\s*$")
_BEFORE_LATE_MONTH = re.compile(r"(?:kỳ|hóa đơn|lương|từ|đến|trong|hết|tiền\s\w+)\s*$")


def say_quarter(match: re.Match[str], reading: Reading) -> str | None:
    """Quý III/2026, quý I-II/2026."""
    values = [_value(each) for each in (match["from"], match["quarter"]) if each]
    said = " đến ".join(cardinal(value, reading.dialect) for value in values if value)
    return f"{said}{year_of(match, reading.dialect)}" if all(values) else None


def say_t_month_and_year(match: re.Match[str], reading: Reading) -> str:
    """T7/2025."""
    return f"tháng {month_word(int(match['month']), reading.dialect)}{year_of(match, reading.dialect)}"


def say_round(match: re.Match[str], reading: Reading) -> str | None:
    """Đợt I/2025, kỳ họp 2/2026."""
    value = _value(match["round"])
    return f"{cardinal(value, reading.dialect)}{year_of(match, reading.dialect)}" if value else None


def _value(written: str) -> int | None:
    """Of a Roman numeral, in capitals or not, or of digits."""
    return roman_value(written.upper()) or (int(written) if written.isdecimal() else None)


def say_month_and_year(match: re.Match[str], reading: Reading) -> str | None:
    """Tháng 7/2025, tháng 6-7/2025; bản tin số 12/2025 is the twelfth of that year."""
    before, dialect = reading.before(match), reading.dialect
    if is_counted(reading.after(match)) or re.search(r"(?:bản đồ|tỷ lệ|tỉ lệ)\s*$", before):
        return None
    if re.search(r"\bsố\s*$", before) and not match["from"]:
        return f"{cardinal(int(match['month']), dialect)}{year_of(match, dialect)}"
    has_word = re.search(r"tháng\s*$", before)
    said = f"{month_word(int(match['month']), dialect)}{year_of(match, dialect)}"
    if match["from"]:
        if not has_word:
            return None
        first, join = re.findall(r"[0-9]+|[^\s0-9]+", match["from"])
        joined = {"-": " đến ", "và": " và "}.get(join, ", ")
        said = f"{month_word(int(first), dialect)}{joined}{said}"
    return said if has_word else f"tháng {said}"


def say_two_years(match: re.Match[str], reading: Reading) -> str | None:
    """Năm học 2024-2025, giai đoạn 2021-25."""
    first, second = match["first"], match["second"]
    second = second if len(second) == 4 else first[:2] + second
    if int(second) <= int(first):
        return None
    joined = " đến " if _BEFORE_PERIOD.search(reading.before(match)) else ", "
    return f"{cardinal(int(first), reading.dialect)}{joined}{cardinal(int(second), reading.dialect)}"


def say_two_months(match: re.Match[str], reading: Reading) -> str | None:
    """Tháng 11, 12; in “tháng 11, 4 hộ” the second number counts."""
    if is_counted(reading.after(match)):
        return None
    return ", ".join(month_word(int(match[name]), reading.dialect) for name in ("first", "second"))


def say_after_word(match: re.Match[str], reading: Reading) -> str:
    """Tháng 4 is “tháng tư”."""
    return month_word(int(match["it"]), reading.dialect)


def say_t_month(match: re.Match[str], reading: Reading) -> str | None:
    """Rằm T7, lương T8; elsewhere up to T7 it is a day of the week."""
    before = reading.before(match)
    month = int(match["month"])
    is_lunar = re.search(r"(?:rằm|mùng \w+|mồng \w+)\s*$", before)
    is_late = month > 7 and _BEFORE_LATE_MONTH.search(before)
    return f"tháng {month_word(month, reading.dialect)}" if is_lunar or is_late else None


def say_t_months(match: re.Match[str], reading: Reading) -> str:
    """T9-T12, T9, T10."""
    first, second = (month_word(int(match[name]), reading.dialect) for name in ("first", "second"))
    return f"tháng {first}{' đến ' if '-' in match['it'] else ', '}tháng {second}"
