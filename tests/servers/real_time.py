"""Repeats time-sensitive tests after the machine stood still: a virtual one is stopped at times; its sound has a gap.

    @pytest.mark.real_time

If a test with this mark fails while a processor stood still for longer than LONGEST_PAUSE_S, it is run again, fixtures
and all. If it fails without such a pause, it fails at once. If the machine stood still in each attempt, nothing can be
said: the test is skipped, with the pauses as its reason.
"""

import os
import subprocess
import sys
from types import TracebackType

import pytest
from _pytest.runner import runtestprotocol

ATTEMPTS = 4
LONGEST_PAUSE_S = 0.1

# One process on each processor, which only asks to be woken every five milliseconds.
_WATCH = """
import os, select, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
last, longest_s, ended = time.monotonic(), 0.0, False
print("watching", flush=True)
while not ended:
    ended = bool(select.select([sys.stdin], [], [], 0.005)[0])
    now = time.monotonic()
    last, longest_s = now, max(longest_s, now - last)
print(longest_s)
"""


class Pauses:
    """Measures how long the processors stood still between entering and leaving."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.watches: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Pauses":
        self.watches = [
            subprocess.Popen(
                [sys.executable, "-c", _WATCH, str(processor)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for processor in sorted(os.sched_getaffinity(0))
        ]
        for watch in self.watches:
            assert watch.stdout is not None
            assert watch.stdout.readline() == "watching\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.longest_s = max(float(watch.communicate()[0]) for watch in self.watches)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a marked test until it passes, or fails without a pause of the machine."""
    if item.get_closest_marker("real_time") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    paused_s: list[float] = []
    for _ in range(ATTEMPTS):
        with Pauses() as pauses:
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not any(report.failed for report in reports) or pauses.longest_s <= LONGEST_PAUSE_S:
            break
        paused_s.append(pauses.longest_s)
    else:
        _skip(
            reports, f"this machine stood still, for {', '.join(f'{each:.1f}' for each in paused_s)} s: nothing shown"
        )
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _skip(reports: list[pytest.TestReport], reason: str) -> None:
    for report in reports:
        if report.failed:
            report.outcome = "skipped"
            report.longrepr = (str(report.fspath), report.location[1] or 0, f"Skipped: {reason}")
