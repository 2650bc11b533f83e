"""Making a schedule, changing it, ending it, and changing single occurrences of it."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypedDict

from sqlmodel import Session

from controller.database.tables import Announcement, OccurrenceChange, Officer, Schedule
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid, NotFound
from controller.orders.orders import check_places, named_areas
from controller.orders.spoken_version import spoken_version
from controller.planning.occurrences import (
    LONGEST_MOVE,
    DueOccurrence,
    changes_of,
    local_instant,
    occurrences_between,
    occurrences_by_rule,
    overrides_of,
)
from controller.planning.schedule_lists import require_schedule
from controller.planning.timetable import horizon, plan_schedule
from controller.planning.waiting import ask_again
from controller.station import audit
from controller.station.charges import require
from controller.words.phrases import Phrase
from schedules.limits import DEFAULT_GAP_MS, MAX_OCCURRENCES_A_DAY, RULE_YEARS
from schedules.recurrence import BadRule, next_occurrences, occurrences, read_rule
from wire.ids import new_ulid
from wire.instants import format_instant


@dataclass(frozen=True)
class ScheduleOrder:
    """What an officer orders. `first_start`, `until`: naive local wall times. `rrule`: RFC 5545, one rule a line."""

    announcement: str
    areas: tuple[str, ...]
    speakers: tuple[str, ...]
    first_start: datetime
    time_zone: str
    rrule: str
    exception_dates: tuple[date, ...] = ()
    skip_holidays: bool = False
    until: datetime | None = None
    times: int = 1
    gap_ms: int = DEFAULT_GAP_MS


class ScheduleFields(TypedDict, total=False):
    """Fields of a `ScheduleOrder`."""

    announcement: str
    areas: tuple[str, ...]
    speakers: tuple[str, ...]
    first_start: datetime
    time_zone: str
    rrule: str
    exception_dates: tuple[date, ...]
    skip_holidays: bool
    until: datetime | None
    times: int
    gap_ms: int


def invalid_rule(error: BadRule) -> Invalid:
    """A BadRule as the error that the officer gets."""
    return Invalid(error.field, _bad_rule_phrase(error))


def _bad_rule_phrase(error: BadRule) -> Phrase:
    match error.reason:
        case "unreadable":
            return Phrase("rule_unreadable", part=str(error))
        case "too_often":
            return Phrase("rule_too_often")
        case "never":
            return Phrase("rule_never")
        case "ends_before_it_begins":
            return Phrase("rule_ends_before_it_begins")
        case "two_ends":
            return Phrase("rule_two_ends")
        case "no_such_zone":
            return Phrase("time_zone_unknown")
        case "too_many":
            return Phrase("rule_too_many")
        case "too_far":
            return Phrase("date_too_far")
        case "not_local":
            return Phrase("time_not_local")


def draw_up_schedule(session: Session, now: datetime, officer: Officer, order: ScheduleOrder) -> Schedule:
    """The checked schedule of an order, not added to the session. Raises Invalid, Conflict (no clip), Forbidden."""
    announcement = session.get(Announcement, order.announcement)
    if announcement is None:
        raise Invalid("announcement", "announcement_unknown")
    spoken_version(session, announcement)  # raises Conflict where it has no sound yet
    check_places(session, now, officer, order.areas, order.speakers)
    try:
        rule = read_rule(
            first_start=order.first_start,
            time_zone=order.time_zone,
            rrule=order.rrule,
            until=order.until,
            exception_dates=order.exception_dates,
        )
        following = next_occurrences(rule, now, 1)
        if not following:
            raise Invalid("until", "schedule_over")
        begin, most = following[0].starts_at, MAX_OCCURRENCES_A_DAY * horizon(session).days
        if sum(1 for _ in islice(occurrences(rule, begin, begin + horizon(session)), most + 1)) > most:
            raise Invalid("rrule", "schedule_too_dense", most=MAX_OCCURRENCES_A_DAY)
    except BadRule as error:
        raise invalid_rule(error) from None
    return Schedule(
        schedule=new_ulid(now),
        announcement=order.announcement,
        areas=list(order.areas),
        speakers=list(order.speakers),
        first_start=order.first_start.isoformat(timespec="seconds"),
        time_zone=order.time_zone,
        rrule=order.rrule,
        exception_dates=sorted({day.isoformat() for day in order.exception_dates}),
        skip_holidays=order.skip_holidays,
        until=order.until.isoformat(timespec="seconds") if order.until else None,
        times=order.times,
        gap_ms=order.gap_ms,
        created_by=officer.officer,
        created_at=now,
        changed_at=now,
        orderers={officer.officer: format_instant(now)},
    )


def add_schedule(session: Session, now: datetime, officer: Officer, order: ScheduleOrder) -> Schedule:
    """Add a schedule and, in the same transaction, its broadcasts within the horizon.

    Raises what `draw_up_schedule` and `order_broadcast` raise.
    """
    row = draw_up_schedule(session, now, officer, order)
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "schedule made", row.schedule, rrule=row.rrule)
    _plan_at_once(session, now, row, insist_on=None)
    ask_again(session, now, row.announcement, alone=row.schedule)
    return row


def change_schedule(
    session: Session, now: datetime, officer: Officer, schedule: str, changes: ScheduleFields
) -> Schedule:
    """Change some fields of the order, and its broadcasts with it. Raises NotFound, and what `add_schedule` raises."""
    row = require_schedule(session, schedule)
    require(session, now, officer, "editor", named_areas(session, row))
    before = Schedule(**row.model_dump())
    drawn_up = draw_up_schedule(session, now, officer, replace(order_of(row), **changes))
    for name in asdict(order_of(row)):
        setattr(row, name, getattr(drawn_up, name))
    row.changed_at, row.changed_by = now, officer.officer
    row.orderers = {**row.orderers, officer.officer: format_instant(now)}
    session.add(row)
    session.flush()
    _carry_changes_over(session, now, before, row)
    audit.record(session, now, officer.officer, "schedule changed", schedule, fields=sorted(changes))
    places = [(each.areas, each.speakers) for each in (before, row)]
    _plan_at_once(session, now, row, insist_on=None, places_changed=places[0] != places[1])
    ask_again(session, now, row.announcement, alone=row.schedule)
    return row


def end_schedule(session: Session, now: datetime, officer: Officer, schedule: str) -> None:
    """End a schedule; its broadcasts that haven't begun are cancelled. Raises NotFound, Forbidden."""
    row = require_schedule(session, schedule)
    require(session, now, officer, "editor", named_areas(session, row))
    row.ended_at, row.ended_by = now, officer.officer
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "schedule ended", schedule)
    plan_schedule(session, now, row)
    row.trouble = None


