"""Roman numerals after the words that announce one: khóa XV, quý III, lần thứ XIV, Đại hội XIV."""

import re

from audio.spoken_text.letters import CAPITAL
from audio.spoken_text.number_words import cardinal, ordinal
from audio.spoken_text.reader import Reader, Table
from audio.spoken_text.reading import Reading

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN = r"(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_CUE = (
    r"khóa|khoá|kỳ|kì|kỳ họp|quý|lần|thứ|đại hội|chương|mục|phần|khu|vùng|cấp|loại|hạng|nhóm|giai đoạn|gđ|hk|quận|ấp|"
    r"đợt|thế kỷ|thế kỉ|tập|hội trường|trung ương|tw|vòng|bậc|tổ|học kỳ|học kì|bài|điều|phụ lục|quân khu|mức|tiểu học|"
    r"lớp|đội|nhà|số|đảng|họp|cụm"
)
_AFTER_CUE = re.compile(rf"(?<!\w)(?P<cue>{_CUE})\s(?P<it>(?-i:{_ROMAN}))(?![\w-]|\.\w)(?<=[IVXLC])", re.IGNORECASE)
_ALONE = re.compile(rf"(?<=\w )(?P<it>(?=[IVX]*I){_ROMAN})(?<=[IVX]{{2}})(?![\w.-])")
_BEFORE_LETTER = ("khu", "nhà", "số", "lớp", "tổ", "đội", "nhóm", "cụm")
_BEFORE_NAME = re.compile(rf"(?<!\w)(?:THỊ|VĂN|Thị|Văn|[{CAPITAL}]{{2,}} [{CAPITAL}]{{2,}}) $")
_NEXT = re.compile(rf"(?<=\x01)(?P<it>\s?(?P<join>[,&-]|và|đến)\s?(?P<roman>{_ROMAN}))(?!\w)(?<=[IVXLC])")

_JOINS = {"-": " đến ", "và": " và ", "&": " và ", "đến": " đến "}


def roman_value(written: str) -> int | None:
    """The value of a Roman numeral in capitals; None: it isn't one."""
    if not written or not re.fullmatch(_ROMAN, written):
        return None
    values = [_VALUES[letter] for letter in written]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _say_after_cue(match: re.Match[str], reading: Reading) -> str | None:
    """Khóa XV is “mười lăm”, thứ I “thứ nhất”; khu L is a letter."""
    value, cue = roman_value(match["it"]), match["cue"].lower()
    if value is None or (match["it"] in "LC" and cue in _BEFORE_LETTER):
        return None
    if cue == "thứ":
        return ordinal(value, reading.dialect)
    return f"thứ {ordinal(value, reading.dialect)}" if cue == "lần" else cardinal(value, reading.dialect)


def _say_alone(match: re.Match[str], reading: Reading) -> str | None:
    """BĐ III; in a name VI is a syllable."""
    start = match.start("it")
    value, is_name = roman_value(match["it"]), _BEFORE_NAME.search(reading.text[max(0, start - 24) : start])
    return None if value is None or is_name else cardinal(value, reading.dialect)


def _say_next(match: re.Match[str], reading: Reading) -> str | None:
    """Quý I, II và III: another after one that has been read."""
    value = roman_value(match["roman"])
    return None if value is None else _JOINS.get(match["join"], ", ") + cardinal(value, reading.dialect)


ROMANS: Table = (
    Reader("khóa XV", "khóa mười lăm", _AFTER_CUE, _say_after_cue, "roman"),
    Reader("trên BĐ III", "trên báo động ba", _ALONE, _say_alone, "roman"),
    Reader("quý I, II và III", "quý một, hai và ba", _NEXT, _say_next, "roman", is_repeated=True),
)
