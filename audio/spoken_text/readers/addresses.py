"""Houses, roads and their kilometre stones: số 45/7A, hẻm 245/18, QL1A, ĐT.768, Km 87+500, KP3, P.10."""

import re
from collections.abc import Mapping

from audio.spoken_text.national_list import plain_meanings
from audio.spoken_text.number_words import Dialect, cardinal, digit_by_digit, number
from audio.spoken_text.reader import Reader, Table
from audio.spoken_text.reading import Reading

PREFIXES: Mapping[str, str] = {
    "QL": "quốc lộ",
    "ĐT": "đường tỉnh",
    "TL": "tỉnh lộ",
    "HL": "hương lộ",
    "ĐH": "đường huyện",
    "ĐX": "đường xã",
    "KP": "khu phố",
    "KV": "khu vực",
    "TDP": "tổ dân phố",
    "P": "phường",
    "Q": "quận",
}
_PREFIX = "|".join(PREFIXES)
_HOUSE = re.compile(
    r"(?:số nhà|nhà số|số|hẻm|hẽm|ngõ|ngách|kiệt|nhà|địa chỉ|đ/c:?|đc:?|tại)\s"
    r"(?P<it>[0-9]+[A-Z]?(?:/[0-9]+[A-Z]?(?:bis)?)+)(?![\w/])",
    re.IGNORECASE,
)
_HOUSE_BEFORE_ROAD = re.compile(
    r"(?<![\w/.,])(?P<it>[0-9]+[A-Z]?(?:/[0-9]+[A-Z]?)+)(?=,? (?:đường|phố|Đường|Phố|tổ|ấp|khu phố)\b)"
)
_KILOMETRE_STONE = re.compile(
    r"(?<!\w)(?P<it>[Kk][Mm]\.?\s?(?P<kilometre>[0-9]+)(?:\s?\+\s?(?P<metres>[0-9]{1,4}))?)(?![\w/]|[.,][0-9])"
)
_ROAD = re.compile(
    rf"(?<!\w)(?P<it>(?P<prefix>{_PREFIX})[.\s-]{{0,2}}(?P<number>[0-9]{{1,4}})(?P<letter>[A-ZĐ])?)"
    r"(?![\w]|[.,/][0-9])"
)
_MONEY_AFTER = re.compile(r"\s?(?:tr|triệu|đ|đồng|k|tỷ|tỉ|nghìn|ngàn)\b")
_LETTERS_AND_NUMBER = re.compile(
    r"(?<![\w/.,])(?P<it>(?P<letters>[A-ZĐ]{1,3})-?(?P<number>[0-9]{1,4})(?P<after>[A-ZĐ]?))(?![\w/]|[.,][0-9])"
)
_NUMBER_AND_LETTER = re.compile(
    r"(?<![\w/.,-])(?P<it>(?P<number>[0-9]{1,4})(?P<letter>[A-KM-UXYZĐ]))(?![\w/]|[.,][0-9])"
)
_TO_NUMBER_AND_LETTER = re.compile(
    r"(?<=\x01)(?P<it>\s?-\s?(?P<number>[0-9]{1,4})(?P<letter>[A-KM-UXYZĐ]))(?![\w/]|[.,][0-9])"
)


def _say_road(match: re.Match[str], reading: Reading) -> str | None:
    """QL.51, P.10; a room (phòng) has three digits, a ward (phường) has fewer."""
    prefix, named = match["prefix"], match["number"]
    before = reading.before(match)
    if prefix == "KP" and _MONEY_AFTER.match(reading.after(match)):
        return None  # kinh phí
    if prefix == "ĐH" and re.fullmatch("(?:19|20)[0-9]{2}", named):
        return None  # đại hội
    if prefix == "ĐT" and len(named) == 1:
        return None  # a kind of rice; such roads have two digits at least
    if prefix in ("P", "Q") and not re.search(r"[,(;-]\s*$|(?:^|\s)$", before):
        return None
    name = "phòng" if prefix == "P" and len(named) > 2 else PREFIXES[prefix]
    if re.search(r"đường\s*$", before):
        name = name.removeprefix("đường ")
    return f"{name} {_name_in_digits(named, reading.dialect)} {match['letter'] or ''}".strip()


def _name_in_digits(written: str, dialect: Dialect) -> str:
    return digit_by_digit(written) if written.startswith("0") else cardinal(int(written), dialect)


def _say_house(match: re.Match[str], reading: Reading) -> str:
    """45/7A."""
    parts = [re.fullmatch(r"([0-9]+)(.*)", part) for part in match["it"].split("/")]
    return " trên ".join(f"{number(part[1], reading.dialect)} {part[2]}".strip() for part in parts if part)


def _say_kilometre_stone(match: re.Match[str], reading: Reading) -> str:
    """Km 87+500."""
    metres = f" cộng {number(match['metres'], reading.dialect)}" if match["metres"] else ""
    return f"ki lô mét {cardinal(int(match['kilometre']), reading.dialect)}{metres}"


def _say_letters_and_number(match: re.Match[str], reading: Reading) -> str:
    """BĐ3: letters that the list knows are said in full, others one by one."""
    letters = plain_meanings().get(match["letters"]) or " ".join(match["letters"])
    return f"{letters} {_name_in_digits(match['number'], reading.dialect)} {match['after']}".strip()


def _say_number_and_letter(match: re.Match[str], reading: Reading) -> str:
    """Lớp 1A, 4G; a lorry's 10T are tonnes."""
    is_weight = match["letter"] == "T" and re.search(r"(?:xe|tải)\D{0,12}$", reading.before(match))
    return f"{number(match['number'], reading.dialect)} {'tấn' if is_weight else match['letter']}"


def _say_to_number_and_letter(match: re.Match[str], reading: Reading) -> str | None:
    """Lớp 1A-1E."""
    is_after_code = reading.ending_at(match.start("it"), "code")
    return f" đến {number(match['number'], reading.dialect)} {match['letter']}" if is_after_code else None


# Before the abbreviations: what stands before a road's number is one only there.
ROADS: Table = (Reader("QL.51, P.10", "quốc lộ năm mươi mốt, phường mười", _ROAD, _say_road, "address"),)

ADDRESSES: Table = (
    Reader("hẻm 135/12", "hẻm một trăm ba mươi lăm trên mười hai", _HOUSE, _say_house, "address"),
    Reader("35/2B đường Lê Lợi", "ba mươi lăm trên hai B đường Lê Lợi", _HOUSE_BEFORE_ROAD, _say_house, "address"),
    Reader("Km12+500", "ki lô mét mười hai cộng năm trăm", _KILOMETRE_STONE, _say_kilometre_stone, "address"),
    Reader("BĐ3", "báo động ba", _LETTERS_AND_NUMBER, _say_letters_and_number, "code"),
    Reader("lớp 1A", "lớp một A", _NUMBER_AND_LETTER, _say_number_and_letter, "code"),
    Reader("lớp 1A-1E", "lớp một A đến một E", _TO_NUMBER_AND_LETTER, _say_to_number_and_letter, "code"),
)
