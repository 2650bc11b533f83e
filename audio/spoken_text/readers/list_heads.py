"""What stands at the head of a line: bullets are left out; 1., 2/., a), II. are said."""

import re

from audio.spoken_text.letters import CAPITAL
from audio.spoken_text.number_words import cardinal
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
_SECTION_WITHIN = re.compile(
    rf"(?<=[:;]\s)(?P<it>(?P<parts>[0-9]{{1,2}}(?:\.[0-9]{{1,2}}){{1,3}})\.?)(?=\s+[{CAPITAL}])"
)
_ROMAN = re.compile(r"^(?P<space>[ \t]*)(?P<it>(?P<roman>[IVX]{1,5})\s?[./)-]+)(?=\s)", re.MULTILINE)
_LETTER = re.compile(r"^(?P<space>[ \t]*)(?P<it>(?P<letter>[a-zđ])(?:\s?\)\.?|/\.?(?=\s)))(?=\s|\w)", re.MULTILINE)


def read_list_heads(reading: Reading) -> None:
    """Heads of lines."""
    dialect = reading.dialect

    def roman(match: re.Match[str]) -> str | None:
        value = roman_value(match["roman"])
        return None if value is None else f"{cardinal(value, dialect)}."

    def section(match: re.Match[str]) -> str | None:
        values = [roman_value(part) or (int(part) if part.isdecimal() else None) for part in match["parts"].split(".")]
        return None if None in values else " chấm ".join(cardinal(each or 0, dialect) for each in values) + "."

    reading.read(_BULLET, lambda _: "", "list")
    reading.read(_SECTION, section, "list")
    reading.read(_SECTION_WITHIN, section, "list")
    reading.read(_NUMBER, lambda match: f"{cardinal(int(match['number']), dialect)}.", "list")
    reading.read(_ROMAN, roman, "list")
    reading.read(_LETTER, lambda match: f"{match['letter']}.", "list")
