"""How far the journals of speakers are safe here: up to which `seq` all receipts are stored, or known to be lost.

A speaker's word is believed until it contradicts itself. What was told to be lost and comes after all puts a journal
back to where its rows end: else one message with the largest `first` would leave all later receipts unacknowledged.
And where a receipt is stored already with another content, so that two devices speak under one name, no more is
acknowledged than the message itself holds: a speaker refuses an acknowledgement beyond what it has sent.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.sql.expression import bindparam
from sqlmodel import Session

from controller.database.many_rows import write_rows
from controller.database.tables import Journal, metadata
from wire.strict_json import MAX_INTEGER

JournalKey = tuple[str, str]
"""(speaker, journal)"""

_receipts, _journals = metadata.tables["receipt"], metadata.tables["journal"]
_insert_journal = insert(_journals)
_update_journal = update(_journals).where(
    _journals.c.speaker == bindparam("of_speaker"), _journals.c.journal == bindparam("named")
)
_SEQ_PAGE_SIZE = 200


@dataclass(frozen=True)
class SafeUpTo:
    """Every receipt of this journal up to `upto` is stored here, or known to be lost."""

    speaker: str
    journal: str
    upto: int


@dataclass(frozen=True)
class Standing:
    """The columns of a journal's row."""

    upto: int = 0
    highest: int = 0
    lost: int = 0


@dataclass
class Arrival:
    """What a batch brought of one journal. `first`: the largest that it named; `told`: the highest `seq`."""

    first: int
    there: set[int]
    """Every `seq` that is to be acknowledged: stored now or before, or left out on purpose."""
    came_after_all: set[int]
    """Of them those that were known to be lost."""
    told: int
    contradicted: bool
    """Whether one was stored already with another content."""
    unclear: bool = False
    """Whether it can't be said now how far the journal is safe: nothing is acknowledged, and all of it comes again."""


def journals_of(session: Session, keys: Collection[JournalKey]) -> dict[JournalKey, Standing]:
    """The journals of these keys that are known."""
    speakers, journals = {speaker for speaker, _ in keys}, {journal for _, journal in keys}
    condition = _journals.c.speaker.in_(sorted(speakers)) & _journals.c.journal.in_(sorted(journals))
    rows = session.connection().execute(select(_journals).where(condition)).mappings()
    return {(row["speaker"], row["journal"]): Standing(row["upto"], row["highest"], row["lost"]) for row in rows}


def advance_journals(
    session: Session, before: dict[JournalKey, Standing], arrivals: dict[JournalKey, Arrival]
) -> list[SafeUpTo]:
    """Store how far each journal is safe after its receipts were stored; returns what may be acknowledged."""
    new, changed, safe = [], [], []
    for key, arrival in arrivals.items():
        old = before.get(key, Standing())
        after = _advanced(session, key, old, arrival)
        columns = {"upto": after.upto, "highest": after.highest, "lost": after.lost}
        if key not in before:
            new.append({"speaker": key[0], "journal": key[1], **columns})
        elif after != old:
            changed.append({"of_speaker": key[0], "named": key[1], **columns})
        if not arrival.unclear:
            safe.append(SafeUpTo(*key, min(after.upto, arrival.told) if arrival.contradicted else after.upto))
    write_rows(session, _insert_journal, new)
    write_rows(session, _update_journal, changed)
    return safe


def safe_up_to(session: Session, speaker: str, journal: str) -> SafeUpTo:
    """How far one journal is safe; `upto` 0 if it is unknown."""
    row = session.get(Journal, (speaker, journal))
    return SafeUpTo(speaker, journal, row.upto if row else 0)


def in_journal(key: JournalKey) -> ColumnElement[bool]:
    """The condition that a receipt belongs to this journal."""
    speaker, journal = key
    return (_receipts.c.speaker == speaker) & (_receipts.c.journal == journal)


def _advanced(session: Session, key: JournalKey, before: Standing, arrival: Arrival) -> Standing:
    """A journal after these receipts. Rows are read only if receipts were missing in between."""
    upto, lost = before.upto, before.lost
    if arrival.came_after_all:
        upto = min(arrival.first, *arrival.came_after_all) - 1
    # Receipts before `first` are deleted at the speaker and will never come: they count as lost, and are acknowledged.
    elif arrival.first - 1 > upto:
        lost += arrival.first - 1 - upto - _count_between(session, key, upto, arrival.first)
        upto = arrival.first - 1
    while upto + 1 in arrival.there:
        upto += 1
    if before.highest > upto:
        upto = _end_of_run(session, key, upto)
    return Standing(upto, max(before.highest, upto, *arrival.there, 0), min(lost, MAX_INTEGER))


def _count_between(session: Session, key: JournalKey, upto: int, first: int) -> int:
    seq = _receipts.c.seq
    count = select(func.count()).where(in_journal(key), seq > upto, seq < first)
    return session.connection().execute(count).scalar_one()


def _end_of_run(session: Session, key: JournalKey, upto: int) -> int:
    """The last stored `seq` that follows `upto` without a gap.

    Read in pages: a speaker that never fills its gap must not make the office read everything after the gap each time.
    """
    seq = _receipts.c.seq
    while True:
        page = select(seq).where(in_journal(key), seq > upto).order_by(seq).limit(_SEQ_PAGE_SIZE)
        rows = session.connection().execute(page).scalars().all()
        for number in rows:
            if number != upto + 1:
                return upto
            upto = number
        if len(rows) < _SEQ_PAGE_SIZE:
            return upto
