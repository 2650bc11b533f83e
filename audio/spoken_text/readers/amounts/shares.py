"""Shares and ratios: 18/20 hộ, 3/4 số hộ, vòng 1/8, tỷ lệ 1:2000, 5in1, 95,5/100 điểm."""

import re

from audio.spoken_text.letters import SMALL
from audio.spoken_text.number_words import cardinal, ordinal, value_of
from audio.spoken_text.readers.amounts.units import UNIT, unit_words
from audio.spoken_text.reading import Reading

FRACTION = re.compile(
    r"(?<![\w/.,])(?P<it>(?P<part>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,7})\s?/\s?"
    rf"(?P<whole>[0-9]{{1,3}}(?:\.[0-9]{{3}})+|[0-9]{{1,7}})(?:\s?(?P<unit>(?:{UNIT})(?!\w)))?)(?![\w/²³]|[.,][0-9])"
)
COLON = re.compile(r"(?<=\x01)(?P<it>\s?:\s?)(?=\x01)")
IN = re.compile(r"(?<=\x01)(?P<it>\s?in\s?)(?=\x01)")
SLASH = re.compile(rf"(?<=[{SMALL}\x01])(?P<it>\s?/\s?)(?=\x01)")
_PARTS_OF_ONE = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4))
_BEFORE_ROUND = re.compile(r"vòng(?: chung kết)?\s*$")
_DIVIDED_AFTER = re.compile(r"(?:ngày|buổi|giờ|tháng|năm|suất|lương|định mức|thời)\b")
_WHOLE_AFTER = re.compile(
    r"(?:(?:tổng )?số|tổng|dân số|diện tích|quân số|chặng|quãng|chiều|lượng|mức|giá|thời gian|của)\b"
)
_ABOUT_BEFORE = re.compile(r"(?:hơn|gần|khoảng|quá|ít nhất|tối thiểu|tối đa|trên|dưới|bằng)\s*$")
_BEFORE_RATIO = re.compile(r"(?:(?:tỷ|tỉ) lệ|taluy|độ dốc|bản đồ)\D{0,12}[0-9.,:]+$")


def say_fraction(match: re.Match[str], reading: Reading) -> str | None:
    """1/4 lít, 3/4 số hộ are “phần”; 18/20 hộ, lớp 6/3 are “trên”."""
    part, whole = value_of(match["part"]), value_of(match["whole"])
    if part is None or not whole:
        return None
    dialect = reading.dialect
    before, after = reading.before(match), reading.after(match).lstrip()
    unit = f" {unit_words(match['unit'], dialect)}" if match["unit"] else ""
    if unit and (part, whole) in _PARTS_OF_ONE:
        return f"{cardinal(part, dialect)} phần {ordinal(whole, dialect)}{unit}"
    if (part == 1 and _BEFORE_ROUND.search(before)) or _is_part_of_one(part, whole, before, after):
        return f"{cardinal(part, dialect)} phần {ordinal(whole, dialect)}"
    return f"{cardinal(part, dialect)} trên {cardinal(whole, dialect)}{unit}"


def _is_part_of_one(part: int, whole: int, before: str, after: str) -> bool:
    """Whether it is three quarters of one thing; else it is three of four things."""
    if not part < whole <= 10:
        return False
    if (part, whole) == (1, 2) or _WHOLE_AFTER.match(after):
        return True
    if (part, whole) in ((1, 3), (1, 4)) and _DIVIDED_AFTER.match(after):
        return True
    is_of_many = re.match(f"[{SMALL}]", after)
    return bool(_ABOUT_BEFORE.search(before)) and not is_of_many


def say_colon(match: re.Match[str], reading: Reading) -> str | None:
    """Tỷ lệ 1:2000."""
    return " trên " if _BEFORE_RATIO.search(reading.before(match)) else None


def say_slash(match: re.Match[str], reading: Reading) -> str | None:
    """2.045 hộ/8.317 khẩu, 95,5/100 điểm: a number follows."""
    return " trên " if reading.text[match.end("it")].isdecimal() else None
