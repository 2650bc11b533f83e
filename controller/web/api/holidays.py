"""`/holidays/{year}`: the days off of one year."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from controller.planning.holidays import MOST_HOLIDAYS_A_YEAR, YearHolidays, holidays_of_year, reset_year, set_year
from controller.web.api.schedules import Day
from controller.web.frame.access import Caller, StationAdministrator, TheOffice
from controller.web.frame.fields import Body, NameText, View

router = APIRouter(tags=["holidays"])


class HolidayBody(Body):
    """One day off."""

    day: Day
    name: NameText


class YearBody(Body):
    """All days off of a year. `decree`: which decree says so; null: the year stays provisional."""

    days: Annotated[list[HolidayBody], Field(max_length=MOST_HOLIDAYS_A_YEAR)]
    decree: NameText | None = None


class HolidayView(View):
    """One day off."""

    day: date
    name: str


class YearView(View):
    """A year. `provisional`: no decree has been entered."""

    year: int
    days: list[HolidayView]
    decree: str | None
    provisional: bool


@router.get("/holidays/{year}")
def get_year(year: int, office: TheOffice, _caller: Caller) -> YearView:
    """The days off of one year."""
    with office.database.reading() as session:
        return _year_view(holidays_of_year(session, year))


@router.put("/holidays/{year}")
def put_year(year: int, body: YearBody, office: TheOffice, caller: StationAdministrator) -> YearView:
    """Set all of them. Broadcasts of schedules that skip holidays are planned anew."""
    days = {each.day: each.name for each in body.days}
    with office.database.writing() as session:
        return _year_view(set_year(session, office.now(), caller.officer, year, days, body.decree))


@router.delete("/holidays/{year}")
def delete_year(year: int, office: TheOffice, caller: StationAdministrator) -> YearView:
    """Forget what was entered: the year's days off are those of the law."""
    with office.database.writing() as session:
        return _year_view(reset_year(session, office.now(), caller.officer, year))


def _year_view(year: YearHolidays) -> YearView:
    days = [HolidayView(day=day, name=name) for day, name in sorted(year.days.items())]
    return YearView(year=year.year, days=days, decree=year.decree, provisional=year.decree is None)
