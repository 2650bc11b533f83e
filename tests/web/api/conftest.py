"""The REST interface of the small commune's office, over SQLite and over PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.postgresql import postgresql
from tests.web.api.scripts import Api
from tests.web.conftest import make_website

__all__ = ["postgresql"]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The REST interface of the small commune's office."""
    made = Api(make_website(tmp_path))
    yield made
    made.close()


@pytest.fixture
def order(api: Api) -> dict[str, Any]:
    """The fields of a broadcast that the office accepts: at 18:00 in ấp 1."""
    return {
        "announcement": api.commune.approved(),
        "areas": [api.commune.areas["ấp 1"]],
        "starts_at": "2026-11-23T11:00:00Z",
    }


@pytest.fixture
def api_on_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    """The same over PostgreSQL."""
    made = Api(make_website(tmp_path, database_url=request.getfixturevalue("postgresql").new_database()))
    yield made
    made.close()
