"""Receipts: from the wire to rows, many messages in one transaction, each speaker within its quotas (quotas.py).

A receipt that is stored already stays as it is, so receiving it twice is harmless.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from controller.broadcasts.deliveries import DeliveryRow, receipt_changes
from controller.broadcasts.lifecycle import note_planned_elsewhere
from controller.database.many_rows import write_rows
from controller.database.tables import Broadcast, Delivery, metadata
from controller.database.transactions import note_change
from controller.exchange.journals import (
    Arrival,
    JournalKey,
    SafeUpTo,
    Standing,
    advance_journals,
    in_journal,
    journals_of,
)
from controller.exchange.quotas import MOST_UNREAD_BYTES, Quotas, is_believable
from wire.receipts import Receipt as WireReceipt
from wire.receipts import Receipts, UnreadReceipt

log = logging.getLogger(__name__)

_receipts, _deliveries = metadata.tables["receipt"], metadata.tables["delivery"]

_insert_receipt: dict[str, Insert] = {
    "sqlite": sqlite.insert(_receipts).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_receipts).on_conflict_do_nothing(),
}
_update_delivery = update(_deliveries).where(
    _deliveries.c.broadcast == bindparam("of_broadcast"), _deliveries.c.speaker == bindparam("at_speaker")
)
_DELIVERY_COLUMNS = _deliveries.c.keys()
_UNREAD_COLUMNS = dict.fromkeys(column.name for column in _receipts.c)
_MAX_CROSS_PRODUCT = 10
_MOST_LOGGED = 10

AnyReceipt = WireReceipt | UnreadReceipt


class ReceiptMessage(NamedTuple):
    """A message of receipts, and the speaker on whose topic it arrived."""

    speaker: str
    receipts: Receipts


@dataclass
class _Received:
    """What a batch has of one journal: the largest `first` that it named, and its receipts by `seq`."""

    first: int = 1
    receipts: dict[int, AnyReceipt] = field(default_factory=dict)


_ByJournal = dict[JournalKey, _Received]


class _Stored(NamedTuple):
    """What is stored of a receipt, for comparing; all None: it couldn't be read."""

    broadcast: str | None
    revision: int | None
    state: str | None


def take_receipts(
    session: Session, now: datetime, messages: Sequence[ReceiptMessage], quotas: Quotas
) -> list[SafeUpTo]:
    """Store these receipts and move the deliveries.

    Returns how far each journal is safe once the session is committed: the caller acknowledges it then.
    """
    by_journal: _ByJournal = {}
    for message in messages:
        receipts = message.receipts
        received = by_journal.setdefault((message.speaker, receipts.journal), _Received())
        received.first = max(received.first, receipts.first or 1)
        for receipt in receipts.receipts:
            received.receipts.setdefault(receipt.seq, receipt)
    journals = journals_of(session, by_journal)
    arrivals: dict[JournalKey, Arrival] = {}
    safe: list[SafeUpTo] = []
    rows: list[dict[str, object]] = []
    for key, received in by_journal.items():
        if key in journals or quotas.take(key[0], "journals", 1, now):
            standing = journals.get(key, Standing())
            arrivals[key], new = _sort_out(session, now, key, standing, received, quotas)
            rows += [_receipt_row(*key, receipt, now) for receipt in new]
        else:
            safe.append(SafeUpTo(*key, max(received.receipts, default=0)))
    write_rows(session, _insert_receipt[session.get_bind().dialect.name], rows)
    _move_deliveries(session, now, by_journal, quotas)
    return safe + advance_journals(session, journals, arrivals)


def _sort_out(
    session: Session, now: datetime, key: JournalKey, standing: Standing, received: _Received, quotas: Quotas
) -> tuple[Arrival, list[AnyReceipt]]:
    """What the journal gains, and the receipts of it that become rows: as many as the speaker's quotas allow."""
    speaker = key[0]
    stored = _stored(session, key, [seq for seq in received.receipts if seq <= standing.highest])
    left_out: set[int] = set()
    rows: list[AnyReceipt] = []
    for seq in sorted(received.receipts.keys() - stored.keys()):
        receipt = received.receipts[seq]
        if isinstance(receipt, UnreadReceipt) and not quotas.take(speaker, "unread_receipts", 1, now):
            left_out.add(seq)
        else:
            rows.append(receipt)
    rows = rows[: quotas.take(speaker, "stored_receipts", len(rows), now)]
    unbelieved = sum(isinstance(each, WireReceipt) and not is_believable(now, each.revision) for each in rows)
    quotas.refuse(speaker, "revisions", unbelieved)
    new = left_out | {receipt.seq for receipt in rows}
    arrival = Arrival(
        first=received.first,
        there=new | stored.keys(),
        came_after_all={seq for seq in new if seq <= standing.upto},
        told=max(received.receipts, default=0),
        contradicted=any(_differs(stored[seq], received.receipts[seq]) for seq in stored),
    )
    if arrival.contradicted:
        quotas.refuse(speaker, "contradictions")
    if arrival.came_after_all and not quotas.take(speaker, "contradictions", 1, now):
        arrival.came_after_all, arrival.unclear = set(), True
    return arrival, rows


def _stored(session: Session, key: JournalKey, seqs: Collection[int]) -> dict[int, _Stored]:
    """{seq: what is stored} of those of these receipts that are stored already."""
    if not seqs:
        return {}
    columns = (_receipts.c.seq, _receipts.c.broadcast, _receipts.c.revision, _receipts.c.state)
    rows = session.connection().execute(select(*columns).where(in_journal(key), _receipts.c.seq.in_(seqs)))
    return {seq: _Stored(broadcast, revision, state) for seq, broadcast, revision, state in rows}


