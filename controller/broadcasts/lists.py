"""Finding broadcasts (by id, waiting, planned, newest, of a day), and the speakers that they are for."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from controller.broadcasts.deliveries import IS_SHOWN_COLUMN
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.errors import NotFound
from controller.orders.instants import ORDERED_START_COLUMN, not_lapsed, ordered_start
from controller.station.area_tree import area_tree


def require_broadcast(session: Session, broadcast: str) -> Broadcast:
    """The broadcast that a request's path names; raises NotFound."""
    row = session.get(Broadcast, broadcast)
    if row is None:
        raise NotFound("broadcast_unknown")
    return row


def addressed_speakers(session: Session, row: Broadcast) -> list[str]:
    """The speaker ids that it is for: of its deliveries, or, before it is planned, those that it would reach now."""
    delivered = session.exec(select(Delivery.speaker).where(Delivery.broadcast == row.broadcast)).all()
    if delivered or row.planned_at is not None:
        return sorted(delivered)
    return sorted(speaker.speaker for speaker in speakers_reached(session, [row])[row.broadcast])


def speakers_reached(session: Session, rows: Sequence[Broadcast]) -> dict[str, list[Speaker]]:
    """{broadcast: speakers that it would reach now}, by its areas and speakers and where speakers stand today."""
    if not rows:
        return {}
    tree, speakers = area_tree(session), session.exec(select(Speaker)).all()
    of_places: dict[
        tuple[frozenset[str], frozenset[str]], list[Speaker]
    ] = {}  # broadcasts of one schedule name the same places
    reached = {}
    for row in rows:
        places = frozenset(row.areas), frozenset(row.speakers)
        if places not in of_places:
            within = tree.subtree(row.areas)
            of_places[places] = [each for each in speakers if each.area in within or each.speaker in places[1]]
        reached[row.broadcast] = of_places[places]
    return reached


def lacks_approval(now: datetime) -> ColumnElement[bool]:
    """The condition that an approval would still plan a broadcast.

    It waits for one, or a speaker has it and its approval isn't known here.
    """
    return col(Broadcast.submission).is_(None) & col(Broadcast.cancelled_at).is_(None) & not_lapsed(now)


def waiting_broadcasts(session: Session, now: datetime, announcement: str, *, of_order: str) -> Sequence[Broadcast]:
    """The broadcasts of an order of an announcement that wait for approval and have not lapsed."""
    return session.exec(
        select(Broadcast).where(Broadcast.announcement == announcement, lacks_approval(now), is_of_order(of_order))
    ).all()


def is_of_order(order: str) -> ColumnElement[bool]:
    """Whether it is this order itself, or an occurrence of this schedule."""
    return or_(col(Broadcast.broadcast) == order, col(Broadcast.schedule) == order)


def planned_broadcasts(session: Session, now: datetime, announcement: str) -> list[Broadcast]:
    """Planned broadcasts of an announcement whose `starts_at` is still to come, the soonest first."""
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
    """At most `limit` broadcasts by their start, the latest first, without replaced ones that nobody heard.

    `before`: only broadcasts that come after this id in that order.
    """
    instant = ORDERED_START_COLUMN
    query = select(Broadcast).where(IS_SHOWN_COLUMN)
    query = query.order_by(instant.desc(), col(Broadcast.broadcast).desc()).limit(limit)
    last = session.get(Broadcast, before) if before else None
    if last is not None:
        at = ordered_start(last)
        query = query.where((instant < at) | ((instant == at) & (col(Broadcast.broadcast) < last.broadcast)))
    return list(session.exec(query).all())


def broadcasts_between(session: Session, begin: datetime, end: datetime) -> list[Broadcast]:
    """Broadcasts of this office that were to start at begin ≤ t < end, by start; “now” starts when it was ordered."""
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.announcement).is_not(None),
            IS_SHOWN_COLUMN,
            begin <= ORDERED_START_COLUMN,
            end > ORDERED_START_COLUMN,
        )
    ).all()
    return sorted(rows, key=lambda row: (ordered_start(row), row.broadcast))


def rejected_foreign_orders(session: Session, since: datetime) -> list[tuple[Broadcast, Delivery]]:
    """Orders from elsewhere that speakers rejected, by reports since `since`, the newest report first."""
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
