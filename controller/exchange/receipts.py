"""Receipts: from the wire to rows, many messages in one transaction, and how far each journal is safe after it.

A receipt that is stored already stays as it is, so receiving it twice is harmless.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import ColumnElement, Insert, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from controller.broadcasts.deliveries import DeliveryRow, receipt_changes
from controller.broadcasts.lifecycle import note_planned_elsewhere
from controller.database.many_rows import write_rows
from controller.database.tables import Broadcast, Delivery, Journal, metadata
from controller.database.transactions import note_change
from wire.receipts import Receipt as WireReceipt
from wire.receipts import Receipts, UnreadReceipt

log = logging.getLogger(__name__)

_receipts, _deliveries, _journals = (metadata.tables[name] for name in ("receipt", "delivery", "journal"))

_insert_receipt: dict[str, Insert] = {
    "sqlite": sqlite.insert(_receipts).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_receipts).on_conflict_do_nothing(),
}
_update_delivery = update(_deliveries).where(
    _deliveries.c.broadcast == bindparam("of_broadcast"), _deliveries.c.speaker == bindparam("at_speaker")
)
_insert_journal = insert(_journals)
_update_journal = update(_journals).where(
    _journals.c.speaker == bindparam("of_speaker"), _journals.c.journal == bindparam("named")
)
_DELIVERY_COLUMNS = _deliveries.c.keys()
_NEW_JOURNAL = {"upto": 0, "highest": 0, "lost": 0}
_UNREAD_COLUMNS = dict.fromkeys(column.name for column in _receipts.c)
_MAX_CROSS_PRODUCT = 10
_SEQ_PAGE_SIZE = 200
MOST_FOUND = 1000
"""Unknown broadcasts that are listed for one speaker at most: a stolen speaker can't fill the lists."""


class ReceiptMessage(NamedTuple):
    """A message of receipts, and the speaker on whose topic it arrived."""

    speaker: str
    receipts: Receipts


@dataclass(frozen=True)
class SafeUpTo:
    """Every receipt of this journal up to `upto` is stored here, or known to be lost."""

    speaker: str
    journal: str
    upto: int


@dataclass
class _JournalReceipts:
    """What a batch has of one journal: the largest `first` that it named, and its receipts."""

    first: int
    receipts: list[WireReceipt | UnreadReceipt]


_ByJournal = dict[tuple[str, str], _JournalReceipts]


def take_receipts(session: Session, now: datetime, messages: Sequence[ReceiptMessage]) -> list[SafeUpTo]:
    """Store all these receipts and move the deliveries.

    Returns how far each journal is safe once the session is committed: the caller acknowledges it then.
    """
    by_journal: _ByJournal = {}
    for message in messages:
        receipts = message.receipts
        received = by_journal.setdefault((message.speaker, receipts.journal), _JournalReceipts(1, []))
        received.first = max(received.first, receipts.first or 1)
        received.receipts += receipts.receipts
    _store_receipts(session, now, by_journal)
    _move_deliveries(session, now, by_journal)
    return _advance_journals(session, by_journal)


def _store_receipts(session: Session, now: datetime, by_journal: _ByJournal) -> None:
    rows = [_receipt_row(*key, receipt, now) for key, received in by_journal.items() for receipt in received.receipts]
    write_rows(session, _insert_receipt[session.get_bind().dialect.name], rows)


