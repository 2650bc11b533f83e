"""Addresses on the web, and of mail: each name as a word, its signs by their names."""

import re

from audio.spoken_text.number_words import cardinal, digit_by_digit
from audio.spoken_text.reading import Reading

_TOP = r"(?:vn|com|net|org|gov|edu|info|me|io|asia|biz|tv|online|top|xyz|app|ly)"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"  # a label of a name, at most 63 letters (RFC 1035)
_MAIL = re.compile(rf"(?<![\w.@])(?P<it>[A-Za-z0-9][A-Za-z0-9_.+-]{{0,63}}@{_NAME}(?:\.{_NAME})+)(?!\w)")
_WEB = re.compile(
    rf"(?<![\w.@/])(?P<it>(?P<scheme>https?://)?(?:{_NAME}\.)+{_TOP}(?:\.vn)?(?::[0-9]+)?(?P<path>/[A-Za-z0-9_./?=&%#~+-]*[A-Za-z0-9_/])?/?)(?![\w@])",
    re.IGNORECASE,
)
_SIGNS = {
    ".": "chấm",
    "@": "a còng",
    "/": "gạch chéo",
    "-": "gạch ngang",
    "_": "gạch dưới",
    "?": "hỏi chấm",
    "=": "bằng",
    "&": "và",
    "%": "phần trăm",
    "#": "thăng",
    ":": "hai chấm",
    "+": "cộng",
    "~": "ngã",
}


def read_web_addresses(reading: Reading) -> None:
    """Web and mail addresses, without `https://`."""

    def say(match: re.Match[str]) -> str:
        written = re.sub(r"^https?://", "", match["it"], flags=re.IGNORECASE).rstrip("/")
        pieces = re.findall(r"[A-Za-z]+|[0-9]+|.", written)
        return " ".join(_SIGNS.get(piece) or (_number(piece) if piece.isdecimal() else piece) for piece in pieces)

    def _number(digits: str) -> str:
        return cardinal(int(digits), reading.dialect) if re.fullmatch("[1-9][0-9]?", digits) else digit_by_digit(digits)

    reading.read(_MAIL, say, "web")
    reading.read(_WEB, say, "web")
