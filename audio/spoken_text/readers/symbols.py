"""Signs that are words: & + = ≥ → and the like; what can't be said is left out."""

import re

from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.reading import Reading

_WORDS = {
    "&": "và",
    "+": "cộng",
    "=": "bằng",
    "≥": "từ",
    "≤": "không quá",
    ">": "trên",
    "<": "dưới",
    "±": "cộng trừ",
    "→": "đến",
    "⇒": "đến",
    "×": "nhân",
    "%": "phần trăm",
    "‰": "phần nghìn",
    "°": "độ",
    "@": "a còng",
    "~": "khoảng",
    "≈": "khoảng",
    "$": "đô la",
    "Ø": "phi",
    "ø": "phi",
    "Φ": "phi",
    "φ": "phi",
}
_ARROW = re.compile(r"(?P<it>\s?[-=]+>\s?)")
_ROUTE = re.compile(rf"(?<=[{SMALL}])(?P<it>\s?>\s?)(?=[{CAPITAL}])")
_PART = {"½": "nửa", "¼": "một phần tư", "¾": "ba phần tư"}
_SIGN = re.compile("(?P<it>[" + re.escape("".join(_WORDS)) + "])")
_ITEM = re.compile(rf"(?<=[:;.]\s)(?P<it>\+\s+)(?=[{CAPITAL}])")
_SLASH = re.compile(r"(?<=\S)(?P<it>\s?/\s?)(?=\S)")
_SILENT = re.compile(r"(?P<it>[*_`•●▪\[\]]+)")


def read_symbols(reading: Reading) -> None:
    """What is left of signs."""
    reading.read(re.compile(r"(?<=[A-Za-zÀ-ỹ])(?P<it>-)(?=\x01)"), lambda _: " ", "sign")
    reading.read(_ARROW, lambda _: " đến ", "sign")
    reading.read(_ROUTE, lambda _: ", ", "sign")
    reading.read(re.compile(r"(?<=[0-9\x01])(?P<it>\s?½)"), lambda _: " rưỡi", "share")
    reading.read(re.compile("(?P<it>[½¼¾])"), lambda match: _PART[match["it"]], "share")
    reading.read(_ITEM, lambda _: "", "sign")
    reading.read(_SIGN, lambda match: f" {_WORDS[match['it']]} ", "sign")
    reading.read(re.compile(r"(?P<it>\./\.)"), lambda _: ".", "sign")
    reading.read(_SLASH, lambda _: ", ", "sign")
    reading.read(_SILENT, lambda _: "", "sign")
