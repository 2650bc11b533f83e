"""What an amount is per: 500.000đ/tháng, 120 lít/người/ngày, 50 mg/l, 155.000đ/HS, 3 kg DAP/1.000m2."""

import re

from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.number_words import Dialect, number
from audio.spoken_text.readers.amounts.units import is_measure, unit_words
from audio.spoken_text.reading import Reading

_LETTERS = rf"(?:%|[{SMALL}{CAPITAL}][{SMALL}{CAPITAL}0-9²³]*)"
PER = rf"(?:\s?/\s?(?:[0-9]+\s)?{_LETTERS}(?:\s?/\s?{_LETTERS})*)?"
"""A pattern for what may follow a unit: /kg, /người/ngày, /100 ml."""

_COUNTED = (
    "tháng|năm|ngày|người|hộ|kg|ha|m2|m²|m3|m³|km2|km²|giờ|lần|khẩu|con|cây|suất|lít|phút|tuần|học sinh|hội viên|"
    "sào|tấn|tạ|"
    "cháu|em|buổi|ca|công|đêm|lượt|trẻ|vụ|đợt|xã|ấp|thôn|cái|chiếc|bộ|cuốn|thẻ|mũi|liều|bình|"
    "bông|lớp|đầu người|nhân khẩu|thửa|gốc|kỳ|quý|vòng|môn|khóa|"
    "lượng|chỉ|chuyến|phần|tiết|bài|gói|vé|bao|hộp|chai|chậu|luống|khay|tổ|đội|nhóm|đoàn"
)
PER_AFTER_WORD = re.compile(rf"(?P<it>(?<=[{SMALL}{CAPITAL}])\s?/\s?(?P<per>{_COUNTED}))(?!\w)")
PER_MEASURE = re.compile(rf"(?<=[{SMALL}{CAPITAL}])(?P<it>\s?/\s?)(?=\x01)")
PER_ABBREVIATION = re.compile(r"(?<=\x01)(?P<it>\s?/\s?)(?=\x01)")
PER_AFTER_AMOUNT = re.compile(rf"(?<=\x01)(?P<it>\s?/\s?(?P<per>[{SMALL}][{SMALL}0-9²³]*))(?!\w)")
_AMOUNT_BEFORE = re.compile(r"(?:[0-9][^.;:\n]{0,40}|đồng|triệu|ngh?ìn|ngàn|lần)$")


def per_words(written: str, unit: str, dialect: Dialect) -> str:
    """The words for what matched `PER` after `unit`: /người/ngày is “ một người một ngày”, kg/ha “ trên héc ta”."""
    parts = [part.strip() for part in written.split("/") if part.strip()]
    return "".join(f" {_per_one(part, unit, dialect)}" for part in parts)


def _per_one(part: str, unit: str, dialect: Dialect) -> str:
    count = re.fullmatch(r"([0-9]+)\s(.+)", part)
    if count:
        return f"trên {number(count[1], dialect)} {unit_words(count[2], dialect)}"
    per = "trên" if is_measure(unit) and is_measure(part) else "một"
    return f"{per} {unit_words(part, dialect)}"


def say_per_after_word(match: re.Match[str], reading: Reading) -> str | None:
    """20-30 con/m2, 8 kg đạm/sào."""
    is_of_amount = _AMOUNT_BEFORE.search(reading.before(match, 48))
    return f" một {unit_words(match['per'], reading.dialect)}" if is_of_amount else None


def say_per_measure(match: re.Match[str], reading: Reading) -> str | None:
    """3 kg DAP/1.000m2: so much on so much."""
    is_before_measure = reading.beginning_at(match.end("it"), "measure")
    return " trên " if is_before_measure and re.search(r"[0-9][^.;:\n]{0,40}$", reading.before(match, 48)) else None


def say_per_abbreviation(match: re.Match[str], reading: Reading) -> str | None:
    """155.000đ/HS: what is counted is an abbreviation."""
    is_after_measure = reading.ending_at(match.start("it"), "measure")
    return " một " if is_after_measure and reading.beginning_at(match.end("it"), "abbreviation") else None


def say_per_after_amount(match: re.Match[str], reading: Reading) -> str | None:
    """500,000/người, 155.000đ/HS/tháng."""
    start = match.start("it")
    is_after_amount = reading.ending_at(start, "number", "measure", "range", "share", "time")
    if not is_after_amount:
        is_after_rate = re.search(r"[0-9][^.,;:\n]{0,20}/[^.,;:\n/]{1,12}$", reading.before(match))
        if not (is_after_rate and reading.ending_at(start, "abbreviation")):
            return None
    # “một” after a bare number would be heard as a part of it: hai mươi một ngày.
    per = "mỗi" if reading.text[start - 1].isdecimal() else "một"
    return f" {per} {unit_words(match['per'], reading.dialect)}"
