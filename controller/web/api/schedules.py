"""`/schedules`: rules by which broadcasts recur, and single occurrences of them."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BeforeValidator, Field
from sqlmodel import Session

from controller.broadcasts.session_limits import breaches_of_schedule
from controller.database.tables import Schedule
from controller.errors import Invalid, NotFound
from controller.planning.occurrences import DueOccurrence, broadcasts_by_occurrence, occurrences_in_pieces
from controller.planning.schedule_lists import IS_LIVE_COLUMN, require_schedule
from controller.planning.schedule_orders import (
    ScheduleFields,
    ScheduleOrder,
    add_schedule,
    change_occurrence,
    change_schedule,
    end_schedule,
)
from controller.planning.who_approved import who_approved_schedules
from controller.station.officers import all_officers
from controller.web.admission.sound_waits import wait_for_sound
from controller.web.api.views import GivenView, given_views
from controller.web.frame.access import Caller, Editor, TheOffice
from controller.web.frame.fields import After, Body, GapMs, Limit, Names, RequestInstant, Times, View, page_of
from controller.web.frame.idempotency import Once
from controller.words.phrases import Phrase
from controller.words.validation import unfit
from schedules.limits import DEFAULT_GAP_MS, MAX_EXCEPTION_DATES, MAX_RULE_CHARACTERS, RULE_YEARS
from wire.instants import Instant

router = APIRouter(tags=["schedules"])

MOST_OCCURRENCES = 1000
LONGEST_RANGE = timedelta(days=3660)


def _local(value: object) -> datetime:
    """A local wall time without a zone, in whole seconds, within `RULE_YEARS`; raises ValueError."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.0+)?)?", value):
        raise unfit(Phrase("field_local_time"))
    try:
        wall = datetime.fromisoformat(value).replace(microsecond=0)
    except ValueError:
        raise unfit(Phrase("field_local_time")) from None
    if wall.year not in RULE_YEARS:
        raise unfit(Phrase("field_year", first=str(RULE_YEARS[0]), last=str(RULE_YEARS[-1])))
    return wall


def _day(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise unfit(Phrase("field_date"))
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise unfit(Phrase("field_date")) from None


LocalTime = Annotated[datetime, BeforeValidator(_local)]
Day = Annotated[date, BeforeValidator(_day)]
RuleText = Annotated[str, Field(max_length=MAX_RULE_CHARACTERS)]
ExceptionDates = Annotated[list[Day], Field(max_length=MAX_EXCEPTION_DATES)]


class ScheduleBody(Body):
    """A rule (RFC 5545) by which broadcasts recur. Wall times are local to `time_zone`."""

    announcement: str
    areas: Names = Field(default_factory=list)
    speakers: Names = Field(default_factory=list)
    first_start: LocalTime
    time_zone: str
    rrule: RuleText
    exception_dates: ExceptionDates = Field(default_factory=list)
    skip_holidays: bool = False
    until: LocalTime | None = None
    times: Times = 1
    gap_ms: GapMs = DEFAULT_GAP_MS


class ScheduleChanges(Body):
    """The fields to change; the others stay."""

    announcement: str | None = None
    areas: Names | None = None
    speakers: Names | None = None
    first_start: LocalTime | None = None
    time_zone: str | None = None
    rrule: RuleText | None = None
    exception_dates: ExceptionDates | None = None
    skip_holidays: bool | None = None
    until: LocalTime | None = None
    times: Times | None = None
    gap_ms: GapMs | None = None


class OccurrenceBody(Body):
    """What one occurrence is to be; an empty body: what the rule says. `starts_at` is local to the schedule's zone."""

    dropped: bool = False
    starts_at: LocalTime | None = None
    announcement: str | None = None


class ScheduleView(View):
    """A schedule. `trouble`: why some of its occurrences can't be planned, in words for officers.

    `manifest`: what was approved of it; while it waits, also after a change, what is to be approved; null: its
    announcement is a draft.
    """

    schedule: str
    announcement: str
    areas: list[str]
    speakers: list[str]
    first_start: str
    time_zone: str
    rrule: str
    exception_dates: list[str]
    skip_holidays: bool
    until: str | None
    times: int
    gap_ms: int
    created_at: Instant
    changed_at: Instant
    trouble: str | None
    manifest: str | None
    approvals: list[GivenView]


class OrderedSchedule(ScheduleView):
    """A new schedule. `warnings`: limits of an area that its broadcasts exceed, where the station allows that."""

    warnings: list[str]


class Schedules(View):
    """One page of schedules. `next`: the value of `after` for the next page; null: there is none."""

    items: list[ScheduleView]
    next: str | None


class OccurrenceView(View):
    """One occurrence. `occurrence`: its local time by the rule, which names it. `skipped`: why it won't sound."""

    occurrence: str
    starts_at: Instant
    announcement: str
    broadcast: str | None = None
    skipped: Literal["exception", "holiday", "dropped"] | None = None
    moved: bool = False


class Occurrences(View):
    """Occurrences in the order of their time."""

    items: list[OccurrenceView]


@router.get("/schedules")
def get_schedules(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Schedules:
    """All schedules that haven't been ended, in the order in which they were made."""
    now = office.now()
    with office.database.reading() as session:
        items, after_this = page_of(
            session, Schedule, limit, after, lambda rows: schedule_views(session, rows, now), IS_LIVE_COLUMN
        )
    return Schedules(items=items, next=after_this)


async def _after_its_sound(request: Request, _caller: Editor, body: ScheduleBody) -> ScheduleBody:
    await wait_for_sound(request, body.announcement)
    return body


@router.post("/schedules", status_code=201, response_model=OrderedSchedule)
def post_schedule(
    body: Annotated[ScheduleBody, Depends(_after_its_sound)], office: TheOffice, caller: Editor, once: Once
) -> Response:
    """Make a schedule. When the answer comes, the broadcasts of the coming days are made."""
    order = ScheduleOrder(**_with_tuples(body.fields()))

    def deed(session: Session) -> OrderedSchedule:
        now = office.now()
        row = add_schedule(session, now, caller.officer, order)
        return OrderedSchedule(
            **dict(_schedule_view(session, row, now)), warnings=list(map(str, breaches_of_schedule(session, now, row)))
        )

    return once.perform(deed, 201)


@router.get("/schedules/{schedule}")
def get_schedule(schedule: str, office: TheOffice, _caller: Caller) -> ScheduleView:
    """One schedule."""
    with office.database.reading() as session:
        return _schedule_view(session, require_schedule(session, schedule), office.now())


async def _after_its_new_sound(request: Request, _caller: Editor, body: ScheduleChanges) -> ScheduleChanges:
    if body.announcement is not None:
        await wait_for_sound(request, body.announcement)
    return body


@router.patch("/schedules/{schedule}")
def patch_schedule(
    schedule: str,
    body: Annotated[ScheduleChanges, Depends(_after_its_new_sound)],
    office: TheOffice,
    caller: Editor,
) -> ScheduleView:
    """Change it. Its broadcasts that haven't begun are changed with it."""
    changes: ScheduleFields = _with_tuples(body.given())
    for name, value in changes.items():
        if value is None and name != "until":
            raise Invalid(name, "field_blank")
    now = office.now()
    with office.database.writing() as session:
        return _schedule_view(session, change_schedule(session, now, caller.officer, schedule, changes), now)


@router.delete("/schedules/{schedule}", status_code=204)
def delete_schedule(schedule: str, office: TheOffice, caller: Editor) -> None:
    """End it. Its broadcasts that haven't begun are cancelled."""
    with office.database.writing() as session:
        end_schedule(session, office.now(), caller.officer, schedule)


@router.get("/schedules/{schedule}/occurrences")
def get_occurrences(
    schedule: str,
    office: TheOffice,
    _caller: Caller,
    from_: Annotated[RequestInstant | None, Query(alias="from")] = None,
    to: RequestInstant | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_OCCURRENCES)] = 100,
) -> Occurrences:
    """The occurrences in `from` ≤ t < `to`; without `from`, those from now on."""
    begin = from_ or office.now()
    end = to or begin + LONGEST_RANGE
    if end - begin > LONGEST_RANGE:
        raise Invalid("to", "time_range_too_long", most=LONGEST_RANGE.days)
    with office.database.reading() as session:
        row = require_schedule(session, schedule)
        found = list(islice(occurrences_in_pieces(session, row, begin, end), limit))
        return Occurrences(items=_occurrence_views(session, row, found))


