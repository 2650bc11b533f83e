"""Priority bulletins that want the same minutes at the same speakers: which goes first, and when the other begins.

The commune's user decides the order (Circular 39/2020/TT-BTTTT). Neither is lost meanwhile: both are on the wire from
the beginning, the one that was made first before the other, so that also a speaker whose line is cut sounds both. The
order travels as `starts_at`. Ten minutes before nobody can change it any more, and what stood then is written down.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.broadcasts.instants import WANTED_START_COLUMN, expire_at, fixed_start, run_time_of, wanted_start
from controller.broadcasts.lists import would_reach
from controller.broadcasts.orders import check_quiet_hours, named_areas
from controller.broadcasts.revisions import add_revision
from controller.broadcasts.states import lapses_at
from controller.database.tables import Broadcast, Officer, PriorityOrder, Schedule
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid
from controller.station import audit, facts
from controller.station.area_tree import area_tree
from controller.words.phrases import Phrase
from schedules.collisions import Wish, find_collisions, place_in_turn

PAUSE = timedelta(seconds=5)
"""Between the end of the one and the beginning of the other: people notice that it is another one."""
CLOSES_BEFORE = timedelta(minutes=10)
_NEAR = timedelta(days=1)
_LOOKS_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Collision:
    """Two that want the same minutes; as things stand `first` goes first. `decided`: somebody, or the time, said so."""

    first: Broadcast
    second: Broadcast
    closes_at: datetime
    decided: PriorityOrder | None


def settle_priorities(
    session: Session, now: datetime, around: Collection[datetime], new: Collection[str] = ()
) -> list[Broadcast]:
    """Give each priority broadcast around these instants its place: what has to give way begins later.

    What begins within ten minutes stays where it is, but for those that are `new` and have no place yet. Answers those
    that were moved.
    """
    if not around:
        return []
    begin, end = min(around) - _NEAR, max(around) + _NEAR
    # What lies further out isn't moved, but those that are moved go round it.
    rows = _wanting(session, now, begin - _NEAR, end + _NEAR)
    fixed = {
        row.broadcast: row.starts_at
        for row in rows
        if row.starts_at is not None and row.broadcast not in new and _is_fixed(row, now)
    }
    starts = place_in_turn(_wishes(session, rows), _goes_before(session, rows), PAUSE, fixed)
    moved = []
    for row in rows:
        starts_at = starts[row.broadcast]
        if begin <= wanted_start(row) < end and starts_at != row.starts_at:
            _shift(session, now, row, starts_at)
            moved.append(row)
    return moved


def say_what_is_cut(session: Session, moved: Sequence[Broadcast]) -> Phrase | None:
    """Of what had to give way: what to say where that ends in quiet hours."""
    tree, zone = area_tree(session), ZoneInfo(facts.time_zone(session))
    for row in moved:
        try:
            check_quiet_hours(tree, zone, row, fixed_start(row), named_areas(session, row))
        except Invalid as error:
            return Phrase("gives_way_into_quiet_hours", title=row.title, why=error.phrase)
    return None


def _is_fixed(row: Broadcast, now: datetime) -> bool:
    """Nobody can change its instant any more."""
    return fixed_start(row) <= now + CLOSES_BEFORE


def collisions(session: Session, now: datetime, ahead: timedelta = _LOOKS_AHEAD) -> list[Collision]:
    """All that are to come, the soonest first."""
    rows = _wanting(session, now, now - _NEAR, now + ahead)
    by_id = {row.broadcast: row for row in rows}
    found = []
    decisions = _decisions(session, rows)
    for one, other in find_collisions(_wishes(session, rows)):
        pair = sorted((by_id[one], by_id[other]), key=lambda row: (row.starts_at or now, row.broadcast))
        first, second = pair
        if wanted_start(first) > now or wanted_start(second) > now:
            closes_at = min(wanted_start(first), wanted_start(second)) - CLOSES_BEFORE
            found.append(Collision(first, second, closes_at, decisions.get(frozenset((one, other)))))
    return sorted(found, key=lambda each: (each.closes_at, each.first.broadcast, each.second.broadcast))


def undecided(session: Session, now: datetime) -> list[Collision]:
    """Those that still wait for a person."""
    return [each for each in collisions(session, now) if each.decided is None and each.closes_at > now]


def decide(session: Session, now: datetime, officer: Officer, first: str, second: str, *, always: bool = False) -> None:
    """`first` goes first. `always`: also each later time that these two schedules meet.

    Raises Invalid, Conflict (they don't meet, it is too late, or the other would end in quiet hours), Forbidden.
    """
    for field, broadcast in (("first", first), ("second", second)):
        if session.get(Broadcast, broadcast) is None:
            raise Invalid(field, "broadcast_unknown")
    found = next(
        (each for each in collisions(session, now) if {first, second} == {_id(each.first), _id(each.second)}), None
    )
    if found is None:
        raise Conflict("no_collision")
    tree = area_tree(session)
    tree.require_charge(officer, named_areas(session, found.first) | named_areas(session, found.second))
    if found.closes_at <= now:
        raise Conflict("priority_closed", minutes=CLOSES_BEFORE // timedelta(minutes=1))
    rows = {_id(found.first): found.first, _id(found.second): found.second}
    _write(session, now, officer.officer, first, second)
    schedules = rows[first].schedule, rows[second].schedule
    if always and schedules[0] and schedules[1] and schedules[0] != schedules[1]:
        _write(session, now, officer.officer, schedules[0], schedules[1])
    audit.record(session, now, officer.officer, "priority decided", first, second=second, always=always)
    around = [wanted_start(row) for row in rows.values()]
    if always:
        around += [
            wanted_start(row) for row in _wanting(session, now, now, now + _LOOKS_AHEAD) if row.schedule in schedules
        ]
    cut = say_what_is_cut(session, settle_priorities(session, now, around))
    if cut is not None:
        raise Conflict(cut)


def left_undecided(session: Session, now: datetime) -> list[Collision]:
    """Those that nobody can decide any more, and nobody has."""
    near = collisions(session, now, CLOSES_BEFORE + _NEAR)
    return [each for each in near if each.decided is None and each.closes_at <= now]


def close_decisions(session: Session, now: datetime) -> None:
    """Ten minutes before, what nobody decided is decided: it stays as it stands."""
    for each in left_undecided(session, now):
        _write(session, now, None, _id(each.first), _id(each.second))
        audit.record(session, now, None, "priority left", _id(each.first), second=_id(each.second))
        note_change(session, "broadcast", _id(each.first))
        note_change(session, "broadcast", _id(each.second))


def _id(row: Broadcast) -> str:
    return row.broadcast


def _wanting(session: Session, now: datetime, begin: datetime, end: datetime) -> list[Broadcast]:
    """Priority broadcasts that want an instant in this time, and are or may still come on the air."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.bulletin_class == "priority",
            col(Broadcast.announcement).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            begin <= WANTED_START_COLUMN,
            end > WANTED_START_COLUMN,
        )
    ).all()
    return [row for row in rows if row.planned_at is not None or lapses_at(row) >= now]


