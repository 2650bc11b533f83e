"""From one amount to another: 20-30 con, Km3 - Km5, 6 tháng - 5 tuổi, lớp 6 - lớp 9; and what a dash parts only."""

import re

from audio.spoken_text.number_words import Dialect, number, value_of
from audio.spoken_text.readers.amounts.numbers import NUMBER
from audio.spoken_text.readers.amounts.units import make_one_range, unit_words
from audio.spoken_text.reading import Reading, Stretch

BETWEEN_CODES = re.compile(r"(?<=\x01)(?P<it>\s?-\s?)(?=\x01)")
RANGE_BEFORE_SCALE = re.compile(
    rf"(?<![\w.,/-])(?P<it>(?P<from>{NUMBER})\s?-\s?(?P<number>{NUMBER}))(?=\s?(?:nghìn|ngàn|triệu|tỷ|tỉ))"
)
CHAIN = re.compile(rf"(?<![\w.,/-])(?P<it>{NUMBER}(?:\s?-\s?{NUMBER}){{2,12}})(?![\w-]|/[0-9]|[.,][0-9])")
RANGE = re.compile(rf"(?<![\w.,/-])(?P<it>(?P<from>{NUMBER})\s?-\s?(?P<number>{NUMBER}))(?![\w/-]|[.,][0-9])")
BETWEEN_AMOUNTS = re.compile(
    r"\x01(?:\s(?:nghìn|ngàn|triệu|tỷ|tỉ|tháng|tuổi|năm|ngày|giờ|phút|tuần|độ|đồng|(?P<counted>hộ|người))(?:\s(?:tuổi|đồng))?)?"
    r"(?P<it>\s?-\s?)(?=\x01)"
)
BETWEEN_NUMBERED = re.compile(
    r"\b(?P<noun>lớp|khối|tổ|ấp|thôn|bản|khóm|khu phố|điều|khoản|mục|trang|số|đội|cụm)\s\x01+(?P<it>\s?-\s?)"
    r"(?=(?P=noun)\s\x01)",
    re.IGNORECASE,
)
_BEFORE_SCORE = re.compile(r"(?:tỷ|tỉ) số[^.;\n]{0,60}$")
_BEFORE_TWO_PLACES = re.compile(r"liên (?:ấp|tổ|thôn|xóm|xã|khu|khóm|bản|huyện|tỉnh)\s*$")


def say_between_codes(match: re.Match[str], reading: Reading) -> str | None:
    """Km3 - Km5, BĐ2-BĐ3: the same letters with two numbers."""
    start, end = match.span("it")
    first, second = reading.ending_at(start), reading.beginning_at(end)
    if first is None or second is None:
        return None
    written = [re.match(r"([^\W\d]+)\W?[0-9]", reading.text[each.start : each.end]) for each in (first, second)]
    return " đến " if written[0] and written[1] and written[0][1] == written[1][1] else None


def say_range(match: re.Match[str], reading: Reading) -> str | None:
    """20-30 con; a score, and two places that a road joins, aren't from one to the other."""
    first, second = value_of(match["from"]), value_of(match["number"])
    if match["from"].startswith("0") and len(match["from"]) > 2:
        return None
    is_pair = _BEFORE_SCORE.search(reading.before(match, 80)) or _BEFORE_TWO_PLACES.search(reading.before(match))
    is_rising = first is None or second is None or first < second
    joined = " đến " if is_rising and not is_pair else ", "
    return f"{number(match['from'], reading.dialect)}{joined}{number(match['number'], reading.dialect)}"


def say_chain(match: re.Match[str], reading: Reading) -> str:
    """70 - 75 - 80 tuổi."""
    return ", ".join(number(each, reading.dialect) for each in re.split(r"\s?-\s?", match["it"]))


def say_between_amounts(match: re.Match[str], reading: Reading) -> str | None:
    """6 tháng - 5 tuổi, 500 triệu - 1 tỷ."""
    first, second = reading.ending_at(match.start() + 1), reading.beginning_at(match.end("it"))
    first_unit, second_unit = (_unit_of(each, reading.text, reading.dialect) for each in (first, second))
    if first_unit and second_unit and not make_one_range(first_unit, second_unit):
        return None  # 220V-50Hz
    if match["counted"] and not reading.after(match).lstrip("0123456789., ").startswith(match["counted"]):
        return None  # 125 hộ - 480 khẩu: as many households, so many people
    are_amounts = all(each is not None and each.kind in ("number", "measure") for each in (first, second))
    return " đến " if are_amounts else None


def _unit_of(stretch: Stretch | None, text: str, dialect: Dialect) -> str:
    """The words for the unit that ends a measure; empty for anything else."""
    if stretch is None or stretch.kind != "measure":
        return ""
    written = re.search(r"[^\W\d_]+[23²³]?$|[%°‰]$", text[stretch.start : stretch.end])
    return unit_words(written[0], dialect) if written else ""
