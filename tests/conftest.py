"""For all tests: Hypothesis doesn't time its examples, and each test begins with the same log level."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from controller.station import officers
from tests.servers.real_time import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]
pytest_plugins = ["pytester"]

settings.register_profile("untimed", deadline=None, max_examples=int(os.environ.get("LOA_EXAMPLES", "50")))
settings.load_profile("untimed")

# SQLAlchemy compiles each statement once for an engine, and each test makes an engine of its own: that took half of its
# time. Their dialects are alike, so all take the same compiled statements.
_compiled: dict[Any, Any] = {}


@event.listens_for(Engine, "engine_connect")
def _share_compiled(connection: Connection) -> None:
    if isinstance(connection.dialect, SQLiteDialect_pysqlite):
        connection.engine.update_execution_options(compiled_cache=_compiled)


SQLiteDialect_pysqlite.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
SQLiteDialect_pysqlite.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]

# A password's hash takes 0.2 s and 64 MiB on purpose. In the tests' own process it takes none; what the programs that
# tests start do is as it is.
officers._password_hash = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))

_SERVERS = {"postgresql", "api_on_postgresql", "mosquitto", "mosquitto_tls", "pulseaudio", "alsa"}
_MACHINES = {"village", "root_filesystem"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that start a server or a machine, by their fixtures and by parameters that name such a fixture."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        chosen = [each for each in callspec.params.values() if isinstance(each, str)] if callspec else []
        named = {*getattr(item, "fixturenames", ()), *chosen}
        if named & _SERVERS or item.get_closest_marker("acceptance"):
            item.add_marker("servers")
        if named & _MACHINES:
            item.add_marker("machines")


@pytest.fixture(autouse=True)
def _restore_log_level() -> Iterator[None]:
    """A command sets the log level; called within a test, it would set it for all later tests."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
