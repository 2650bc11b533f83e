"""Limits of an area, inherited: sessions a day, minutes a session, days of the week.

A session: broadcasts with less than half an hour between them. Emergencies are exempt and don't count. The fact
"session_limits" says whether a broadcast beyond the limits is refused or only warned of.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.database.column_types import SessionLimitsFields
from controller.database.tables import Broadcast, Schedule, Speaker
from controller.errors import Invalid
from controller.orders.instants import may_come_on_air, ordered_end, ordered_start, run_time_of, wanted_start
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
class SessionLimits:
    """The limits of an area; None: not limited. `weekdays`: 0 is Monday."""

    sessions_a_day: int | None = None
    minutes_a_session: int | None = None
    weekdays: frozenset[int] | None = None

    @classmethod
    def read(cls, given: SessionLimitsFields) -> Self:
        """Limits from an area's JSON; raises Invalid."""
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


def limits_of(tree: AreaTree, area: str) -> SessionLimits | None:
    """The area's own limits, else the nearest ancestor's, else None."""
    for step in reversed(tree.chain(area)):
        own = tree.by_id[step].session_limits
        if own is not None:
            return SessionLimits.read(own)
    return None


def check_limits(session: Session, now: datetime, tree: AreaTree, row: Broadcast) -> None:
    """Raises Invalid if the broadcast goes beyond limits and the station refuses that."""
    if facts.read(session, "session_limits") == "refuse":
        for found in breaches(session, now, tree, row):
            raise Invalid("starts_at", found)


def breaches(session: Session, now: datetime, tree: AreaTree, row: Broadcast) -> list[Phrase]:
    """The limits that this broadcast would go beyond: at most one phrase for each area in which it is heard."""
    begins = wanted_start(row)
    if row.bulletin_class == "emergency" or all(each.session_limits is None for each in tree.by_id.values()):
        return []
    zone = ZoneInfo(facts.time_zone(session))
    speakers = session.exec(select(Speaker.speaker, Speaker.area)).all()
    others: Sequence[Broadcast] | None = None
    found: dict[Phrase, None] = {}
    for area in _areas_reached(tree, row, speakers):
        limits = limits_of(tree, area)
        if limits is None:
            continue
        if others is None:
            others = _others_of_day(session, now, begins.astimezone(zone).date(), zone, row)
        named = set(tree.chain(area))
        speakers_of_area = {speaker for speaker, stands_in in speakers if stands_in == area}
        broadcasts = [each for each in others if named & set(each.areas) or speakers_of_area & set(each.speakers)]
        breach = _find_breach(limits, tree.by_id[area].name, [*broadcasts, row], row, begins.astimezone(zone))
        if breach is not None:
            found[breach] = None
    return list(found)


def breaches_of_schedule(session: Session, now: datetime, row: Schedule) -> list[Phrase]:
    """The limits that a schedule's coming broadcasts go beyond, each phrase once."""
    tree = area_tree(session)
    query = select(Broadcast).where(
        Broadcast.schedule == row.schedule, col(Broadcast.cancelled_at).is_(None), col(Broadcast.starts_at) > now
    )
    rows = session.exec(query.order_by(col(Broadcast.starts_at))).all()
    return list(dict.fromkeys(found for each in rows for found in breaches(session, now, tree, each)))


def _areas_reached(tree: AreaTree, row: Broadcast, speakers: Sequence[tuple[str, str]]) -> list[str]:
    """The areas whose speakers it reaches, in the tree's order."""
    within = tree.subtree(row.areas)
    reached = {area for speaker, area in speakers if area in within or speaker in row.speakers}
    return [area for area in tree.in_order() if area in reached]


def _others_of_day(session: Session, now: datetime, day: date, zone: ZoneInfo, row: Broadcast) -> Sequence[Broadcast]:
    """The other broadcasts of that day, without emergencies, that are planned or can still be approved."""
    midnight = datetime.combine(day, time(), zone)
    return session.exec(
        select(Broadcast).where(
            Broadcast.broadcast != row.broadcast,
            Broadcast.bulletin_class != "emergency",
            col(Broadcast.announcement).is_not(None),
            may_come_on_air(now),
            col(Broadcast.starts_at) >= midnight,
            col(Broadcast.starts_at) < datetime.combine(day + timedelta(days=1), time(), zone),
        )
    ).all()


def _find_breach(
    limits: SessionLimits, area: str, broadcasts: Collection[Broadcast], row: Broadcast, local: datetime
) -> Phrase | None:
    if limits.weekdays is not None and local.weekday() not in limits.weekdays:
        return Phrase("not_a_broadcast_day", weekday=_WEEKDAYS[local.weekday()], area=area)
    sessions = _group_into_sessions(broadcasts)
    if limits.sessions_a_day is not None and len(sessions) > limits.sessions_a_day:
        return Phrase("too_many_sessions", most=limits.sessions_a_day, day=f"{local:%d/%m}", area=area)
    own_session = next(each for each in sessions if row in each)
    sounding = sum((run_time_of(each) for each in own_session), timedelta())
    if limits.minutes_a_session is not None and sounding > timedelta(minutes=limits.minutes_a_session):
        minutes = -(-sounding // timedelta(minutes=1))
        return Phrase("session_too_long", area=area, minutes=minutes, most=limits.minutes_a_session)
    return None


def _group_into_sessions(broadcasts: Collection[Broadcast]) -> list[list[Broadcast]]:
    sessions: list[list[Broadcast]] = []
    ends = None
    for each in sorted(broadcasts, key=lambda each: (ordered_start(each), each.broadcast)):
        if ends is None or ordered_start(each) >= ends + SESSION_ENDS_AFTER:
            sessions.append([])
        sessions[-1].append(each)
        ends = ordered_end(each) if ends is None else max(ends, ordered_end(each))
    return sessions
