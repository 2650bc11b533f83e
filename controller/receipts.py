"""Receipts: from the wire to committed rows, many messages in one transaction, and how far each journal is safe then.

Rows go in by SQLAlchemy Core in batches: measured six times faster than objects. A receipt that is here already is
left as it is, so that twice does no harm.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from controller.database import note
from controller.deliveries import moved_by
from controller.tables import Broadcast, Delivery, Journal, Receipt
from wire.receipts import Receipt as WireReceipt
from wire.receipts import Receipts, UnreadReceipt

log = logging.getLogger(__name__)

_receipts: Table = Receipt.__table__  # type: ignore[attr-defined]  # SQLModel makes it, its types don't say so
_deliveries: Table = Delivery.__table__  # type: ignore[attr-defined]
_broadcasts: Table = Broadcast.__table__  # type: ignore[attr-defined]
_journals: Table = Journal.__table__  # type: ignore[attr-defined]
_KEYS_A_QUERY = 400


@dataclass(frozen=True)
class Said:
    """One message of receipts, and the speaker on whose topic it came."""

    speaker: str
    receipts: Receipts


@dataclass(frozen=True)
class SafeUpTo:
    """Every receipt of that journal to `upto` is committed here, or known to be gone."""

    speaker: str
    journal: str
    upto: int


def take(session: Session, now: datetime, said: Sequence[Said]) -> list[SafeUpTo]:
    """Store all of them; what is to be acknowledged once the session is committed, an entry a journal."""
    _store(session, now, said)
    _move_deliveries(session, now, said)
    return _advance(session, said)


def _store(session: Session, now: datetime, said: Sequence[Said]) -> None:
    rows = [_row(message, receipt, now) for message in said for receipt in message.receipts.receipts]
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.connection().execute(dialect.insert(_receipts).on_conflict_do_nothing(), rows)


def _row(said: Said, receipt: WireReceipt | UnreadReceipt, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "speaker": said.speaker,
        "journal": said.receipts.journal,
        "seq": receipt.seq,
        "received_at": now,
    }
    if isinstance(receipt, UnreadReceipt):
        nothing = dict.fromkeys(
            ("broadcast", "revision", "state", "at", "clock", "reason", "heard_ms", "start_error_ms", "volume")
        )
        return {**row, **nothing, "unread": receipt.as_it_came}
    return {
        **row,
        "broadcast": receipt.broadcast,
        "revision": receipt.revision,
        "state": receipt.state,
        "at": receipt.at,
        "clock": receipt.clock,
        "reason": receipt.reason,
        "heard_ms": receipt.heard_ms,
        "start_error_ms": receipt.start_error_ms,
        "volume": receipt.volume,
        "unread": None,
    }


def _move_deliveries(session: Session, now: datetime, said: Sequence[Said]) -> None:
    by_delivery: dict[tuple[str, str], list[WireReceipt]] = {}
    for message in said:
        for receipt in message.receipts.receipts:
            if isinstance(receipt, WireReceipt):
                by_delivery.setdefault((receipt.broadcast, message.speaker), []).append(receipt)
    known = {(row["broadcast"], row["speaker"]): row for row in _known(session, list(by_delivery))}
    changed: list[dict[str, Any]] = []
    for key in by_delivery:
        if key not in known:
            known[key] = found_at_speaker(session, now, *key)
    for key, receipts in by_delivery.items():
        before = known[key]
        after = dict(before)
        for receipt in sorted(receipts, key=lambda each: each.seq):
            after.update(moved_by(after, receipt, now))
        if after != before:
            changed.append(after)
            note(session, "delivery", "/".join(key))
    connection = session.connection()
    for row in changed:
        connection.execute(
            update(_deliveries)
            .where(_deliveries.c.broadcast == row["broadcast"], _deliveries.c.speaker == row["speaker"])
            .values({name: value for name, value in row.items() if name not in ("broadcast", "speaker")})
        )


def _known(session: Session, keys: list[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        rows = session.connection().execute(
            select(_deliveries).where(tuple_(_deliveries.c.broadcast, _deliveries.c.speaker).in_(part))
        )
        yield from (dict(row) for row in rows.mappings())


def found_at_speaker(session: Session, now: datetime, broadcast: str, speaker: str) -> dict[str, Any]:
    """A delivery that this database didn't know of: it was approved and signed once, so it is shown as found there."""
    connection = session.connection()
    if connection.execute(select(_broadcasts.c.broadcast).where(_broadcasts.c.broadcast == broadcast)).first() is None:
        session.add(
            Broadcast(broadcast=broadcast, title="", bulletin_class=None, areas=[], speakers=[], created_at=now)
        )
        session.flush()
        note(session, "broadcast", broadcast)
    session.add(Delivery(broadcast=broadcast, speaker=speaker, found=True))
    session.flush()
    log.info("found at speaker %s: broadcast %s", speaker, broadcast)
    row = connection.execute(
        select(_deliveries).where(_deliveries.c.broadcast == broadcast, _deliveries.c.speaker == speaker)
    )
    return dict(row.mappings().one())


def _advance(session: Session, said: Sequence[Said]) -> list[SafeUpTo]:
    connection = session.connection()
    safe = []
    for speaker, journal in dict.fromkeys((each.speaker, each.receipts.journal) for each in said):
        here = (_journals.c.speaker == speaker) & (_journals.c.journal == journal)
        row = connection.execute(select(_journals).where(here)).mappings().first()
        if row is None:
            connection.execute(insert(_journals).values(speaker=speaker, journal=journal, upto=0, lost=0))
        before: int = row["upto"] if row else 0
        firsts = [each.receipts.first for each in said if (each.speaker, each.receipts.journal) == (speaker, journal)]
        # What the journal no longer holds will never come: it is written down as lost, and acknowledged over.
        upto = max([before, *(first - 1 for first in firsts if first is not None)])
        lost = upto - before - _count(session, speaker, journal, before, upto) if upto > before else 0
        held = connection.execute(
            select(_receipts.c.seq)
            .where(_receipts.c.speaker == speaker, _receipts.c.journal == journal, _receipts.c.seq > upto)
            .order_by(_receipts.c.seq)
        ).scalars()
        for seq in held:
            if seq != upto + 1:
                break
            upto = seq
        if upto != before:
            connection.execute(update(_journals).where(here).values(upto=upto, lost=_journals.c.lost + lost))
        safe.append(SafeUpTo(speaker, journal, upto))
    return safe


def _count(session: Session, speaker: str, journal: str, above: int, to: int) -> int:
    rows = session.connection().execute(
        select(_receipts.c.seq).where(
            _receipts.c.speaker == speaker,
            _receipts.c.journal == journal,
            _receipts.c.seq > above,
            _receipts.c.seq <= to,
        )
    )
    return len(rows.all())


def safe_up_to(session: Session, speaker: str, journal: str) -> SafeUpTo:
    """How far one journal is safe; 0 where nothing of it is known."""
    row = session.get(Journal, (speaker, journal))
    return SafeUpTo(speaker, journal, row.upto if row else 0)