def _wishes(session: Session, rows: Sequence[Broadcast]) -> list[Wish]:
    reached = would_reach(session, rows)
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
    """What was decided of each two of these; a word on the two broadcasts counts before one on their schedules."""
    ids = {row.broadcast for row in rows}
    names = ids | {row.schedule for row in rows if row.schedule}
    said = session.exec(
        select(PriorityOrder).where(col(PriorityOrder.first).in_(names), col(PriorityOrder.second).in_(names))
    ).all()
    decisions: dict[frozenset[str], PriorityOrder] = {}
    of_schedule: dict[str, list[str]] = {}
    for row in rows:
        of_schedule.setdefault(row.schedule or "", []).append(row.broadcast)
    for order in sorted(said, key=lambda order: (order.first in ids, order.decided_at)):
        if order.first in ids:
            decisions[frozenset((order.first, order.second))] = order
            continue
        for first in of_schedule.get(order.first, ()):
            for second in of_schedule.get(order.second, ()):
                decisions[frozenset((first, second))] = PriorityOrder(
                    first=first, second=second, decided_by=order.decided_by, decided_at=order.decided_at
                )
    return decisions


def _goes_before(session: Session, rows: Sequence[Broadcast]) -> list[tuple[str, str]]:
    orders = sorted(_decisions(session, rows).values(), key=lambda order: (order.decided_at, order.first, order.second))
    return [(order.first, order.second) for order in orders]


def _write(session: Session, now: datetime, officer: str | None, first: str, second: str) -> None:
    for earlier in (session.get(PriorityOrder, (first, second)), session.get(PriorityOrder, (second, first))):
        if earlier is not None:
            session.delete(earlier)
    session.flush()
    session.add(PriorityOrder(first=first, second=second, decided_by=officer, decided_at=now))
    session.flush()


def _shift(session: Session, now: datetime, row: Broadcast, starts_at: datetime) -> None:
    """Begin at another instant; its deadlines go with it."""
    wanted = wanted_start(row)
    by = starts_at - (row.starts_at or wanted)
    row.wanted_start = None if starts_at == wanted else wanted
    row.starts_at = starts_at
    row.latest_start = row.latest_start and row.latest_start + by
    if row.expires_at is not None:
        expire_at(row, row.expires_at + by)
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    if row.planned_at is not None:
        add_revision(session, now, row, state="planned")
