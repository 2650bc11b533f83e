"""“Chọn nơi và giờ phát”: the tree of areas, now or at a set hour, and the sentence that follows each choice."""

from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from controller.announcements.drafts import require_announcement, standing
from controller.broadcasts.session_limits import breaches
from controller.database.tables import Announcement, Schedule
from controller.errors import Invalid, OfficeError
from controller.outlook.order_preview import Preview, preview
from controller.planning.schedule_orders import order_of as order_of_schedule
from controller.station.area_tree import area_tree
from controller.station.facts import time_zone
from controller.station.officers import require_role
from controller.station.speakers_there import all_speakers
from controller.web.frame.forms import Wrong
from controller.web.frame.page import Page, ThePage
from controller.web.ordering.area_choice import area_boxes
from controller.web.ordering.choices import AGAIN, AT_A_TIME, NOW, Choices, order_of, read_choices
from controller.web.ordering.repeat_form import CODES, read_times
from controller.web.ordering.repeat_order import schedule_order
from controller.web.ordering.repeat_sentence import preview_again
from controller.web.ordering.sentence import Sentence, sentence_of
from controller.web.words.vietnamese import WEEKDAYS
from controller.web.writing.sound_state import sound_of

router = APIRouter(include_in_schema=False)

CHOOSING_WAITS_S = 5.0
"""For the sound: the places can be chosen without it, and the sentence follows with it."""
_FIELDS = {
    "areas": "dia-ban",
    "speakers": "dia-ban",
    "starts_at": "gio",
    "rrule": "nhung-ngay",
    "first_start": "ngay",
    "until": "den",
}


class Asked:
    """The choices in an address."""

    def __init__(self, request: Request) -> None:
        self._query = request.query_params

    def texts(self, name: str) -> list[str]:
        """All texts of a field."""
        return self._query.getlist(name)

    @property
    def anything(self) -> bool:
        """Whether a choice was made."""
        return "khi" in self._query or "dia-ban" in self._query or "cum-loa" in self._query


def choices_asked(page: Page, row: Announcement) -> Choices:
    """The address's choices. An emergency is for now, unless another hour is chosen."""
    otherwise = Choices(date=page.clock.date(page.now))
    if row.bulletin_class == "emergency":
        otherwise = replace(otherwise, when=NOW)
    return read_choices(Asked(page.request), otherwise)


def preview_of(session: Session, page: Page, row: Announcement, choices: Choices) -> tuple[Preview, Sentence]:
    """What these choices would do; raises as an order would, with the form's own fields."""
    tree, speakers = area_tree(session), all_speakers(session)
    try:
        if choices.when == AGAIN:
            again = schedule_order(row.announcement, choices, tree, speakers, *zone_and_exceptions(session, choices))
            seen, sentence, free = preview_again(session, page, again, choices.schedule)
            if free is not None and len(read_times(choices.time)) == 1:
                at = page.clock.time(free)
                sentence = replace(sentence, instead=(at, _address(row, replace(choices, time=at))))
            return seen, sentence
        order = order_of(row.announcement, choices, tree, speakers, page.clock.zone)
        seen = preview(session, page.now, page.officer, order)
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
    """The zone and the days left out of the schedule that is changed, which stay; of a new one the station's, none."""
    row = session.get(Schedule, choices.schedule) if choices.schedule else None
    return (row.time_zone, order_of_schedule(row).exception_dates) if row else (time_zone(session), ())


@router.get("/ban-tin/{announcement}/phat")
def get(page: ThePage, announcement: str) -> Response:
    """The choices, and what they would do. Without script a button shows the sentence again."""
    require_role(page.officer, "editor", "approver")
    page.office.preparation.wait_if_there(announcement, CHOOSING_WAITS_S)
    with page.reading() as session:
        row = require_announcement(session, announcement)
        choices = choices_asked(page, row)
        tree = area_tree(session)
        asked = Asked(page.request).anything
        said = _said(session, page, row, choices, asked=asked)
        values = {
            "boxes": area_boxes(session, page.now, tree, page.officer, choices),
            "state": standing(session, row).state,
            "sound": sound_of(session, row),
        }
    return page.show(
        "ordering/place_time.html",
        422 if said["wrong"] else 200,
        row=row,
        choices=choices,
        tomorrow=page.clock.date_after(1),
        weekdays=list(zip(CODES, WEEKDAYS, strict=True)),
        **said,
        **values,
    )


@router.get("/phan/cau/{announcement}")
def get_sentence(page: ThePage, announcement: str) -> Response:
    """The sentence of the choices, as a part of the page."""
    with page.reading() as session:
        row = require_announcement(session, announcement)
        choices = choices_asked(page, row)
        said = _said(session, page, row, choices, asked=True)
        boxes = area_boxes(session, page.now, area_tree(session), page.officer, choices)
    return page.fragment("ordering/sentence_fragment.html", boxes=boxes, **said)


def _said(session: Session, page: Page, row: Announcement, choices: Choices, *, asked: bool) -> dict[str, Any]:
    """The sentence, or what is still missing for one."""
    if not asked:
        return {"sentence": None, "missing": "", "wrong": Wrong()}
    try:
        _seen, sentence = preview_of(session, page, row, choices)
    except Invalid as error:
        return {"sentence": None, "missing": str(error), "wrong": Wrong({error.field: str(error)})}
    except OfficeError as error:
        return {"sentence": None, "missing": str(error), "wrong": Wrong()}
    return {"sentence": sentence, "missing": "", "wrong": Wrong()}
