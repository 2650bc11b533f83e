"""“Lịch tuần” (/lich-tuan): what each area will hear in a week, on screen and on paper.

Where two priority bulletins want the same minutes, officers decide there which goes first.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from controller.broadcasts.priority_order import decide_priority
from controller.errors import Invalid
from controller.station.area_tree import area_tree
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import ForEditors, Page, PageValues, ThePage
from controller.web.frame.typed_times import read_date
from controller.web.timetable.week_view import Week, week_of
from schedules.limits import LUNAR_YEARS

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class WeekPage(PageValues):
    """`area`: only what is heard in it; empty: everywhere. `before`, `after`: the Mondays around, as dd/mm/yyyy."""

    template: ClassVar[str] = "timetable/week.html"
    week: Week
    area: str
    before: str
    after: str
    empty: bool


@router.get("/lich-tuan")
def get(page: ThePage, tuan: str = "", area: Annotated[str, Query(alias="dia-ban")] = "") -> Response:
    """`tuan`: a day of the week, as dd/mm/yyyy; empty: today."""
    day = read_day(page, tuan, "tuan")
    monday = day - timedelta(days=day.weekday())
    with page.reading() as session:
        if area:
            area_tree(session).require(area)
        week = week_of(session, page, monday, area)
    values = WeekPage(
        week=week,
        area=area,
        before=f"{monday - timedelta(days=7):%d/%m/%Y}",
        after=f"{monday + timedelta(days=7):%d/%m/%Y}",
        empty=not any(each.entries for each in week.days),
    )
    return page.show(values)


@router.post("/lich-tuan/thu-tu")
def post_order(form: CheckedForm, page: ForEditors) -> Response:
    """Decide which of two priority bulletins goes first."""
    first = form.text("truoc")
    second = next((each for each in form.texts("hai-luot") if each != first), "")

    with page.office.database.writing() as session:
        decide_priority(session, page.now, page.officer, first, second, always=form.text("cac-lan-sau") == "1")
    where = {name: form.text(name) for name in ("tuan", "dia-ban") if form.text(name)}
    return page.go("/lich-tuan?" + urlencode(where))


def read_day(page: Page, text: str, field: str) -> date:
    """A day of an address, as dd/mm/yyyy; empty: today. Raises Invalid."""
    if not text:
        return page.clock.today
    try:
        day = read_date(text)
    except Invalid as error:
        raise error.of(field) from None
    if day.year not in LUNAR_YEARS[1:-1]:
        raise Invalid(field, "year_range", first=str(LUNAR_YEARS[1]), last=str(LUNAR_YEARS[-2]))
    return day
