"""Abbreviations of commune life, from the national list: UBND, BCĐ, Đ/c, LĐ-TBXH, HĐND&UBND, TP.

What stands in capitals and isn't in the list stays as it is. In a line that is all capitals words are words: there only
what can't be one (it has no vowel, or is long in the list) is taken for an abbreviation.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache

from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.national_list import has_other_meanings, meanings, national_list, plain_meanings
from audio.spoken_text.reader import Reader, Table, always
from audio.spoken_text.reading import Reading

_WORDS_WITH_DOT = {
    "TP": "thành phố",
    "TX": "thị xã",
    "TT": "thị trấn",
    "Q": "quận",
    "P": "phường",
    "H": "huyện",
    "X": "xã",
}
_SYLLABLE = re.compile(
    rf"(?:NGH|NG|NH|CH|GH|GI|KH|PH|QU|TH|TR|[BCDĐGHKLMNPRSTVX])?(?:[AEIOUY{CAPITAL[4:]}]){{1,3}}(?:CH|NG|NH|[CMNPT])?"
)
VOWEL = re.compile(rf"[AEIOUY{CAPITAL[4:]}]")


def may_be_word(written: str) -> bool:
    """Whether it could be a syllable of Vietnamese without its marks, as headings have them."""
    return bool(_SYLLABLE.fullmatch(written))


def is_heading(text: str, start: int) -> bool:
    """Whether this stands in a line that is written in capitals."""
    ends, are = _headings(text)
    return are[bisect_right(ends, start)]


@lru_cache(maxsize=2)
def _headings(text: str) -> tuple[list[int], list[bool]]:
    """Where each line ends, and whether it is written in capitals."""
    ends, are = [], []
    end = -1
    for line in text.split("\n"):
        end += len(line) + 1
        words = re.findall(r"[^\W\d_]{2,}", line)
        ends.append(end)
        are.append(len(words) > 1 and sum(word.isupper() for word in words) >= 0.8 * len(words))
    return ends, are


@dataclass(frozen=True)
class _Meaning:
    """What is said for an abbreviation; `is_sure`: it has no other meaning, or what stands next to it decides."""

    words: str
    is_sure: bool


def _meaning(match: re.Match[str], reading: Reading) -> _Meaning | None:
    written = match["it"]
    is_listed = written in national_list()  # Cty, Đt
    if sum(letter.isupper() for letter in written) < 2 and "/" not in written and not is_listed:
        return None
    if is_heading(reading.text, match.start()) and may_be_word(written):
        return None
    return _listed_meaning(reading, *match.span("it")) or _joined_meanings(match, reading)


def _listed_meaning(reading: Reading, start: int, end: int) -> _Meaning | None:
    """The first in the list that what stands before and after allows."""
    written = reading.text[start:end]
    before, after = reading.text[max(0, start - 40) : start], reading.open[end : end + 40]
    for each in national_list().get(written) or national_list().get(written.upper()) or ():
        if each.before and not re.search(f"(?:{each.before})$", before, re.IGNORECASE):
            continue
        if each.after and not re.match(each.after, after):
            continue
        return _Meaning(each.spoken, not each.is_plain or len(meanings(each.written)) == 1)
    return None


def _joined_meanings(match: re.Match[str], reading: Reading) -> _Meaning | None:
    """HĐND&UBND: each part by itself, where all are in the list."""
    parts = re.split(r"([&/.,-])", match["it"])
    if len(parts) < 3:
        return None
    found = []
    at = match.start("it")
    for part in parts:
        found.append(_listed_meaning(reading, at, at + len(part)))
        at += len(part)
    known = [each for each in found[::2] if each is not None]
    if len(known) < len(parts[::2]):
        return None
    joins = [{"&": " và ", ".": " "}.get(each, ", ") for each in parts[1::2]]
    words = "".join(each.words + join for each, join in zip(known, [*joins, ""], strict=True))
    return _Meaning(words, all(each.is_sure for each in known))


def _say_if_sure(match: re.Match[str], reading: Reading) -> str | None:
    found = _meaning(match, reading)
    return found.words if found and found.is_sure else None


def _say_one_of_several(match: re.Match[str], reading: Reading) -> str | None:
    found = _meaning(match, reading)
    return found.words if found else None


def _say_in_small(match: re.Match[str], _reading: Reading) -> str | None:
    """Ubnd, bhyt: what is no syllable, and in capitals has one meaning."""
    capital = match["it"].upper()
    if may_be_word(capital) or has_other_meanings(capital):
        return None
    return plain_meanings().get(capital)


def _say_with_dot(match: re.Match[str], reading: Reading) -> str | None:
    """TP. Biên Hòa, Q.5; but Trần Văn H. is a person."""
    written = re.sub(r"[. ]", "", match["it"].upper())
    before = reading.text[max(0, match.start() - 20) : match.start()]
    is_of_name = len(written) == 1 and re.search(rf"(?<!\w)[{CAPITAL}][{SMALL}]*\s$", before)
    return None if is_of_name else f"{_WORDS_WITH_DOT[written]} "


def _say_called(match: re.Match[str], _reading: Reading) -> str:
    return {"a": "anh ", "c": "chị "}[match["who"].lower()]


def _any_abbreviation() -> re.Pattern[str]:
    """Those of the list that hold a space, digit or stroke, or begin small, are matched as they are written there."""
    whole = "".join(f"{re.escape(written)}|" for written in national_list() if re.search("^[a-zđ]|[ 0-9/]", written))
    return re.compile(
        rf"(?<![\w'’])(?P<it>(?:{whole}"
        r"[A-ZĐƯÂÊÔÁÀ][A-ZĐƯÂÊÔ]*[a-z]?[A-ZĐƯ]*(?:[&/.,-][A-ZĐƯ]+){0,6}[a-zđ]{0,2}))(?![\w'’])"
    )


@cache
def abbreviations() -> Table:
    """A function, because one pattern is made from the list, which is loaded with the first text that is read."""
    with_dot = re.compile(rf"(?<!\w)(?P<it>(?:(?i:TP|TX|TT|T\.P|T\.T)|[QPHX])\. ?)(?=[{CAPITAL}])")
    deputy = re.compile(r"(?<!\w)(?P<it>P\.\s?)(?=(?:Chủ tịch|Bí thư|Giám đốc|Hiệu trưởng|Trưởng|Chánh|CT|BT|GĐ)\b)")
    province = re.compile(rf"(?:(?<=,\s)|(?<=,))(?P<it>T\.\s?)(?=[{CAPITAL}])")
    called = re.compile(
        rf"(?:(?<!\w)(?i:lh|liên hệ|gặp|gọi|nhà|hộ|của|nhờ|cho|gửi|với|sđt|đt)[\s:(]+|[0-9]\s*\()"
        rf"(?P<it>(?P<who>[aAcC])\.\s?)(?=[{CAPITAL}][{SMALL}])"
    )
    in_small = re.compile(r"(?<![\w'’@./-])(?P<it>[a-zđ]{3,8})(?![\w'’@])")
    listed = _any_abbreviation()
    return (
        Reader("P. Chủ tịch xã", "phó Chủ tịch xã", deputy, always("phó "), "abbreviation", "list"),
        Reader("Ia Grai, T. Gia Lai", "Ia Grai, tỉnh Gia Lai", province, always("tỉnh "), "abbreviation", "list"),
        Reader("TP. Biên Hòa", "thành phố Biên Hòa", with_dot, _say_with_dot, "abbreviation", "list"),
        Reader("LH a. Hùng", "liên hệ anh Hùng", called, _say_called, "abbreviation", "list"),
        Reader("HĐND&UBND xã", "hội đồng nhân dân và ủy ban nhân dân xã", listed, _say_if_sure, "abbreviation", "list"),
        Reader("Mời Đ/c Hà", "Mời đồng chí Hà", listed, _say_one_of_several, "abbreviation, one of several", "list"),
        Reader("ubnd xã", "ủy ban nhân dân xã", in_small, _say_in_small, "abbreviation", "list"),
    )
