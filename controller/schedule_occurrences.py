"""The occurrences of a schedule: by its rule, less what is skipped, moved and dropped as officers said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from controller.holidays import holidays_between
from controller.schedule_lists import rule_of
from controller.tables import OccurrenceChange, Schedule
from schedules.recurrence import Occurrence, occurrences

MOVED_AT_MOST = timedelta(days=14)


@dataclass(frozen=True)
class Due:
    """One occurrence as it is to be: by the rule's own wall time, at this instant, with this announcement.

    `skipped`: why it is not to be: `holiday`, `exception`, or `dropped` by an officer. `moved`: not when the rule says.
    """

    occurrence: str
    starts_at: datetime
    announcement: str
    skipped: str | None = None
    moved: bool = False


def occurrences_between(session: Session, row: Schedule, begin: datetime, end: datetime) -> list[Due]:
    """Those with begin ≤ t < end by the instant at which they are to be, in that order. Raises BadRule."""
    changes = changes_of(session, row.schedule)
    reach = MOVED_AT_MOST if any(each.moved_to for each in changes.values()) else timedelta()
    found = [_due(row, each, changes) for each in by_rule(session, row, begin - reach, end + reach)]
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


def by_rule(session: Session, row: Schedule, begin: datetime, end: datetime) -> list[Occurrence]:
    """What the rule alone gives for begin ≤ t < end, skipped ones too. Raises BadRule."""
    rule = rule_of(row)
    first, last = begin.astimezone(rule.zone).date(), end.astimezone(rule.zone).date()
    days = holidays_between(session, first, last) if row.skip_holidays else {}
    return list(occurrences(rule, begin, end, days))


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
