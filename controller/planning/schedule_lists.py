"""Finding schedules, reading their rules, and marking all of them to be planned again."""

from datetime import date, datetime

from sqlmodel import Session, col, select, update

from controller.database.tables import Schedule
from controller.database.transactions import note_change
from controller.errors import NotFound
from schedules.recurrence import BadRule, Rule, next_occurrences, read_rule

IS_LIVE_COLUMN = col(Schedule.ended_at).is_(None)


def require_schedule(session: Session, schedule: str) -> Schedule:
    """The schedule that a request's path names; raises NotFound, also for one that was ended."""
    row = session.get(Schedule, schedule)
    if row is None or row.ended_at is not None:
        raise NotFound("schedule_unknown")
    return row


def live_schedules(session: Session) -> list[Schedule]:
    """All schedules that weren't ended, in the order in which they were made."""
    query = select(Schedule).where(IS_LIVE_COLUMN).order_by(col(Schedule.schedule))
    return list(session.exec(query).all())


def rule_of(row: Schedule) -> Rule:
    """The schedule's rule, parsed; raises BadRule."""
    return read_rule(
        first_start=datetime.fromisoformat(row.first_start),
        time_zone=row.time_zone,
        rrule=row.rrule,
        until=datetime.fromisoformat(row.until) if row.until else None,
        exception_dates=[date.fromisoformat(day) for day in row.exception_dates],
    )


def is_over(row: Schedule, now: datetime) -> bool:
    """Whether its rule has no occurrence any more."""
    try:
        return not next_occurrences(rule_of(row), now, 1)
    except BadRule:
        return False  # its zone is gone, for one: the schedule's trouble says so


def plan_again(session: Session, now: datetime, *, skipping_holidays: bool = False) -> None:
    """Have the timetable compare all schedules with their broadcasts at once, after a change that concerns them.

    `skipping_holidays`: only the schedules that skip holidays.
    """
    query = update(Schedule).where(IS_LIVE_COLUMN).values(plan_due=now)
    if skipping_holidays:
        query = query.where(col(Schedule.skip_holidays).is_(True))
    session.exec(query)
    note_change(session, "schedule", "*")