@router.patch("/schedules/{schedule}/occurrences/{occurrence}")
def patch_occurrence(
    schedule: str, occurrence: str, body: OccurrenceBody, office: TheOffice, caller: Editor
) -> OccurrenceView:
    """Move one occurrence, drop it, give it another announcement, or let it be what the rule says again."""
    try:
        wall = _local(occurrence)
    except ValueError:
        raise NotFound("occurrence_name") from None
    with office.database.writing() as session:
        found = change_occurrence(
            session,
            office.now(),
            caller.officer,
            schedule,
            wall,
            dropped=body.dropped,
            moved_to=body.starts_at,
            announcement=body.announcement,
        )
        row = require_schedule(session, schedule)
        return _occurrence_views(session, row, [found])[0]


def _with_tuples(given: dict[str, Any]) -> Any:
    """The same fields; lists are tuples without doubles."""
    return {name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in given.items()}


def schedule_views(session: Session, rows: Sequence[Schedule], now: datetime) -> list[ScheduleView]:
    """The views of these schedules, in their order; as many queries for all as for one."""
    approved = who_approved_schedules(session, now, rows)
    names = {row.officer: row.name for row in all_officers(session)}
    return [
        ScheduleView(
            schedule=row.schedule,
            announcement=row.announcement,
            areas=row.areas,
            speakers=row.speakers,
            first_start=row.first_start,
            time_zone=row.time_zone,
            rrule=row.rrule,
            exception_dates=row.exception_dates,
            skip_holidays=row.skip_holidays,
            until=row.until,
            times=row.times,
            gap_ms=row.gap_ms,
            created_at=row.created_at,
            changed_at=row.changed_at,
            trouble=None if row.trouble is None else str(row.trouble),
            manifest=approved[row.schedule].manifest,
            approvals=given_views(approved[row.schedule].approvals, names),
        )
        for row in rows
    ]


def _schedule_view(session: Session, row: Schedule, now: datetime) -> ScheduleView:
    return schedule_views(session, [row], now)[0]


def _occurrence_views(session: Session, row: Schedule, found: Sequence[DueOccurrence]) -> list[OccurrenceView]:
    made = broadcasts_by_occurrence(session, row.schedule, [each.occurrence for each in found])
    return [
        OccurrenceView(
            occurrence=each.occurrence,
            starts_at=each.starts_at,
            announcement=each.announcement,
            broadcast=made[each.occurrence].broadcast if each.occurrence in made else None,
            skipped=each.skipped,
            moved=each.moved,
        )
        for each in found
    ]
