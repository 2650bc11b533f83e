"""Telephone numbers, and other numbers that name something: said digit by digit."""

import re

from audio.spoken_text.letters import SMALL
from audio.spoken_text.number_words import cardinal, digit_by_digit
from audio.spoken_text.reading import Reading

_LONG = re.compile(
    r"(?<![\w.,/])(?P<it>(?:\(\+\s?84(?:[ .-]?[0-9]{1,3})?\)|\+\s?84|\(0[0-9]{1,3}\)|0)(?:[ .\-]{0,3}[0-9]){6,10})"
    r"(?![\w]|[.,/-]?[0-9])"
)
_NEXT = r"(?:\(?0[0-9]|\+84|84[35789]|1[89]00|11[1-5])"
_EXACT = re.compile(
    r"(?:(?<![\w.,/-])|(?<=[\x01)][/-])|(?<=\s[/-]))"
    r"(?P<it>(?:\+?84[ .\-]?|0)[35789](?:[ .\-]?[0-9]){8}|"
    r"\(?02(?:[). \-]{0,3}[0-9]){9}|1[89]00[ .\-]?[0-9]{4}(?:[0-9]{2})?)"
    rf"(?!\w|[ .][0-9]|[,/-](?!{_NEXT})[0-9])"
)
_BETWEEN = re.compile(r"(?<=\x01)(?P<it>\s?/\s?|-)(?=\x01)")
_SERVICE = re.compile(r"(?<![\w.,/])(?P<it>1[89]00(?:[ .\-]?[0-9]){4,6})(?![\w]|[.,/-]?[0-9])")
_CALL = (
    r"(?:gọi(?: ngay| số| đến| tới)?|hotline|tổng đài|đường dây nóng|điện thoại|đt|sđt|đtdđ|tel|máy|số máy|liên hệ|lh|"
    r"fax|zalo|số điện thoại|số khẩn cấp|phím|đầu số)"
)
_LOCAL = re.compile(rf"{_CALL}(?: số)?[\s:.]*(?P<it>[0-9](?:[ .\-]?[0-9]){{5,8}})(?![\w]|[.,/-]?[0-9])", re.IGNORECASE)
_SHORT = re.compile(
    rf"{_CALL}(?: số)?[\s:.(]*(?P<it>1[0-9]{{2}}(?:[0-9](?![0-9]))?)(?![\w]|[.,/-]?[0-9])", re.IGNORECASE
)
_TO_SEND = re.compile(
    r"(?:soạn|nhắn)(?: tin)?[^.;\n]{0,40}gửi(?: (?:tới|đến|về))?(?: số)?\s(?P<it>[1-9][0-9]{2,3})(?![\w]|[.,/-]?[0-9])",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w.,/])(?P<it>[0-9]{4}(?:[ -][0-9]{4}){2,3}(?:[ -][0-9]{1,4})?)(?![\w]|[.,/-]?[0-9])")
