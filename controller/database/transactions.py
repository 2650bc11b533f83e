"""The database: SQLite by default, PostgreSQL by one setting. Reads run side by side; one transaction writes at a time.

What a writing transaction has changed is noted in it, and told to the listeners once it is committed, never before:
database first, message after. A message that is lost costs a delay, never a fact.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlmodel import Session

_WRITES = "writes"
# PostgreSQL's own default shows each statement what was committed before that one; SQLite shows one state anyhow.
_ONE_STATE = {"isolation_level": "REPEATABLE READ"}
# Any fixed number: all writers of this program take the same lock, as they do on SQLite.
_POSTGRESQL_WRITER_LOCK = 4_904_320


ChangeKind = Literal["announcement", "broadcast", "delivery", "speaker", "settings", "accounts", "schedule"]


@dataclass(frozen=True)
class Change:
    """Something was committed: which kind of thing, and its id (a delivery's is `broadcast/speaker`)."""

    kind: ChangeKind
    subject: str


def note(session: Session, kind: ChangeKind, subject: str) -> None:
    """Note a change, to be told after the commit."""
    session.info.setdefault("changes", {})[Change(kind, subject)] = None


class Database:
    """The engine, and the two ways in."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writing_engine = self.engine.execution_options(**{_WRITES: True})
        # A writer waits for its lock by its first statement, and must see what the one before it has committed.
        self._reading_engine = self.engine if _is_sqlite(url) else self.engine.execution_options(**_ONE_STATE)
        self._listeners: list[Callable[[list[Change]], None]] = []

    def tell(self, listener: Callable[[list[Change]], None]) -> None:
        """Call the listener after each commit that noted changes. It must be quick, and must not raise."""
        self._listeners.append(listener)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with Session(self._reading_engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back whole where an exception leaves it."""
        with Session(self._writing_engine, expire_on_commit=False) as session:
            yield session
            session.commit()
            changes = list(session.info.get("changes", ()))
        if changes:
            for listener in self._listeners:
                listener(changes)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _engine(url: str) -> Engine:
    if not _is_sqlite(url):
        engine = create_engine(url, pool_pre_ping=True)
        event.listen(engine, "begin", _lock_postgresql)
        return engine
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once where another one wrote in between (SQLITE_BUSY,
    # no waiting helps): so writers say from the start that they write.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_WRITER_LOCK})"))
