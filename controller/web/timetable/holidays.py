"""“Ngày nghỉ lễ”: the holidays of a year, provisional or by decree; read by everybody, changed by administrators."""

from dataclasses import dataclass
from datetime import date, datetime, time

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.errors import Invalid
from controller.planning.holidays import reset_year, set_year, year_of
from controller.planning.schedule_lists import live_schedules
from controller.station.officers import require_role
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.page import Page, ThePage
from controller.web.frame.typed_times import read_date
from controller.web.words.vietnamese import capital
from controller.words.translation import _
from schedules.limits import HOLIDAY_YEARS
from schedules.public_holidays import public_holidays

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class DayOff:
    """One day. `by_law`: also without an entry of this station."""

    day: str
    title: str
    name: str
    by_law: bool


@router.get("/ngay-nghi")
def get(page: ThePage, nam: int | None = None) -> Response:
    """A year's; without one, this year's."""
    return _shown(page, page.clock.today.year if nam is None else nam)


@router.post("/ngay-nghi/{year}/them")
def post_day(form: CheckedForm, page: ThePage, year: int) -> Response:
    """One more day off; the same day again gets the new name."""
    require_role(page.officer)
    try:
        day, name = read_date(form.text("ngay").strip()), form.line("ten", 100)
        with page.office.database.writing() as session:
            there = year_of(session, year)
            set_year(session, page.now, page.officer, year, there.days | {day: name}, there.decree)
    except Invalid as error:
        return _shown(page, year, form, error)
    return page.go(f"/ngay-nghi?nam={year}")


@router.post("/ngay-nghi/{year}/bo")
def post_no_day(form: CheckedForm, page: ThePage, year: int) -> Response:
    """That day is a working day."""
    require_role(page.officer)
    try:
        gone = read_date(form.text("ngay"))
        with page.office.database.writing() as session:
            there = year_of(session, year)
            days = {day: name for day, name in there.days.items() if day != gone}
            set_year(session, page.now, page.officer, year, days, there.decree)
    except Invalid as error:
        return _shown(page, year, form, error)
    return page.go(f"/ngay-nghi?nam={year}")


@router.post("/ngay-nghi/{year}/quyet-dinh")
def post_decree(form: CheckedForm, page: ThePage, year: int) -> Response:
    """By which decree the year is as it is; empty: provisional again."""
    require_role(page.officer)
    try:
        decree = form.maybe_line("quyet-dinh", 200)
        with page.office.database.writing() as session:
            set_year(session, page.now, page.officer, year, year_of(session, year).days, decree)
    except Invalid as error:
        return _shown(page, year, form, error)
    return page.go(f"/ngay-nghi?nam={year}")


@router.post("/ngay-nghi/{year}/theo-luat")
def post_law(form: CheckedForm, page: ThePage, year: int) -> Response:
    """Forget what this station entered."""
    del form
    require_role(page.officer)
    with page.office.database.writing() as session:
        reset_year(session, page.now, page.officer, year)
    return page.go(f"/ngay-nghi?nam={year}")


def _shown(page: Page, year: int, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        values = _values(session, page, year)
    # What is wrong with the days as a whole is said at the field of the day.
    wrong = Wrong({{"days": "ngay", "year": "ngay"}.get(error.field, error.field): str(error)}) if error else Wrong()
    return page.show("timetable/holidays.html", 422 if error else 200, typed=form, wrong=wrong, **values)


def _values(session: Session, page: Page, year: int) -> dict[str, object]:
    there = year_of(session, year)
    law = {each.day: each.name for each in public_holidays(year)}
    return {
        "year": there,
        "days": [_day(page, day, name, by_law=day in law) for day, name in sorted(there.days.items())],
        "left_out": [_day(page, day, name, by_law=True) for day, name in law.items() if day not in there.days],
        "before": year - 1 if year - 1 in HOLIDAY_YEARS else None,
        "after": year + 1 if year + 1 in HOLIDAY_YEARS else None,
        "skipping": sum(row.skip_holidays for row in live_schedules(session)),
        "may": page.officer.role == "administrator",
        "usual": _("Nghỉ hoán đổi"),
    }


def _day(page: Page, day: date, name: str, *, by_law: bool) -> DayOff:
    noon = datetime.combine(day, time(12), page.clock.zone)
    return DayOff(f"{day:%d/%m/%Y}", capital(page.clock.weekday_date(noon)), name, by_law)
