"""Events: each follower gets each change once and in order, also after a lost connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from controller.database.transactions import Change
from controller.running import events
from controller.running.events import Event, Events

SOON_S, NEVER_S = 0.01, 5.0


def broadcast_changes(*subjects: str) -> list[Change]:
    return [Change("broadcast", subject) for subject in subjects]


@asynccontextmanager
async def following(told: Events, last_id: str | None = None, pause_s: float = NEVER_S) -> AsyncIterator[Any]:
    async with aclosing(told.follow(last_id, pause_s)) as stream:
        yield stream


async def next_events(stream: Any, count: int) -> list[Event]:
    return [await anext(stream) for _ in range(count)]


async def _let_followers_wait() -> None:
    """One turn of the event loop: each task that was begun before runs until it waits for a change."""
    await asyncio.sleep(0)


async def _boot_of(told: Events) -> str:
    """The first half of the event ids that this run of the office gives out."""
    async with following(told, "unknown") as stream:
        first: Event = await anext(stream)
        return first.id.partition("-")[0]


def subjects_of(got: list[Event]) -> list[str | None]:
    return [each.change.subject if each.change else None for each in got]


def test_a_new_follower_gets_later_changes_in_order() -> None:
    async def follow() -> list[Event]:
        told = Events()
        told.publish(broadcast_changes("before"))
        async with following(told) as stream:
            first = asyncio.ensure_future(next_events(stream, 2))
            await _let_followers_wait()
            told.publish(broadcast_changes("a", "b"))
            return await first

    assert subjects_of(asyncio.run(follow())) == ["a", "b"]


def test_a_follower_that_comes_back_gets_the_changes_that_it_missed() -> None:
    async def follow() -> list[Event]:
        told = Events()
        async with following(told) as stream:
            first = asyncio.ensure_future(next_events(stream, 1))
            await _let_followers_wait()
            told.publish(broadcast_changes("a"))
            last = (await first)[0].id
        told.publish(broadcast_changes("b", "c"))
        async with following(told, last) as stream:
            return await next_events(stream, 2)

    assert subjects_of(asyncio.run(follow())) == ["b", "c"]


@pytest.mark.parametrize(
    "last_id", ["other-1", "", "-", "x", "{boot}-99", "{boot}-", "{boot}-²", "{boot}-" + "9" * 5000]
)
def test_a_follower_with_an_unknown_event_id_has_to_read_everything(last_id: str) -> None:
    async def follow() -> list[Event]:
        told = Events()
        told.publish(broadcast_changes("a"))
        async with following(told, last_id.replace("{boot}", await _boot_of(told))) as stream:
            first = await next_events(stream, 1)
            told.publish(broadcast_changes("b"))
            return first + await next_events(stream, 1)

    assert subjects_of(asyncio.run(follow())) == [None, "b"]


def test_a_follower_that_was_away_too_long_has_to_read_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_CHANGES_KEPT", 3)

    async def follow() -> list[Event]:
        told = Events()
        told.publish(broadcast_changes("a"))
        async with following(told, f"{await _boot_of(told)}-1") as stream:
            told.publish(broadcast_changes("b", "c", "d", "e"))
            return await next_events(stream, 4)

    assert subjects_of(asyncio.run(follow())) == [None, "c", "d", "e"]


def test_a_follower_gets_none_after_each_pause_without_a_change() -> None:
    async def follow() -> Any:
        async with following(Events(), pause_s=SOON_S) as stream:
            return await anext(stream)

    assert asyncio.run(follow()) is None


def test_changes_of_accounts_and_settings_are_not_published() -> None:
    async def follow() -> list[Event]:
        told = Events()
        async with following(told) as stream:
            first = asyncio.ensure_future(next_events(stream, 1))
            await _let_followers_wait()
            told.publish([Change("accounts", "loa-1"), Change("settings", "loa-1"), Change("speaker", "loa-1")])
            return await first

    assert subjects_of(asyncio.run(follow())) == ["loa-1"]


def test_a_follower_that_left_is_not_woken_whether_it_ended_or_was_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    async def follow() -> list[Any]:
        told = Events()
        async with following(told, pause_s=SOON_S) as stream:
            await anext(stream)
        listening = asyncio.ensure_future(next_events(told.follow(None, NEVER_S), 1))
        await _let_followers_wait()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        woken: list[Any] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "call_soon_threadsafe", lambda *call: woken.append(call))
        told.publish(broadcast_changes("a"))
        return woken

    assert asyncio.run(follow()) == []


def test_many_changes_from_other_threads_reach_every_follower_once() -> None:
    async def follow() -> list[list[str | None]]:
        told = Events()
        streams = [told.follow(None, NEVER_S) for _ in range(3)]
        listening = [asyncio.ensure_future(next_events(stream, 400)) for stream in streams]
        await _let_followers_wait()
        await asyncio.gather(
            *(
                asyncio.to_thread(told.publish, broadcast_changes(*(f"{thread}.{n}" for n in range(100))))
                for thread in range(4)
            )
        )
        return [subjects_of(got) for got in await asyncio.gather(*listening)]

    first, *others = asyncio.run(follow())
    assert len(set(first)) == 400
    assert all(other == first for other in others)
