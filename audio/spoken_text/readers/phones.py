"""Telephone numbers, and other numbers that name something: said digit by digit."""

import re

from audio.spoken_text.letters import SMALL
from audio.spoken_text.number_words import cardinal, digit_by_digit
from audio.spoken_text.reader import Reader, Table, between
from audio.spoken_text.reading import Reading

_WITH_AREA = re.compile(
    r"(?<![\w.,/])(?P<it>(?:\(\+\s?84(?:[ .-]?[0-9]{1,3})?\)|\+\s?84|\(0[0-9]{1,3}\)|0)(?:[ .\-]{0,3}[0-9]){6,10})"
    r"(?![\w]|[.,/-]?[0-9])"
)
_BEGINNING = r"(?:\(?0[0-9]|\+84|84[35789]|1[89]00|11[1-5])"
_COMPLETE = re.compile(
    r"(?:(?<![\w.,/-])|(?<=[\x01)][/-])|(?<=\s[/-]))"
    r"(?P<it>(?:\+?84[ .\-]?|0)[35789](?:[ .\-]?[0-9]){8}|"
    r"\(?02(?:[). \-]{0,3}[0-9]){9}|1[89]00[ .\-]?[0-9]{4}(?:[0-9]{2})?)"
    rf"(?!\w|[ .][0-9]|[,/-](?!{_BEGINNING})[0-9])"
)
_JOIN = re.compile(r"(?<=\x01)(?P<it>\s?/\s?|-)(?=\x01)")
_OF_SERVICE = re.compile(r"(?<![\w.,/])(?P<it>1[89]00(?:[ .\-]?[0-9]){4,6})(?![\w]|[.,/-]?[0-9])")
_CUE = (
    r"(?:gọi(?: ngay| số| đến| tới)?|hotline|tổng đài|đường dây nóng|điện thoại|đt|sđt|đtdđ|tel|máy|số máy|liên hệ|lh|"
    r"fax|zalo|số điện thoại|số khẩn cấp|phím|đầu số)"
)
_WITHOUT_AREA = re.compile(
    rf"{_CUE}(?: số)?[\s:.]*(?P<it>[0-9](?:[ .\-]?[0-9]){{5,8}})(?![\w]|[.,/-]?[0-9])", re.IGNORECASE
)
_SHORT_AFTER_CUE = re.compile(
    rf"{_CUE}(?: số)?[\s:.(]*(?P<it>1[0-9]{{2}}(?:[0-9](?![0-9]))?)(?![\w]|[.,/-]?[0-9])", re.IGNORECASE
)
_SHORT_FOR_MESSAGES = re.compile(
    r"(?:soạn|nhắn)(?: tin)?[^.;\n]{0,40}gửi(?: (?:tới|đến|về))?(?: số)?\s(?P<it>[1-9][0-9]{2,3})(?![\w]|[.,/-]?[0-9])",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w.,/])(?P<it>[0-9]{4}(?:[ -][0-9]{4}){2,3}(?:[ -][0-9]{1,4})?)(?![\w]|[.,/-]?[0-9])")
