"""Broadcasts found: one by its id, those that wait, those of a day, the newest; and the speakers that they are for."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from controller.broadcasts.instants import ORDERED_START_COLUMN, ordered_start
from controller.broadcasts.states import lapses_at
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.errors import NotFound
from controller.station.area_tree import area_tree


def require_broadcast(session: Session, broadcast: str) -> Broadcast:
    """The broadcast of a path; raises NotFound."""
    row = session.get(Broadcast, broadcast)
    if row is None:
        raise NotFound("broadcast_unknown")
    return row


def addressed(session: Session, row: Broadcast) -> list[str]:
    """The speakers that it is for: its deliveries', or, while it waits for approval, those that it would reach now."""
    there = session.exec(select(Delivery.speaker).where(Delivery.broadcast == row.broadcast)).all()
    if there or row.planned_at is not None:
        return sorted(there)
    return sorted(speaker.speaker for speaker in would_reach(session, [row])[row.broadcast])


def would_reach(session: Session, rows: Sequence[Broadcast]) -> dict[str, list[Speaker]]:
    """The speakers that broadcasts which are not planned would reach now."""
    if not rows:
        return {}
    tree, speakers = area_tree(session), session.exec(select(Speaker)).all()
    of_places: dict[tuple[frozenset[str], frozenset[str]], list[Speaker]] = {}  # what recurs names the same each day
    reached = {}
    for row in rows:
        places = frozenset(row.areas), frozenset(row.speakers)
        if places not in of_places:
            within = tree.subtree(row.areas)
            of_places[places] = [each for each in speakers if each.area in within or each.speaker in places[1]]
        reached[row.broadcast] = of_places[places]
    return reached


def waiting_broadcasts(session: Session, now: datetime, *announcements: str) -> list[Broadcast]:
    """What waits for these announcements' approval and would still be put on the air, the soonest first."""
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.announcement).in_(announcements),
            col(Broadcast.submission).is_(None),
            col(Broadcast.cancelled_at).is_(None),
        )
    ).all()
    return sorted((row for row in rows if now <= lapses_at(row)), key=lapses_at)


def planned_broadcasts(session: Session, now: datetime, announcement: str) -> list[Broadcast]:
    """What is planned by this announcement's approval and has not begun, the soonest first."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.announcement == announcement,
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.starts_at) > now,
        )
    ).all()
    return sorted(rows, key=ordered_start)


def newest_broadcasts(session: Session, limit: int, before: str | None) -> list[Broadcast]:
    """By their instants, the latest first, without what a timetable took back; `before`: those behind this one."""
    instant = ORDERED_START_COLUMN
    query = select(Broadcast).where(col(Broadcast.replaced).is_(False))
    query = query.order_by(instant.desc(), col(Broadcast.broadcast).desc()).limit(limit)
    last = session.get(Broadcast, before) if before else None
    if last is not None:
        at = ordered_start(last)
        query = query.where((instant < at) | ((instant == at) & (col(Broadcast.broadcast) < last.broadcast)))
    return list(session.exec(query).all())


def broadcasts_between(session: Session, begin: datetime, end: datetime) -> list[Broadcast]:
    """Those that this office ordered for begin ≤ t < end (“now” counts where it was ordered), by their instants."""
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.announcement).is_not(None),
            col(Broadcast.replaced).is_(False),
            begin <= ORDERED_START_COLUMN,
            end > ORDERED_START_COLUMN,
        )
    ).all()
    return sorted(rows, key=lambda row: (ordered_start(row), row.broadcast))


def found_rejected(session: Session, since: datetime) -> list[tuple[Broadcast, Delivery]]:
    """Orders that didn't come from this office and that speakers refused, as they told since then."""
    rows = session.exec(
        select(Broadcast, Delivery)
        .join(Delivery, col(Delivery.broadcast) == col(Broadcast.broadcast))
        .where(
            col(Broadcast.announcement).is_(None),
            Delivery.state == "rejected",
            col(Delivery.received_at) >= since,
        )
        .order_by(col(Delivery.received_at).desc())
    ).all()
    return [(broadcast, delivery) for broadcast, delivery in rows]
