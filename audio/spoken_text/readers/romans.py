"""Roman numerals after the words that announce one: khóa XV, quý III, lần thứ XIV, Đại hội XIV."""

import re

from audio.spoken_text.letters import CAPITAL
from audio.spoken_text.number_words import cardinal, ordinal
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
_NAME = re.compile(rf"(?<!\w)(?:THỊ|VĂN|Thị|Văn|[{CAPITAL}]{{2,}} [{CAPITAL}]{{2,}}) $")
_MORE = re.compile(rf"(?<=\x01)(?P<it>\s?(?P<join>[,&-]|và|đến)\s?(?P<roman>{_ROMAN}))(?!\w)(?<=[IVXLC])")


def roman_value(written: str) -> int | None:
    """The value of a Roman numeral in capitals; None: it isn't one."""
    if not written or not re.fullmatch(_ROMAN, written):
        return None
    values = [_VALUES[letter] for letter in written]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def read_romans(reading: Reading) -> None:
    """Those after their cue words, and those that are joined to them."""
    dialect = reading.dialect

    def say(match: re.Match[str]) -> str | None:
        value = roman_value(match["it"])
        cue = match["cue"].lower()
        if value is None or (match["it"] in "LC" and cue in ("khu", "nhà", "số", "lớp", "tổ", "đội", "nhóm", "cụm")):
            return None
        if cue == "thứ":
            return ordinal(value, dialect)
        return "thứ " + ordinal(value, dialect) if cue == "lần" else cardinal(value, dialect)

    def more(match: re.Match[str]) -> str | None:
        value = roman_value(match["roman"])
        if value is None:
            return None
        between = {"-": " đến ", "và": " và ", "&": " và ", "đến": " đến "}.get(match["join"], ", ")
        return f"{between}{cardinal(value, dialect)}"

    def alone(match: re.Match[str]) -> str | None:
        value = roman_value(match["it"])
        is_name = _NAME.search(reading.text[max(0, match.start("it") - 24) : match.start("it")])
        return None if value is None or is_name else cardinal(value, dialect)

    before = len(reading.stretches)
    reading.read(_AFTER_CUE, say, "roman")
    reading.read(_ALONE, alone, "roman")
    while len(reading.stretches) > before:
        before = len(reading.stretches)
        reading.read(_MORE, more, "roman")