def change_occurrence(
    session: Session,
    now: datetime,
    officer: Officer,
    schedule: str,
    occurrence: datetime,
    *,
    dropped: bool = False,
    moved_to: datetime | None = None,
    announcement: str | None = None,
) -> DueOccurrence:
    """Drop or move one occurrence, or give it another announcement; with no change given, restore the rule's.

    `occurrence` (the rule's own) and `moved_to` are naive wall times. Returns the occurrence as it is now. Raises
    NotFound, Invalid, Conflict, Forbidden.
    """
    row = require_schedule(session, schedule)
    require(session, now, officer, "editor", named_areas(session, row))
    if occurrence.year not in RULE_YEARS:
        raise NotFound("occurrence_unknown")
    name = occurrence.isoformat()
    current = _find_occurrence(session, row, occurrence)
    if current is None:
        raise NotFound("occurrence_unknown")
    if dropped and (moved_to is not None or announcement is not None):
        raise Invalid("dropped", "occurrence_one_change")
    if current.skipped is None and current.starts_at <= now:
        raise Conflict("occurrence_begun")
    if not dropped:
        _check_instant(now, row, occurrence, moved_to or occurrence)
    if announcement is not None and session.get(Announcement, announcement) is None:
        raise Invalid("announcement", "announcement_unknown")
    before = session.get(OccurrenceChange, (schedule, name))
    session.merge(
        OccurrenceChange(
            schedule=schedule,
            occurrence=name,
            dropped=dropped,
            moved_to=moved_to.isoformat() if moved_to else None,
            announcement=announcement,
            changed_by=officer.officer,
            changed_at=now,
            orderers={**(before.orderers if before else {}), officer.officer: format_instant(now)},
        )
    )
    session.flush()
    audit.record(
        session,
        now,
        officer.officer,
        "occurrence changed",
        schedule,
        occurrence=name,
        dropped=dropped,
        moved_to=str(moved_to or ""),
        announcement=announcement,
    )
    _plan_at_once(session, now, row, insist_on=[name])
    ask_again(session, now, announcement or row.announcement, alone=schedule)
    changed = _find_occurrence(session, row, occurrence)
    return changed if changed is not None else current


