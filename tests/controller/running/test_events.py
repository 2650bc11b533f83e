"""Events: each change once and in order to everybody who follows, also across a lost line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from controller.database.transactions import Change
from controller.running import events
from controller.running.events import Event, Events

SOON_S, NEVER_S = 0.01, 5.0


def _changes(*subjects: str) -> list[Change]:
    return [Change("broadcast", subject) for subject in subjects]


@asynccontextmanager
async def _following(told: Events, last_id: str | None = None, pause_s: float = NEVER_S) -> AsyncIterator[Any]:
    async with aclosing(told.follow(last_id, pause_s)) as stream:
        yield stream


async def _next(stream: Any, count: int) -> list[Event]:
    return [await anext(stream) for _ in range(count)]


async def _let_followers_wait() -> None:
    """One turn of the event loop: each task that was begun before runs until it waits for a change."""
    await asyncio.sleep(0)


async def _boot_of(told: Events) -> str:
    """The first half of the event ids that this run of the office gives out."""
    async with _following(told, "unknown") as stream:
        first: Event = await anext(stream)
        return first.id.partition("-")[0]


def _said(got: list[Event]) -> list[str | None]:
    return [each.change.subject if each.change else None for each in got]


def test_what_changes_is_told_in_order_from_now_on() -> None:
    async def follow() -> list[Event]:
        told = Events()
        told.publish(_changes("before"))
        async with _following(told) as stream:
            first = asyncio.ensure_future(_next(stream, 2))
            await _let_followers_wait()
            told.publish(_changes("a", "b"))
            return await first

    assert _said(asyncio.run(follow())) == ["a", "b"]


def test_whoever_comes_back_is_told_what_was_missed() -> None:
    async def follow() -> list[Event]:
        told = Events()
        async with _following(told) as stream:
            first = asyncio.ensure_future(_next(stream, 1))
            await _let_followers_wait()
            told.publish(_changes("a"))
            last = (await first)[0].id
        told.publish(_changes("b", "c"))
        async with _following(told, last) as stream:
            return await _next(stream, 2)

    assert _said(asyncio.run(follow())) == ["b", "c"]


@pytest.mark.parametrize(
    "last_id", ["other-1", "", "-", "x", "{boot}-99", "{boot}-", "{boot}-²", "{boot}-" + "9" * 5000]
)
def test_a_number_that_means_nothing_begins_anew(last_id: str) -> None:
    async def follow() -> list[Event]:
        told = Events()
        told.publish(_changes("a"))
        async with _following(told, last_id.replace("{boot}", await _boot_of(told))) as stream:
            first = await _next(stream, 1)
            told.publish(_changes("b"))
            return first + await _next(stream, 1)

    assert _said(asyncio.run(follow())) == [None, "b"]


def test_whoever_was_away_too_long_is_told_to_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_CHANGES_KEPT", 3)

    async def follow() -> list[Event]:
        told = Events()
        told.publish(_changes("a"))
        async with _following(told, f"{await _boot_of(told)}-1") as stream:
            told.publish(_changes("b", "c", "d", "e"))
            return await _next(stream, 4)

    assert _said(asyncio.run(follow())) == [None, "c", "d", "e"]


def test_silence_is_told_too_so_that_the_line_stays_open() -> None:
    async def follow() -> Any:
        async with _following(Events(), pause_s=SOON_S) as stream:
            return await anext(stream)

    assert asyncio.run(follow()) is None


def test_what_concerns_the_office_alone_is_not_told() -> None:
    async def follow() -> list[Event]:
        told = Events()
        async with _following(told) as stream:
            first = asyncio.ensure_future(_next(stream, 1))
            await _let_followers_wait()
            told.publish([Change("accounts", "loa-1"), Change("settings", "loa-1"), Change("speaker", "loa-1")])
            return await first

    assert _said(asyncio.run(follow())) == ["loa-1"]


def test_a_follower_that_left_is_not_woken_whether_it_ended_or_was_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    async def follow() -> list[Any]:
        told = Events()
        async with _following(told, pause_s=SOON_S) as stream:
            await anext(stream)
        listening = asyncio.ensure_future(_next(told.follow(None, NEVER_S), 1))
        await _let_followers_wait()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        woken: list[Any] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "call_soon_threadsafe", lambda *call: woken.append(call))
        told.publish(_changes("a"))
        return woken

    assert asyncio.run(follow()) == []


def test_many_changes_from_other_threads_reach_every_follower_once() -> None:
    async def follow() -> list[list[str | None]]:
        told = Events()
        streams = [told.follow(None, NEVER_S) for _ in range(3)]
        listening = [asyncio.ensure_future(_next(stream, 400)) for stream in streams]
        await _let_followers_wait()
        await asyncio.gather(
            *(asyncio.to_thread(told.publish, _changes(*(f"{thread}.{n}" for n in range(100)))) for thread in range(4))
        )
        return [_said(got) for got in await asyncio.gather(*listening)]

    first, *others = asyncio.run(follow())
    assert len(set(first)) == 400
    assert all(other == first for other in others)
