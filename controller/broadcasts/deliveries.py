"""Deliveries: one broadcast at one speaker, and how receipts change its state. A final state never changes.

Two end states are not final: `rejected`, and the office's own `no_report`, can still be changed by a later receipt.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, insert
from sqlmodel import Session, col, select

from controller.database.column_types import DeliveryState
from controller.database.many_rows import write_rows
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.database.transactions import note_change
from controller.orders.instants import ORDERED_START_COLUMN
from controller.station.area_tree import AreaTree
from wire.broadcast import names_speaker
from wire.outcomes import FINAL, ReceiptState
from wire.receipts import Receipt

DeliveryRow = dict[str, Any]
"""A delivery as {column: value}: thousands of rows are read and written without ORM objects."""

MOST_AHEAD = timedelta(days=1)
"""What a speaker dates or numbers further ahead than this isn't believed."""
MOST_HEARD_MS = 7 * 86_400_000
MOST_START_ERROR_MS = 86_400_000.0

ENDED: frozenset[DeliveryState] = FINAL | {"no_report"}
_PROGRESS_RANK: dict[DeliveryState, int] = {"pending": 0, "accepted": 1, "ready": 2, "started": 3}
_INSTANT_COLUMNS: dict[ReceiptState, str] = {"accepted": "accepted_at", "ready": "ready_at", "started": "started_at"}

_SOUNDED: tuple[DeliveryState, ...] = ("started", "played", "partial")
IS_SHOWN_COLUMN: ColumnElement[bool] = col(Broadcast.replaced).is_(False) | (
    select(Delivery)
    .where(Delivery.broadcast == Broadcast.broadcast, col(Delivery.state).in_(_SOUNDED))
    .correlate(Broadcast)  # and not a list of deliveries, which this stands in too
    .exists()
)
"""Of lists of broadcasts: not what the office took back, unless a speaker that wasn't told so has sounded it."""

_INSERT_DELIVERY = insert(Delivery)
_PENDING_COLUMNS = {"state": "pending", "found": False}


def add_deliveries(session: Session, broadcast: Broadcast, tree: AreaTree) -> None:
    """Add a delivery for each speaker that a planned broadcast is for, unless it has one already."""
    within = tree.subtree(broadcast.areas)
    named = set(session.exec(select(Speaker.speaker).where(col(Speaker.area).in_(within))).all())
    named |= set(broadcast.speakers)
    named -= set(session.exec(select(Delivery.speaker).where(Delivery.broadcast == broadcast.broadcast)).all())
    new = [{"broadcast": broadcast.broadcast, "speaker": speaker, **_PENDING_COLUMNS} for speaker in sorted(named)]
    write_rows(session, _INSERT_DELIVERY, new)


def add_missing_deliveries(session: Session, now: datetime, tree: AreaTree, speakers: Sequence[Speaker]) -> None:
    """Add the deliveries that new or moved speakers lack, of broadcasts on the wire that are now for them."""
    live = session.exec(
        select(Broadcast).where(
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.expires_at) > now,
        )
    ).all()
    ids = [row.speaker for row in speakers]
    existing = set(
        session.exec(select(Delivery.broadcast, Delivery.speaker).where(col(Delivery.speaker).in_(ids))).all()
    )
    for row in speakers:
        chain = set(tree.chain(row.area))
        for broadcast in live:
            if names_speaker(broadcast, row.speaker, chain) and (broadcast.broadcast, row.speaker) not in existing:
                session.add(Delivery(broadcast=broadcast.broadcast, speaker=row.speaker))
                note_change(session, "broadcast", broadcast.broadcast)


def deliveries_of(session: Session, broadcast: str) -> Sequence[Delivery]:
    """The deliveries of a broadcast, in the order of the speakers' ids."""
    return session.exec(select(Delivery).where(Delivery.broadcast == broadcast).order_by(Delivery.speaker)).all()


def last_deliveries(session: Session, now: datetime, speaker: str, limit: int) -> list[tuple[Delivery, Broadcast]]:
    """The last `limit` broadcasts at one speaker that were to begin by `now`, the newest first."""
    rows = session.exec(
        select(Delivery, Broadcast)
        .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
        .where(
            Delivery.speaker == speaker,
            IS_SHOWN_COLUMN,
            now >= ORDERED_START_COLUMN,
        )
        .order_by(ORDERED_START_COLUMN.desc())
        .limit(limit)
    ).all()
    return [(delivery, broadcast) for delivery, broadcast in rows]


def receipt_changes(delivery: DeliveryRow, receipt: Receipt, received_at: datetime) -> DeliveryRow:
    """The columns of a delivery that a receipt changes, or {}. Receipts may arrive twice and in any order.

    An instant that lies a day ahead isn't believed: the report's arrival takes its place. Numbers are cut to what can
    be shown.
    """
    at = receipt.at if receipt.at <= received_at + MOST_AHEAD else received_at
    changes: DeliveryRow = {}
    column = _INSTANT_COLUMNS.get(receipt.state)
    if column is not None and delivery[column] is None:
        changes[column] = at
    if receipt.start_error_ms is not None and delivery["start_error_ms"] is None:
        changes["start_error_ms"] = max(-MOST_START_ERROR_MS, min(receipt.start_error_ms, MOST_START_ERROR_MS))
    if _may_move(delivery["state"], receipt.state):
        changes |= {"state": receipt.state, "reason": receipt.reason}
        if receipt.state in FINAL:
            heard_ms = None if receipt.heard_ms is None else min(receipt.heard_ms, MOST_HEARD_MS)
            changes |= {"ended_at": at, "heard_ms": heard_ms}
    return {**changes, "received_at": received_at} if changes else {}


def _may_move(current: DeliveryState, reported: ReceiptState) -> bool:
    if reported == "rejected":
        return current in ("pending", "no_report")
    if current == "rejected":
        return True
    if current == "no_report":
        return reported in FINAL
    if current in FINAL:
        return False
    return reported in FINAL or _PROGRESS_RANK[reported] > _PROGRESS_RANK[current]
