"""Public holidays of the station: those of the law, until an officer changes the year or enters its decree.

A decree each autumn sets the swap days of the next year. A year without its decree is provisional, and shown as such.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, delete, select

from controller.database.tables import Holiday, HolidayYear, Officer
from controller.errors import Invalid
from controller.planning.schedule_lists import plan_again
from controller.station import audit
from controller.station.charges import WHOLE_STATION, require
from controller.station.names import require_name, require_name_if_any
from schedules.limits import HOLIDAY_YEARS
from schedules.public_holidays import public_holidays

MOST_HOLIDAYS_A_YEAR = 60
_LOOKS_AHEAD = timedelta(days=400)


@dataclass(frozen=True)
class YearHolidays:
    """The holidays of a year, {day: name}. `decree` None: provisional. `own`: an officer has set it."""

    year: int
    days: dict[date, str]
    decree: str | None
    own: bool


def holidays_of_year(session: Session, year: int) -> YearHolidays:
    """The holidays of one year. Raises Invalid (a year outside HOLIDAY_YEARS)."""
    if year not in HOLIDAY_YEARS:
        raise Invalid("year", "year_range", first=str(HOLIDAY_YEARS[0]), last=str(HOLIDAY_YEARS[-1]))
    own = session.get(HolidayYear, year)
    if own is None:
        return YearHolidays(year, {each.day: each.name for each in public_holidays(year)}, None, own=False)
    rows = session.exec(
        select(Holiday).where(Holiday.day >= f"{year}-01-01", Holiday.day <= f"{year}-12-31").order_by(Holiday.day)
    ).all()
    return YearHolidays(year, {date.fromisoformat(row.day): row.name for row in rows}, own.decree, own=True)


def holidays_between(session: Session, first: date, last: date) -> dict[date, str]:
    """{day: name} of the holidays first ≤ day ≤ last; none in years outside HOLIDAY_YEARS."""
    found: dict[date, str] = {}
    for year in range(max(first.year, HOLIDAY_YEARS.start), min(last.year + 1, HOLIDAY_YEARS.stop)):
        found |= holidays_of_year(session, year).days
    return {day: name for day, name in found.items() if first <= day <= last}


def coming_holidays(session: Session, now: datetime) -> dict[date, str]:
    """{day: name} of the holidays of the days for which broadcasts may be made already."""
    return holidays_between(session, (now - timedelta(days=1)).date(), (now + _LOOKS_AHEAD).date())


def set_year(
    session: Session, now: datetime, officer: Officer, year: int, days: dict[date, str], decree: str | None
) -> YearHolidays:
    """Replace all holidays of a year; schedules that skip holidays are planned again. Raises Invalid or Forbidden."""
    holidays_of_year(session, year)
    require(session, now, officer, "administrator", WHOLE_STATION)
    if any(day.year != year for day in days):
        raise Invalid("days", "holiday_of_another_year", year=str(year))
    if len(days) > MOST_HOLIDAYS_A_YEAR:
        raise Invalid("days", "too_many_holidays", most=MOST_HOLIDAYS_A_YEAR)
    days = {day: require_name("days", name) for day, name in days.items()}
    decree = require_name_if_any("decree", decree or "") or None
    _delete_year(session, year)
    session.add_all(Holiday(day=day.isoformat(), name=name) for day, name in days.items())
    session.add(HolidayYear(year=year, decree=decree, changed_by=officer.officer, changed_at=now))
    session.flush()
    audited_days = {day.isoformat(): name for day, name in sorted(days.items())}
    audit.record(session, now, officer.officer, "holidays set", str(year), days=audited_days, decree=decree)
    plan_again(session, now, skipping_holidays=True)
    return holidays_of_year(session, year)


def reset_year(session: Session, now: datetime, officer: Officer, year: int) -> YearHolidays:
    """Restore the law's holidays of a year; schedules that skip them are planned again. Raises Invalid or Forbidden."""
    holidays_of_year(session, year)
    require(session, now, officer, "administrator", WHOLE_STATION)
    _delete_year(session, year)
    audit.record(session, now, officer.officer, "holidays reset", str(year))
    plan_again(session, now, skipping_holidays=True)
    return holidays_of_year(session, year)


def _delete_year(session: Session, year: int) -> None:
    session.exec(delete(Holiday).where(col(Holiday.day) >= f"{year}-01-01", col(Holiday.day) <= f"{year}-12-31"))
    session.exec(delete(HolidayYear).where(col(HolidayYear.year) == year))
    session.flush()
