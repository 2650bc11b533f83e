"""The occurrences of a schedule: by its rule, less what is skipped, moved and dropped as officers said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.database.tables import OccurrenceChange, Schedule
from controller.planning.holidays import holidays_between
from controller.planning.schedule_lists import rule_of
from schedules.recurrence import Occurrence, Skipped, occurrences

MOVED_AT_MOST = timedelta(days=14)


@dataclass(frozen=True)
class Due:
    """One occurrence as it is to be: by the rule's own wall time, at this instant, with this announcement.

    `skipped`: why it is not to be; `dropped`: by an officer. `moved`: not when the rule says.
    """

    occurrence: str
    starts_at: datetime
    announcement: str
    skipped: Skipped | Literal["dropped"] = None
    moved: bool = False


@dataclass(frozen=True)
class Overrides:
    """What overrides the rules of some schedules: changes of single occurrences, by their wall time, and holidays."""

    changes: Mapping[str, Mapping[str, OccurrenceChange]]
    holidays: Mapping[date, str]


def overrides_of(session: Session, rows: Sequence[Schedule], begin: datetime, end: datetime) -> Overrides:
    """Those of these schedules for begin ≤ t < end; as many queries for a hundred schedules as for one."""
    changes: dict[str, dict[str, OccurrenceChange]] = {row.schedule: {} for row in rows}
    query = select(OccurrenceChange).where(col(OccurrenceChange.schedule).in_(changes))
    for change in session.exec(query).all():
        changes[change.schedule][change.occurrence] = change
    reach = MOVED_AT_MOST + timedelta(days=1)  # a zone's day may be another
    skipping = any(row.skip_holidays for row in rows)
    holidays = holidays_between(session, (begin - reach).date(), (end + reach).date()) if skipping else {}
    return Overrides(changes, holidays)


def occurrences_between(
    session: Session, row: Schedule, begin: datetime, end: datetime, overrides: Overrides | None = None
) -> list[Due]:
    """Those with begin ≤ t < end by the instant at which they are to be, in that order. Raises BadRule.

    `overrides`: of these days, where the caller has read them already for several schedules.
    """
    overrides = overrides or overrides_of(session, [row], begin, end)
    changes = overrides.changes[row.schedule]
    reach = MOVED_AT_MOST if any(each.moved_to for each in changes.values()) else timedelta()
    found = [_due(row, each, changes) for each in by_rule(row, begin - reach, end + reach, overrides)]
    return sorted(
        (each for each in found if begin <= each.starts_at < end), key=lambda each: (each.starts_at, each.occurrence)
    )


def changes_of(session: Session, schedule: str) -> dict[str, OccurrenceChange]:
    """What was said of single occurrences, by their wall time."""
    rows = session.exec(select(OccurrenceChange).where(OccurrenceChange.schedule == schedule)).all()
    return {row.occurrence: row for row in rows}


def local_instant(wall: datetime, time_zone: str) -> datetime | None:
    """A wall time as an instant, the first where it comes twice; None where it doesn't exist."""
    try:
        instant = wall.replace(tzinfo=ZoneInfo(time_zone), fold=0).astimezone(UTC)
    except OverflowError:
        return None  # at the ends of the calendar
    return instant if instant.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) == wall else None


def by_rule(row: Schedule, begin: datetime, end: datetime, overrides: Overrides) -> list[Occurrence]:
    """What the rule alone gives for begin ≤ t < end, skipped ones too. Raises BadRule."""
    return list(occurrences(rule_of(row), begin, end, overrides.holidays if row.skip_holidays else {}))


def _due(row: Schedule, each: Occurrence, changes: Mapping[str, OccurrenceChange]) -> Due:
    occurrence = each.wall.isoformat()
    change = changes.get(occurrence)
    if change is None:
        return Due(occurrence, each.starts_at, row.announcement, each.skipped)
    announcement = change.announcement or row.announcement
    if change.dropped:
        return Due(occurrence, each.starts_at, announcement, "dropped")
    moved_to = local_instant(datetime.fromisoformat(change.moved_to), row.time_zone) if change.moved_to else None
    if moved_to is not None:
        return Due(occurrence, moved_to, announcement, moved=True)
    return Due(occurrence, each.starts_at, announcement, each.skipped)
