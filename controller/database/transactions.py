"""The database: SQLite by default, PostgreSQL by one setting. Reads run side by side; one transaction writes at a time.

Writers take turns (`turns.py`): what stops sound goes first. A writing transaction notes what it changes; listeners are
called with the changes after the commit, never before it: database first, message after. A lost message costs a delay,
never a fact.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlmodel import Session

from controller.database.turns import AdvisoryDoor, Door, FileDoor, Turns

_WRITES_OPTION = "writes"
# PostgreSQL's default lets each statement see what was committed before it; on SQLite a transaction sees one state.
_SNAPSHOT_READS = {"isolation_level": "REPEATABLE READ"}
# Any fixed number: all writers of this program take the same lock, as they do on SQLite.
_POSTGRESQL_WRITER_LOCK = 4_904_320
_POSTGRESQL_DOOR_LOCK = 4_904_321
_MOST_CONNECTIONS = 32
"""More than the threads that ask at a time: what stops sound never waits for a connection."""
_SQLITE_WAITS_S = 300
"""For a transaction of another process; none of ours takes so long."""


ChangeKind = Literal["announcement", "broadcast", "delivery", "speaker", "settings", "accounts", "schedule"]


@dataclass(frozen=True)
class Change:
    """A committed change: the kind of thing, and its id (of a delivery `broadcast/speaker`; `*`: all of the kind)."""

    kind: ChangeKind
    subject: str


def note_change(session: Session, kind: ChangeKind, subject: str) -> None:
    """Note a change for the listeners, who get it after the commit; noting it twice is the same as once."""
    session.info.setdefault("changes", {})[Change(kind, subject)] = None


class Database:
    """Sessions for reading and for writing."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writing_engine = self.engine.execution_options(**{_WRITES_OPTION: True})
        # Writers don't use a snapshot: their first statement waits for the lock, the next must see what was committed.
        self._reading_engine = self.engine if _is_sqlite(url) else self.engine.execution_options(**_SNAPSHOT_READS)
        self._listeners: list[Callable[[list[Change]], None]] = []
        self._turns = Turns()
        self._door = self._make_door(url)
        self.goes_first = False
        """Whether all that is written goes first, as in a command: offices never leave it a gap by chance."""

    def add_listener(self, listener: Callable[[list[Change]], None]) -> None:
        """Call `listener` after each commit with changes, in the committing thread. It must be quick and not raise."""
        self._listeners.append(listener)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with Session(self._reading_engine) as session:
            yield session

    @contextmanager
    def writing(self, *, first: bool = False) -> Iterator[Session]:
        """A session that is committed at the end of the block, or rolled back if the block raises.

        `first`: it stops sound. It is next, also before what other processes want to write.
        """
        first = first or self.goes_first
        with self._turns.turn(first=first), Session(self._writing_engine, expire_on_commit=False) as session:
            with self._door.first() if first else self._door.ordinary():
                session.connection()  # begins, so takes the database's own lock for writers
            yield session
            session.commit()
            changes = list(session.info.get("changes", ()))
        if changes:
            for listener in self._listeners:
                listener(changes)

    def _make_door(self, url: str) -> Door:
        if not _is_sqlite(url):
            return AdvisoryDoor(self.engine, _POSTGRESQL_DOOR_LOCK)
        return FileDoor(f"{make_url(url).database}-door")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _engine(url: str) -> Engine:
    if not _is_sqlite(url):
        engine = create_engine(url, pool_pre_ping=True, pool_size=_MOST_CONNECTIONS)
        event.listen(engine, "begin", _lock_postgresql)
        return engine
    engine = create_engine(url, connect_args={"timeout": _SQLITE_WAITS_S}, pool_size=_MOST_CONNECTIONS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes fails at once if another one wrote in between (SQLITE_BUSY; waiting
    # doesn't help), so writers take the write lock at the beginning.
    writes = connection.get_execution_options().get(_WRITES_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES_OPTION):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_WRITER_LOCK})"))