_EMERGENCY = re.compile(
    r"(?:(?:báo|gọi|liên hệ|điện)\b[^.;\n0-9]{0,30}\bsố|cấp cứu|cứu thương|cứu hỏa|cứu hoả|chữa cháy|cảnh sát|công an|"
    r"pccc|trẻ em|báo cháy|hỏa hoạn|bạo hành|bạo lực|cứu nạn)(?: số)?[\s:(]*"
    rf"(?P<it>11[1-5])(?![\w/]|[.,][0-9]|\s[{SMALL}])",
    re.IGNORECASE,
)
_EMERGENCY_FOR = re.compile(
    r"(?<![\w.,/])(?P<it>11[1-5])(?=\s?[-–:(]\s?(?:tkcn|bảo vệ trẻ em|trẻ em|cấp cứu|cứu hỏa|cứu hoả|"
    r"chữa cháy|pccc|công an|cảnh sát|cứu nạn|tìm kiếm))",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?<=\x01)(?P<it>(?P<join>\s*(?:,|;|-|/|hoặc|và|hay)\s*)(?P<digits>11[0-9]|[0-9]{3}))(?![\w]|[.,][0-9]|[/-](?!11[1-5])[0-9])"
)
_WITH_ZERO = re.compile(r"(?<![\w.,/])(?P<it>0[0-9]{2,4}(?:[.\s][0-9]{2,4}){1,3})(?![\w]|[.,/-]?[0-9])")
_OF_SOMEBODY = re.compile(
    rf"(?:điện thoại|đường dây nóng|hotline|trực ban|trực)(?:\s[{SMALL}]+){{1,4}}\s?:\s*"
    r"(?P<it>[1-9](?:[ .\-]?[0-9]){5,8})(?![\w]|[.,/-]?[0-9])",
    re.IGNORECASE,
)
_NAMED = re.compile(
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


def read_phones(reading: Reading) -> None:
    """All of them; a plus before a country's code is said."""

    def code(match: re.Match[str]) -> str:
        """000.00.12.H23-240612-0005: letter by letter, digit by digit."""
        groups = re.split("[.-]", match["it"])
        return ", ".join(
            " ".join(digit_by_digit(each) if each.isdecimal() else each for each in group) for group in groups
        )

    def digits(match: re.Match[str]) -> str:
        written = match["it"]
        head = "cộng " if "+" in written else ""
        letters = " ".join(each for each in written if each.isalpha())
        return f"{head}{letters} {', '.join(map(digit_by_digit, _groups(written)))}".strip()

    def long(match: re.Match[str]) -> str | None:
        count = sum(each.isdigit() for each in match["it"])
        plus = "+" in match["it"]
        return digits(match) if 9 <= count <= (12 if plus else 11) else None

    def plate(match: re.Match[str]) -> str:
        series = " ".join(digit_by_digit(each) if each.isdecimal() else each for each in match["series"])
        groups = ", ".join(map(digit_by_digit, _groups(match["number"])))
        return f"{cardinal(int(match['province']), reading.dialect)} {series}, {groups}"

    before = len(reading.stretches)
    reading.read(_PLATE, plate, "code")
    reading.read(_CODE, code, "code")
    reading.read(_NAMED, digits, "code")
    reading.read(_CARD, digits, "code")
    reading.read(_EXACT, digits, "phone")
    reading.read(_EXACT, digits, "phone")  # the second of a pair stands beside one that is read
    reading.read(_LONG, long, "phone")
    reading.read(_SERVICE, digits, "phone")
    reading.read(_OF_SOMEBODY, digits, "phone")
    reading.read(_WITH_ZERO, digits, "phone")
    reading.read(_LOCAL, digits, "phone")
    reading.read(_SHORT, digits, "phone")
    reading.read(_EMERGENCY, digits, "phone")
    reading.read(_TO_SEND, digits, "phone")
    reading.read(_EMERGENCY_FOR, digits, "phone")
    while len(reading.stretches) > before:
        before = len(reading.stretches)
        reading.read(_MORE, lambda match: _again(reading, match), "phone")
    reading.read(_BETWEEN, lambda match: ", " if reading.is_between(match, "phone") else None, "sign")


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


def _again(reading: Reading, match: re.Match[str]) -> str | None:
    """Another short number after one: 113, 114, 115."""
    beside = reading.ending_at(match.start(), "phone")
    if beside is None:
        return None
    written = reading.text[beside.start : beside.end]
    digits = match["digits"]
    join = match["join"].strip()
    is_emergency = re.fullmatch("11[1-5]", digits) and not re.match(f"\\s[{SMALL}]", reading.after(match, 2))
    if len(re.sub(r"\D", "", written)) > 4 and join not in ("-", "/") and not is_emergency:
        return None
    between = f" {join} " if join.isalpha() else ", "
    return between + digit_by_digit(digits)
