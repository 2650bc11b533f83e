"""Whose turn it is to write: what stops sound goes first, all else in the order in which it came.

`Turns` orders the threads of one process. Between processes (an office and a command) the database's own lock decides,
and that one knows no order; so whoever goes first holds a door shut while it waits for that lock, and the others pass
through the door before they ask for it.
"""

import fcntl
import heapq
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Condition, get_ident
from typing import Protocol

from sqlalchemy import Engine, text


class Turns:
    """One turn at a time."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: list[tuple[bool, int]] = []
        self._came = 0
        self._holder: int | None = None
        """The thread whose turn it is."""

    @contextmanager
    def turn(self, *, first: bool) -> Iterator[None]:
        """Wait for a turn, and have it within the block. Raises RuntimeError within a turn of this thread."""
        with self._changed:
            if self._holder == get_ident():
                raise RuntimeError("a transaction that writes was begun within another: it would wait for ever")
            self._came += 1
            mine = (not first, self._came)
            heapq.heappush(self._waiting, mine)
            self._changed.wait_for(lambda: self._holder is None and self._waiting[0] == mine)
            heapq.heappop(self._waiting)
            self._holder = get_ident()
        try:
            yield
        finally:
            with self._changed:
                self._holder = None
                self._changed.notify_all()


class Door(Protocol):
    """Shut by whoever goes first, for the other processes."""

    def first(self) -> AbstractContextManager[None]:
        """Hold it shut within the block."""

    def ordinary(self) -> AbstractContextManager[None]:
        """Wait until it is open, then go through."""


class FileDoor:
    """A lock on an empty file next to a SQLite database, which the kernel opens when its holder ends in any way.

    (On the database's own file it would let go of SQLite's locks: closing any descriptor of a file does.)
    """

    def __init__(self, file: str) -> None:
        self._file = file

    @contextmanager
    def first(self) -> Iterator[None]:
        with self._locked(fcntl.LOCK_EX):
            yield

    @contextmanager
    def ordinary(self) -> Iterator[None]:
        with self._locked(fcntl.LOCK_SH):
            pass
        yield

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            with suppress(PermissionError):  # another user was quicker
                os.fchmod(descriptor, 0o644)  # a command of root mustn't lock out the office's user
            return descriptor


class AdvisoryDoor:
    """An advisory lock of PostgreSQL, which it lets go of when the connection ends."""

    def __init__(self, engine: Engine, number: int) -> None:
        self._engine = engine
        self._number = number

    @contextmanager
    def first(self) -> Iterator[None]:
        with self._locked("pg_advisory_xact_lock"):
            yield

    @contextmanager
    def ordinary(self) -> Iterator[None]:
        with self._locked("pg_advisory_xact_lock_shared"):
            pass
        yield

    @contextmanager
    def _locked(self, function: str) -> Iterator[None]:
        with self._engine.connect() as connection:
            connection.execute(text(f"SELECT {function}({self._number})"))
            yield