def _differs(stored: _Stored, receipt: AnyReceipt) -> bool:
    """Whether a receipt says something else than what is stored under its number. (What was unread may be read now.)"""
    if isinstance(receipt, UnreadReceipt) or stored.broadcast is None:
        return False
    return stored != _Stored(receipt.broadcast, receipt.revision, receipt.state)


def _receipt_row(speaker: str, journal: str, receipt: AnyReceipt, now: datetime) -> dict[str, object]:
    if isinstance(receipt, UnreadReceipt):
        return {
            **_UNREAD_COLUMNS,
            "speaker": speaker,
            "journal": journal,
            "seq": receipt.seq,
            "received_at": now,
            "unread": receipt.as_it_came[:MOST_UNREAD_BYTES],
        }
    return {
        "speaker": speaker,
        "journal": journal,
        "seq": receipt.seq,
        "broadcast": receipt.broadcast,
        "revision": receipt.revision,
        "state": receipt.state,
        "at": receipt.at,
        "clock": receipt.clock,
        "reason": receipt.reason,
        "heard_ms": receipt.heard_ms,
        "start_error_ms": receipt.start_error_ms,
        "volume": receipt.volume,
        "received_at": now,
        "unread": None,
    }


def _move_deliveries(session: Session, now: datetime, by_journal: _ByJournal, quotas: Quotas) -> None:
    by_delivery: dict[tuple[str, str], list[WireReceipt]] = {}
    for (speaker, _), received in by_journal.items():
        for receipt in received.receipts.values():
            if isinstance(receipt, WireReceipt):
                by_delivery.setdefault((receipt.broadcast, speaker), []).append(receipt)
    deliveries = {(row["broadcast"], row["speaker"]): row for row in _read_deliveries(session, by_delivery)}
    unknown: dict[str, list[str]] = {}
    for broadcast, speaker in by_delivery:
        if (broadcast, speaker) not in deliveries:
            unknown.setdefault(speaker, []).append(broadcast)
    for speaker, broadcasts in unknown.items():
        for found in add_found_deliveries(session, now, speaker, broadcasts, quotas):
            deliveries[found["broadcast"], speaker] = found
    changed: list[DeliveryRow] = []
    for key, receipts in by_delivery.items():
        if key not in deliveries:
            continue
        before = deliveries[key]
        after = dict(before)
        for receipt in sorted(receipts, key=attrgetter("seq")):
            after.update(receipt_changes(after, receipt, now))
        if after != before:
            changed.append({"of_broadcast": after.pop("broadcast"), "at_speaker": after.pop("speaker"), **after})
            note_change(session, "delivery", "/".join(key))
    write_rows(session, _update_delivery, changed)


def _read_deliveries(session: Session, keys: Collection[tuple[str, str]]) -> Iterable[DeliveryRow]:
    """The stored deliveries of these (broadcast, speaker) keys, and perhaps some others.

    One query reads all pairs of these broadcasts and speakers. Where that would be more than `_MAX_CROSS_PRODUCT` rows
    for each key, it is one query for each speaker, or for each broadcast.
    """
    broadcasts = sorted({broadcast for broadcast, _ in keys})
    speakers = sorted({speaker for _, speaker in keys})
    broadcast, speaker = _deliveries.c.broadcast, _deliveries.c.speaker
    if len(broadcasts) * len(speakers) <= _MAX_CROSS_PRODUCT * len(keys):
        conditions = [broadcast.in_(broadcasts) & speaker.in_(speakers)]
    elif len(speakers) < len(broadcasts):
        conditions = [(speaker == each) & broadcast.in_([b for b, s in keys if s == each]) for each in speakers]
    else:
        conditions = [(broadcast == each) & speaker.in_([s for b, s in keys if b == each]) for each in broadcasts]
    for condition in conditions:
        for row in session.connection().execute(select(_deliveries).where(condition)):
            yield dict(zip(_DELIVERY_COLUMNS, row, strict=True))


def add_found_deliveries(
    session: Session, now: datetime, speaker: str, broadcasts: Sequence[str], quotas: Quotas
) -> list[DeliveryRow]:
    """Add deliveries that this database didn't know: the speaker has them, so an office approved and signed them once.

    As many as the speaker's quota allows; the receipts of the others are stored all the same.
    """
    found = broadcasts[: quotas.take(speaker, "unknown_broadcasts", len(broadcasts), now)]
    for broadcast in found:
        row = session.get(Broadcast, broadcast)
        if row is not None and row.announcement is not None and row.planned_at is None:
            note_planned_elsewhere(session, now, row)
        if row is None:
            session.add(
                Broadcast(broadcast=broadcast, title="", bulletin_class=None, areas=[], speakers=[], created_at=now)
            )
            session.flush()
            note_change(session, "broadcast", broadcast)
        session.add(Delivery(broadcast=broadcast, speaker=speaker, found=True))
    if not found:
        return []
    session.flush()
    log.info("found at speaker %s: %d broadcasts, %s", speaker, len(found), ", ".join(found[:_MOST_LOGGED]))
    rows = session.connection().execute(
        select(_deliveries).where(_deliveries.c.speaker == speaker, _deliveries.c.broadcast.in_(found))
    )
    return [dict(row) for row in rows.mappings()]
