"""Public holidays as the station keeps them: the law's until somebody changes the year, or enters its decree.

Swap days come by decree each autumn. A year without its decree is provisional: it is shown as such.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, delete, select

from controller.database.tables import Holiday, HolidayYear, Officer
from controller.errors import Invalid
from controller.planning.schedule_lists import plan_again
from controller.station import audit
from schedules.limits import HOLIDAY_YEARS
from schedules.public_holidays import public_holidays

MOST_DAYS = 60


@dataclass(frozen=True)
class Year:
    """The holidays of a year by their day; `decree` None: provisional. `own`: somebody has changed or confirmed it."""

    year: int
    days: dict[date, str]
    decree: str | None
    own: bool


def year_of(session: Session, year: int) -> Year:
    """The holidays of one year. Raises Invalid."""
    if year not in HOLIDAY_YEARS:
        raise Invalid("year", "year_range", first=str(HOLIDAY_YEARS[0]), last=str(HOLIDAY_YEARS[-1]))
    own = session.get(HolidayYear, year)
    if own is None:
        return Year(year, {each.day: each.name for each in public_holidays(year)}, None, own=False)
    rows = session.exec(
        select(Holiday).where(Holiday.day >= f"{year}-01-01", Holiday.day <= f"{year}-12-31").order_by(Holiday.day)
    ).all()
    return Year(year, {date.fromisoformat(row.day): row.name for row in rows}, own.decree, own=True)


def holidays_between(session: Session, first: date, last: date) -> dict[date, str]:
    """The holidays from one day to another, both included; none in years that the law's calendar doesn't reach."""
    found: dict[date, str] = {}
    for year in range(max(first.year, HOLIDAY_YEARS.start), min(last.year + 1, HOLIDAY_YEARS.stop)):
        found |= year_of(session, year).days
    return {day: name for day, name in found.items() if first <= day <= last}


def set_year(
    session: Session, now: datetime, officer: Officer, year: int, days: dict[date, str], decree: str | None
) -> Year:
    """All holidays of a year, as they are from now on; schedules that skip holidays follow. Raises Invalid."""
    year_of(session, year)
    if any(day.year != year for day in days):
        raise Invalid("days", "holiday_of_another_year", year=str(year))
    if len(days) > MOST_DAYS:
        raise Invalid("days", "too_many_holidays", most=MOST_DAYS)
    if any(not name.strip() for name in days.values()):
        raise Invalid("days", "holiday_unnamed")
    _forget(session, year)
    session.add_all(Holiday(day=day.isoformat(), name=name.strip()) for day, name in days.items())
    session.add(
        HolidayYear(year=year, decree=(decree or "").strip() or None, changed_by=officer.officer, changed_at=now)
    )
    session.flush()
    said = {day.isoformat(): name for day, name in sorted(days.items())}
    audit.record(session, now, officer.officer, "holidays set", str(year), days=said, decree=decree)
    plan_again(session, now, skipping_holidays=True)
    return year_of(session, year)


def reset_year(session: Session, now: datetime, officer: Officer, year: int) -> Year:
    """Back to what the law says. Raises Invalid."""
    year_of(session, year)
    _forget(session, year)
    audit.record(session, now, officer.officer, "holidays reset", str(year))
    plan_again(session, now, skipping_holidays=True)
    return year_of(session, year)


def _forget(session: Session, year: int) -> None:
    session.exec(delete(Holiday).where(col(Holiday.day) >= f"{year}-01-01", col(Holiday.day) <= f"{year}-12-31"))
    session.exec(delete(HolidayYear).where(col(HolidayYear.year) == year))
    session.flush()
