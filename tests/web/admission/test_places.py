"""The lanes: a request has a place only while it is worked on, and nobody takes a place of another lane."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from controller.errors import Overloaded
from controller.web.admission.places import SIZES, Lane, Place, Size, lane

SMALL = Size(places=2, waiting=3, inside=6)


async def settle() -> None:
    """Let all tasks go on until they wait."""
    for _ in range(20):
        await asyncio.sleep(0)


class Worker:
    """A request that has a place until `done`."""

    def __init__(self, lane: Lane, work: Callable[[Place], Awaitable[Any]] | None = None, officer: str = "") -> None:
        self.working = False
        self.done = asyncio.Event()
        self.place: Place | None = None
        self._work = work
        self._officer = officer
        self.task = asyncio.create_task(self._run(lane))

    async def _run(self, lane: Lane) -> None:
        async with lane.admitted(self._officer) as self.place:
            self.working = True
            if self._work is not None:
                await self._work(self.place)
            await self.done.wait()
            self.working = False


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def test_so_many_are_worked_on_and_so_many_wait_and_the_next_is_refused_at_once() -> None:
    async def test() -> None:
        here = Lane(SMALL)
        workers = [Worker(here) for _ in range(5)]
        await settle()
        assert [each.working for each in workers] == [True, True, False, False, False]
        with pytest.raises(Overloaded):
            async with here.admitted():
                pass
        workers[0].done.set()
        await settle()
        assert [each.working for each in workers] == [False, True, True, False, False]
        for each in workers:
            each.done.set()
        await asyncio.gather(*(each.task for each in workers))

    run(test)


def test_one_officer_takes_no_more_than_a_share_and_the_others_get_in() -> None:
    async def test() -> None:
        here = Lane(Size(places=2, waiting=10, inside=10, of_one=3))
        crowd = [Worker(here, officer="viewer") for _ in range(3)]
        await settle()
        with pytest.raises(Overloaded):
            async with here.admitted("viewer"):
                pass
        other = Worker(here, officer="tham")
        crowd[0].done.set()
        crowd[1].done.set()
        await settle()
        assert other.working
        again = Worker(here, officer="viewer")
        await settle()
        for each in (crowd[2], other, again):
            each.done.set()
        await asyncio.gather(*(each.task for each in (*crowd, other, again)))

    run(test)


def test_one_officer_is_worked_on_in_no_more_than_a_share_of_the_places() -> None:
    async def test() -> None:
        here = Lane(Size(places=3, waiting=10, inside=10, places_of_one=2))
        crowd = [Worker(here, officer="editor") for _ in range(5)]
        await settle()
        assert [each.working for each in crowd] == [True, True, False, False, False]
        other = Worker(here, officer="tham")
        await settle()
        assert other.working, "the third place is no editor's"
        crowd[3].task.cancel()
        for each in (*crowd, other):
            each.done.set()
        await asyncio.gather(*(each.task for each in (*crowd, other)), return_exceptions=True)
        again = [Worker(here, officer="editor") for _ in range(2)]
        await settle()
        assert all(each.working for each in again), "whoever gave up while waiting took no place along"
        for each in again:
            each.done.set()
        await asyncio.gather(*(each.task for each in again))

    run(test)


def test_a_request_whose_body_comes_in_slowly_has_no_place() -> None:
    async def test() -> None:
        here, come = Lane(SMALL), asyncio.Event()

        async def receive() -> Message:
            await come.wait()
            return {"type": "http.request", "body": b"x", "more_body": False}

        async def read(place: Place) -> None:
            await place.receiving(receive, None)()

        slow = [Worker(here, read) for _ in range(4)]
        await settle()
        quick = Worker(here)
        await settle()
        assert quick.working, "four bodies come in, two places are free"
        with pytest.raises(Overloaded):
            await asyncio.gather(*(Worker(here).task for _ in range(2)))
        come.set()
        await settle()
        for each in (*slow, quick):
            each.done.set()
        await asyncio.gather(*(each.task for each in (*slow, quick)))

    run(test)


def test_a_request_whose_reader_is_slow_has_no_place() -> None:
    async def test() -> None:
        here, read = Lane(SMALL), asyncio.Event()

        async def send(_message: Message) -> None:
            await read.wait()

        async def answer(place: Place) -> None:
            await place.sending(send)({"type": "http.response.body"})

        slow = [Worker(here, answer) for _ in range(4)]
        await settle()
        quick = Worker(here)
        await settle()
        assert quick.working
        read.set()
        for each in (*slow, quick):
            each.done.set()
        await asyncio.gather(*(each.task for each in (*slow, quick)))

    run(test)


def test_a_body_that_does_not_come_in_time_is_refused() -> None:
    async def test() -> None:
        async def receive() -> Message:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async with Lane(SMALL).admitted() as place:
            with pytest.raises(HTTPException) as refused:
                await place.receiving(receive, 0.01)()
        assert refused.value.status_code == 408

    run(test)


def test_a_place_is_back_when_the_last_task_of_its_request_is_back() -> None:
    async def test() -> None:
        here, first, second = Lane(Size(1, 5, 5)), asyncio.Event(), asyncio.Event()

        async def wait_outside(place: Place, until: asyncio.Event) -> None:
            async with place.outside():
                await until.wait()

        async def work(place: Place) -> None:
            await asyncio.gather(wait_outside(place, first), wait_outside(place, second))

        streaming, other = Worker(here, work), Worker(here)
        await settle()
        assert other.working
        first.set()
        await settle()
        assert not streaming.task.done()
        other.done.set()
        second.set()
        streaming.done.set()
        await asyncio.gather(streaming.task, other.task)
        async with asyncio.timeout(1), here.admitted():
            pass

    run(test)


@pytest.mark.parametrize("moment", ["waiting", "working", "outside"])
def test_a_request_that_is_cancelled_leaves_nothing_taken(moment: str) -> None:
    async def test() -> None:
        here = Lane(Size(1, 2, 3))

        async def work(place: Place) -> None:
            if moment == "outside":
                async with place.outside():
                    await asyncio.Event().wait()

        holder = Worker(here) if moment == "waiting" else None
        await settle()
        victim = Worker(here, work)
        await settle()
        victim.task.cancel()
        await asyncio.gather(victim.task, return_exceptions=True)
        if holder is not None:
            holder.done.set()
            await holder.task
        async with asyncio.timeout(1), here.admitted():
            pass

    run(test)


def test_each_lane_has_places_of_its_own_and_all_of_them_are_fewer_than_the_threads() -> None:
    async def test() -> None:

        assert (
            sum(size.places for size in SIZES.values()) < anyio.to_thread.current_default_thread_limiter().total_tokens
        )
        strangers = [Worker(lane("strangers")) for _ in range(SIZES["strangers"].places + 5)]
        await settle()
        others = [Worker(lane(name)) for name in ("urgent", "officers")]
        await settle()
        assert all(each.working for each in others)
        for each in (*strangers, *others):
            each.done.set()
        await asyncio.gather(*(each.task for each in (*strangers, *others)))

    run(test)
