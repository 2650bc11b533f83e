"""Numbers without a unit: 8 010 phiếu, 2,500 hộ, ngã 4, các ấp 1,2,3, từ đủ 18t, and at last any that is left."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.letters import SMALL
from audio.spoken_text.number_words import digit_by_digit, number, ordinal
from audio.spoken_text.reading import Reading

NUMBER = r"[0-9]+(?:[.,][0-9]+){0,6}"
"""A pattern for any number."""

AGE = re.compile(r"(?<![\w.,/])(?P<it>(?P<years>[1-9][0-9]?|1[01][0-9])\s?t)(?!\w)")
ENGLISH_THOUSANDS = re.compile(r"(?<![\w.,/–-])(?P<it>[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?![\w]|[.,][0-9]|\s?[-–]\s?[0-9])")
CROSSROADS = re.compile(r"(?<=[Nn]gã )(?P<it>[3-9])(?![\w/]|[.,][0-9])")
NUMBERED_THINGS = re.compile(
    r"(?:(?:tổ|ấp|thôn|bản|buôn|xóm|khóm|khu phố|khu|lớp|khối|điều|khoản|mũi|đợt|cụm|đội|nhóm|phòng|bàn)\s"
    r"(?P<it>[0-9]{1,3}(?:,[0-9]{1,3})+))(?![\w/]|[.,][0-9]|\s(?:ha|km|m|m2|triệu|tỷ|lần)\b)",
    re.IGNORECASE,
)
SPACED = re.compile(rf"(?<=[{SMALL}:(]\s)(?P<it>[1-9][0-9]{{0,2}}(?: [0-9]{{3}}){{1,3}})(?![\w/:]|[.,-][0-9]|\s[0-9])")
SPACED_SUM = re.compile(r"(?<![\w.,/])(?P<it>[1-9][0-9]{0,2}(?: [0-9]{3})+)(?=\s?(?:đồng|đ\b|VNĐ|VND|vnđ|vnd))")
ANY_NUMBER = re.compile(rf"(?P<it>{NUMBER})")
_BEFORE_AGE = re.compile(
    r"(?:đủ|tuổi|nam|nữ|trẻ|công dân|sinh|người|cụ|nct|đến hết|hưởng thọ|từ trên|từ đủ)\b[^.;\n]{0,40}$"
)
_BEFORE_NUMBERED_THING = re.compile(
    r"(?:ấp|tổ|thôn|xóm|bản|khóm|khu|phố|kp|đội|cụm|nhóm|lớp|khối|khóa|đợt|lần|mũi|vụ|quý|tuần|bài|mục|phần|cấp|loại|bậc|"
    r"hạng|vòng|kỳ|ca|số|nhà|đường|ngõ|hẻm|lô|thửa|điều|khoản|điểm|trang|phòng|tầng|máy|gọi|lộ|ngày|tháng|năm|giờ|thứ|mùng|"
    r"đoàn|trạm|kênh|bộ|bàn|xe|tuyến|chuyến|lh|hệ|thoại|nóng|đài|zalo|fax|khoản|đến|tới|mã|hiệu)[\s:(]*$"
)


def say_age(match: re.Match[str], reading: Reading) -> str | None:
    """18t is an age after “từ đủ” and before “trở lên”."""
    is_age = _BEFORE_AGE.search(reading.before(match)) or re.match(r"\s*trở (?:lên|xuống)", reading.after(match))
    return f"{number(match['years'], reading.dialect)} tuổi" if is_age else None


def say_english_thousands(match: re.Match[str], reading: Reading) -> str | None:
    """500,000/người, 2,500 hộ: people and things aren't counted in thousandths."""
    after = reading.after(match)
    is_whole = match["it"].endswith(",000") or re.match(r"\s?/", after) or is_counted(after)
    return number(match["it"].replace(",", ""), reading.dialect) if is_whole else None


def say_crossroads(match: re.Match[str], reading: Reading) -> str:
    """Ngã 4 is “ngã tư”."""
    return ordinal(int(match["it"]), reading.dialect)


def say_each(match: re.Match[str], reading: Reading) -> str:
    """Các ấp 1,2,3: after what is numbered a comma parts; 1,2 ha is a decimal."""
    return ", ".join(number(each, reading.dialect) for each in re.split(r",\s?", match["it"]))


def say_spaced(match: re.Match[str], reading: Reading) -> str | None:
    """8 010 phiếu is a number, tổ 3 120 hộ two of them."""
    groups = match["it"].split(" ")
    is_two = _BEFORE_NUMBERED_THING.search(reading.before(match))
    if is_two and not any(group.startswith("0") for group in groups[1:]):
        return None
    return number("".join(groups), reading.dialect)


def say_spaced_sum(match: re.Match[str], reading: Reading) -> str:
    """1 500 000 đồng."""
    return number(match["it"].replace(" ", ""), reading.dialect)


def say_any_number(match: re.Match[str], reading: Reading) -> str:
    """By its value; a long one that counts nothing names something, and is said digit by digit."""
    written = match["it"]
    is_name = re.fullmatch("[0-9]{7,}", written) and not re.match(rf"\s[{SMALL}]", reading.after(match, 2))
    return digit_by_digit(written) if is_name else number(written, reading.dialect)
