"""The queue in front of the threads that check passwords: bounded, fair, and refusing at once."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from controller.errors import Overloaded
from controller.sign_in.checks import PasswordChecks
from tests.servers.waiting import wait_for


class Gate:
    """Work that runs until it is let go."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()
        self.open = threading.Event()

    def pass_through(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.open.wait(10)
        with self._lock:
            self.running -= 1


@pytest.fixture
def checks() -> Iterator[PasswordChecks]:
    made = PasswordChecks(at_a_time=2, most_waiting=3)
    yield made
    made.stop()


@pytest.fixture
def gate(checks: PasswordChecks) -> Iterator[Gate]:
    """Both threads are busy."""
    made = Gate()
    for _ in range(2):
        checks.put(0, made.pass_through)
    wait_for(lambda: made.running == 2, lambda: f"{made.running} run")
    yield made
    made.open.set()


def test_two_run_at_a_time(checks: PasswordChecks, gate: Gate) -> None:
    later = [checks.put(1, gate.pass_through) for _ in range(3)]
    gate.open.set()
    for each in later:
        each.result(10)
    assert gate.most == 2


def test_a_full_queue_refuses_at_once(checks: PasswordChecks, gate: Gate) -> None:
    for _ in range(3):
        checks.put(1, gate.pass_through)
    with pytest.raises(Overloaded) as refused:
        checks.put(1, gate.pass_through)
    assert refused.value.retry_after_s > 0
    with pytest.raises(Overloaded):
        asyncio.run(checks.run(1, gate.pass_through))


def test_a_known_device_goes_first_and_takes_the_place_of_whoever_failed_most(
    checks: PasswordChecks, gate: Gate
) -> None:
    done: list[str] = []
    waiting = {name: checks.put(rank, partial(done.append, name)) for rank, name in ((9, "i"), (2, "b"), (5, "e"))}
    known = checks.put(0, partial(done.append, "known"))
    with pytest.raises(Overloaded):
        waiting["i"].result(0)
    gate.open.set()
    for each in (known, waiting["b"], waiting["e"]):
        each.result(10)
    assert done[0] == "known"
    assert sorted(done) == ["b", "e", "known"]


def test_what_the_work_raises_is_raised_where_it_is_awaited_and_the_next_runs(checks: PasswordChecks) -> None:
    def fail() -> None:
        raise LookupError("no such")

    with pytest.raises(LookupError):
        asyncio.run(checks.run(0, fail))
    assert asyncio.run(checks.run(0, lambda: 5)) == 5


def test_at_the_end_whoever_waits_is_refused(checks: PasswordChecks, gate: Gate) -> None:
    waits = checks.put(1, gate.pass_through)
    checks.stop()
    with pytest.raises(Overloaded):
        waits.result(1)
