"""What may be said wrongly, for an officer to look at before it is on the air. Nothing here changes a word."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from audio.spoken_text.letters import CAPITAL
from audio.spoken_text.national_list import has_other_meanings, national_list
from audio.spoken_text.readers.capitals import VOWEL, is_heading, may_be_word
from audio.spoken_text.readers.dates.date_or_share import is_surely_date, is_surely_share
from audio.spoken_text.readers.dates.day_and_month import LEAP_YEAR, is_day, is_day_of_any_year
from audio.spoken_text.readers.phones import has_right_length
from audio.spoken_text.readers.romans import roman_value
from audio.spoken_text.reading import Reading

DoubtKind = Literal[
    "unread",
    "unknown_capitals",
    "ambiguous_abbreviation",
    "ambiguous_date",
    "impossible_date",
    "impossible_time",
    "wrong_weekday",
    "phone_length",
    "past_date",
]

_NUMBERS_AND_SIGNS = ("Nd", "Nl", "No", "Sc", "Sk", "Sm", "So")  # Unicode's general categories
_CAPITALS = re.compile(rf"(?<![\w'’])[{CAPITAL}]{{2,}}(?:[&/.-][{CAPITAL}]+){{0,6}}(?![\w'’])")
_NAME_BEFORE = re.compile(r"(?:ông|bà|anh|chị|em|cháu|cô|chú|bác|cụ|đồng chí|đ/c|họ tên:?)\s$", re.IGNORECASE)
_SHAPED_AS_DATE = re.compile(
    r"(?<![\w/.,-])(?P<day>[0-9]{1,2})(?P<sep>[/.-])(?P<month>[0-9]{1,2})(?P=sep)(?P<year>(?:19|20)[0-9]{2})(?![\w/]|[.,][0-9])"
)
_DAY_MONTH = re.compile(r"(?<![\w/.,-])(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})(?![\w/]|[.,][0-9])")
_DATE_IN_WORDS = re.compile(
    r"(?<!\w)ngày\s(?P<day>[0-9]{1,2})\stháng\s(?P<month>[0-9]{1,2})(?:\snăm\s(?P<year>(?:19|20)[0-9]{2}))?(?![\w/.,-]*[0-9])",
    re.IGNORECASE,
)
_BEFORE_DAY = re.compile(r"(?:ngày|hôm|mùng|mồng)\s*$", re.IGNORECASE)
_SHAPED_AS_TIME = re.compile(
    r"(?<![\w/.,:])(?P<hour>[0-9]{1,2})\s?(?:[hg]|giờ|:)\s?(?P<minute>[0-9]{2})(?![\w/:]|[.,][0-9])|"
    r"(?<![\w/.,:-])(?P<only>[0-9]{1,2})(?:h|\sgiờ)(?!\w)",
    re.IGNORECASE,
)
WEEKDAY_NUMBERS = {
    "hai": 0,
    "2": 0,
    "ba": 1,
    "3": 1,
    "tư": 2,
    "4": 2,
    "năm": 3,
    "5": 3,
    "sáu": 4,
    "6": 4,
    "bảy": 5,
    "7": 5,
}
"""As in “thứ hai”, “thứ 2”: 0 is Monday, as in `date.weekday`. Sunday isn't numbered."""
_WEEKDAY_AND_DATE = re.compile(
    r"(?:(?:thứ|t)\s?(?P<weekday>hai|ba|tư|năm|sáu|bảy|[2-7])|(?P<sunday>chủ nhật|cn))[\s,(]{1,3}(?:ngày\s)?"
    r"(?P<day>[0-9]{1,2})(?:[/.-]|\stháng\s)(?P<month>[0-9]{1,2})(?:(?:[/.-]|\snăm\s)(?P<year>20[0-9]{2}))?(?![\w/])|"
    r"(?<![\w/.,-])(?P<day2>[0-9]{1,2})[/.-](?P<month2>[0-9]{1,2})(?:[/.-](?P<year2>20[0-9]{2}))?[\s,(]{1,3}"
    r"(?:(?:thứ|t)\s?(?P<weekday2>hai|ba|tư|năm|sáu|bảy|[2-7])|(?P<sunday2>chủ nhật|cn))(?!\w)",
    re.IGNORECASE,
)
_RANGE_BEFORE = re.compile(r"(?:đến|tới|-|–)\s*$", re.IGNORECASE)
_RANGE_AFTER = re.compile(r"\s*(?:đến|tới|-|–)\s*", re.IGNORECASE)
_BEFORE_DATE_OF_DOCUMENT = re.compile(
    r"(?:số|luật|nghị định|nghị quyết|thông tư|quyết định|công văn|kế hoạch|căn cứ|chỉ thị|hướng dẫn)\b[^.;\n]{0,60}$",
    re.IGNORECASE,
)
_MAX_AGE_OF_PAST_DATE = timedelta(days=366)


@dataclass(frozen=True)
class Doubt:
    """A kind, and its place in the text that was read; `blocks`: it must be changed, else confirming it is enough."""

    kind: DoubtKind
    start: int
    end: int
    blocks: bool = False


def doubts(reading: Reading, today: date | None) -> list[Doubt]:
    """All doubts in order of their places, without those that a correction or the lexicon has decided.

    Without `today` no date is past, and only a date with its year can be on a wrong weekday.
    """
    found = [
        *_unread(reading),
        *_capitals(reading),
        *_ambiguous_shares(reading),
        *_impossible(reading),
        *_weekdays(reading, today),
        *_phones(reading),
        *(_past(reading, today) if today else ()),
    ]
    decided = [(each.start, each.end) for each in reading.stretches if each.by in ("lexicon", "correction")]
    decided += reading.confirmed
    return sorted(
        {each for each in found if not any(start <= each.start and each.end <= end for start, end in decided)},
        key=lambda each: (each.start, each.end, each.kind),
    )


