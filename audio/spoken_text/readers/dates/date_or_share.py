"""5/6 is the fifth of June, or five of six. The words before and after it (in small letters) decide."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.letters import SMALL
from audio.spoken_text.readers.dates.day_and_month import ANY_DAY

BEFORE_DATE = re.compile(
    r"(?:ngày|ngày:|hôm|sáng|trưa|chiều|tối|đêm|mùng|mồng|rằm|tức|dịp|lễ|tết|nhằm|hạn|quốc khánh|chiến thắng|"
    r"giải phóng|thống nhất|quốc tế lao động|quốc tế phụ nữ|"
    r"đường|phố|cầu|đại lộ|công viên|quảng trường|thứ \w+,?|chủ nhật,?|cn,?|"
    r"t[2-7],?)\s*\(?$"
)
AFTER_DATE = re.compile(r"\s*\(?(?:\w+ lịch\b|âl\b|al\b|dl\b|hàng năm|hằng năm)")
_BEFORE_DATE_OR_RANGE = re.compile(
    r"(?:từ|đến|tới|hết|trước|sau|kể từ|vào|qua|tháng \d+,|\d\s*(?:-|và|,)|"
    r"[0-9]\s?[hg](?:[0-9]{2})?['’]?,?|[0-9]:[0-9]{2},?|[0-9] giờ(?: [0-9]{1,2})?(?: phút)?,?)\s*$"
)
_UNTIL_DATE = re.compile(rf"\s*(?:đến|tới|-)\s*(?:ngày |hết |hết ngày )?{ANY_DAY}\s?/\s?(?:0?[1-9]|1[0-2])\b")
_SINCE_DATE = re.compile(rf"{ANY_DAY}\s?/\s?(?:0?[1-9]|1[0-2])\s*(?:đến|tới|-)\s*(?:ngày |hết |hết ngày )?$")
_AFTER_SHARE = re.compile(r"(?:số|tổng|dân số|diện tích|quân số|chặng|quãng|chiều|lượng|mức|giá|thời gian)\b")
_BEFORE_SHARE = re.compile(r"(?:đạt|được|có|tiêm|khoảng|chiếm|gần|hơn|số|giảm|tăng|còn|chỉ|mới|tỷ lệ|tỉ lệ|là|quá)\s*$")
_BEFORE_NAME = re.compile(
    r"(?:số|nhà|hẻm|ngõ|ngách|kiệt|tổ|khối|lô|thửa|km|tờ|lớp|hạng|phòng|nhóm|bàn|quầy|dãy|vòng|mốc|"
    r"trình độ|văn hóa|tốt nghiệp)\s*$"
)
_BEFORE_NEXT_HOUSE = re.compile(
    r"(?:hẻm|ngõ|kiệt|số nhà|nhà số)\s[0-9/a-z]+(?:,\s?[0-9/a-z]+)*(?:,\s?|\svà\s|\s?-\s?)$"
)


def is_surely_date(before: str, after: str) -> bool:
    """Whether a word before or after it makes it a date."""
    return bool(
        BEFORE_DATE.search(before) or AFTER_DATE.match(after) or _UNTIL_DATE.match(after) or _SINCE_DATE.search(before)
    )


def is_surely_share(before: str, after: str) -> bool:
    """Whether a word before or after it makes it so many of so many."""
    after = after.lstrip()
    return bool(is_counted(after) or _AFTER_SHARE.match(after) or _BEFORE_SHARE.search(before))


def is_date(written_day: str, written_month: str, before: str, after: str) -> bool:
    """Whether it is read as a date. Where no word decides, a part that is no smaller than its whole is a day."""
    if is_surely_date(before, after):
        return True
    if is_surely_share(before, after):
        return False
    if _BEFORE_NAME.search(before) or _BEFORE_NEXT_HOUSE.search(before):
        return False
    if _BEFORE_DATE_OR_RANGE.search(before):
        return True
    day, month = int(written_day), int(written_month)
    if day > month:
        return True  # no share is more than its whole
    if written_day == written_month and re.match(f"[{SMALL}]", after.lstrip()):
        return False  # all of them
    return day >= month or not after.strip() or after.strip()[0] in ",;.:)-"
