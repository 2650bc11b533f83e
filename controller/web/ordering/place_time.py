"""“Chọn nơi và giờ phát” (/ban-tin/{announcement}/phat): where, now or when, and the sentence that says it all.

/phan/cau/{announcement} answers the sentence of each choice for the script.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from controller.announcements.drafts import may_change
from controller.announcements.lists import require_announcement
from controller.broadcasts.session_limits import breaches
from controller.database.tables import Announcement, AnnouncementVersion, Schedule
from controller.errors import Invalid, OfficeError
from controller.orders.spoken_version import SpokenVersion, current_version, handed_in_versions
from controller.orders.standing_texts import standing_words
from controller.orders.standings import AnnouncementState, standing_of
from controller.outlook.order_preview import Preview, preview
from controller.planning.schedule_orders import order_of as order_of_schedule
from controller.station.area_tree import area_tree
from controller.station.facts import time_zone
from controller.station.speaker_lists import all_speakers
from controller.web.admission.sound_waits import wait_for_sound
from controller.web.frame.forms import FieldErrors
from controller.web.frame.page import ForEditors, FragmentValues, Page, PageValues
from controller.web.ordering.area_choice import AreaBox, area_boxes
from controller.web.ordering.choices import AGAIN, AT_A_TIME, NOW, Choices, order_of, read_choices
from controller.web.ordering.repeat_form import read_times
from controller.web.ordering.repeat_order import schedule_order
from controller.web.ordering.repeat_sentence import preview_schedule
from controller.web.ordering.sentence import Sentence, sentence_of
from controller.web.words.repeats import CODES
from controller.web.words.vietnamese import WEEKDAYS

router = APIRouter(include_in_schema=False)

CHOOSING_WAITS_S = 5.0
"""How long the page waits for the sound, without which the sentence can't say how long it lasts."""
_FIELDS = {
    "areas": "dia-ban",
    "speakers": "dia-ban",
    "starts_at": "gio",
    "rrule": "nhung-ngay",
    "first_start": "ngay",
    "until": "den",
}


@dataclass(frozen=True)
class SentenceOrMissing:
    """The sentence of some choices. If they make no order (None): what is `missing`, and `wrong` with which field.

    Before anything is chosen all three are empty.
    """

    sentence: Sentence | None = None
    missing: str = ""
    wrong: FieldErrors = field(default_factory=FieldErrors)


@dataclass(frozen=True, kw_only=True)
class PlaceTimePage(PageValues):
    """`said`: the version that will sound; `state`: where it stands. `tomorrow`: dd/mm/yyyy.

    `weekdays`: codes of RFC 5545 with their names.
    """

    template: ClassVar[str] = "ordering/place_time.html"
    row: Announcement
    said: Announcement | AnnouncementVersion
    state: AnnouncementState
    choices: Choices
    boxes: list[AreaBox]
    sentence: Sentence | None
    missing: str
    wrong: FieldErrors
    tomorrow: str
    weekdays: list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class SentenceFragment(FragmentValues):
    """The sentence, and in `boxes` how many speakers of each area the choices reach."""

    fragment: ClassVar[str] = "ordering/sentence_fragment.html"
    boxes: list[AreaBox]
    sentence: Sentence | None
    missing: str


class AddressFields:
    """The choices in an address."""

    def __init__(self, request: Request) -> None:
        self._query = request.query_params

    def texts(self, name: str) -> list[str]:
        """All texts of a field; none: it isn't in the address."""
        return self._query.getlist(name)

    @property
    def anything(self) -> bool:
        """Whether a place or a time was chosen."""
        return "khi" in self._query or "dia-ban" in self._query or "cum-loa" in self._query


def choices_asked(page: Page, row: Announcement) -> Choices:
    """The choices in the address. An emergency is for now, unless another time is chosen."""
    otherwise = Choices(date=page.clock.date(page.now))
    if row.bulletin_class == "emergency":
        otherwise = replace(otherwise, when=NOW)
    return read_choices(AddressFields(page.request), otherwise)


def words_to_order(session: Session, page: Page, row: Announcement, choices: Choices) -> SpokenVersion:
    """What the reader's order would say: the newest version, which the order hands in too; raises Conflict (no sound).

    Who isn't in charge of the announcement's area can't hand it in, and orders what was handed in before, or sets off a
    standing text.
    """
    return _words_handed_in(session, page, row, choices) or current_version(row)


def version_to_order(
    session: Session, page: Page, row: Announcement, choices: Choices
) -> Announcement | AnnouncementVersion:
    """The version that `words_to_order` says, whose sound may still be missing."""
    words = _words_handed_in(session, page, row, choices)
    if words is None or words.version == row.version:
        return row
    return session.get_one(AnnouncementVersion, (row.announcement, words.version))