def order_of(row: Schedule) -> ScheduleOrder:
    """The order that a schedule's row stands for."""
    return ScheduleOrder(
        announcement=row.announcement,
        areas=tuple(row.areas),
        speakers=tuple(row.speakers),
        first_start=datetime.fromisoformat(row.first_start),
        time_zone=row.time_zone,
        rrule=row.rrule,
        exception_dates=tuple(date.fromisoformat(day) for day in row.exception_dates),
        skip_holidays=row.skip_holidays,
        until=datetime.fromisoformat(row.until) if row.until else None,
        times=row.times,
        gap_ms=row.gap_ms,
    )


def _check_instant(now: datetime, row: Schedule, occurrence: datetime, begins: datetime) -> None:
    if begins.year not in RULE_YEARS:
        raise Invalid("starts_at", "occurrence_moved_too_far", most=LONGEST_MOVE.days)
    instant = local_instant(begins, row.time_zone)
    if instant is None:
        raise Invalid("starts_at", "no_such_local_time", time=f"{begins:%H:%M}")
    if instant <= now:
        raise Invalid("starts_at", "occurrence_in_the_past")
    if abs(begins - occurrence) > LONGEST_MOVE:
        raise Invalid("starts_at", "occurrence_moved_too_far", most=LONGEST_MOVE.days)


def _carry_changes_over(session: Session, now: datetime, before: Schedule, row: Schedule) -> None:
    """After the rule's hour changed: keep single changes, by moving them to the new occurrence of the same day."""
    changes = changes_of(session, row.schedule)
    for change in changes.values():
        wall = datetime.fromisoformat(change.occurrence)
        instant = local_instant(wall, row.time_zone)
        if instant is None or instant <= now - LONGEST_MOVE:
            continue
        had, has = _occurrences_of_day(session, before, wall), _occurrences_of_day(session, row, wall)
        new = has - had - changes.keys()
        if change.occurrence in has or not new:
            continue
        nearest = min(new, key=lambda text: abs(datetime.fromisoformat(text) - wall))
        session.merge(OccurrenceChange(**change.model_dump(exclude={"occurrence"}), occurrence=nearest))
        session.delete(change)
    session.flush()


def _occurrences_of_day(session: Session, row: Schedule, wall: datetime) -> set[str]:
    """Wall times (ISO) of the rule's occurrences on the day of that wall time."""
    noon = local_instant(wall.replace(hour=12, minute=0, second=0), row.time_zone)
    if noon is None:
        return set()
    begin, end = noon - timedelta(hours=36), noon + timedelta(hours=36)
    near = occurrences_by_rule(row, begin, end, overrides_of(session, [row], begin, end))
    return {each.wall.isoformat() for each in near if each.wall.date() == wall.date()}


def _find_occurrence(session: Session, row: Schedule, wall: datetime) -> DueOccurrence | None:
    """The occurrence of this wall time, changed, skipped or not; None if the rule has none."""
    instant = local_instant(wall, row.time_zone)
    if instant is None:
        return None
    near = occurrences_between(session, row, instant - LONGEST_MOVE, instant + LONGEST_MOVE)
    return next((each for each in near if each.occurrence == wall.isoformat()), None)


def _plan_at_once(
    session: Session,
    now: datetime,
    row: Schedule,
    *,
    insist_on: Collection[str] | None,
    places_changed: bool = False,
) -> None:
    try:
        row.trouble = plan_schedule(session, now, row, insist_on=insist_on, places_changed=places_changed)
    except BadRule as error:
        raise invalid_rule(error) from None
    except Invalid as error:
        raise error.of("first_start" if error.field == "starts_at" else error.field) from None
    session.add(row)
    note_change(session, "schedule", row.schedule)
