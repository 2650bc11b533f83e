"""How often and how long an area may be spoken to: sessions a day, minutes a session, days of the week; inherited.

A session is what people hear as one: broadcasts that follow one another with less than half an hour between.
Emergencies are exempt, and aren't counted. A setting says whether a breach is refused or only said.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.broadcasts.instants import run_time_of
from controller.broadcasts.states import lapses_at
from controller.database.column_types import SessionLimitsFields
from controller.database.tables import Broadcast, Schedule, Speaker
from controller.errors import Invalid
from controller.station import facts
from controller.station.area_tree import AreaTree, area_tree
from controller.words.phrases import Phrase

SESSION_ENDS_AFTER = timedelta(minutes=30)
MOST_SESSIONS, MOST_MINUTES = 24, 24 * 60
_WEEKDAYS = (
    Phrase("monday"),
    Phrase("tuesday"),
    Phrase("wednesday"),
    Phrase("thursday"),
    Phrase("friday"),
    Phrase("saturday"),
    Phrase("sunday"),
)


@dataclass(frozen=True)
class Limits:
    """None: not limited. `weekdays`: 0 is Monday."""

    sessions_a_day: int | None = None
    minutes_a_session: int | None = None
    weekdays: frozenset[int] | None = None

    @classmethod
    def read(cls, given: SessionLimitsFields) -> Self:
        """As an area keeps them; raises Invalid."""
        sessions, minutes, weekdays = given.get("sessions_a_day"), given.get("minutes_a_session"), given.get("weekdays")
        if set(given) - {"sessions_a_day", "minutes_a_session", "weekdays"}:
            raise Invalid("session_limits", "session_limits_fields")
        if sessions is not None and not 1 <= sessions <= MOST_SESSIONS:
            raise Invalid("session_limits", "sessions_a_day_range", most=MOST_SESSIONS)
        if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
            raise Invalid("session_limits", "minutes_a_session_range", most=MOST_MINUTES)
        if weekdays is not None and (not weekdays or not set(weekdays) <= set(range(7))):
            raise Invalid("session_limits", "weekday_missing")
        return cls(sessions, minutes, None if weekdays is None else frozenset(weekdays))


def limits_of(tree: AreaTree, area: str) -> Limits | None:
    """The area's own, else the nearest ancestor's, else none."""
    for step in reversed(tree.chain(area)):
        own = tree.by_id[step].session_limits
        if own is not None:
            return Limits.read(own)
    return None


def check_limits(session: Session, now: datetime, tree: AreaTree, row: Broadcast) -> None:
    """Where the station refuses what goes beyond the limits: raises Invalid."""
    if facts.read(session, "session_limits") == "refuse":
        for said in breaches(session, now, tree, row):
            raise Invalid("starts_at", said)


def breaches(session: Session, now: datetime, tree: AreaTree, row: Broadcast) -> list[Phrase]:
    """What this broadcast would go beyond; one sentence for each area whose limits it are."""
    begins = row.wanted_start or row.starts_at or now
    if row.bulletin_class == "emergency" or all(each.session_limits is None for each in tree.by_id.values()):
        return []
    zone = ZoneInfo(facts.time_zone(session))
    speakers = session.exec(select(Speaker.speaker, Speaker.area)).all()
    of_day: list[Broadcast] | None = None
    said: dict[Phrase, None] = {}
    for area in _reached(tree, row, speakers):
        limits = limits_of(tree, area)
        if limits is None:
            continue
        if of_day is None:
            of_day = _of_day(session, now, begins.astimezone(zone).date(), zone, row)
        named = set(tree.chain(area))
        standing = {speaker for speaker, stands in speakers if stands == area}
        heard = [each for each in of_day if named & set(each.areas) or standing & set(each.speakers)]
        breach = _breach(limits, tree.by_id[area].name, [*heard, row], row, begins.astimezone(zone), now)
        if breach is not None:
            said[breach] = None
    return list(said)


def breaches_of_schedule(session: Session, now: datetime, row: Schedule) -> list[Phrase]:
    """What the broadcasts that it has made go beyond, each sentence once."""
    tree = area_tree(session)
    query = select(Broadcast).where(
        Broadcast.schedule == row.schedule, col(Broadcast.cancelled_at).is_(None), col(Broadcast.starts_at) > now
    )
    rows = session.exec(query.order_by(col(Broadcast.starts_at))).all()
    return list(dict.fromkeys(said for each in rows for said in breaches(session, now, tree, each)))


def _reached(tree: AreaTree, row: Broadcast, speakers: Sequence[tuple[str, str]]) -> list[str]:
    """The areas in which it is heard, in the tree's order."""
    within = tree.subtree(row.areas)
    heard = {area for speaker, area in speakers if area in within or speaker in row.speakers}
    return [area for area in tree.in_order() if area in heard]


def _of_day(session: Session, now: datetime, day: date, zone: ZoneInfo, row: Broadcast) -> list[Broadcast]:
    """What else is to sound on that day."""
    midnight = datetime.combine(day, time(), zone)
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.broadcast != row.broadcast,
            Broadcast.bulletin_class != "emergency",
            col(Broadcast.announcement).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.starts_at) >= midnight,
            col(Broadcast.starts_at) < datetime.combine(day + timedelta(days=1), time(), zone),
        )
    ).all()
    return [each for each in rows if each.planned_at is not None or lapses_at(each) >= now]


def _breach(
    limits: Limits, area: str, heard: Collection[Broadcast], row: Broadcast, local: datetime, now: datetime
) -> Phrase | None:
    if limits.weekdays is not None and local.weekday() not in limits.weekdays:
        return Phrase("not_a_broadcast_day", weekday=_WEEKDAYS[local.weekday()], area=area)
    sessions = _sessions(heard, now)
    if limits.sessions_a_day is not None and len(sessions) > limits.sessions_a_day:
        return Phrase("too_many_sessions", most=limits.sessions_a_day, day=f"{local:%d/%m}", area=area)
    mine = next(each for each in sessions if row in each)
    sounding = sum((run_time_of(each) for each in mine), timedelta())
    if limits.minutes_a_session is not None and sounding > timedelta(minutes=limits.minutes_a_session):
        minutes = -(-sounding // timedelta(minutes=1))
        return Phrase("session_too_long", area=area, minutes=minutes, most=limits.minutes_a_session)
    return None


def _sessions(heard: Collection[Broadcast], now: datetime) -> list[list[Broadcast]]:
    sessions: list[list[Broadcast]] = []
    ends = None
    for each in sorted(heard, key=lambda each: (each.starts_at or now, each.broadcast)):
        begins = each.starts_at or now
        if ends is None or begins >= ends + SESSION_ENDS_AFTER:
            sessions.append([])
        sessions[-1].append(each)
        finish = begins + run_time_of(each)
        ends = finish if ends is None or finish > ends else ends
    return sessions
