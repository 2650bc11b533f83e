"""A real PostgreSQL for the tests: its own cluster on a free loopback port, removed at the end of the session.

    def test_…(postgresql: PostgreSQL):
        Database(postgresql.new_database())

The server refuses to run as root, so under root it runs as the user `postgres`, whom Debian's package makes.
"""

import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

HOST = "127.0.0.1"
_START_LIMIT_S = 30.0


class PostgreSQL:
    """One server process."""

    def __init__(self, folder: Path) -> None:
        self._programs = _programs()
        self._folder = folder
        self._user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def start(self) -> None:
        """Make the cluster, start the server, and wait until it accepts connections."""
        if self._user:
            shutil.chown(self._folder, "postgres")
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", "loa", "--auth=trust", "-E", "UTF8", "--no-sync")
        log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                *self._user,
                str(self._programs / "postgres"),
                *("-D", str(data), "-p", str(self.port), "-k", str(self._folder), "-h", HOST),
            ],
            stdout=log,
            stderr=log,
            cwd=self._folder,
        )
        deadline = time.monotonic() + _START_LIMIT_S
        while True:
            try:
                psycopg.connect(host=HOST, port=self.port, user="loa", dbname="postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def new_database(self) -> str:
        """Make an empty database; returns its URL as for `LOA_DATABASE_URL`."""
        name = f"loa_{next(self._numbers)}"
        with psycopg.connect(host=HOST, port=self.port, user="loa", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://loa@{HOST}:{self.port}/{name}"

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
            self._process.wait(30)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._user, str(self._programs / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests of the session; each test makes a new database on it."""
    with tempfile.TemporaryDirectory(prefix="loa-pg-", ignore_cleanup_errors=True) as folder:
        server = PostgreSQL(Path(folder))
        server.start()
        yield server
        server.stop()


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is missing: install Debian's package postgresql")
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
