"""Houses, roads and their kilometre stones: số 45/7A, hẻm 245/18, QL1A, ĐT.768, Km 87+500, KP3, P.10."""

import re
from collections.abc import Mapping

from audio.spoken_text.number_words import cardinal, digit_by_digit, number
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
_STONE = re.compile(
    r"(?<!\w)(?P<it>[Kk][Mm]\.?\s?(?P<kilometre>[0-9]+)(?:\s?\+\s?(?P<metres>[0-9]{1,4}))?)(?![\w/]|[.,][0-9])"
)
_ROAD = re.compile(
    rf"(?<!\w)(?P<it>(?P<prefix>{_PREFIX})[.\s-]{{0,2}}(?P<number>[0-9]{{1,4}})(?P<letter>[A-ZĐ])?)"
    r"(?![\w]|[.,/][0-9])"
)
_IS_MONEY = re.compile(r"\s?(?:tr|triệu|đ|đồng|k|tỷ|tỉ|nghìn|ngàn)\b")
_LETTERED = re.compile(
    r"(?<![\w/.,])(?P<it>(?P<letters>[A-ZĐ]{1,3})-?(?P<number>[0-9]{1,4})(?P<after>[A-ZĐ]?))(?![\w/]|[.,][0-9])"
)
_NUMBERED = re.compile(r"(?<![\w/.,-])(?P<it>(?P<number>[0-9]{1,4})(?P<letter>[A-KM-UXYZĐ]))(?![\w/]|[.,][0-9])")
_TO_A_NUMBERED = re.compile(
    r"(?<=\x01)(?P<it>\s?-\s?(?P<number>[0-9]{1,4})(?P<letter>[A-KM-UXYZĐ]))(?![\w/]|[.,][0-9])"
)


def read_roads(reading: Reading) -> None:
    """QL.51 and P.10: what stands before their number is an abbreviation only there."""
    dialect = reading.dialect

    def road(match: re.Match[str]) -> str | None:
        if match["prefix"] == "KP" and _IS_MONEY.match(reading.after(match)):
            return None  # kinh phí
        if match["prefix"] == "ĐH" and re.fullmatch("(?:19|20)[0-9]{2}", match["number"]):
            return None  # đại hội
        if match["prefix"] == "ĐT" and len(match["number"]) == 1:
            return None  # a kind of rice; such roads have two digits at least
        if match["prefix"] in ("P", "Q") and not re.search(r"[,(;-]\s*$|(?:^|\s)$", reading.before(match)):
            return None
        named = match["number"]
        said = digit_by_digit(named) if named.startswith("0") else cardinal(int(named), dialect)
        is_room = match["prefix"] == "P" and len(named) > 2
        name = "phòng" if is_room else PREFIXES[match["prefix"]]
        if re.search(r"đường\s*$", reading.before(match)):
            name = name.removeprefix("đường ")
        return f"{name} {said} {match['letter'] or ''}".strip()

    reading.read(_ROAD, road, "address")


def read_addresses(reading: Reading, known: Mapping[str, str]) -> None:
    """What names a house, a stone on a road, or a thing; `known`: what letters before a number are short for."""
    dialect = reading.dialect

    def house(match: re.Match[str]) -> str:
        parts = [re.fullmatch(r"([0-9]+)(.*)", part) for part in match["it"].split("/")]
        return " trên ".join(f"{number(part[1], dialect)} {part[2]}".strip() for part in parts if part)

    def stone(match: re.Match[str]) -> str:
        metres = f" cộng {number(match['metres'], dialect)}" if match["metres"] else ""
        return f"ki lô mét {cardinal(int(match['kilometre']), dialect)}{metres}"

    def lettered(match: re.Match[str]) -> str:
        letters = known.get(match["letters"]) or " ".join(match["letters"])
        named = match["number"]
        said = digit_by_digit(named) if named.startswith("0") else cardinal(int(named), dialect)
        return f"{letters} {said} {match['after']}".strip()

    def numbered(match: re.Match[str]) -> str:
        is_weight = match["letter"] == "T" and re.search(r"(?:xe|tải)\D{0,12}$", reading.before(match))
        return f"{number(match['number'], dialect)} {'tấn' if is_weight else match['letter']}"

    def to_a_numbered(match: re.Match[str]) -> str | None:
        """Lớp 1A-1E."""
        is_code = reading.ending_at(match.start("it"), "code")
        return f" đến {number(match['number'], dialect)} {match['letter']}" if is_code else None

    reading.read(_HOUSE, house, "address")
    reading.read(_HOUSE_BEFORE_ROAD, house, "address")
    reading.read(_STONE, stone, "address")
    reading.read(_LETTERED, lettered, "code")
    reading.read(_NUMBERED, numbered, "code")
    reading.read(_TO_A_NUMBERED, to_a_numbered, "code")
