"""Scenarios that wait for the clock run beside the other tests: begun with the session, judged at its end.

    @pytest.mark.beside(scenario=two_minutes)          # two_minutes(folder) runs in a thread of its own
    def test_…(told: Told) -> None: assert told.…      # the fixture `told` is what it returned

Under pytest-xdist, whose workers all see all tests, each is begun when its test is.
"""

import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

_LIMIT_S = 600.0
_BEGUN = pytest.StashKey[dict[str, Future[Any]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "beside(scenario): the scenario runs beside the other tests, from the beginning")
    config.stash[_BEGUN] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("beside") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    if session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    for item in session.items:
        if item.get_closest_marker("beside") is not None:
            _begin(item)


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Any:
    """What the scenario of this test returned; what it raised is raised."""
    return _begin(request.node).result(_LIMIT_S)


def _begin(item: pytest.Item) -> Future[Any]:
    begun = item.config.stash[_BEGUN]
    marker = item.get_closest_marker("beside")
    assert marker is not None
    if item.nodeid not in begun:
        begun[item.nodeid] = Future()
        Thread(target=_run, args=(begun[item.nodeid], marker.kwargs["scenario"]), daemon=True).start()
    return begun[item.nodeid]


def _run(outcome: Future[Any], scenario: Callable[[Path], Any]) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="loa-beside-") as folder:
            outcome.set_result(scenario(Path(folder)))
    except BaseException as error:  # noqa: BLE001 - raised again by the test that waits for it
        outcome.set_exception(error)
