"""What holds for every test: invented examples are not timed, and no test is deaf for what another one silenced."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.servers.real_time import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]
pytest_plugins = ["pytester"]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_SERVERS = {"postgresql", "api_on_postgresql", "mosquitto", "mosquitto_tls", "pulseaudio", "alsa"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a server: by its fixtures, and by the parameters that choose one of them."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        chosen = [each for each in callspec.params.values() if isinstance(each, str)] if callspec else []
        named = {*getattr(item, "fixturenames", ()), *chosen}
        if named & _SERVERS or item.get_closest_marker("acceptance"):
            item.add_marker("servers")


@pytest.fixture(autouse=True)
def _log_level_is_given_back() -> Iterator[None]:
    """A command sets how much it logs; one that is called within a test would set it for all that follow."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
