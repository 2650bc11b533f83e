"""Whose turn it is to write: what stops sound goes first, in one process and among several, on either database."""

import fcntl
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text
from sqlmodel import Session

from controller.database.transactions import Database
from tests.servers.postgresql import postgresql
from tests.servers.waiting import wait_for

__all__ = ["postgresql"]

MakeDatabase = Callable[[], Database]


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """Makes one more `Database` of the same rows, as another process has it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'office.db'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    with ExitStack() as opened:

        def one_more() -> Database:
            made = Database(url)
            opened.callback(made.close)
            return made

        with one_more().writing() as session:
            session.execute(text("CREATE TABLE line (number INTEGER)"))
        yield one_more


class Writers:
    """Threads that write one after the other, and in which order they did."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._threads = ThreadPoolExecutor(16)
        self._written: list[Future[None]] = []

    def write(self, name: str, database: Database, *, first: bool = False) -> None:
        """Write in a thread of its own; returns once it waits, or has written."""
        waiting = len(database._turns._waiting)
        asked = Event()
        self._written.append(self._threads.submit(self._write, name, database, first, asked))
        assert asked.wait(10)
        wait_for(lambda: len(database._turns._waiting) > waiting or self._written[-1].done(), lambda: f"{name} waits")

    def all_done(self) -> list[str]:
        """The order, once all have written."""
        for each in self._written:
            each.result(30)
        return self.order

    def _write(self, name: str, database: Database, first: bool, asked: Event) -> None:
        asked.set()
        with database.writing(first=first) as session:
            self.order.append(name)
            _insert(session)


def test_what_stops_sound_is_next_and_all_else_goes_in_order(make: MakeDatabase) -> None:
    database, writers = make(), Writers()
    with database.writing():
        for name in ("a", "b", "c"):
            writers.write(name, database)
        writers.write("stop", database, first=True)
        writers.write("d", database)
    assert writers.all_done() == ["stop", "a", "b", "c", "d"]


def test_a_write_within_a_write_is_refused_and_stops_no_other(make: MakeDatabase) -> None:
    database = make()
    with database.writing(), pytest.raises(RuntimeError, match="within another"), database.writing():
        pass
    with database.writing():
        pass


def test_a_turn_that_failed_is_over(make: MakeDatabase) -> None:
    database, writers = make(), Writers()
    with suppress(ZeroDivisionError), database.writing() as session:
        _insert(session)
        raise ZeroDivisionError
    writers.write("next", database)
    assert writers.all_done() == ["next"]
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM line")).scalar() == 1


def test_what_stops_sound_is_next_also_before_other_processes(make: MakeDatabase) -> None:
    office, command, other = make(), make(), make()
    writers = Writers()
    with office.writing():
        threads = ThreadPoolExecutor(2)
        stop = threads.submit(writers._write, "stop", command, True, Event())
        wait_for(lambda: _is_shut(office), lambda: "the door is open")
        ordinary = threads.submit(writers._write, "ordinary", other, False, Event())
        with pytest.raises(TimeoutError):
            ordinary.result(0.2)
    stop.result(30)
    ordinary.result(30)
    assert writers.order == ["stop", "ordinary"]


def test_a_commands_writes_go_first(make: MakeDatabase) -> None:
    office, command = make(), make()
    command.goes_first = True
    writers = Writers()
    with office.writing():
        thread = ThreadPoolExecutor(1).submit(writers._write, "command", command, False, Event())
        wait_for(lambda: _is_shut(office), lambda: "the door is open")
        writers.write("office", office)
    thread.result(30)
    assert writers.all_done() == ["command", "office"]


def test_many_writers_of_several_processes_all_get_their_turn(make: MakeDatabase) -> None:
    databases = [make() for _ in range(3)]

    def write(number: int) -> None:
        with databases[number % 3].writing(first=number % 7 == 0) as session:
            _insert(session)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(write, range(300)))
    with databases[0].reading() as session:
        assert session.execute(text("SELECT count(*) FROM line")).scalar() == 300


def test_a_door_that_a_command_of_root_made_lets_the_offices_user_through(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        database = Database(f"sqlite:///{tmp_path / 'office.db'}")
        with database.writing():
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "office.db-door").stat().st_mode & 0o444 == 0o444
    database.close()


def _insert(session: Session) -> None:
    session.execute(text("INSERT INTO line VALUES (1)"))


def _is_shut(database: Database) -> bool:
    """Whether whoever goes first holds the door."""
    file = database.engine.url.database or ""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect() as connection:
            return not connection.execute(text("SELECT pg_try_advisory_xact_lock_shared(4904321)")).scalar()
    descriptor = os.open(f"{file}-door", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