def _receipt_row(speaker: str, journal: str, receipt: WireReceipt | UnreadReceipt, now: datetime) -> dict[str, object]:
    if isinstance(receipt, UnreadReceipt):
        return {
            **_UNREAD_COLUMNS,
            "speaker": speaker,
            "journal": journal,
            "seq": receipt.seq,
            "received_at": now,
            "unread": receipt.as_it_came,
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


def _move_deliveries(session: Session, now: datetime, by_journal: _ByJournal) -> None:
    by_delivery: dict[tuple[str, str], list[WireReceipt]] = {}
    for (speaker, _), received in by_journal.items():
        for receipt in received.receipts:
            if isinstance(receipt, WireReceipt):
                by_delivery.setdefault((receipt.broadcast, speaker), []).append(receipt)
    deliveries = {(row["broadcast"], row["speaker"]): row for row in _read_deliveries(session, by_delivery)}
    speakers_over_limit: set[str] = set()
    for broadcast, speaker in [key for key in by_delivery if key not in deliveries]:
        if speaker in speakers_over_limit:
            continue
        found = add_found_delivery(session, now, broadcast, speaker)
        if found is None:
            speakers_over_limit.add(speaker)
        else:
            deliveries[broadcast, speaker] = found
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


def add_found_delivery(session: Session, now: datetime, broadcast: str, speaker: str) -> DeliveryRow | None:
    """Add a delivery that this database didn't know: the speaker has it, so an office approved and signed it once.

    None, with nothing added, if the speaker has reported MOST_FOUND already; its receipts are stored all the same.
    """
    connection = session.connection()
    found = select(func.count()).where(_deliveries.c.speaker == speaker, _deliveries.c.found)
    if connection.execute(found).scalar_one() >= MOST_FOUND:
        log.error("speaker %s tells of more than %d unknown broadcasts: is it ours?", speaker, MOST_FOUND)
        return None
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
    session.flush()
    log.info("found at speaker %s: broadcast %s", speaker, broadcast)
    delivery = connection.execute(
        select(_deliveries).where(_deliveries.c.broadcast == broadcast, _deliveries.c.speaker == speaker)
    )
    return dict(delivery.mappings().one())


def _advance_journals(session: Session, by_journal: _ByJournal) -> list[SafeUpTo]:
    journals = _journals_of(session, by_journal)
    changed, new = [], []
    safe = []
    for key, received in by_journal.items():
        before = journals.get(key, _NEW_JOURNAL)
        after = _advanced_journal(session, key, before, received.first, {receipt.seq for receipt in received.receipts})
        if key not in journals:
            new.append(dict(zip(("speaker", "journal"), key, strict=True)) | after)
        elif after != before:
            changed.append({"of_speaker": key[0], "named": key[1], **after})
        safe.append(SafeUpTo(*key, after["upto"]))
    write_rows(session, _insert_journal, new)
    write_rows(session, _update_journal, changed)
    return safe


def _journals_of(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[str, int]]:
    speakers, journals = {speaker for speaker, _ in keys}, {journal for _, journal in keys}
    condition = _journals.c.speaker.in_(sorted(speakers)) & _journals.c.journal.in_(sorted(journals))
    rows = session.connection().execute(select(_journals).where(condition))
    return {(row["speaker"], row["journal"]): {name: row[name] for name in _NEW_JOURNAL} for row in rows.mappings()}


def _advanced_journal(
    session: Session, key: tuple[str, str], before: dict[str, int], first: int, seqs: set[int]
) -> dict[str, int]:
    """The journal's columns after these receipts. Rows are read only if receipts were missing in between."""
    upto, highest, lost = before["upto"], before["highest"], 0
    # Receipts before `first` are deleted at the speaker and will never come: they count as lost, and are acknowledged.
    if first - 1 > upto:
        lost = first - 1 - upto - _count_between(session, key, upto, first)
        upto = first - 1
    while upto + 1 in seqs:
        upto += 1
    if highest > upto:
        upto = _end_of_run(session, key, upto)
    return {"upto": upto, "highest": max(highest, upto, *seqs), "lost": before["lost"] + lost}


def _count_between(session: Session, key: tuple[str, str], upto: int, first: int) -> int:
    seq = _receipts.c.seq
    count = select(func.count()).where(_in_journal(key), seq > upto, seq < first)
    return session.connection().execute(count).scalar_one()


def _end_of_run(session: Session, key: tuple[str, str], upto: int) -> int:
    """The last stored `seq` that follows `upto` without a gap.

    Read in pages: a speaker that never fills its gap must not make the office read everything after the gap each time.
    """
    seq = _receipts.c.seq
    while True:
        page = select(seq).where(_in_journal(key), seq > upto).order_by(seq).limit(_SEQ_PAGE_SIZE)
        rows = session.connection().execute(page).scalars().all()
        for number in rows:
            if number != upto + 1:
                return upto
            upto = number
        if len(rows) < _SEQ_PAGE_SIZE:
            return upto


def _in_journal(key: tuple[str, str]) -> ColumnElement[bool]:
    speaker, journal = key
    return (_receipts.c.speaker == speaker) & (_receipts.c.journal == journal)


def safe_up_to(session: Session, speaker: str, journal: str) -> SafeUpTo:
    """How far one journal is safe; `upto` 0 if it is unknown."""
    row = session.get(Journal, (speaker, journal))
    return SafeUpTo(speaker, journal, row.upto if row else 0)
