"""Numbers of documents: 135/QĐ-TTg, 12-NQ/ĐU, 49/2024/NĐ-CP, 42/2013/QH13, 57/KH-UBND."""

import re
from collections.abc import Mapping
from functools import lru_cache

from audio.spoken_text.national_list import plain_meanings
from audio.spoken_text.number_words import Dialect, cardinal, digit_by_digit
from audio.spoken_text.reader import Reader, Table
from audio.spoken_text.reading import Reading

_SIGN = r"[A-ZĐƯ][A-ZĐƯa-zđ]*[0-9]{0,2}"
_WITH_SIGNS = re.compile(
    rf"(?<![\w/.,])(?P<it>(?P<number>[0-9]{{1,2}}\.[0-9]{{3}}|[0-9]{{1,5}})(?P<letter>[a-zA-Z])?\s?(?:/\s?(?P<year>(?:19|20)[0-9]{{2}})\s?)?[/-]\s?"
    rf"(?P<signs>{_SIGN}(?:\s?[-/.&–]\s?{_SIGN}){{0,6}}))(?!\w)"
)
_WITHOUT_SIGNS = re.compile(
    r"(?:luật|nghị định|nghị quyết|thông tư|quyết định|chỉ thị|pháp lệnh|hiến pháp|công văn|kế hoạch|thông báo)"
    r"(?: số)?\s"
    r"(?P<it>(?P<number>[0-9]{1,4})/(?P<year>(?:19|20)[0-9]{2}))(?![\w/]|-[A-ZĐ])",
    re.IGNORECASE,
)
_BEFORE_PLACE = re.compile(r"(?:tổ|đội|ấp|thôn|xóm|khóm|nhóm|cụm|ngõ|hẻm)\s*$")

_SIGNS = {
    "CT": "chỉ thị",
    "CA": "công an",
    "VX": "văn xã",
    "NC": "nội chính",
    "TT": "thông tư",
    "CĐ": "công điện",
    "BTC": "Bộ Tài chính",
    "L": "luật",
    "QH": "quốc hội",
    "TC": "tài chính",
    "PL": "pháp lệnh",
    "KL": "kết luận",
    "CB": "chi bộ",
    "TK": "tờ khai",
}
"""What they mean in the number of a document, whatever the national list says of them elsewhere."""


@lru_cache(maxsize=2)
def _meanings_of_signs(text: str) -> Mapping[str, str]:
    """Of all signs, in a text that says whose documents they are."""
    small = text.lower()
    found = {**plain_meanings(), **_SIGNS}
    if "thành ủy" in small or "thành phố" in small:
        found["TU"] = "thành ủy"
    if "quân sự" in small or "CHQS" in text:
        found["BCH"] = "ban chỉ huy"
    return found


def _say_with_signs(match: re.Match[str], reading: Reading) -> str | None:
    """Number and year by their value, each sign by what it is short for, else by its letters."""
    signs = re.split(r"\s?[-/.&–]\s?", match["signs"])
    if all(sign.islower() for sign in signs) or _BEFORE_PLACE.search(reading.before(match)):
        return None
    if sum(letter.isupper() for sign in signs for letter in sign) < 2 and not match["year"]:
        return None
    dialect, meanings = reading.dialect, _meanings_of_signs(reading.text)
    number = " ".join(filter(None, (cardinal(int(match["number"].replace(".", "")), dialect), match["letter"])))
    # A comma, for a pause: without it 140/2015 sounds as 142,015.
    year = f", {cardinal(int(match['year']), dialect)}," if match["year"] else ""
    return f"{number}{year} {' '.join(_sign_words(sign, meanings, dialect) for sign in signs)}"


def _sign_words(sign: str, meanings: Mapping[str, str], dialect: Dialect) -> str:
    if sign in meanings:
        return meanings[sign]
    found = re.fullmatch(r"(\D+)([0-9]+)", sign)
    if found is not None:
        number = digit_by_digit(found[2]) if found[2].startswith("0") else cardinal(int(found[2]), dialect)
        return f"{_sign_words(found[1], meanings, dialect)} {number}"
    parts = _cut(sign, meanings)
    return " ".join(meanings[part] for part in parts) if parts else " ".join(sign)


def _cut(sign: str, meanings: Mapping[str, str]) -> list[str] | None:
    """A sign as others written together, the longest first: BTGDVTU → BTG, DV, TU."""
    if not sign:
        return []
    for end in range(len(sign), 1, -1):
        if sign[:end] in meanings:
            rest = _cut(sign[end:], meanings)
            if rest is not None:
                return [sign[:end], *rest]
    return None


def _say_without_signs(match: re.Match[str], reading: Reading) -> str:
    """Luật 52/2019."""
    return f"{cardinal(int(match['number']), reading.dialect)}, {cardinal(int(match['year']), reading.dialect)}"


DOCUMENT_NUMBERS: Table = (
    Reader("số 56/KH-UBND", "số năm mươi sáu kế hoạch ủy ban nhân dân", _WITH_SIGNS, _say_with_signs, "document"),
    Reader(
        "Luật 52/2019",
        "Luật năm mươi hai, hai nghìn không trăm mười chín",
        _WITHOUT_SIGNS,
        _say_without_signs,
        "document",
    ),
)
