"""The small commune in an empty database: on SQLite, or on both SQLite and PostgreSQL where their behaviour differs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people import Commune, make_commune
from tests.servers.postgresql import postgresql

__all__ = ["postgresql"]


@pytest.fixture
def commune(tmp_path: Path) -> Iterator[Commune]:
    """A commune on SQLite."""
    made = make_commune(f"sqlite:///{tmp_path / 'office.db'}", tmp_path)
    yield made
    made.database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_commune(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Commune]:
    """A commune on either kind of database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'office.db'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    made = make_commune(url, tmp_path)
    yield made
    made.database.close()
