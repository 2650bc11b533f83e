"""“Lời phát ngay” (/ban-tin/{announcement}/phat-ngay): a text approved beforehand, which one approver may set off.

An editor hands in where, in which hours, how often and until when, or ends it (POST to
/ban-tin/{announcement}/phat-ngay/{standing}/thoi). It is set off from “Kiểm tra lần cuối”, with one button.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.announcements.lists import require_announcement
from controller.announcements.sound import clips_named
from controller.database.tables import Announcement
from controller.errors import Conflict, Invalid, OfficeError
from controller.orders.orders import FURTHEST_AHEAD
from controller.orders.spoken_version import handed_in_versions
from controller.orders.standing_texts import MOST_USES, StandingOrder, end_standing_text, make_standing_text
from controller.planning.standing_now import StandingNow, standing_now
from controller.station.area_tree import area_tree
from controller.station.charges import may, tops
from controller.station.officers import all_officers
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForEditors, Page, PageValues, ThePage
from controller.web.frame.typed_times import instant, read_date, read_periods
from controller.web.ordering.choices import NOW, Choices, how_often, without_doubles
from controller.web.words.order_sentence import order_sentence
from controller.web.words.place_names import AreaChoice, area_choices

router = APIRouter(include_in_schema=False)

_FIELDS = {"areas": "dia-ban", "hours": "gio", "most_times": "so-lan", "until": "ngay"}


class MadeStanding(BaseModel):
    """The id of the standing text that was made."""

    standing: str


@dataclass(frozen=True)
class StandingLine:
    """One standing text. `approved`: by whom and when. `set_off`: the path where the reader lets it sound; empty: the
    reader may not. `may_end`: the reader may.
    """

    now: StandingNow
    sentence: str
    approved: tuple[tuple[str, datetime], ...]
    set_off: str
    may_end: bool


@dataclass(frozen=True, kw_only=True)
class StandingPage(PageValues):
    """`areas`: where the reader may ask for one; none: nowhere. `handed_in`: a version of it can be approved."""

    template: ClassVar[str] = "ordering/standing.html"
    row: Announcement
    lines: list[StandingLine]
    areas: list[AreaChoice]
    handed_in: bool
    typed: Form | None
    wrong: FieldErrors
    problem: str
    once: str = field(default_factory=new_token)
    most_uses: int = MOST_USES
    most_days: int = FURTHEST_AHEAD.days


@router.get("/ban-tin/{announcement}/phat-ngay")
def get(page: ThePage, announcement: str) -> Response:
    return _show(page, announcement)


@router.post("/ban-tin/{announcement}/phat-ngay")
def post(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Ask that the text be approved beforehand."""

    def deed(session: Session) -> MadeStanding:
        areas, _single = without_doubles(Choices(areas=tuple(form.texts("dia-ban"))), area_tree(session), {})
        order = StandingOrder(
            announcement=announcement,
            areas=areas,
            hours=tuple(read_periods(form.text("gio"), "gio")),
            most_times=form.whole("so-lan", 1, MOST_USES),
            until=_end_of(page, read_date(form.text("ngay").strip())),
            times=how_often(Choices(times=form.text("lan", "1"))),
        )
        return MadeStanding(standing=make_standing_text(session, page.now, page.officer, order).of_order)

    try:
        do_once(page, form, MadeStanding, deed)
    except (Invalid, Conflict) as error:
        return _show(page, announcement, form, error)
    return page.go(f"/ban-tin/{announcement}/phat-ngay")


@router.post("/ban-tin/{announcement}/phat-ngay/{standing}/thoi")
def post_end(form: CheckedForm, page: ForEditors, announcement: str, standing: str) -> Response:
    """End it: nobody sets it off any more."""
    del form
    with page.office.database.writing() as session:
        end_standing_text(session, page.now, page.officer, standing)
    return page.go(f"/ban-tin/{announcement}/phat-ngay")


def _end_of(page: Page, day: date) -> datetime:
    """The end of the day, which the field's own date names."""
    return instant(day + timedelta(days=1), time(), page.clock.zone) if day < date.max else page.now


def _show(page: Page, announcement: str, form: Form | None = None, error: OfficeError | None = None) -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        tree = area_tree(session)
        values = StandingPage(
            row=row,
            lines=_lines(session, page, row),
            areas=area_choices(tree, tree.subtree(tops(page.charges, "editor", tree))),
            handed_in=bool(handed_in_versions(session, [row])),
            typed=form,
            wrong=FieldErrors.of(error, _FIELDS),
            problem=str(error) if isinstance(error, Conflict) else "",
        )
    return page.show(values, error.status if error else 200)


def _lines(session: Session, page: Page, row: Announcement) -> list[StandingLine]:
    found = standing_now(session, page.now, row.announcement)
    names = {each.officer: each.name for each in all_officers(session)} if found else {}
    clips, tree = clips_named(session, {each.content["clip"] for each in found}), area_tree(session)
    return [
        StandingLine(
            now=each,
            sentence=str(order_sentence(tree, page.clock, each.content, {}, clips[each.content["clip"]])),
            approved=tuple((names[one.approver], one.at) for one in each.approvals),
            set_off=_path_to_set_off(each) if _may_set_off(session, page, each) else "",
            may_end=may(page.charges, "editor", each.row.areas, tree),
        )
        for each in found
    ]


def _may_set_off(session: Session, page: Page, each: StandingNow) -> bool:
    left = each.used < each.row.most_times
    return each.in_force and left and may(page.charges, "approver", each.row.areas, area_tree(session))


def _path_to_set_off(each: StandingNow) -> str:
    choices = Choices(areas=tuple(each.row.areas), when=NOW, times=str(each.row.times), approved=True)
    return f"/ban-tin/{each.row.announcement}/kiem-tra?" + urlencode(choices.pairs())
