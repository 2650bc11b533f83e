"""Priority bulletins that want the same minutes at the same speakers: which goes first, and when the other begins.

An officer of the commune decides the order (Circular 39/2020/TT-BTTTT). Until then both are on the wire, the one that
was made first before the other, so that a speaker that is cut off sounds both. On the wire the order is `starts_at`.
Ten minutes before the first start the order is final, and is written down if no officer had decided it.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.broadcasts.lists import speakers_reached
from controller.broadcasts.revisions import add_revision
from controller.database.tables import Broadcast, Officer, PriorityOrder, Schedule
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid
from controller.orders.agreed import MAX_SHIFT, may_shift
from controller.orders.instants import (
    WANTED_START_COLUMN,
    expire_at,
    fixed_start,
    may_come_on_air,
    run_time_of,
    wanted_start,
)
from controller.orders.orders import check_quiet_hours, named_areas
from controller.station import audit, facts
from controller.station.area_tree import area_tree
from controller.station.charges import require
from controller.words.phrases import Phrase
from schedules.collisions import Wish, find_collisions, place_in_turn

log = logging.getLogger(__name__)

PAUSE_BETWEEN_BULLETINS = timedelta(seconds=5)
"""Between the end of one bulletin and the start of the next, so that people notice that it is another one."""
DECISION_CLOSES_BEFORE = timedelta(minutes=10)
MOST_CLOSED_AT_ONCE = 20
"""Decisions that one transaction may write down: an emergency that is ordered meanwhile waits for it."""
_NEIGHBOURHOOD = timedelta(days=1)
_SEARCH_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Collision:
    """Two broadcasts that want the same minutes; for now `first` goes first. `decided`: by an officer, or by time."""

    first: Broadcast
    second: Broadcast
    closes_at: datetime
    decided: PriorityOrder | None


def settle_priorities(
    session: Session, now: datetime, around: Collection[datetime], new: Collection[str] = ()
) -> list[Broadcast]:
    """Set the starts of the priority broadcasts within a day of these instants; one that gives way begins later.

    What is approved gives way only to what is approved: a speaker that says it has another one may lie. A broadcast
    that begins within ten minutes isn't moved, unless its id is in `new`; nor is one that isn't approved for its new
    start. Returns the broadcasts that were moved.
    """
    if not around:
        return []
    begin, end = min(around) - _NEIGHBOURHOOD, max(around) + _NEIGHBOURHOOD
    # Broadcasts a day further out aren't moved, but those that are moved avoid them.
    rows = _priority_broadcasts(session, now, begin - _NEIGHBOURHOOD, end + _NEIGHBOURHOOD)
    fixed = {
        row.broadcast: fixed_start(row) for row in rows if row.broadcast not in new and _is_decided_by_time(row, now)
    }
    wishes, decided = _wishes(session, rows), _decided_pairs(session, rows)
    approved = {row.broadcast for row in rows if _is_approved(row)}
    first = [wish for wish in wishes if wish.broadcast in approved]
    fixed_first = {broadcast: starts_at for broadcast, starts_at in fixed.items() if broadcast in approved}
    placed = place_in_turn(first, decided, PAUSE_BETWEEN_BULLETINS, fixed_first)
    starts = place_in_turn(wishes, decided, PAUSE_BETWEEN_BULLETINS, fixed | placed)
    moved = []
    for row in rows:
        starts_at = starts[row.broadcast]
        if (
            begin <= wanted_start(row) < end
            and starts_at != row.starts_at
            and _move_start(session, now, row, starts_at)
        ):
            moved.append(row)
    return moved


def cancelled_since(session: Session, since: datetime) -> Sequence[Broadcast]:
    """The priority broadcasts with a start that were cancelled since then: others may take their minutes."""
    return session.exec(
        select(Broadcast).where(
            Broadcast.bulletin_class == "priority",
            col(Broadcast.cancelled_at) >= since,
            col(Broadcast.expires_at) > since,
            col(Broadcast.starts_at).is_not(None),
        )
    ).all()


def quiet_hours_conflict(session: Session, moved: Sequence[Broadcast]) -> Phrase | None:
    """What to say if one of these moved broadcasts would now run into quiet hours; None: none does."""
    tree, zone = area_tree(session), ZoneInfo(facts.time_zone(session))
    for row in moved:
        try:
            check_quiet_hours(tree, zone, row, fixed_start(row), named_areas(session, row))
        except Invalid as error:
            return Phrase("gives_way_into_quiet_hours", title=row.title, why=error.phrase)
    return None


def _is_decided_by_time(row: Broadcast, now: datetime) -> bool:
    """Whether it begins so soon that its order is final."""
    return fixed_start(row) <= now + DECISION_CLOSES_BEFORE


def collisions(session: Session, now: datetime) -> list[Collision]:
    """All collisions from now on, the soonest first; of two that nobody has approved none: there may be any number."""
    return _collisions_of(session, now, _coming(session, now))


def _coming(session: Session, now: datetime) -> Sequence[Broadcast]:
    return _priority_broadcasts(session, now, now - _NEIGHBOURHOOD, now + _SEARCH_AHEAD)


def _collisions_of(session: Session, now: datetime, rows: Sequence[Broadcast]) -> list[Collision]:
    by_id = {row.broadcast: row for row in rows}
    found = []
    decisions = _decisions(session, rows)
    waiting = {row.broadcast for row in rows if not _is_approved(row)}
    for one, other in find_collisions(_wishes(session, rows), waiting):
        pair = sorted((by_id[one], by_id[other]), key=lambda row: (fixed_start(row), row.broadcast))
        first, second = pair
        if wanted_start(first) > now or wanted_start(second) > now:
            closes_at = min(wanted_start(first), wanted_start(second)) - DECISION_CLOSES_BEFORE
            found.append(Collision(first, second, closes_at, decisions.get(frozenset((one, other)))))
    return sorted(found, key=lambda each: (each.closes_at, each.first.broadcast, each.second.broadcast))


def undecided_collisions(session: Session, now: datetime) -> list[Collision]:
    """Collisions that an officer can still decide and none has."""
    return [each for each in collisions(session, now) if each.decided is None and each.closes_at > now]


def decide_priority(
    session: Session, now: datetime, officer: Officer, first: str, second: str, *, always: bool = False
) -> None:
    """Let `first` go before `second`. `always`: also whenever their two schedules collide later.

    What nobody has approved yet goes first only once it is approved. Raises Invalid, Forbidden, Conflict (no collision,
    too late, the second would run into quiet hours, or isn't approved for a later start).
    """
    for field, broadcast in (("first", first), ("second", second)):
        if session.get(Broadcast, broadcast) is None:
            raise Invalid(field, "broadcast_unknown")
    pair = [row for row in _coming(session, now) if row.broadcast in (first, second)]
    found = next(iter(_collisions_of(session, now, pair)), None)
    if found is None:
        raise Conflict("no_collision")
    require(session, now, officer, "editor", named_areas(session, found.first) | named_areas(session, found.second))
    if found.closes_at <= now:
        raise Conflict("priority_closed", minutes=DECISION_CLOSES_BEFORE // timedelta(minutes=1))
    rows = {_id(found.first): found.first, _id(found.second): found.second}
    _store_order(session, now, officer.officer, first, second)
    schedules = rows[first].schedule, rows[second].schedule
    if always and schedules[0] and schedules[1] and schedules[0] != schedules[1]:
        _store_order(session, now, officer.officer, schedules[0], schedules[1])
    audit.record(session, now, officer.officer, "priority decided", first, second=second, always=always)
    around = [wanted_start(row) for row in rows.values()]
    if always:
        around += [
            wanted_start(row)
            for row in _priority_broadcasts(session, now, now, now + _SEARCH_AHEAD)
            if row.schedule in schedules
        ]
    conflict = quiet_hours_conflict(session, settle_priorities(session, now, around))
    if conflict is not None:
        raise Conflict(conflict)
    if (_is_approved(rows[first]) or not _is_approved(rows[second])) and not _begins_after(rows[second], rows[first]):
        raise Conflict("priority_stays", title=rows[second].title)


def _is_approved(row: Broadcast) -> bool:
    return row.submission is not None


def _begins_after(second: Broadcast, first: Broadcast) -> bool:
    return fixed_start(second) >= fixed_start(first) + run_time_of(first)


def collisions_past_deadline(session: Session, now: datetime) -> list[Collision]:
    """Collisions of what is approved that no officer has decided and none can decide any more.

    What nobody has approved may be ordered without end.
    """
    end = now + DECISION_CLOSES_BEFORE + _NEIGHBOURHOOD
    rows = _priority_broadcasts(session, now, now - _NEIGHBOURHOOD, end)
    pending = _collisions_of(session, now, [row for row in rows if _is_approved(row)])
    return [each for each in pending if each.decided is None and each.closes_at <= now]


def close_decisions(session: Session, now: datetime) -> None:
    """Write down the order of the collisions that are past their deadline: it stays as it is.

    At most MOST_CLOSED_AT_ONCE, the soonest first; the others at the next call.
    """
    for each in collisions_past_deadline(session, now)[:MOST_CLOSED_AT_ONCE]:
        _store_order(session, now, None, _id(each.first), _id(each.second))
        audit.record(session, now, None, "priority left", _id(each.first), second=_id(each.second))
        note_change(session, "broadcast", _id(each.first))
        note_change(session, "broadcast", _id(each.second))


def _id(row: Broadcast) -> str:
    return row.broadcast


def _priority_broadcasts(session: Session, now: datetime, begin: datetime, end: datetime) -> Sequence[Broadcast]:
    """Priority broadcasts with a start, wanted at begin ≤ t < end, that are planned or can still be approved."""
    return session.exec(
        select(Broadcast).where(
            Broadcast.bulletin_class == "priority",
            col(Broadcast.announcement).is_not(None),
            may_come_on_air(now),
            col(Broadcast.starts_at).is_not(None),
            begin <= WANTED_START_COLUMN,
            end > WANTED_START_COLUMN,
        )
    ).all()


def _wishes(session: Session, rows: Sequence[Broadcast]) -> list[Wish]:
    reached = speakers_reached(session, rows)
    named = {row.schedule for row in rows if row.schedule}
    made = dict(
        session.exec(select(Schedule.schedule, Schedule.created_at).where(col(Schedule.schedule).in_(named))).all()
    )
    return [
        Wish(
            broadcast=row.broadcast,
            wanted_start=wanted_start(row),
            length=run_time_of(row),
            made=(made.get(row.schedule or "", row.created_at), row.broadcast),
            speakers=frozenset(each.speaker for each in reached[row.broadcast]),
        )
        for row in rows
    ]


def _decisions(session: Session, rows: Sequence[Broadcast]) -> dict[frozenset[str], PriorityOrder]:
    """{pair of broadcasts: its decision}; a decision on two broadcasts overrides one on their schedules."""
    ids = {row.broadcast for row in rows}
    names = ids | {row.schedule for row in rows if row.schedule}
    orders = session.exec(
        select(PriorityOrder).where(col(PriorityOrder.first).in_(names), col(PriorityOrder.second).in_(names))
    ).all()
    decisions: dict[frozenset[str], PriorityOrder] = {}
    of_schedule: dict[str, list[str]] = {}
    for row in rows:
        of_schedule.setdefault(row.schedule or "", []).append(row.broadcast)
    for order in sorted(orders, key=lambda order: (order.first in ids, order.decided_at)):
        if order.first in ids:
            decisions[frozenset((order.first, order.second))] = order
            continue
        for first in of_schedule.get(order.first, ()):
            for second in of_schedule.get(order.second, ()):
                decisions[frozenset((first, second))] = PriorityOrder(
                    first=first, second=second, decided_by=order.decided_by, decided_at=order.decided_at
                )
    return decisions


def _decided_pairs(session: Session, rows: Sequence[Broadcast]) -> list[tuple[str, str]]:
    orders = sorted(_decisions(session, rows).values(), key=lambda order: (order.decided_at, order.first, order.second))
    return [(order.first, order.second) for order in orders]


def _store_order(session: Session, now: datetime, officer: str | None, first: str, second: str) -> None:
    for earlier in (session.get(PriorityOrder, (first, second)), session.get(PriorityOrder, (second, first))):
        if earlier is not None:
            session.delete(earlier)
    session.flush()
    session.add(PriorityOrder(first=first, second=second, decided_by=officer, decided_at=now))
    session.flush()


def _move_start(session: Session, now: datetime, row: Broadcast, starts_at: datetime) -> bool:
    """Set another start; the deadlines move with it, and a planned broadcast gets a new revision.

    Returns False, with nothing changed, if it isn't approved for that start: others are moved all the same.
    """
    if not may_shift(wanted_start(row), starts_at, ZoneInfo(facts.time_zone(session))):
        log.warning(
            "broadcast=%s keeps its start: it would be over %s late, or on another day", row.broadcast, MAX_SHIFT
        )
        return False
    before = row.model_dump()
    wanted = wanted_start(row)
    by = starts_at - fixed_start(row)
    row.wanted_start = None if starts_at == wanted else wanted
    row.starts_at = starts_at
    row.latest_start = row.latest_start and row.latest_start + by
    if row.expires_at is not None:
        expire_at(row, row.expires_at + by)
    session.add(row)
    session.flush()
    if row.planned_at is not None:
        try:
            add_revision(session, now, row, state="planned")
        except ValueError as error:  # NotAgreed, or a broadcast that a speaker reported, without deadlines
            log.warning("broadcast=%s keeps its start: %s", row.broadcast, error)
            row.sqlmodel_update(before)
            session.add(row)
            session.flush()
            return False
    note_change(session, "broadcast", row.broadcast)
    return True