_EMERGENCY_AFTER_CUE = re.compile(
    r"(?:(?:báo|gọi|liên hệ|điện)\b[^.;\n0-9]{0,30}\bsố|cấp cứu|cứu thương|cứu hỏa|cứu hoả|chữa cháy|cảnh sát|công an|"
    r"pccc|trẻ em|báo cháy|hỏa hoạn|bạo hành|bạo lực|cứu nạn)(?: số)?[\s:(]*"
    rf"(?P<it>11[1-5])(?![\w/]|[.,][0-9]|\s[{SMALL}])",
    re.IGNORECASE,
)
_EMERGENCY_BEFORE_CUE = re.compile(
    r"(?<![\w.,/])(?P<it>11[1-5])(?=\s?[-–:(]\s?(?:tkcn|bảo vệ trẻ em|trẻ em|cấp cứu|cứu hỏa|cứu hoả|"
    r"chữa cháy|pccc|công an|cảnh sát|cứu nạn|tìm kiếm))",
    re.IGNORECASE,
)
_NEXT_SHORT = re.compile(
    r"(?<=\x01)(?P<it>(?P<join>\s*(?:,|;|-|/|hoặc|và|hay)\s*)(?P<digits>11[0-9]|[0-9]{3}))(?![\w]|[.,][0-9]|[/-](?!11[1-5])[0-9])"
)
_ANY_WITH_ZERO = re.compile(r"(?<![\w.,/])(?P<it>0[0-9]{2,4}(?:[.\s][0-9]{2,4}){1,3})(?![\w]|[.,/-]?[0-9])")
_AFTER_OWNER = re.compile(
    rf"(?:điện thoại|đường dây nóng|hotline|trực ban|trực)(?:\s[{SMALL}]+){{1,4}}\s?:\s*"
    r"(?P<it>[1-9](?:[ .\-]?[0-9]){5,8})(?![\w]|[.,/-]?[0-9])",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    r"(?:tài khoản|stk|số tk|tk số|\btk|số bhyt|số bhxh|mã thẻ|mã bưu chính|"
    r"mã số(?: [^\W\d]+){0,3}|mã (?:khách hàng|đơn vị|qr|hồ sơ)|cccd|cmnd|"
    r"căn cước công dân|chứng minh nhân dân|mst|số thẻ|số hiệu|số seri|số sổ|biển số|biển kiểm soát|định danh)"
    r"(?: số)?[\s:.]*"
    r"(?P<it>[A-Z]{0,3}[0-9](?:[ .\-]?[0-9]){3,18})(?![\w]|[.,/-]?[0-9])",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"mã(?: (?:hồ sơ|hs|số|đơn|vận đơn|tra cứu|giao dịch))?[\s:]+"
    r"(?P<it>[A-Z0-9]*[0-9][A-Z0-9]*(?:[.-][A-Z0-9]+){2,8})(?![\w]|[.,/-][0-9])",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"(?<![\w.,-])(?P<it>(?P<province>[1-9][0-9])\s?-?\s?(?P<series>[A-ZĐ][A-Z0-9]?)[\s.-]{1,2}"
    r"(?P<number>[0-9]{3}\.[0-9]{2}|[0-9]{4,5}))(?![\w]|[.,-][0-9])"
)


def has_right_length(written: str) -> bool:
    """Whether a number of this beginning has so many digits (the numbering plan of 2018): 0x… mobile 10, 02x… 11."""
    digits = re.sub(r"\D", "", written)
    if "+" in written:
        digits = "0" + digits.removeprefix("84")
    if digits.startswith("02"):
        return len(digits) == 11
    if digits.startswith("0"):
        return len(digits) == 10 and digits[1] in "35789"
    return len(digits) in (3, 4, 7, 8, 10) or digits[:4] in ("1800", "1900")


def _say_plate(match: re.Match[str], reading: Reading) -> str:
    """60C-123.45."""
    province = cardinal(int(match["province"]), reading.dialect)
    return f"{province} {_each_character(match['series'])}, {_digit_groups(match['number'])}"


def _say_code(match: re.Match[str], _reading: Reading) -> str:
    """000.00.12.H23-240612-0005: letter by letter, digit by digit."""
    return ", ".join(map(_each_character, re.split("[.-]", match["it"])))


def _each_character(written: str) -> str:
    return " ".join(digit_by_digit(each) if each.isdecimal() else each for each in written)


def _say_digits(match: re.Match[str], _reading: Reading) -> str:
    """Letters first; a plus before the code of a country is said."""
    written = match["it"]
    head = "cộng " if "+" in written else ""
    letters = " ".join(each for each in written if each.isalpha())
    return f"{head}{letters} {_digit_groups(written)}".strip()


def _digit_groups(written: str) -> str:
    return ", ".join(map(digit_by_digit, _groups(written)))


def _groups(written: str) -> list[str]:
    """The digits as they are grouped; where they aren't, in such groups as people write down. A pause goes between."""
    groups = re.findall("[0-9]+", written)
    if len(groups) > 1:
        return groups if max(map(len, groups)) > 1 else ["".join(groups)]
    digits = groups[0]
    if len(digits) <= 8:
        return groups
    head = 3 if len(digits) % 3 == 0 else 4
    return [digits[:head], *(digits[at : at + 3] for at in range(head, len(digits), 3))]


