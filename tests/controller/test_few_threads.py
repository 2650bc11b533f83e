"""Work in a few threads of its own: the queue is bounded, and refuses at once."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from controller.errors import Overloaded
from controller.few_threads import FewThreads
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
def threads() -> Iterator[FewThreads]:
    made = FewThreads("test", at_a_time=2, most_waiting=3)
    yield made
    made.stop()


@pytest.fixture
def gate(threads: FewThreads) -> Iterator[Gate]:
    """Both threads are busy."""
    made = Gate()
    for _ in range(2):
        threads.put(made.pass_through, 0)
    wait_for(lambda: made.running == 2, lambda: f"{made.running} run")
    yield made
    made.open.set()


def test_two_run_at_a_time(threads: FewThreads, gate: Gate) -> None:
    later = [threads.put(gate.pass_through, 1) for _ in range(3)]
    gate.open.set()
    for each in later:
        each.result(10)
    assert gate.most == 2


def test_a_full_queue_refuses_at_once(threads: FewThreads, gate: Gate) -> None:
    for _ in range(3):
        threads.put(gate.pass_through, 1)
    with pytest.raises(Overloaded) as refused:
        threads.put(gate.pass_through, 1)
    assert refused.value.retry_after_s > 0
    with pytest.raises(Overloaded):
        asyncio.run(threads.run(gate.pass_through, 1))


def test_the_lowest_rank_goes_first_and_takes_the_place_of_the_highest(threads: FewThreads, gate: Gate) -> None:
    done: list[str] = []
    waiting = {name: threads.put(partial(done.append, name), rank) for rank, name in ((9, "i"), (2, "b"), (5, "e"))}
    low = threads.put(partial(done.append, "low"), 0)
    with pytest.raises(Overloaded):
        waiting["i"].result(0)
    gate.open.set()
    for each in (low, waiting["b"], waiting["e"]):
        each.result(10)
    assert done[0] == "low"
    assert sorted(done) == ["b", "e", "low"]


def test_what_the_work_raises_is_raised_where_it_is_awaited_and_the_next_runs(threads: FewThreads) -> None:
    def fail() -> None:
        raise LookupError("no such")

    with pytest.raises(LookupError):
        asyncio.run(threads.run(fail, 0))
    assert asyncio.run(threads.run(lambda: 5, 0)) == 5


def test_at_the_end_whoever_waits_is_refused(threads: FewThreads, gate: Gate) -> None:
    waits = threads.put(gate.pass_through, 1)
    threads.stop()
    with pytest.raises(Overloaded):
        waits.result(1)
