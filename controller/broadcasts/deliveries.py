"""Deliveries: one broadcast at one speaker, and how what the speaker says moves it. A final state never changes.

Two give way once to what the speaker says later: `rejected`, and the office's own `no_report`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert
from sqlmodel import Session, col, select

from controller.database.column_types import DeliveryState
from controller.database.many_rows import write_rows
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.database.transactions import note_change
from controller.station.area_tree import AreaTree
from wire.outcomes import FINAL, ReceiptState
from wire.receipts import Receipt

DeliveryRow = dict[str, Any]
"""A delivery by the names of its columns, as Core reads and writes it: rows of thousands are not made objects."""

ENDED: frozenset[DeliveryState] = FINAL | {"no_report"}
_PROGRESS: dict[DeliveryState, int] = {"pending": 0, "accepted": 1, "ready": 2, "started": 3}
_NOTED_IN: dict[ReceiptState, str] = {"accepted": "accepted_at", "ready": "ready_at", "started": "started_at"}

_NEW = insert(Delivery)
_NOTHING_SAID = {"state": "pending", "found": False}


def add_deliveries(session: Session, broadcast: Broadcast, tree: AreaTree) -> None:
    """A row for each speaker that a broadcast names, when it is planned; those at which it was found have theirs."""
    within = tree.subtree(broadcast.areas)
    named = set(session.exec(select(Speaker.speaker).where(col(Speaker.area).in_(within))).all())
    named |= set(broadcast.speakers)
    named -= set(session.exec(select(Delivery.speaker).where(Delivery.broadcast == broadcast.broadcast)).all())
    new = [{"broadcast": broadcast.broadcast, "speaker": speaker, **_NOTHING_SAID} for speaker in sorted(named)]
    write_rows(session, _NEW, new)


def follow_speakers(session: Session, now: datetime, tree: AreaTree, speakers: Sequence[Speaker]) -> None:
    """These speakers came, or moved: they now hear the broadcasts of their areas that are on the wire."""
    live = session.exec(
        select(Broadcast).where(
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.expires_at) > now,
        )
    ).all()
    ids = [row.speaker for row in speakers]
    there = set(session.exec(select(Delivery.broadcast, Delivery.speaker).where(col(Delivery.speaker).in_(ids))).all())
    for row in speakers:
        chain = set(tree.chain(row.area))
        for broadcast in live:
            named = row.speaker in broadcast.speakers or not chain.isdisjoint(broadcast.areas)
            if named and (broadcast.broadcast, row.speaker) not in there:
                session.add(Delivery(broadcast=broadcast.broadcast, speaker=row.speaker))
                note_change(session, "broadcast", broadcast.broadcast)


def last_deliveries(session: Session, now: datetime, speaker: str, limit: int) -> list[tuple[Delivery, Broadcast]]:
    """The last broadcasts at one speaker whose moment has come, the newest first."""
    rows = session.exec(
        select(Delivery, Broadcast)
        .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
        .where(
            Delivery.speaker == speaker,
            col(Broadcast.replaced).is_(False),
            func.coalesce(Broadcast.starts_at, Broadcast.created_at) <= now,
        )
        .order_by(func.coalesce(Broadcast.starts_at, Broadcast.created_at).desc())
        .limit(limit)
    ).all()
    return [(delivery, broadcast) for delivery, broadcast in rows]


def moved_by(delivery: DeliveryRow, receipt: Receipt, received_at: datetime) -> DeliveryRow:
    """The columns that a receipt changes in a delivery's row; empty: none. Receipts may come twice and in any order."""
    changes: DeliveryRow = {}
    column = _NOTED_IN.get(receipt.state)
    if column is not None and delivery[column] is None:
        changes[column] = receipt.at
    if receipt.start_error_ms is not None and delivery["start_error_ms"] is None:
        changes["start_error_ms"] = receipt.start_error_ms
    if _moves(delivery["state"], receipt.state):
        changes |= {"state": receipt.state, "reason": receipt.reason}
        if receipt.state in FINAL:
            changes |= {"ended_at": receipt.at, "heard_ms": receipt.heard_ms}
    return {**changes, "received_at": received_at} if changes else {}


def _moves(current: DeliveryState, said: ReceiptState) -> bool:
    if said == "rejected":
        return current in ("pending", "no_report")
    if current == "rejected":
        return True
    if current == "no_report":
        return said in FINAL
    if current in FINAL:
        return False
    return said in FINAL or _PROGRESS[said] > _PROGRESS[current]
