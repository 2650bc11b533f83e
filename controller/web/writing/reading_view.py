"""Computes how a text is read, as officers see it.

The spoken words, with what was changed in them; the doubtful places, with answers; and once more the dates, times, sums
and telephone numbers, for a check of ten seconds.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args
from urllib.parse import parse_qsl, urlencode

from sqlmodel import Session

from audio.spoken_text import Piece, ReadingWarning, SpokenText
from audio.spoken_text.doubts import WEEKDAY_NUMBERS, DoubtKind
from audio.spoken_text.letters import spelt
from audio.spoken_text.national_list import meanings
from audio.spoken_text.number_words import Dialect, cardinal, month_word
from audio.spoken_text.readers.dates.day_and_month import is_day
from audio.spoken_text.reading import By, Stretch
from controller.announcements.corrections import Place, places_of
from controller.announcements.readings import dialect, reading_of, speaks_vietnamese
from controller.database.tables import Announcement, Area, Officer
from controller.errors import Invalid
from controller.web.words.place_names import in_sentence
from controller.web.words.states import DOUBT
from controller.web.words.vietnamese import WEEKDAYS, StationClock, inside
from controller.words.translation import _, mark

MOST_ISSUES = 40
_MOST_ANSWERS = 5
_LONGEST_SPELT = 8
Deed = Literal["doc", "loi", "giu", "thay"]
"""What a button does at its place: say the words that it sends; say those typed in the field; leave the reading as it
is; put the words it sends in place of the text."""
_DEEDS: tuple[Deed, ...] = get_args(Deed)
PieceKind = Literal["", "changed", "doubtful", "blocked"]
"""Of a piece of the spoken words; empty: said as it is written. `blocked`: it must be corrected before submission."""
FactKind = Literal["date", "time", "money", "phone"]
_WHY: dict[By, str] = {
    "rule": mark("theo quy tắc"),
    "list": mark("theo danh sách chung"),
    "lexicon": mark("theo từ điển đọc"),
    "correction": mark("đã sửa ở bản tin này"),
    "text": mark("đúng như chữ viết"),
}
_FACTS: tuple[tuple[FactKind, str], ...] = (
    ("date", mark("Ngày")),
    ("time", mark("Giờ")),
    ("money", mark("Số tiền")),
    ("phone", mark("Điện thoại")),
)
_OF_DATE = re.compile(r"(?:ngày|mùng|mồng|tháng|năm)\s*$", re.IGNORECASE)
_OF_MONEY = re.compile(r"\s*(?:(?:trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ)\s)*\s*(?:đồng|VNĐ|đ)(?!\w)", re.IGNORECASE)
_SHORT_MONEY = re.compile(r"[0-9]\s?(?:k|tr)(?![^\W\d])", re.IGNORECASE)
_JOINS = re.compile(
    r"[\s,-]*(?:đến|tới|và|hoặc|tháng|năm|giờ|phút|ngày|hết ngày|đến ngày|đến hết ngày|triệu|nghìn|ngàn)?[\s,-]*",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:đến|tới|-)\s*", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[\s,;/-]*(?:hoặc|và|hay)?\s*")
_DATE = re.compile(r"([0-9]{1,2})([/.-]|\stháng\s)([0-9]{1,2})(?:(?:[/.-]|\snăm\s)(20[0-9]{2}))?", re.IGNORECASE)
_WEEKDAY = re.compile(r"(?:(?:thứ|t)\s?(?P<name>hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|cn)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class SpokenPiece:
    """A piece of the spoken words, with the numbers of its issues. `place`: what is corrected by pressing it."""

    words: str
    kind: PieceKind = ""
    numbers: tuple[int, ...] = ()
    place: str = ""


@dataclass(frozen=True)
class AnswerButton:
    """`value`: what it sends (see `read_answer`). `leaves`: it leaves the reading as it is. `quotes`: the label is what
    will be said, and so in Vietnamese.
    """

    label: str
    value: str
    leaves: bool = False
    quotes: bool = False


@dataclass(frozen=True)
class Issue:
    """A doubtful place. `blocks`: it must be corrected before submission. `always`: answers may go into the lexicon."""

    number: int
    kind: DoubtKind
    place: str
    says: str
    blocks: bool
    answers: tuple[AnswerButton, ...]
    always: bool


@dataclass(frozen=True)
class Fact:
    """A date, time, sum or telephone number: as it is written, and as it is said."""

    written: str
    said: str


@dataclass(frozen=True)
class ReadingView:
    """`is_present`: the text would be read like this today; else the lexicon or the rules have changed since."""

    marks: tuple[SpokenPiece, ...]
    issues: tuple[Issue, ...]
    facts: tuple[tuple[str, tuple[Fact, ...]], ...]
    is_present: bool
    kinds: str
    """The kinds of doubts that one tick confirms, as the field `da-xem` sends them."""

    @property
    def blocking(self) -> tuple[int, ...]:
        """The numbers of the issues that must be corrected before submission."""
        return tuple(each.number for each in self.issues if each.blocks)

    @property
    def first_issues(self) -> tuple[Issue, ...]:
        """Those that are shown; the others follow when these are answered."""
        return self.issues[:MOST_ISSUES]


def reading_view(session: Session, clock: StationClock, row: Announcement) -> ReadingView | None:
    """How the present version is read; None: it is recorded, or in a language that no engine speaks."""
    if row.recording is not None or not speaks_vietnamese(row):
        return None
    spoken = reading_of(session, clock.now, row)
    if spoken.words != row.spoken_text:
        kinds = {each["kind"] for each in row.warnings if not each["blocks"]}
        kinds |= {each.kind for each in spoken.warnings if each.kind == "past_date"}
        return ReadingView((SpokenPiece(row.spoken_text),), (), (), is_present=False, kinds=" ".join(sorted(kinds)))
    words = dialect(session, row.voice)
    numbered = _Numbered(spoken.warnings)
    return ReadingView(
        marks=tuple(_spoken_piece(piece, numbered) for piece in spoken.pieces),
        issues=tuple(
            _issue(number, warning, row.text, words, clock.today) for number, warning in enumerate(spoken.warnings, 1)
        ),
        facts=tuple((_(name), tuple(_facts(kind, spoken, row.text))) for kind, name in _FACTS),
        is_present=True,
        kinds=" ".join(sorted({each.kind for each in spoken.warnings if not each.blocks})),
    )


@dataclass(frozen=True)
class Mending:
    """A place that an officer wants to be read otherwise.

    `said`, `why`: how it is read now, and by what. `typed`: what the field holds. `spelt`: the place spelt out; empty:
    it isn't short and all in capitals. `lexicon`: whose lexicon a lasting answer goes to. `says`, `spells`: what the
    buttons send.
    """

    place: str
    written: str
    said: str
    why: str
    typed: str
    spelt: str
    lexicon: str
    says: str
    spells: str


def mending_at(
    session: Session, clock: StationClock, row: Announcement, officer: Officer, place: str
) -> Mending | None:
    """The place (as `place_of` names it) as it is read now; None: nothing is read there any more."""
    if reading_view(session, clock, row) is None:
        return None
    spoken = reading_of(session, clock.now, row)
    for at in places_of(spoken):
        if place_of(*at) == place:
            break
    else:
        return None
    written = row.text[slice(*at)]
    stretch = next((each for each in spoken.stretches if (each.start, each.end) == at), None)
    is_short = len(written) <= _LONGEST_SPELT and written.isalpha() and written.isupper()
    area = session.get(Area, officer.area) if officer.area else None
    return Mending(
        place=place,
        written=written,
        said=stretch.words.strip() if stretch else "",
        why=_(_WHY[stretch.by]) if stretch else "",
        typed=stretch.words.strip() if stretch else written,
        spelt=spelt(written) if is_short else "",
        says=answer(Place.of(row.text, *at), "loi"),
        spells=answer(Place.of(row.text, *at), "doc", spelt(written)),
        lexicon=_("của {area}").format(area=in_sentence(area)) if area else _("của đài"),
    )


def answer(place: Place, deed: Deed, words: str = "") -> str:
    """What a button sends: a query string."""
    return urlencode(
        {"tu": place.start, "den": place.end, "chu": place.written, "truoc": place.before, "viec": deed, "loi": words}
    )


def read_answer(sent: str) -> tuple[Place, Deed, str]:
    """The place, the deed and its words of what a button sent; raises Invalid for anything else."""
    given = dict(parse_qsl(sent, keep_blank_values=True))
    start, end = (given.get(name, "") for name in ("tu", "den"))
    deed, words = given.get("viec", ""), given.get("loi", "")
    if not (re.fullmatch("[0-9]{1,5}", start) and re.fullmatch("[0-9]{1,5}", end) and deed in _DEEDS):
        raise Invalid("sua", "correction_missing")
    if deed == "thay" and not words.strip():
        raise Invalid("sua", "correction_missing")
    return Place(int(start), int(end), given.get("chu", ""), given.get("truoc", "")), deed, words


def place_of(start: int, end: int) -> str:
    """A place as a form names it."""
    return f"{start}-{end}"


class _Numbered:
    """The warnings with their numbers, found by bisection: a text may have thousands."""

    def __init__(self, warnings: Sequence[ReadingWarning]) -> None:
        self._warnings = warnings
        self._starts = [each.start for each in warnings]
        self._longest = max((each.end - each.start for each in warnings), default=0)

    def at(self, stretch: Stretch) -> list[tuple[int, ReadingWarning]]:
        """The warnings that overlap this stretch."""
        first = bisect_left(self._starts, stretch.start - self._longest)
        last = bisect_left(self._starts, stretch.end)
        near = enumerate(self._warnings[first:last], first + 1)
        return [(number, each) for number, each in near if each.end > stretch.start]


def _spoken_piece(piece: Piece, numbered: _Numbered) -> SpokenPiece:
    stretch = piece.stretch
    if stretch is None:
        return SpokenPiece(piece.words)
    here = numbered.at(stretch)
    kind: PieceKind = "blocked" if any(each.blocks for _number, each in here) else "doubtful" if here else "changed"
    place = place_of(here[0][1].start, here[0][1].end) if here else place_of(stretch.start, stretch.end)
    return SpokenPiece(piece.words, kind, tuple(number for number, _each in here), place)


def _issue(number: int, warning: ReadingWarning, text: str, words: Dialect, today: date) -> Issue:
    place = place_of(warning.start, warning.end)
    has_digit = any(each.isdigit() for each in warning.text)
    says = DOUBT["unread_digits" if warning.kind == "unread" and has_digit else warning.kind]
    said = {"text": warning.text, "digits": sum(each.isdigit() for each in warning.text)}
    answers = _answers(warning, words, today)
    if warning.kind == "wrong_weekday":
        right, named = _weekdays(warning.text, today)
        said |= {"date": right[0], "right": _(right[1]), "named": named}
    return Issue(
        number,
        warning.kind,
        place,
        _(says).format(**said),
        warning.blocks,
        tuple(
            AnswerButton(
                label,
                answer(Place.of(text, warning.start, warning.end), deed, say),
                leaves=deed == "giu",
                quotes=label == say,
            )
            for label, deed, say in answers
        ),
        always=warning.kind in ("ambiguous_abbreviation", "unknown_capitals", "unread"),
    )


def _answers(warning: ReadingWarning, words: Dialect, today: date) -> Iterator[tuple[str, Deed, str]]:
    """The label, the deed and the words of each answer."""
    if warning.kind == "unread":
        if not any(each.isalnum() for each in warning.text):
            yield _("Bỏ ký hiệu này"), "doc", ""
    elif warning.kind == "ambiguous_abbreviation":
        for each in meanings(warning.text)[:_MOST_ANSWERS]:
            yield each, "doc", each
    elif warning.kind == "unknown_capitals":
        yield _("Đánh vần: {letters}").format(letters=spelt(warning.text)), "doc", spelt(warning.text)
    elif warning.kind == "ambiguous_date":
        day, month = (int(each) for each in warning.text.split("/"))
        as_date = f"{cardinal(day, words)} tháng {month_word(month, words)}"
        yield _("ngày {day} tháng {month}").format(day=day, month=month), "doc", f"ngày {as_date}"
        as_share = f"{cardinal(day, words)} trên {cardinal(month, words)}"
        yield as_share, "doc", as_share
    elif warning.kind == "wrong_weekday":
        (_day, weekday), _named = _weekdays(warning.text, today)
        yield _("Sửa thành {weekday}").format(weekday=weekday), "thay", _WEEKDAY.sub(weekday, warning.text, 1)
        moved = _moved_to_weekday(warning.text, today)
        if moved is not None:
            yield _("Sửa thành {date}").format(date=moved), "thay", _DATE.sub(moved, warning.text, 1)
    if warning.kind != "unread":
        yield _("Giữ nguyên"), "giu", ""


def _weekdays(text: str, today: date) -> tuple[tuple[str, str], str]:
    """The date with its right weekday in Vietnamese, which is put into the text, and the weekday as it is written."""
    found, written = _DATE.search(text), _WEEKDAY.search(text)
    if found is None or written is None:
        return ("", ""), ""
    return (found[0], WEEKDAYS[_date(found, today).weekday()]), inside(written[0])


def _date(found: re.Match[str], today: date) -> date:
    """The day; if the year isn't written, the next such day that isn't past."""
    day, month = int(found[1]), int(found[3])
    if found[4]:
        return date(int(found[4]), month, day)
    years = [year for year in (today.year, today.year + 1) if is_day(day, month, year)]
    return next((there for year in years if (there := date(year, month, day)) >= today), date(years[0], month, day))


def _moved_to_weekday(text: str, today: date) -> str | None:
    """The nearest date on the weekday that is written."""
    found, written = _DATE.search(text), _WEEKDAY.search(text)
    if found is None or written is None:
        return None
    wanted = WEEKDAY_NUMBERS[written["name"].lower()] if written["name"] else 6
    there = _date(found, today)
    near = there + timedelta(days=(wanted - there.weekday() + 3) % 7 - 3)
    between = found[2] if found[2] in "/.-" else " năm "
    year = f"{between}{near.year}" if found[4] else ""
    return f"{near.day}{found[2]}{near.month}{year}"


def _facts(kind: FactKind, spoken: SpokenText, text: str) -> Iterator[Fact]:
    """All of a kind. Neighbours that are one thing (7h30 đến 11h; ngày 25, tháng 11) are one fact."""
    joined: list[list[int]] = []
    for at, piece in enumerate(spoken.pieces):
        if piece.stretch is None or not _is_of(kind, piece.stretch, text):
            continue
        before = spoken.pieces[joined[-1][-1]].stretch if joined else None
        joins = _JOINS if kind in ("date", "time") else _RANGE
        if before is not None and joins.fullmatch(text[before.end : piece.stretch.start]):
            joined[-1].append(at)
        else:
            joined.append([at])
    for places in joined:
        first, last = spoken.pieces[places[0]].stretch, spoken.pieces[places[-1]].stretch
        if first is None or last is None:
            continue
        behind = _OF_MONEY.match(text[last.end : last.end + 30]) if kind == "money" else None
        end = last.end + (behind.end() if behind else 0)
        said = "".join(each.words for each in spoken.pieces[places[0] : places[-1] + 1])
        yield Fact(" ".join(_FIRST_WORD.sub("", text[first.start : end], count=1).split()), said)


def _is_of(kind: FactKind, stretch: Stretch, text: str) -> bool:
    if kind == "date":
        before = text[max(0, stretch.start - 10) : stretch.start]
        return stretch.kind == "date" or (stretch.kind == "number" and bool(_OF_DATE.search(before)))
    if kind == "money":
        written = text[stretch.start : stretch.end]
        is_amount = stretch.kind in ("measure", "number", "range") and any(each.isdigit() for each in written)
        counts_money = bool(_OF_MONEY.match(text[stretch.end : stretch.end + 30]) or _SHORT_MONEY.search(written))
        return is_amount and ("đồng" in stretch.words.split() or counts_money)
    return stretch.kind == kind
