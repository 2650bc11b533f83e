"""What stands at the head of a line: bullets are left out; 1., 2/., a), II. are said."""

import re

from audio.spoken_text.letters import CAPITAL
from audio.spoken_text.number_words import cardinal
from audio.spoken_text.reader import Reader, Table, always
from audio.spoken_text.readers.romans import roman_value
from audio.spoken_text.reading import Reading

_BULLET = re.compile(r"^(?P<it>[ \t]*[-+*•·●▪►→✓☑✔o]+[ \t]+)(?=\S)", re.MULTILINE)
_NUMBER = re.compile(
    rf"^(?P<space>[ \t]*)(?P<it>(?P<number>[0-9]{{1,2}})\s?(?:/\.|\./|[.)/])-?)(?=\s+\D|\s+[0-9]|[{CAPITAL}])",
    re.MULTILINE,
)
_SECTION = re.compile(
    r"^(?P<space>[ \t]*)(?P<it>(?P<parts>(?:[IVX]{1,4}|[0-9]{1,2})(?:\.[0-9]{1,2}){1,3})\.?)"
    rf"(?=\s+[{CAPITAL}])",
    re.MULTILINE,
)
_SECTION_IN_LINE = re.compile(
    rf"(?<=[:;]\s)(?P<it>(?P<parts>[0-9]{{1,2}}(?:\.[0-9]{{1,2}}){{1,3}})\.?)(?=\s+[{CAPITAL}])"
)
_ROMAN = re.compile(r"^(?P<space>[ \t]*)(?P<it>(?P<roman>[IVX]{1,5})\s?[./)-]+)(?=\s)", re.MULTILINE)
_LETTER = re.compile(r"^(?P<space>[ \t]*)(?P<it>(?P<letter>[a-zđ])(?:\s?\)\.?|/\.?(?=\s)))(?=\s|\w)", re.MULTILINE)


def _say_section(match: re.Match[str], reading: Reading) -> str | None:
    """3.1., I.1."""
    values = [roman_value(part) or (int(part) if part.isdecimal() else None) for part in match["parts"].split(".")]
    if None in values:
        return None
    return " chấm ".join(cardinal(value or 0, reading.dialect) for value in values) + "."


def _say_number(match: re.Match[str], reading: Reading) -> str:
    return f"{cardinal(int(match['number']), reading.dialect)}."


def _say_roman(match: re.Match[str], reading: Reading) -> str | None:
    value = roman_value(match["roman"])
    return None if value is None else f"{cardinal(value, reading.dialect)}."


def _say_letter(match: re.Match[str], _reading: Reading) -> str:
    return f"{match['letter']}."


LIST_HEADS: Table = (
    Reader("- Mang theo nước", "Mang theo nước", _BULLET, always(""), "list"),
    Reader("3.1. Hồ sơ", "ba chấm một. Hồ sơ", _SECTION, _say_section, "list"),
    Reader("Gồm: 2.1 Thu quỹ", "Gồm: hai chấm một. Thu quỹ", _SECTION_IN_LINE, _say_section, "list"),
    Reader("2/. Thu quỹ", "hai. Thu quỹ", _NUMBER, _say_number, "list"),
    Reader("II. Nội dung", "hai. Nội dung", _ROMAN, _say_roman, "list"),
    Reader("b) Hộ nghèo", "b. Hộ nghèo", _LETTER, _say_letter, "list"),
)
