"""Receipts: from the wire to committed rows, many messages in one transaction, and how far each journal is safe then.

A receipt that is here already is left as it is, so that twice does no harm.
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
_NOTHING_READ = dict.fromkeys(column.name for column in _receipts.c)
_READS_TOO_MUCH = 10
_A_PIECE = 200
MOST_FOUND = 1000
"""So many broadcasts that the office doesn't know are shown for one speaker: a stolen one can't fill the lists."""


class ReceiptMessage(NamedTuple):
    """One message of receipts, and the speaker on whose topic it came."""

    speaker: str
    receipts: Receipts


@dataclass(frozen=True)
class SafeUpTo:
    """Every receipt of that journal to `upto` is committed here, or known to be gone."""

    speaker: str
    journal: str
    upto: int


@dataclass
class _JournalSaid:
    """What came of one journal of one speaker: the largest `first` that it named, and its receipts."""

    first: int
    receipts: list[WireReceipt | UnreadReceipt]


_ByJournal = dict[tuple[str, str], _JournalSaid]


def take(session: Session, now: datetime, said: Sequence[ReceiptMessage]) -> list[SafeUpTo]:
    """Store all of them; what is to be acknowledged once the session is committed, an entry a journal."""
    came: _ByJournal = {}
    for message in said:
        told = message.receipts
        here = came.setdefault((message.speaker, told.journal), _JournalSaid(1, []))
        here.first = max(here.first, told.first or 1)
        here.receipts += told.receipts
    _store(session, now, came)
    _move_deliveries(session, now, came)
    return _advance(session, came)


def _store(session: Session, now: datetime, came: _ByJournal) -> None:
    rows = [_row(*key, receipt, now) for key, said in came.items() for receipt in said.receipts]
    write_rows(session, _insert_receipt[session.get_bind().dialect.name], rows)


def _row(speaker: str, journal: str, receipt: WireReceipt | UnreadReceipt, now: datetime) -> dict[str, object]:
    if isinstance(receipt, UnreadReceipt):
        return {
            **_NOTHING_READ,
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


def _move_deliveries(session: Session, now: datetime, came: _ByJournal) -> None:
    by_delivery: dict[tuple[str, str], list[WireReceipt]] = {}
    for (speaker, _), said in came.items():
        for receipt in said.receipts:
            if isinstance(receipt, WireReceipt):
                by_delivery.setdefault((receipt.broadcast, speaker), []).append(receipt)
    known = {(row["broadcast"], row["speaker"]): row for row in _known(session, by_delivery)}
    told_of_too_many: set[str] = set()
    for broadcast, speaker in [key for key in by_delivery if key not in known]:
        if speaker in told_of_too_many:
            continue
        found = found_at_speaker(session, now, broadcast, speaker)
        if found is None:
            told_of_too_many.add(speaker)
        else:
            known[broadcast, speaker] = found
    changed: list[DeliveryRow] = []
    for key, receipts in by_delivery.items():
        if key not in known:
            continue
        before = known[key]
        after = dict(before)
        for receipt in sorted(receipts, key=attrgetter("seq")):
            after.update(receipt_changes(after, receipt, now))
        if after != before:
            changed.append({"of_broadcast": after.pop("broadcast"), "at_speaker": after.pop("speaker"), **after})
            note_change(session, "delivery", "/".join(key))
    write_rows(session, _update_delivery, changed)


def _known(session: Session, keys: Collection[tuple[str, str]]) -> Iterable[DeliveryRow]:
    """The deliveries that are here, and perhaps some more; in one question, or in one for each speaker or broadcast
    where that one would read too much.
    """
    broadcasts = sorted({broadcast for broadcast, _ in keys})
    speakers = sorted({speaker for _, speaker in keys})
    broadcast, speaker = _deliveries.c.broadcast, _deliveries.c.speaker
    if len(broadcasts) * len(speakers) <= _READS_TOO_MUCH * len(keys):
        questions = [broadcast.in_(broadcasts) & speaker.in_(speakers)]
    elif len(speakers) < len(broadcasts):
        questions = [(speaker == each) & broadcast.in_([b for b, s in keys if s == each]) for each in speakers]
    else:
        questions = [(broadcast == each) & speaker.in_([s for b, s in keys if b == each]) for each in broadcasts]
    for question in questions:
        for row in session.connection().execute(select(_deliveries).where(question)):
            yield dict(zip(_DELIVERY_COLUMNS, row, strict=True))


def found_at_speaker(session: Session, now: datetime, broadcast: str, speaker: str) -> DeliveryRow | None:
    """A delivery that this database didn't know of: it was approved and signed once, so it is shown as found there.

    None where that speaker has told of too many: its receipts are stored all the same.
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


def _advance(session: Session, came: _ByJournal) -> list[SafeUpTo]:
    held = _journals_of(session, came)
    changed, new = [], []
    safe = []
    for key, said in came.items():
        before = held.get(key, _NEW_JOURNAL)
        after = _advanced(session, key, before, said.first, {receipt.seq for receipt in said.receipts})
        if key not in held:
            new.append(dict(zip(("speaker", "journal"), key, strict=True)) | after)
        elif after != before:
            changed.append({"of_speaker": key[0], "named": key[1], **after})
        safe.append(SafeUpTo(*key, after["upto"]))
    write_rows(session, _insert_journal, new)
    write_rows(session, _update_journal, changed)
    return safe


def _journals_of(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[str, int]]:
    speakers, journals = {speaker for speaker, _ in keys}, {journal for _, journal in keys}
    question = _journals.c.speaker.in_(sorted(speakers)) & _journals.c.journal.in_(sorted(journals))
    rows = session.connection().execute(select(_journals).where(question))
    return {(row["speaker"], row["journal"]): {name: row[name] for name in _NEW_JOURNAL} for row in rows.mappings()}


def _advanced(
    session: Session, key: tuple[str, str], before: dict[str, int], first: int, seqs: set[int]
) -> dict[str, int]:
    """A journal once these are stored. Only where there was a hole, the rows behind it are asked for."""
    upto, highest, lost = before["upto"], before["highest"], 0
    # What the journal no longer holds will never come: it is written down as lost, and acknowledged over.
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
    count = select(func.count()).where(_of_journal(key), seq > upto, seq < first)
    return session.connection().execute(count).scalar_one()


def _end_of_run(session: Session, key: tuple[str, str], upto: int) -> int:
    """The last of the numbers that follow `upto` without a hole. Read in pieces: whoever never fills his hole doesn't
    make the office read all that he sends behind it again and again.
    """
    seq = _receipts.c.seq
    while True:
        piece = select(seq).where(_of_journal(key), seq > upto).order_by(seq).limit(_A_PIECE)
        rows = session.connection().execute(piece).scalars().all()
        for number in rows:
            if number != upto + 1:
                return upto
            upto = number
        if len(rows) < _A_PIECE:
            return upto


def _of_journal(key: tuple[str, str]) -> ColumnElement[bool]:
    speaker, journal = key
    return (_receipts.c.speaker == speaker) & (_receipts.c.journal == journal)


def safe_up_to(session: Session, speaker: str, journal: str) -> SafeUpTo:
    """How far one journal is safe; 0 where nothing of it is known."""
    row = session.get(Journal, (speaker, journal))
    return SafeUpTo(speaker, journal, row.upto if row else 0)
