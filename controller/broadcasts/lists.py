"""Finding broadcasts (by id, waiting, planned, newest, of a day), and the speakers that they are for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from controller.broadcasts.deliveries import IS_SHOWN_COLUMN
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.errors import NotFound
from controller.orders.instants import ORDERED_START_COLUMN, not_lapsed, ordered_start
from controller.station.area_tree import area_tree

MAX_UNKNOWN_OF_SPEAKER = 5
"""Of the broadcasts that were found at one speaker and are unknown here, lists show the newest."""


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

    Of broadcasts that this office doesn't know only the newest of each speaker, so that one can't bury the others.
    `before`: only broadcasts that come after this id in that order.
    """
    instant = ORDERED_START_COLUMN
    is_told = col(Broadcast.announcement).is_not(None) | col(Broadcast.broadcast).in_(_unknown_to_show())
    query = select(Broadcast).where(IS_SHOWN_COLUMN, is_told)
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


class RejectedOrders(NamedTuple):
    """How many orders from elsewhere a speaker rejected, and the last of them."""

    speaker: Speaker
    last: Delivery
    orders: int


def rejected_foreign_orders(session: Session, since: datetime) -> list[RejectedOrders]:
    """Of each speaker the orders from elsewhere that it rejected, by reports since `since`, the newest report first."""
    speaker = col(Delivery.speaker)
    newest_first: list[ColumnElement[Any]] = [col(Delivery.received_at).desc(), col(Delivery.broadcast).desc()]
    rejected = (
        select(
            Delivery.broadcast,
            Delivery.speaker,
            func.row_number().over(partition_by=speaker, order_by=newest_first).label("nth"),
            func.count().over(partition_by=speaker).label("count"),
        )
        .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
        .where(
            col(Broadcast.announcement).is_(None),
            Delivery.state == "rejected",
            col(Delivery.received_at) >= since,
        )
        .subquery()
    )
    rows = session.exec(
        select(Speaker, Delivery, rejected.c.count)
        .join(Delivery, speaker == col(Speaker.speaker))
        .join(rejected, (rejected.c.broadcast == col(Delivery.broadcast)) & (rejected.c.speaker == speaker))
        .where(rejected.c.nth == 1)
        .order_by(*newest_first)
    ).all()
    return [RejectedOrders(*row) for row in rows]


def speakers_with_many_unknown(session: Session) -> list[tuple[Speaker, int]]:
    """The speakers at which more unknown broadcasts were found than lists show, and how many; most first."""
    count = func.count()
    return list(
        session.exec(
            select(Speaker, count)
            .join(Delivery, col(Delivery.speaker) == col(Speaker.speaker))
            .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
            .where(col(Broadcast.announcement).is_(None))
            .group_by(col(Speaker.speaker))
            .having(count > MAX_UNKNOWN_OF_SPEAKER)
            .order_by(count.desc(), col(Speaker.speaker))
        ).all()
    )


def _unknown_to_show() -> SelectOfScalar[str]:
    """Of each speaker the newest broadcasts that this office doesn't know."""
    newest_first: list[ColumnElement[Any]] = [ORDERED_START_COLUMN.desc(), col(Broadcast.broadcast).desc()]
    nth = func.row_number().over(partition_by=col(Delivery.speaker), order_by=newest_first)
    found = (
        select(Delivery.broadcast, nth.label("nth"))
        .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
        .where(col(Broadcast.announcement).is_(None))
        .subquery()
    )
    return select(found.c.broadcast).where(found.c.nth <= MAX_UNKNOWN_OF_SPEAKER)
