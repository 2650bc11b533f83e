"""A day's broadcasts as a list to print and to sign: when, what, where, how long, and how it stands."""

from datetime import datetime, time, timedelta

from fastapi import APIRouter, Response

from controller.planning.holidays import holidays_between
from controller.web.frame.page import ThePage
from controller.web.timetable.entries import Entries
from controller.web.timetable.week import read_day
from controller.web.timetable.week_view import day_notes, quiet_lines

router = APIRouter(include_in_schema=False)


@router.get("/lich-ngay")
def get(page: ThePage, ngay: str = "") -> Response:
    """The list of a day (dd/mm/yyyy; empty: today)."""
    day = read_day(page, ngay, "ngay")
    with page.reading() as session:
        make = Entries(session, page)
        entries = make.between(day, day)
        notes = day_notes(session, day, holidays_between(session, day, day).get(day))
        quiet = quiet_lines(make.tree)
    return page.show(
        "timetable/today.html",
        day=day,
        title=page.clock.weekday_date(datetime.combine(day, time(12), page.clock.zone)),
        entries=entries,
        notes=notes,
        quiet=quiet,
        before=f"{day - timedelta(days=1):%d/%m/%Y}",
        after=f"{day + timedelta(days=1):%d/%m/%Y}",
    )
