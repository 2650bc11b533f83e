"""The speaker's memory on disk: its plan, its receipts, its settings, and what it has refused.

SQLite in WAL mode with `synchronous=FULL`: what was committed is there after a power cut. Everything that the office
must hear of is a row before it happens. A receipt gets its number in the transaction that writes it, so the numbers
rise by one without holes, at whatever line the agent is killed. The right to begin is claimed by compare-and-set in the
same transaction as the receipt `started`, from the device's thread, before the first sample leaves.

A file that can't be read is set aside, never deleted. The new file has a new journal id, which tells the office that
receipts may be lost, and a fact which says that the broadcasts planned before it may have sounded already. Safe to use
from any thread.

    Revoked         the right to begin is gone: withdrawn, revised or over meanwhile
    sqlite3.Error   the disk is full or broken: nothing of that transaction was kept
"""

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from wire.ids import is_ulid, new_ulid
from wire.instants import format_instant, parse_instant
from wire.outcomes import CancelledReason, Reason, ReceiptState
from wire.receipts import ClockState, Receipt

log = logging.getLogger(__name__)

RECEIPTS_KEPT_FOR = timedelta(days=30)
MOST_REFUSALS_TOLD_PER_HOUR = 20
_MOST_REFUSALS_REMEMBERED = 20_000
_SET_ASIDE_MARK = ".unreadable-"

