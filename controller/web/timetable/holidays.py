"""“Ngày nghỉ lễ” (/ngay-nghi): the days off of a year, provisional or by decree. Administrators change them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.errors import Invalid
from controller.planning.holidays import YearHolidays, holidays_of_year, reset_year, set_year
from controller.planning.schedule_lists import live_schedules
from controller.station.names import require_name
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.page import ForStationAdministrators, Page, PageValues, ThePage
from controller.web.frame.typed_times import read_date
from controller.web.words.holiday_names import SWAP_DAY, holiday_name, kept_name
from controller.web.words.vietnamese import capital
from schedules.limits import HOLIDAY_YEARS
from schedules.public_holidays import public_holidays

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class DayOff:
    """One day off. `day`: dd/mm/yyyy; `title`: with its weekday. `by_law`: not only because this station entered it.

    `name`: as it is kept; `said`: in the reader's language.
    """

    day: str
    title: str
    name: str
    said: str
    by_law: bool


@dataclass(frozen=True, kw_only=True)
class HolidaysPage(PageValues):
    """One year. `left_out`: days off by law that this station has dropped. `before`, `after`: None: not offered.

    `skipping`: how many schedules skip holidays. `may`: the reader may change the year. `usual`: the name that the form
    proposes.
    """

    template: ClassVar[str] = "timetable/holidays.html"
    year: YearHolidays
    days: list[DayOff]
    left_out: list[DayOff]
    before: int | None
    after: int | None
    skipping: int
    may: bool
    usual: str
    typed: Form | None
    wrong: FieldErrors


@router.get("/ngay-nghi")
def get(page: ThePage, nam: int | None = None) -> Response:
    """`nam`: the year; without it, this year."""
    return _show_year(page, page.clock.today.year if nam is None else nam)


@router.post("/ngay-nghi/{year}/them")
def post_day(form: CheckedForm, page: ForStationAdministrators, year: int) -> Response:
    """Add a day off, or give one a new name."""
    try:
        day = read_date(form.text("ngay").strip())
        name = kept_name(require_name("ten", form.line("ten")))
        with page.office.database.writing() as session:
            there = holidays_of_year(session, year)
            set_year(session, page.now, page.officer, year, there.days | {day: name}, there.decree)
    except Invalid as error:
        return _show_year(page, year, form, error)
    return page.go(f"/ngay-nghi?nam={year}")


@router.post("/ngay-nghi/{year}/bo")
def post_no_day(form: CheckedForm, page: ForStationAdministrators, year: int) -> Response:
    """Make a day off a working day."""
    try:
        gone = read_date(form.text("ngay"))
        with page.office.database.writing() as session:
            there = holidays_of_year(session, year)
            days = {day: name for day, name in there.days.items() if day != gone}
            set_year(session, page.now, page.officer, year, days, there.decree)
    except Invalid as error:
        return _show_year(page, year, form, error)
    return page.go(f"/ngay-nghi?nam={year}")


@router.post("/ngay-nghi/{year}/quyet-dinh")
def post_decree(form: CheckedForm, page: ForStationAdministrators, year: int) -> Response:
    """Set the decree of the year; empty: the year is provisional again."""
    try:
        with page.office.database.writing() as session:
            days = holidays_of_year(session, year).days
            set_year(session, page.now, page.officer, year, days, form.line("quyet-dinh"))
    except Invalid as error:
        return _show_year(page, year, form, error)
    return page.go(f"/ngay-nghi?nam={year}")


@router.post("/ngay-nghi/{year}/theo-luat")
def post_law(form: CheckedForm, page: ForStationAdministrators, year: int) -> Response:
    """Forget what this station entered: the days off are those of the law."""
    del form
    with page.office.database.writing() as session:
        reset_year(session, page.now, page.officer, year)
    return page.go(f"/ngay-nghi?nam={year}")


def _show_year(page: Page, year: int, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        found = holidays_of_year(session, year)
        skipping = sum(row.skip_holidays for row in live_schedules(session))
    law = {each.day: each.name for each in public_holidays(year)}
    values = HolidaysPage(
        year=found,
        days=[_day_off(page, day, name, by_law=day in law) for day, name in sorted(found.days.items())],
        left_out=[_day_off(page, day, name, by_law=True) for day, name in law.items() if day not in found.days],
        before=year - 1 if year - 1 in HOLIDAY_YEARS else None,
        after=year + 1 if year + 1 in HOLIDAY_YEARS else None,
        skipping=skipping,
        may=page.holds_in_station("administrator"),
        usual=holiday_name(SWAP_DAY),
        typed=form,
        # What is wrong with the days as a whole is said at the field of the day.
        wrong=FieldErrors.of(error, {"days": "ngay", "year": "ngay", "decree": "quyet-dinh"}),
    )
    return page.show(values, 422 if error else 200)


def _day_off(page: Page, day: date, name: str, *, by_law: bool) -> DayOff:
    noon = datetime.combine(day, time(12), page.clock.zone)
    return DayOff(f"{day:%d/%m/%Y}", capital(page.clock.weekday_date(noon)), name, holiday_name(name), by_law)
