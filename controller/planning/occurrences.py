"""The occurrences of a schedule: by its rule, with holidays skipped and officers' single changes applied."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.database.tables import Broadcast, OccurrenceChange, Schedule
from controller.planning.holidays import holidays_between
from controller.planning.schedule_lists import rule_of
from schedules.recurrence import Occurrence, Skipped, occurrences

LONGEST_MOVE = timedelta(days=14)
LOOKS_AHEAD = timedelta(days=400)
"""How far ahead the next occurrences of a schedule are looked for: those of a yearly rule are found."""
_FIRST_PIECE = timedelta(days=31)


@dataclass(frozen=True)
class DueOccurrence:
    """One occurrence with its changes applied. `occurrence`: the rule's own wall time, which names it.

    `skipped`: why it doesn't sound, None if it does; `dropped`: by an officer. `moved`: not at the rule's time.
    `changed_by`: the officer who changed it.
    """

    occurrence: str
    starts_at: datetime
    announcement: str
    skipped: Skipped | Literal["dropped"] = None
    moved: bool = False
    changed_by: str | None = None


@dataclass(frozen=True)
class Overrides:
    """What overrides rules: {schedule: {wall time of an occurrence: its change}}, and {day: name} of holidays."""

    changes: Mapping[str, Mapping[str, OccurrenceChange]]
    holidays: Mapping[date, str]


def overrides_of(session: Session, rows: Sequence[Schedule], begin: datetime, end: datetime) -> Overrides:
    """The overrides of these schedules for begin ≤ t < end, by as many queries for a hundred schedules as for one."""
    changes: dict[str, dict[str, OccurrenceChange]] = {row.schedule: {} for row in rows}
    query = select(OccurrenceChange).where(col(OccurrenceChange.schedule).in_(changes))
    for change in session.exec(query).all():
        changes[change.schedule][change.occurrence] = change
    reach = LONGEST_MOVE + timedelta(days=1)  # the day in the schedule's zone may be another than in UTC
    skipping = any(row.skip_holidays for row in rows)
    holidays = holidays_between(session, (begin - reach).date(), (end + reach).date()) if skipping else {}
    return Overrides(changes, holidays)


def occurrences_between(
    session: Session, row: Schedule, begin: datetime, end: datetime, overrides: Overrides | None = None
) -> list[DueOccurrence]:
    """Occurrences with begin ≤ `starts_at` < end, skipped ones included, in that order. Raises BadRule.

    `overrides`: of this schedule and these days, if the caller has already read them.
    """
    overrides = overrides or overrides_of(session, [row], begin, end)
    changes = overrides.changes[row.schedule]
    reach = LONGEST_MOVE if any(each.moved_to for each in changes.values()) else timedelta()
    found = [
        _with_change(row, each, changes) for each in occurrences_by_rule(row, begin - reach, end + reach, overrides)
    ]
    return sorted(
        (each for each in found if begin <= each.starts_at < end), key=lambda each: (each.starts_at, each.occurrence)
    )


def occurrences_in_pieces(
    session: Session, row: Schedule, begin: datetime, end: datetime, overrides: Overrides | None = None
) -> Iterator[DueOccurrence]:
    """The same as `occurrences_between`, for callers that need only the first ones of a range of up to years.

    It is read piece by piece, each twice as long as the one before. Raises BadRule.
    """
    piece = _FIRST_PIECE
    while begin < end:
        until = min(end, begin + piece)
        yield from occurrences_between(session, row, begin, until, overrides)
        begin, piece = until, piece * 2


def broadcasts_by_occurrence(session: Session, schedule: str, occurrences: Collection[str]) -> dict[str, Broadcast]:
    """{wall time of an occurrence: its broadcast}, of those of these occurrences that have one."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.schedule == schedule,
            col(Broadcast.replaced).is_(False),
            col(Broadcast.occurrence).in_(occurrences),
        )
    ).all()
    return {row.occurrence: row for row in rows if row.occurrence is not None}


def changed_schedules(session: Session, first: date, last: date) -> set[str]:
    """The schedules of which officers have changed an occurrence that is, or was by its rule, on first ≤ day ≤ last."""
    query = select(OccurrenceChange.schedule).where(
        OccurrenceChange.occurrence >= (first - LONGEST_MOVE).isoformat(),
        OccurrenceChange.occurrence < (last + LONGEST_MOVE + timedelta(days=1)).isoformat(),
    )
    return set(session.exec(query).all())


def changes_of(session: Session, schedule: str) -> dict[str, OccurrenceChange]:
    """{wall time of an occurrence: its change} of one schedule."""
    rows = session.exec(select(OccurrenceChange).where(OccurrenceChange.schedule == schedule)).all()
    return {row.occurrence: row for row in rows}


def local_instant(wall: datetime, time_zone: str) -> datetime | None:
    """A wall time as an instant; the first if it occurs twice, None if it doesn't exist (daylight saving)."""
    try:
        instant = wall.replace(tzinfo=ZoneInfo(time_zone), fold=0).astimezone(UTC)
    except OverflowError:
        return None  # at the ends of the calendar
    return instant if instant.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) == wall else None


def occurrences_by_rule(row: Schedule, begin: datetime, end: datetime, overrides: Overrides) -> Iterator[Occurrence]:
    """Occurrences of the rule for begin ≤ t < end, without officers' changes, skipped ones included. Raises BadRule."""
    return occurrences(rule_of(row), begin, end, overrides.holidays if row.skip_holidays else {})


def _with_change(row: Schedule, each: Occurrence, changes: Mapping[str, OccurrenceChange]) -> DueOccurrence:
    occurrence = each.wall.isoformat()
    change = changes.get(occurrence)
    if change is None:
        return DueOccurrence(occurrence, each.starts_at, row.announcement, each.skipped)
    announcement = change.announcement or row.announcement
    if change.dropped:
        return DueOccurrence(occurrence, each.starts_at, announcement, "dropped")
    moved_to = local_instant(datetime.fromisoformat(change.moved_to), row.time_zone) if change.moved_to else None
    if moved_to is not None:
        return DueOccurrence(occurrence, moved_to, announcement, moved=True, changed_by=change.changed_by)
    return DueOccurrence(occurrence, each.starts_at, announcement, each.skipped, changed_by=change.changed_by)
