"""“Lịch ngày” (/lich-ngay): one day's broadcasts as a list to print and to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.planning.holidays import holidays_between
from controller.web.frame.page import PageValues, ThePage
from controller.web.timetable.entries import TimetableEntries, TimetableEntry
from controller.web.timetable.week import read_day
from controller.web.timetable.week_view import day_notes, quiet_lines

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class DayPage(PageValues):
    """`notes`: what else the day is (rằm, a holiday). `before`, `after`: the days around it, as dd/mm/yyyy."""

    template: ClassVar[str] = "timetable/day.html"
    day: date
    title: str
    entries: list[TimetableEntry]
    notes: Sequence[str]
    quiet: list[str]
    before: str
    after: str


@router.get("/lich-ngay")
def get(page: ThePage, ngay: str = "") -> Response:
    """`ngay`: the day as dd/mm/yyyy; empty: today."""
    day = read_day(page, ngay, "ngay")
    with page.reading() as session:
        make = TimetableEntries(session, page)
        entries = make.between(day, day)
        notes = day_notes(session, day, holidays_between(session, day, day).get(day))
        quiet = quiet_lines(make.tree)
    values = DayPage(
        day=day,
        title=page.clock.weekday_date(datetime.combine(day, time(12), page.clock.zone)),
        entries=entries,
        notes=notes,
        quiet=quiet,
        before=f"{day - timedelta(days=1):%d/%m/%Y}",
        after=f"{day + timedelta(days=1):%d/%m/%Y}",
    )
    return page.show(values)