FactName = Literal["journal", "acknowledged", "settings", "clock_floor", "booted_at", "boot_id", "remembers_from"]
"""A single value that is kept. `acknowledged`: the highest seq that the office has committed. `remembers_from`: after a
lost journal, the instant before which a broadcast may have sounded; empty until the clock is right."""
SqlValue = str | int | float | bytes | None

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS broadcasts (
    broadcast TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,    -- the highest one held
    raw BLOB NOT NULL,            -- its bytes as they travelled
    known_at TEXT NOT NULL,
    sound_at TEXT,                -- since when all its clips were on the disk
    told_ready INTEGER NOT NULL DEFAULT 0,
    withdrawn TEXT,
    followed BLOB,                -- the revision with which it began: later ones only withdraw
    begun_at TEXT,
    sounding INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0,   -- the frame at which a stopped one goes on
    heard_ms INTEGER,             -- where it was stopped and that is known
    start_error_ms REAL,
    final TEXT
);
CREATE TABLE IF NOT EXISTS receipts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    fields TEXT NOT NULL,
    acknowledged_at TEXT
);
CREATE TABLE IF NOT EXISTS refusals (
    number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, told_at TEXT NOT NULL
);
"""


class Revoked(Exception):
    """The broadcast may no longer begin."""


@dataclass(frozen=True)
class ReceiptDraft:
    """A receipt before the journal has given it its number."""

    broadcast: str
    revision: int
    state: ReceiptState
    at: datetime
    clock: ClockState
    reason: Reason | None = None
    heard_ms: int | None = 0
    start_error_ms: float | None = None
    volume: int | None = None


@dataclass(frozen=True)
class BroadcastRow:
    """One broadcast as it is kept; `_TABLES` says what the columns mean."""

    broadcast: str
    revision: int
    raw: bytes
    known_at: datetime
    sound_at: datetime | None
    told_ready: bool
    withdrawn: CancelledReason | None
    followed: bytes | None
    begun_at: datetime | None
    sounding: bool
    position: int
    heard_ms: int | None
    start_error_ms: float | None
    final: ReceiptState | None


class BroadcastChanges(TypedDict, total=False):
    """Columns of a broadcast that `Journal.change` may set."""

    sound_at: datetime | None
    told_ready: bool
    withdrawn: CancelledReason
    sounding: bool
    position: int
    heard_ms: int | None
    start_error_ms: float | None
    final: ReceiptState


class Journal:
    """One file, one connection, one lock."""

    def __init__(self, file: Path, now: datetime) -> None:
        """Open the file or make it. `now` only goes into the names of a new journal and of a file set aside."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        try:
            self._db = _open(file)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise  # locked, read-only, disk full: nothing is wrong with the file
            aside = _set_aside(file, now)
            log.error(
                "the journal can't be read (%s): kept as %s, a new one begins, and the office sends the plan again",
                error,
                aside,
            )
            self._db = _open(file)
        journal_id = self.fact("journal")
        self.is_new = journal_id is None
        """Whether this start has made it."""
        if journal_id is None or not is_ulid(journal_id.decode()):
            with self._transaction():
                self._keep_fact("journal", new_ulid(now).encode())
                # By the files, not by what this start did: the last start may have been killed after the renaming.
                if any(file.parent.glob(f"{file.name}{_SET_ASIDE_MARK}*")):
                    self._keep_fact("remembers_from", b"")
        self.id = (self.fact("journal") or b"").decode()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # Facts: single values

    def fact(self, name: FactName) -> bytes | None:
        rows = self._query("SELECT value FROM facts WHERE name = ?", name)
        return bytes(rows[0][0]) if rows else None

    def keep_facts(self, facts: Mapping[FactName, bytes | None]) -> None:
        """Keep these values in one transaction; None removes one."""
        with self._transaction():
            for name, value in facts.items():
                self._keep_fact(name, value)

    # The plan

    def rows(self) -> list[BroadcastRow]:
        """All broadcasts that are kept."""
        return [_broadcast_row(stored) for stored in self._query(_SELECT_BROADCASTS)]

    def row(self, broadcast: str) -> BroadcastRow:
        """One broadcast. Raises KeyError."""
        found = self._query(f"{_SELECT_BROADCASTS} WHERE broadcast = ?", broadcast)
        if not found:
            raise KeyError(broadcast)
        return _broadcast_row(found[0])

    def accept(
        self,
        broadcast: str,
        revision: int,
        raw: bytes,
        now: datetime,
        withdrawn: CancelledReason | None,
        receipt: ReceiptDraft | None,
    ) -> None:
        """Keep a new broadcast or a higher revision. One that has begun goes on by the revision it began with."""
        with self._transaction(receipt):
            self._db.execute(
                "INSERT INTO broadcasts (broadcast, revision, raw, known_at, withdrawn) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (broadcast) DO UPDATE SET revision = excluded.revision, raw = excluded.raw,"
                " known_at = excluded.known_at, withdrawn = excluded.withdrawn, sound_at = NULL, told_ready = 0",
                (broadcast, revision, raw, format_instant(now), withdrawn),
            )

    def change(self, broadcast: str, receipt: ReceiptDraft | None = None, **changes: Unpack[BroadcastChanges]) -> None:
        """Change some columns of one broadcast, and write the receipt that says so, in one transaction."""
        assignments = ", ".join(f"{column} = ?" for column in changes)
        values = [format_instant(value) if isinstance(value, datetime) else value for value in changes.values()]
        with self._transaction(receipt):
            self._db.execute(
                f"UPDATE broadcasts SET {assignments} WHERE broadcast = ?",  # noqa: S608 - names of columns, from this code
                (*values, broadcast),
            )

    def begin(self, receipt: ReceiptDraft, *, again: bool, tells: bool) -> None:
        """Claim the right to sound, before the first sample leaves. Raises Revoked.

        `again`: the broadcast began before, and was stopped or cut off. `tells`: also write the receipt.
        """
        with self._transaction(receipt if tells else None):
            claimed = self._db.execute(
                "UPDATE broadcasts SET sounding = 1, begun_at = ?, followed = coalesce(followed, raw), heard_ms = NULL"
                " WHERE broadcast = ? AND final IS NULL AND withdrawn IS NOT 'cancelled' AND CASE WHEN ?"
                " THEN begun_at IS NOT NULL AND sounding = 0 ELSE begun_at IS NULL AND revision = ? END",
                (format_instant(receipt.at), receipt.broadcast, again, receipt.revision),
            )
            if claimed.rowcount != 1:
                raise Revoked(receipt.broadcast)

    def forget(self, broadcasts: Sequence[str]) -> None:
        """Delete the rows of these broadcasts; their receipts stay."""
        with self._transaction():
            self._db.executemany("DELETE FROM broadcasts WHERE broadcast = ?", [(each,) for each in broadcasts])

    # Receipts

    def receipts_after(self, seq: int, limit: int) -> list[Receipt]:
        """The oldest receipts above a number, at most `limit`."""
        rows = self._query("SELECT seq, fields FROM receipts WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
        # `fields` is a Receipt as JSON without its seq.
        return [Receipt.from_json(f'{{"seq":{seq},{fields[1:]}'.encode()) for seq, fields in rows]

    def first_seq(self) -> int:
        """The lowest number of a receipt that is still held; if none is, the next number."""
        return int(self._query("SELECT coalesce(min(seq), ?) FROM receipts", self.last_seq() + 1)[0][0])

    def last_seq(self) -> int:
        """The highest number given so far; 0 before the first."""
        rows = self._query("SELECT seq FROM sqlite_sequence WHERE name = 'receipts'")
        return int(rows[0][0]) if rows else 0

    def acknowledged(self) -> int:
        """The highest number that the office has committed."""
        return int(self.fact("acknowledged") or b"0")

    def acknowledge(self, upto: int, now: datetime) -> None:
        """Note that the office has committed all receipts up to this number, and no others.

        It may be lower than before: the office was restored from an older backup, and gets those above it again.
        """
        with self._transaction():
            self._keep_fact("acknowledged", str(upto).encode())
            self._db.execute(
                "UPDATE receipts SET acknowledged_at = ? WHERE seq <= ? AND acknowledged_at IS NULL",
                (format_instant(now), upto),
            )
            self._db.execute(
                "UPDATE receipts SET acknowledged_at = NULL WHERE seq > ? AND acknowledged_at IS NOT NULL", (upto,)
            )

    def forget_receipts(self, now: datetime) -> None:
        """Delete receipts that the office has had for 30 days, from the lowest on: those that stay have no hole."""
        with self._transaction():
            self._db.execute(
                "DELETE FROM receipts WHERE seq < coalesce((SELECT min(seq) FROM receipts"
                " WHERE acknowledged_at IS NULL OR acknowledged_at > ?), ?)",
                (format_instant(now - RECEIPTS_KEPT_FOR), self.last_seq() + 1),
            )

    def tell_refusal(self, message: bytes, receipt: ReceiptDraft) -> bool:
        """Write the receipt of a refusal; False if the same bytes were told before, or 20 in the last hour."""
        digest = hashlib.sha256(message).digest()
        hour_ago = format_instant(receipt.at - timedelta(hours=1))
        with self._lock:
            told_before = self._query("SELECT 1 FROM refusals WHERE digest = ?", digest)
            [[told_this_hour]] = self._query(
                "SELECT count(*) FROM refusals WHERE told_at > ? AND told_at <= ?", hour_ago, format_instant(receipt.at)
            )
            if told_before or told_this_hour >= MOST_REFUSALS_TOLD_PER_HOUR:
                return False
            with self._transaction(receipt):
                self._db.execute(
                    "INSERT INTO refusals (digest, told_at) VALUES (?, ?)", (digest, format_instant(receipt.at))
                )
                self._db.execute(
                    "DELETE FROM refusals WHERE number <= (SELECT max(number) FROM refusals) - ?",
                    (_MOST_REFUSALS_REMEMBERED,),
                )
        return True

    # The connection

    def _keep_fact(self, name: FactName, value: bytes | None) -> None:
        if value is None:
            self._db.execute("DELETE FROM facts WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))

    def _query(self, query: str, *values: SqlValue) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self, receipt: ReceiptDraft | None = None) -> Iterator[None]:
        """All statements of the block and the receipt that tells of them, or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                seq = self._write(receipt) if receipt else None
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have rolled back by itself
                    self._db.execute("ROLLBACK")
                raise
            if receipt:
                log.info(
                    "receipt seq=%d broadcast=%s state=%s reason=%s",
                    seq,
                    receipt.broadcast,
                    receipt.state,
                    receipt.reason,
                )

    def _write(self, draft: ReceiptDraft) -> int:
        """The number of the receipt."""
        receipt = Receipt(
            seq=1,  # SQLite gives the right one
            broadcast=draft.broadcast,
            revision=draft.revision,
            state=draft.state,
            at=draft.at,
            clock=draft.clock,
            reason=draft.reason,
            heard_ms=draft.heard_ms,
            start_error_ms=draft.start_error_ms,
            volume=draft.volume,
        )
        text = receipt.model_dump_json(exclude={"seq"})
        return int(self._db.execute("INSERT INTO receipts (fields) VALUES (?)", (text,)).lastrowid or 0)


_SELECT_BROADCASTS = (
    "SELECT broadcast, revision, raw, known_at, sound_at, told_ready, withdrawn, followed, begun_at, sounding,"
    " position, heard_ms, start_error_ms, final FROM broadcasts"
)


def _broadcast_row(stored: tuple[Any, ...]) -> BroadcastRow:
    """A row of `_SELECT_BROADCASTS`."""
    (broadcast, revision, raw, known_at, sound_at, told_ready, withdrawn, followed, begun_at, sounding, *rest) = stored
    position, heard_ms, start_error_ms, final = rest
    return BroadcastRow(
        broadcast=broadcast,
        revision=revision,
        raw=raw,
        known_at=parse_instant(known_at),
        sound_at=sound_at and parse_instant(sound_at),
        told_ready=bool(told_ready),
        withdrawn=withdrawn,
        followed=followed,
        begun_at=begun_at and parse_instant(begun_at),
        sounding=bool(sounding),
        position=position,
        heard_ms=heard_ms,
        start_error_ms=start_error_ms,
        final=final,
    )


def _open(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -2000")
        db.executescript(_TABLES)
        [[verdict]] = db.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        db.close()
        raise
    return db


def journal_fault(file: Path) -> str | None:
    """What is wrong with a journal, in SQLite's words; None: nothing, or there is no file. Changes nothing."""
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            [[verdict]] = db.execute("PRAGMA quick_check(1)").fetchall()
            return None if verdict == "ok" else str(verdict)
    except sqlite3.Error as error:
        return str(error)


def _set_aside(file: Path, now: datetime) -> Path:
    """Rename a journal that can't be read, with SQLite's files next to it; its new name."""
    stamp = format_instant(now).translate({ord(mark): None for mark in "-:."})
    aside = file.with_name(f"{file.name}{_SET_ASIDE_MARK}{stamp}-{new_ulid(now)[-6:]}")
    for suffix in ("", "-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
