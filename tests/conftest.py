"""What holds for every test: invented examples are not timed, and no test is deaf for what another one silenced."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.real_time import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]
pytest_plugins = ["pytester"]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _log_level_is_given_back() -> Iterator[None]:
    """A command sets how much it logs; one that is called within a test would set it for all that follow."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
