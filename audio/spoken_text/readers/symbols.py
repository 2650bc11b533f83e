"""Signs that are still open: & + = ≥ → have words, a stroke is a pause, bullets and brackets are left out."""

import re

from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.reader import Reader, Table, always
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
_DASH_BEFORE_NUMBER = re.compile(r"(?<=[A-Za-zÀ-ỹ])(?P<it>-)(?=\x01)")
_ARROW = re.compile(r"(?P<it>\s?[-=]+>\s?)")
_ROUTE = re.compile(rf"(?<=[{SMALL}])(?P<it>\s?>\s?)(?=[{CAPITAL}])")
_PARTS = {"½": "nửa", "¼": "một phần tư", "¾": "ba phần tư"}
_HALF_AFTER_NUMBER = re.compile(r"(?<=[0-9\x01])(?P<it>\s?½)")
_PART = re.compile("(?P<it>[½¼¾])")
_SIGN = re.compile("(?P<it>[" + re.escape("".join(_WORDS)) + "])")
_PLUS_BEFORE_ITEM = re.compile(rf"(?<=[:;.]\s)(?P<it>\+\s+)(?=[{CAPITAL}])")
_END_OF_DOCUMENT = re.compile(r"(?P<it>\./\.)")
_SLASH = re.compile(r"(?<=\S)(?P<it>\s?/\s?)(?=\S)")
_SILENT = re.compile(r"(?P<it>[*_`•●▪\[\]]+)")


def _say_part(match: re.Match[str], _reading: Reading) -> str:
    return _PARTS[match["it"]]


def _say_sign(match: re.Match[str], _reading: Reading) -> str:
    return f" {_WORDS[match['it']]} "


SYMBOLS: Table = (
    Reader("Covid-19", "Covid mười chín", _DASH_BEFORE_NUMBER, always(" "), "sign"),
    Reader("8h -> 9h", "tám giờ đến chín giờ", _ARROW, always(" đến "), "sign"),
    Reader("Lý Bôn > Minh Khai", "Lý Bôn, Minh Khai", _ROUTE, always(", "), "sign"),
    Reader("3½", "ba rưỡi", _HALF_AFTER_NUMBER, always(" rưỡi"), "share"),
    Reader("½ ngày", "nửa ngày", _PART, _say_part, "share"),
    Reader("mang theo: + Sổ hộ nghèo", "mang theo: Sổ hộ nghèo", _PLUS_BEFORE_ITEM, always(""), "sign"),
    Reader("họp & ăn", "họp và ăn", _SIGN, _say_sign, "sign"),
    Reader("Xin cảm ơn./.", "Xin cảm ơn.", _END_OF_DOCUMENT, always("."), "sign"),
    Reader("anh/em", "anh, em", _SLASH, always(", "), "sign"),
    Reader("*Lưu ý", "Lưu ý", _SILENT, always(""), "sign"),
)