def _say_with_area(match: re.Match[str], reading: Reading) -> str | None:
    """Of 9 to 11 digits, 12 after a plus."""
    count = sum(each.isdigit() for each in match["it"])
    return _say_digits(match, reading) if 9 <= count <= (12 if "+" in match["it"] else 11) else None


def _say_next_short(match: re.Match[str], reading: Reading) -> str | None:
    """113, 114, 115: another short number after one."""
    phone = reading.ending_at(match.start(), "phone")
    if phone is None:
        return None
    digits, join = match["digits"], match["join"].strip()
    is_after_short = len(re.sub(r"\D", "", reading.text[phone.start : phone.end])) <= 4
    is_emergency = re.fullmatch("11[1-5]", digits) and not re.match(f"\\s[{SMALL}]", reading.after(match, 2))
    if not is_after_short and join not in ("-", "/") and not is_emergency:
        return None
    return (f" {join} " if join.isalpha() else ", ") + digit_by_digit(digits)


PHONES: Table = (
    Reader("xe 60C-123.45", "xe sáu mươi C, một hai ba, bốn năm", _PLATE, _say_plate, "code"),
    Reader("mã hồ sơ: 0.12.H3-05", "mã hồ sơ: không, một hai, H ba, không năm", _CODE, _say_code, "code"),
    Reader("số TK 1234 5678", "số tài khoản một hai ba bốn, năm sáu bảy tám", _IDENTITY, _say_digits, "code"),
    Reader("thẻ 9704 1234 5678", "thẻ chín bảy không bốn, một hai ba bốn, năm sáu bảy tám", _CARD, _say_digits, "code"),
    Reader("0912 345 678", "không chín một hai, ba bốn năm, sáu bảy tám", _COMPLETE, _say_digits, "phone"),
    # Again, because the second of a pair has to stand next to one that has been read.
    Reader(
        "0912345678/0251 3856 123",
        "không chín một hai, ba bốn năm, sáu bảy tám, không hai năm một, ba tám năm sáu, một hai ba",
        _COMPLETE,
        _say_digits,
        "phone",
    ),
    Reader(
        "(+84-28) 38 653 050",
        "cộng tám bốn, hai tám, ba tám, sáu năm ba, không năm không",
        _WITH_AREA,
        _say_with_area,
        "phone",
    ),
    Reader("1900.068.868", "một chín không không, không sáu tám, tám sáu tám", _OF_SERVICE, _say_digits, "phone"),
    Reader("trực ban xã: 3.856.114", "trực ban xã: ba, tám năm sáu, một một bốn", _AFTER_OWNER, _say_digits, "phone"),
    Reader("trực: 0251.114", "trực: không hai năm một, một một bốn", _ANY_WITH_ZERO, _say_digits, "phone"),
    Reader("hotline: 3856114", "hotline: ba tám năm sáu một một bốn", _WITHOUT_AREA, _say_digits, "phone"),
    Reader("tổng đài 1022", "tổng đài một không hai hai", _SHORT_AFTER_CUE, _say_digits, "phone"),
    Reader("cấp cứu 115", "cấp cứu một một năm", _EMERGENCY_AFTER_CUE, _say_digits, "phone"),
    Reader("soạn tin gửi 8079", "soạn tin gửi tám không bảy chín", _SHORT_FOR_MESSAGES, _say_digits, "phone"),
    Reader("111 - bảo vệ trẻ em", "một một một - bảo vệ trẻ em", _EMERGENCY_BEFORE_CUE, _say_digits, "phone"),
    Reader(
        "gọi 113, 114 hoặc 115",
        "gọi một một ba, một một bốn hoặc một một năm",
        _NEXT_SHORT,
        _say_next_short,
        "phone",
        is_repeated=True,
    ),
    Reader(
        "1900 1006/1900 9000",
        "một chín không không, một không không sáu, một chín không không, chín không không không",
        _JOIN,
        between(", ", "phone"),
        "sign",
    ),
)
