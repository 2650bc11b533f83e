"""What speakers sent beyond their measure or beyond belief: counted in memory, kept a row for each kind, and logged.

A row stands as long as it goes on, and EXCESS_SHOWN_FOR after the last time; new credentials remove it.
"""

import logging
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from controller.broker.token_bucket import Buckets, Rate
from controller.database.column_types import ExcessKind
from controller.database.tables import Speaker, SpeakerExcess
from controller.database.transactions import Database, note_change

log = logging.getLogger(__name__)

EXCESS_SHOWN_FOR = timedelta(days=7)
_LINES = Rate(burst=1, per_s=1 / 60)
"""Lines of the log about one speaker."""

Counts = Counter[tuple[str, ExcessKind]]


class Excess:
    """`note` is called by the thread of the link, `step` by the alarm clock's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: Counts = Counter()
        self._noting = threading.Lock()
        self._unlogged: Counts = Counter()
        self._lines: Buckets[str] = Buckets(_LINES)

    def note(self, speaker: str, kind: ExcessKind, count: int = 1) -> None:
        """Count something; it is stored and logged by the next step."""
        with self._noting:
            self._noted[speaker, kind] += count

    def step(self, now: datetime) -> None:
        """Store what was noted since the last step, and log it: one line for each speaker and minute."""
        with self._noting:
            noted, self._noted = self._noted, Counter()
        if noted:
            try:
                with self._database.writing() as session:
                    _store(session, now, noted)
            except Exception:
                with self._noting:
                    self._noted += noted
                raise
        self._unlogged += noted
        for speaker in sorted({speaker for speaker, _ in self._unlogged}):
            if self._lines.take(speaker, 1, now.timestamp()):
                counts = {kind: count for (name, kind), count in self._unlogged.items() if name == speaker}
                log.warning("speaker %s sends what isn't taken: %s", speaker, _in_a_line(counts))
                for kind in counts:
                    del self._unlogged[speaker, kind]


def excess_of(session: Session, now: datetime, speakers: Collection[str]) -> dict[str, list[SpeakerExcess]]:
    """{speaker: what it sent beyond its measure lately, by kind}, by one query; speakers without any are left out."""
    rows = session.exec(
        select(SpeakerExcess)
        .where(col(SpeakerExcess.speaker).in_(speakers), col(SpeakerExcess.last_at) > now - EXCESS_SHOWN_FOR)
        .order_by(SpeakerExcess.speaker, SpeakerExcess.kind)
    ).all()
    found: dict[str, list[SpeakerExcess]] = {}
    for row in rows:
        found.setdefault(row.speaker, []).append(row)
    return found


def _store(session: Session, now: datetime, noted: Counts) -> None:
    speakers = {speaker for speaker, _ in noted}
    known = set(session.exec(select(Speaker.speaker).where(col(Speaker.speaker).in_(speakers))).all())
    rows = session.exec(select(SpeakerExcess).where(col(SpeakerExcess.speaker).in_(speakers))).all()
    there = {(row.speaker, row.kind): row for row in rows}
    for (speaker, kind), count in noted.items():
        if speaker not in known:
            continue
        row = there.get((speaker, kind))
        if row is None:
            row = SpeakerExcess(speaker=speaker, kind=kind, count=0, since=now, last_at=now)
        elif row.last_at <= now - EXCESS_SHOWN_FOR:
            row.count, row.since = 0, now
        row.count, row.last_at = row.count + count, now
        session.add(row)
    for speaker in known:
        note_change(session, "speaker", speaker)


def _in_a_line(counts: Mapping[ExcessKind, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
