"""Numbers of documents: 135/QĐ-TTg, 12-NQ/ĐU, 49/2024/NĐ-CP, 42/2013/QH13, 57/KH-UBND."""

import re
from collections.abc import Mapping

from audio.spoken_text.number_words import Dialect, cardinal, digit_by_digit
from audio.spoken_text.reading import Reading

_SIGN = r"[A-ZĐƯ][A-ZĐƯa-zđ]*[0-9]{0,2}"
_NUMBER = re.compile(
    rf"(?<![\w/.,])(?P<it>(?P<number>[0-9]{{1,2}}\.[0-9]{{3}}|[0-9]{{1,5}})(?P<letter>[a-zA-Z])?\s?(?:/\s?(?P<year>(?:19|20)[0-9]{{2}})\s?)?[/-]\s?"
    rf"(?P<signs>{_SIGN}(?:\s?[-/.&–]\s?{_SIGN}){{0,6}}))(?!\w)"
)
_WITHOUT_SIGNS = re.compile(
    r"(?:luật|nghị định|nghị quyết|thông tư|quyết định|chỉ thị|pháp lệnh|hiến pháp|công văn|kế hoạch|thông báo)"
    r"(?: số)?\s"
    r"(?P<it>(?P<number>[0-9]{1,4})/(?P<year>(?:19|20)[0-9]{2}))(?![\w/]|-[A-ZĐ])",
    re.IGNORECASE,
)
_OF_A_PLACE = re.compile(r"(?:tổ|đội|ấp|thôn|xóm|khóm|nhóm|cụm|ngõ|hẻm)\s*$")


def read_document_numbers(reading: Reading, known: Mapping[str, str]) -> None:
    """The number and the year by their value, the signs by what they are short for (`known`), else by letters."""
    dialect = reading.dialect

    def say(match: re.Match[str]) -> str | None:
        signs = re.split(r"\s?[-/.&–]\s?", match["signs"])
        if all(sign.islower() for sign in signs) or _OF_A_PLACE.search(reading.before(match)):
            return None
        letters = [each for sign in signs for each in sign if each.isupper()]
        if len(letters) < 2 and not match["year"]:
            return None
        number = " ".join(filter(None, (cardinal(int(match["number"].replace(".", "")), dialect), match["letter"])))
        # A comma, for a pause: without it 140/2015 sounds as 142,015.
        year = f", {cardinal(int(match['year']), dialect)}," if match["year"] else ""
        return f"{number}{year} {' '.join(_sign(sign, known, dialect) for sign in signs)}"

    def plain(match: re.Match[str]) -> str:
        return f"{cardinal(int(match['number']), dialect)}, {cardinal(int(match['year']), dialect)}"

    reading.read(_NUMBER, say, "document")
    reading.read(_WITHOUT_SIGNS, plain, "document")


def _sign(sign: str, known: Mapping[str, str], dialect: Dialect) -> str:
    if sign in known:
        return known[sign]
    found = re.fullmatch(r"(\D+)([0-9]+)", sign)
    if found is not None:
        number = digit_by_digit(found[2]) if found[2].startswith("0") else cardinal(int(found[2]), dialect)
        return f"{_sign(found[1], known, dialect)} {number}"
    parts = _cut(sign, known)
    return " ".join(known[part] for part in parts) if parts else " ".join(sign)


def _cut(sign: str, known: Mapping[str, str]) -> list[str] | None:
    """A sign as known ones written together, the longest first: BTGDVTU → BTG, DV, TU."""
    if not sign:
        return []
    for end in range(len(sign), 1, -1):
        if sign[:end] in known:
            rest = _cut(sign[end:], known)
            if rest is not None:
                return [sign[:end], *rest]
    return None
