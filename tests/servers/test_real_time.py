"""The mark real_time: the result of a test's runs, with and without pauses of the machine."""

import signal
import subprocess
import sys

import pytest

from tests.servers.real_time import ATTEMPTS, Pauses


class _AsIfPaused(Pauses):
    def __init__(self, longest_s: float) -> None:
        super().__init__()
        self.longest_s = longest_s

    def __enter__(self) -> "_AsIfPaused":
        return self

    def __exit__(self, *_: object) -> None:
        return


_TESTS = """
import pytest
runs = []

@pytest.fixture
def anew():
    runs.append("set up")
    yield
    runs.append("torn down")

@pytest.mark.real_time
def test_sound(anew):
    assert runs.count("set up") == runs.count("torn down") + 1
    assert runs.count("set up") > {fails}
"""


@pytest.mark.parametrize(
    ("fails", "pause_s", "outcome"),
    [
        (0, 0.0, {"passed": 1}),
        (1, 0.0, {"failed": 1}),
        (1, 0.5, {"passed": 1}),
        (ATTEMPTS - 1, 0.5, {"passed": 1}),
        (ATTEMPTS, 0.5, {"skipped": 1}),
    ],
)
def test_a_marked_test_is_repeated_only_if_it_failed_while_the_machine_stood_still(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, fails: int, pause_s: float, outcome: dict[str, int]
) -> None:
    monkeypatch.setattr("tests.servers.real_time.Pauses", lambda: _AsIfPaused(pause_s))
    pytester.makeconftest("from tests.servers.real_time import pytest_runtest_protocol")
    pytester.makepyfile(_TESTS.format(fails=fails))
    told = pytester.runpytest_inprocess("-rs")
    told.assert_outcomes(**outcome)
    if "skipped" in outcome:
        told.stdout.fnmatch_lines(["*SKIPPED*this machine stood still, for 0.5, 0.5, 0.5, 0.5 s*"])


def test_a_processor_that_stands_still_is_noticed() -> None:
    with Pauses() as pauses:
        [watch, *_] = pauses.watches
        watch.send_signal(signal.SIGSTOP)
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True)
        watch.send_signal(signal.SIGCONT)
    assert pauses.longest_s >= 0.3
