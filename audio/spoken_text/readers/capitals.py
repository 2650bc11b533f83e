"""Abbreviations of commune life, from the national list: UBND, BCĐ, Đ/c, LĐ-TBXH, HĐND&UBND, TP.

What stands in capitals and isn't in the list stays as it is. In a line that is all capitals words are words: there only
what can't be one (it has no vowel, or is long in the list) is taken for an abbreviation.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.reading import Reading

_WITH_DOT = re.compile(rf"(?<!\w)(?P<it>(?:(?i:TP|TX|TT|T\.P|T\.T)|[QPHX])\.\s?)(?=[{CAPITAL}])")
_DEPUTY = re.compile(r"(?<!\w)(?P<it>P\.\s?)(?=(?:Chủ tịch|Bí thư|Giám đốc|Hiệu trưởng|Trưởng|Chánh|CT|BT|GĐ)\b)")
_PROVINCE = re.compile(rf"(?:(?<=,\s)|(?<=,))(?P<it>T\.\s?)(?=[{CAPITAL}])")
_CALLED = re.compile(
    rf"(?:(?<!\w)(?i:lh|liên hệ|gặp|gọi|nhà|hộ|của|nhờ|cho|gửi|với|sđt|đt)[\s:(]+|[0-9]\s*\()"
    rf"(?P<it>(?P<who>[aAcC])\.\s?)(?=[{CAPITAL}][{SMALL}])"
)
_OF_DOT = {"TP": "thành phố", "TX": "thị xã", "TT": "thị trấn", "Q": "quận", "P": "phường", "H": "huyện", "X": "xã"}
_SYLLABLE = re.compile(
    rf"(?:NGH|NG|NH|CH|GH|GI|KH|PH|QU|TH|TR|[BCDĐGHKLMNPRSTVX])?(?:[AEIOUY{CAPITAL[4:]}]){{1,3}}(?:CH|NG|NH|[CMNPT])?"
)
VOWEL = re.compile(rf"[AEIOUY{CAPITAL[4:]}]")

ABBREVIATION = "abbreviation"
ONE_OF_SEVERAL = "abbreviation, one of several"


@dataclass(frozen=True)
class Entry:
    """One line of the list; `beside`: what must stand before or after it, as “before|after”."""

    written: str
    spoken: str
    before: str
    after: str


@cache
def national_list() -> Mapping[str, Sequence[Entry]]:
    """All entries by how they are written, those that want something beside them first."""
    found: dict[str, list[Entry]] = {}
    lines = files("audio.spoken_text").joinpath("national_list.tsv").read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        written, spoken, beside, _source = line.split("\t")
        before, after = _sides(beside)
        found.setdefault(written, []).append(Entry(written, spoken, before, after))
    return {
        written: sorted(entries, key=lambda each: not (each.before or each.after)) for written, entries in found.items()
    }


@cache
def _token() -> re.Pattern[str]:
    """What may be an abbreviation; those of the list that hold a space, digit or stroke, or begin small, are whole."""
    whole = "".join(f"{re.escape(written)}|" for written in national_list() if re.search("^[a-zđ]|[ 0-9/]", written))
    return re.compile(
        rf"(?<![\w'’])(?P<it>(?:{whole}"
        r"[A-ZĐƯÂÊÔÁÀ][A-ZĐƯÂÊÔ]*[a-z]?[A-ZĐƯ]*(?:[&/.,-][A-ZĐƯ]+){0,6}[a-zđ]{0,2}))(?![\w'’])"
    )


_IN_SMALL = re.compile(r"(?<![\w'’@./-])(?P<it>[a-zđ]{3,8})(?![\w'’@])")

_OF_DOCUMENTS = {
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


@cache
def plain_meanings() -> Mapping[str, str]:
    """What abbreviations are short for that have a meaning whatever stands beside them."""
    return {
        written: next(each.spoken for each in entries if not (each.before or each.after))
        for written, entries in national_list().items()
        if any(not (each.before or each.after) for each in entries)
    }


def signs(text: str) -> dict[str, str]:
    """What the signs of document numbers are short for, in a text that says whose documents they are."""
    small = text.lower()
    found = {**plain_meanings(), **_OF_DOCUMENTS}
    if "thành ủy" in small or "thành phố" in small:
        found["TU"] = "thành ủy"
    if "quân sự" in small or "CHQS" in text:
        found["BCH"] = "ban chỉ huy"
    return found


def meanings(written: str) -> list[str]:
    """All that the list has for an abbreviation, each once."""
    return list(dict.fromkeys(each.spoken for each in national_list().get(written, ())))


def has_other_meanings(written: str) -> bool:
    """Whether the list has more than one meaning for it, or one for some places alone."""
    entries = national_list().get(written, ())
    return len(meanings(written)) > 1 or all(each.before or each.after for each in entries)


def read_capitals(reading: Reading) -> None:
    """Those of the list; several joined by signs where each of them is in it. One of several meanings is told so."""

    def say(match: re.Match[str]) -> Words | None:
        written = match["it"]
        is_listed = written in national_list()  # Cty, Đt
        if sum(letter.isupper() for letter in written) < 2 and "/" not in written and not is_listed:
            return None
        if is_heading(reading.text, match.start()) and may_be_word(written):
            return None
        return _spoken(reading, match, written)

    def say_sure(match: re.Match[str]) -> str | None:
        found = say(match)
        return found.said if found and found.sure else None

    def in_small(match: re.Match[str]) -> str | None:
        """ubnd, bhyt: what is no syllable, and in capitals has one meaning."""
        capital = match["it"].upper()
        if may_be_word(capital) or has_other_meanings(capital):
            return None
        return plain_meanings().get(capital)

    def say_unsure(match: re.Match[str]) -> str | None:
        found = say(match)
        return found.said if found else None

    def with_dot(match: re.Match[str]) -> str | None:
        written = re.sub(r"[. ]", "", match["it"].upper())
        near = reading.text[max(0, match.start() - 20) : match.start()]
        is_of_name = len(written) == 1 and re.search(rf"(?<!\w)[{CAPITAL}][{SMALL}]*\s$", near)
        return None if is_of_name else f"{_OF_DOT[written]} "  # Trần Văn H. is a person

    reading.read(_DEPUTY, lambda _: "phó ", ABBREVIATION, "list")
    reading.read(_PROVINCE, lambda _: "tỉnh ", ABBREVIATION, "list")
    reading.read(_WITH_DOT, with_dot, ABBREVIATION, "list")
    reading.read(_CALLED, lambda match: {"a": "anh ", "c": "chị "}[match["who"].lower()], ABBREVIATION, "list")
    reading.read(_token(), say_sure, ABBREVIATION, "list")
    reading.read(_token(), say_unsure, ONE_OF_SEVERAL, "list")
    reading.read(_IN_SMALL, in_small, ABBREVIATION, "list")


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
class Words:
    """What is said for an abbreviation; `sure`: it has no other meaning, or what stands beside it decides."""

    said: str
    sure: bool


def _spoken(reading: Reading, match: re.Match[str], written: str) -> Words | None:
    known = _known(reading, *match.span("it"))
    if known is not None:
        return known
    parts = re.split(r"([&/.,-])", written)
    if len(parts) < 3:
        return None
    found = []
    at = match.start("it")
    for part in parts:
        found.append(_known(reading, at, at + len(part)))
        at += len(part)
    said = [each for each in found[::2] if each is not None]
    if len(said) < len(parts[::2]):
        return None
    joins = [{"&": " và ", ".": " "}.get(each, ", ") for each in parts[1::2]]
    words = "".join(each.said + join for each, join in zip(said, [*joins, ""], strict=True))
    return Words(words, all(each.sure for each in said))


def _known(reading: Reading, start: int, end: int) -> Words | None:
    written = reading.text[start:end]
    entries = national_list().get(written) or national_list().get(written.upper())
    before = reading.text[max(0, start - 40) : start]
    after = reading.open[end : end + 40]
    for each in entries or ():
        if each.before and not re.search(f"(?:{each.before})$", before, re.IGNORECASE):
            continue
        if each.after and not re.match(each.after, after):
            continue
        return Words(each.spoken, bool(each.before or each.after) or len(meanings(each.written)) == 1)
    return None


def may_be_word(written: str) -> bool:
    """Whether it could be a syllable of Vietnamese without its marks, as headings have them."""
    return bool(_SYLLABLE.fullmatch(written))


def _sides(beside: str) -> tuple[str, str]:
    beside = beside.replace("A-ZĐÀ-Ỹ", CAPITAL).replace("a-zà-ỹ", SMALL)
    if beside.startswith("|"):
        return "", beside[1:]
    before, _, after = beside.rpartition("|")
    return before, after