def _unread(reading: Reading) -> Iterator[Doubt]:
    """Digits and signs that no reader has read: a voice would leave them out, or say their names in English."""
    signs = [letter for letter in set(reading.open) if unicodedata.category(letter) in _NUMBERS_AND_SIGNS]
    signs += [sign for sign in "&@#%^\\{}|" if sign in reading.open]
    if signs:
        for match in re.finditer(f"[{re.escape(''.join(signs))}]+", reading.open):
            yield Doubt("unread", *match.span(), blocks=True)


def _capitals(reading: Reading) -> Iterator[Doubt]:
    text = reading.text
    for match in _CAPITALS.finditer(reading.open):
        written = match[0]
        if (is_heading(text, match.start()) and may_be_word(written)) or (
            roman_value(written) is not None and len(written) == 1
        ):
            continue
        if written in national_list() and has_other_meanings(written):
            yield Doubt("ambiguous_abbreviation", *match.span())
        elif not _is_name(text, match):
            yield Doubt("unknown_capitals", *match.span())
    for stretch in reading.stretches:
        if stretch.kind == "abbreviation, one of several":
            yield Doubt("ambiguous_abbreviation", stretch.start, stretch.end)


def _is_name(text: str, match: re.Match[str]) -> bool:
    """A word in capitals next to another one, or after a title: LÊ VĂN AN, chị HOA."""
    if not VOWEL.search(match[0]):
        return False
    beside = re.search(rf"[{CAPITAL}]{{2,}}\s$", text[max(0, match.start() - 80) : match.start()]) or re.match(
        rf"\s[{CAPITAL}]{{2,}}(?!\w)", text[match.end() : match.end() + 80]
    )
    return bool(beside or _NAME_BEFORE.search(text[max(0, match.start() - 80) : match.start()]))


def _ambiguous_shares(reading: Reading) -> Iterator[Doubt]:
    for match in _DAY_MONTH.finditer(reading.text):
        if not is_day_of_any_year(match):
            continue
        stretch = next((each for each in reading.stretches if each.start <= match.start() < each.end), None)
        if stretch is None or stretch.kind not in ("date", "share") or (stretch.start, stretch.end) != match.span():
            continue
        before, after = reading.before(match), reading.after(match)
        if not is_surely_date(before, after) and not is_surely_share(before, after):
            yield Doubt("ambiguous_date", *match.span())


def _impossible(reading: Reading) -> Iterator[Doubt]:
    for match in _SHAPED_AS_DATE.finditer(reading.text):
        if not is_day(int(match["day"]), int(match["month"]), int(match["year"])):
            yield Doubt("impossible_date", *match.span())
    for match in _DAY_MONTH.finditer(reading.text):
        if _BEFORE_DAY.search(reading.before(match, 80)) and not is_day_of_any_year(match):
            yield Doubt("impossible_date", *match.span())
    for match in _DATE_IN_WORDS.finditer(reading.text):
        if not is_day(int(match["day"]), int(match["month"]), int(match["year"] or LEAP_YEAR)):
            yield Doubt("impossible_date", *match.span())
    for match in _SHAPED_AS_TIME.finditer(reading.text):
        hour, minute = int(match["hour"] or match["only"]), int(match["minute"] or 0)
        is_length = match["only"] is not None and "giờ" in match[0]  # 48 giờ is how long
        if not is_length and (hour > 24 or minute > 59 or (hour == 24 and minute)):
            yield Doubt("impossible_time", *match.span())


def _weekdays(reading: Reading, today: date | None) -> Iterator[Doubt]:
    for match in _WEEKDAY_AND_DATE.finditer(reading.text):
        one = {name.rstrip("2"): text for name, text in match.groupdict().items() if text}
        if _RANGE_BEFORE.search(reading.text[max(0, match.start() - 8) : match.start()]) and _RANGE_AFTER.match(
            reading.text[match.end() : match.end() + 8]
        ):
            continue  # từ thứ 2 đến thứ 6 (30/11 - 4/12)
        year = int(one["year"]) if "year" in one else today.year if today else None
        if year is None or not is_day(int(one["day"]), int(one["month"]), year):
            continue
        wanted = 6 if "sunday" in one else WEEKDAY_NUMBERS[one["weekday"].lower()]
        days = [date(year, int(one["month"]), int(one["day"]))]
        if "year" not in one and is_day(int(one["day"]), int(one["month"]), year + 1):
            days.append(date(year + 1, int(one["month"]), int(one["day"])))
        if today and "year" not in one:
            days = [min((each for each in days if each >= today), default=days[0])]
        if all(each.weekday() != wanted for each in days):
            yield Doubt("wrong_weekday", *match.span())


def _phones(reading: Reading) -> Iterator[Doubt]:
    for stretch in reading.stretches:
        if stretch.kind == "phone" and not has_right_length(reading.text[stretch.start : stretch.end]):
            yield Doubt("phone_length", stretch.start, stretch.end)


def _past(reading: Reading, today: date) -> Iterator[Doubt]:
    for match in (*_SHAPED_AS_DATE.finditer(reading.text), *_DATE_IN_WORDS.finditer(reading.text)):
        if match["year"] is None:
            continue
        day, month, year = int(match["day"]), int(match["month"]), int(match["year"])
        if not is_day(day, month, year) or _BEFORE_DATE_OF_DOCUMENT.search(
            reading.text[max(0, match.start() - 80) : match.start()]
        ):
            continue
        if today - _MAX_AGE_OF_PAST_DATE <= date(year, month, day) < today:
            yield Doubt("past_date", *match.span())
