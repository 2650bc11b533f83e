"""Web and mail addresses: each name as a word, its signs by their names."""

import re

from audio.spoken_text.number_words import Dialect, cardinal, digit_by_digit
from audio.spoken_text.reader import Reader, Table
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


def _say_address(match: re.Match[str], reading: Reading) -> str:
    """Without `https://`."""
    written = re.sub(r"^https?://", "", match["it"], flags=re.IGNORECASE).rstrip("/")
    pieces = re.findall(r"[A-Za-z]+|[0-9]+|.", written)
    return " ".join(_piece_words(piece, reading.dialect) for piece in pieces)


def _piece_words(piece: str, dialect: Dialect) -> str:
    if re.fullmatch("[1-9][0-9]?", piece):
        return cardinal(int(piece), dialect)
    return _SIGNS.get(piece) or (digit_by_digit(piece) if piece.isdecimal() else piece)


WEB_ADDRESSES: Table = (
    Reader("kh1@ubnd.vn", "kh một a còng ubnd chấm vn", _MAIL, _say_address, "web"),
    Reader("https://a.gov.vn/30", "a chấm gov chấm vn gạch chéo ba mươi", _WEB, _say_address, "web"),
)