def _words_handed_in(session: Session, page: Page, row: Announcement, choices: Choices) -> SpokenVersion | None:
    if may_change(page.charges, row, area_tree(session)) and not choices.approved:
        return None
    standing = None
    if choices.when == NOW:
        with suppress(Invalid):  # said where it is ordered
            order = order_of(row.announcement, choices, area_tree(session), all_speakers(session), page.clock.zone)
            standing = standing_words(session, page.now, page.officer, order)
    return standing or handed_in_versions(session, [row]).get(row.announcement)


def may_order(session: Session, page: Page, row: Announcement) -> bool:
    """Whether an order of the reader can ask approval: the reader may hand it in, or somebody has."""
    may = may_change(page.charges, row, area_tree(session))
    return may or bool(handed_in_versions(session, [row]))


def preview_of(session: Session, page: Page, row: Announcement, choices: Choices) -> tuple[Preview, Sentence]:
    """What these choices would do. Raises what ordering raises, with the names of the form's fields."""
    tree, speakers = area_tree(session), all_speakers(session)
    words = words_to_order(session, page, row, choices)
    try:
        if choices.when == AGAIN:
            again = schedule_order(row.announcement, choices, tree, speakers, *zone_and_exceptions(session, choices))
            seen, sentence, free = preview_schedule(session, page, again, words, choices.schedule)
            if free is not None and len(read_times(choices.time)) == 1:
                at = page.clock.time(free)
                sentence = replace(sentence, instead=(at, _address(row, replace(choices, time=at))))
            return seen, sentence
        order = order_of(row.announcement, choices, tree, speakers, page.clock.zone)
        seen = preview(session, page.now, page.officer, order, words)
    except Invalid as error:
        raise error.of(_FIELDS.get(error.field, error.field)) from None
    warnings = tuple(breaches(session, page.now, tree, seen.broadcast))
    sentence = replace(sentence_of(session, tree, seen, page.clock), warnings=warnings)
    free = seen.free_at
    if free is not None:
        then = replace(choices, when=AT_A_TIME, date=page.clock.date(free), time=page.clock.time(free))
        sentence = replace(sentence, instead=(page.clock.when(free), _address(row, then)))
    return seen, sentence


def _address(row: Announcement, choices: Choices) -> str:
    return f"/ban-tin/{row.announcement}/phat?{choices.query()}"


def zone_and_exceptions(session: Session, choices: Choices) -> tuple[str, tuple[date, ...]]:
    """The time zone and the exception dates that the schedule will have: a changed one keeps its own."""
    row = session.get(Schedule, choices.schedule) if choices.schedule else None
    return (row.time_zone, order_of_schedule(row).exception_dates) if row else (time_zone(session), ())


async def _wait_for_sound(request: Request, _page: ForEditors, announcement: str) -> None:
    await wait_for_sound(request, announcement, CHOOSING_WAITS_S)


@router.get("/ban-tin/{announcement}/phat", dependencies=[Depends(_wait_for_sound)])
def get(page: ForEditors, announcement: str) -> Response:
    """The choices, and what they would do. Without script a button shows the sentence again.

    Of a draft that the reader can't hand in its own page is shown instead.
    """
    with page.reading() as session:
        row = require_announcement(session, announcement)
        if not may_order(session, page, row):
            return page.go(f"/ban-tin/{announcement}")
        choices = choices_asked(page, row)
        anything = AddressFields(page.request).anything
        found = _sentence(session, page, row, choices) if anything else SentenceOrMissing()
        said = version_to_order(session, page, row, choices)
        values = PlaceTimePage(
            row=row,
            said=said,
            state=standing_of(session, row).state if said is row else "approved",
            choices=choices,
            boxes=area_boxes(session, page.now, area_tree(session), page.charges, choices),
            sentence=found.sentence,
            missing=found.missing,
            wrong=found.wrong,
            tomorrow=page.clock.date_after(1),
            weekdays=list(zip(CODES, WEEKDAYS, strict=True)),
        )
    return page.show(values, 422 if found.wrong else 200)


@router.get("/phan/cau/{announcement}")
def get_sentence(page: ForEditors, announcement: str) -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        choices = choices_asked(page, row)
        found = _sentence(session, page, row, choices)
        boxes = area_boxes(session, page.now, area_tree(session), page.charges, choices)
    return page.fragment(SentenceFragment(boxes=boxes, sentence=found.sentence, missing=found.missing))


def _sentence(session: Session, page: Page, row: Announcement, choices: Choices) -> SentenceOrMissing:
    try:
        _seen, sentence = preview_of(session, page, row, choices)
    except OfficeError as error:
        return SentenceOrMissing(missing=str(error), wrong=FieldErrors.of(error))
    return SentenceOrMissing(sentence)
