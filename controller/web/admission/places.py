"""How many requests are worked on at a time, in lanes that never wait for each other.

A request has a place in its lane while it is worked on, and so at most one thread. It leaves the place while its body
comes in, while its answer goes out, and while it waits for something that others do (`outside`). The places of all
lanes together are fewer than the threads that Starlette has, so no lane waits for another's.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from anyio.lowlevel import RunVar
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from controller.errors import Overloaded

LaneName = Literal["urgent", "officers", "devices", "strangers"]


@dataclass(frozen=True)
class Size:
    """`places`: how many are worked on; `waiting`: how many more wait for a place; `inside`: all that have come in.

    `of_one`, `places_of_one`: those inside, and those worked on, of one officer; None: no bound of its own.
    """

    places: int
    waiting: int
    inside: int
    of_one: int | None = None
    places_of_one: int | None = None


SIZES: dict[LaneName, Size] = {
    "urgent": Size(4, 100, 200, of_one=20, places_of_one=2),
    "officers": Size(8, 200, 1_000, of_one=60),
    "devices": Size(2, 50, 300),
    "strangers": Size(2, 50, 300),
}
TRY_AGAIN_AFTER_S = 2
_SCOPE_KEY = "loa.place"


class Lane:
    """The places of one lane, taken in the order of asking."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._places = asyncio.Semaphore(size.places)
        self._waiting = 0
        self._inside: Counter[str] = Counter()
        self._places_of: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def admitted(self, officer: str = "") -> AsyncIterator["Place"]:
        """A place within the block. Raises Overloaded at once where too many wait, or too many of this officer.

        `officer`: whose request it is; empty: a stranger's.
        """
        size = self._size
        is_crowded = self._waiting >= size.waiting or self._inside.total() >= size.inside
        if is_crowded or (size.of_one is not None and self._inside[officer] >= size.of_one):
            raise Overloaded(TRY_AGAIN_AFTER_S)
        place = Place(*self._semaphores(officer))
        self._inside[officer] += 1
        try:
            self._waiting += 1
            try:
                await place.enter()
            finally:
                self._waiting -= 1
            try:
                yield place
            finally:
                place.leave()
        finally:
            self._inside[officer] -= 1
            if not self._inside[officer]:
                del self._inside[officer]
                self._places_of.pop(officer, None)

    def _semaphores(self, officer: str) -> list[asyncio.Semaphore]:
        """What a request of this officer has to acquire, in this order."""
        if self._size.places_of_one is None:
            return [self._places]
        return [self._places_of.setdefault(officer, asyncio.Semaphore(self._size.places_of_one)), self._places]


class Place:
    """One request's place, which it may leave for a while. Several of its tasks may leave: it is back with the last."""

    def __init__(self, *places: asyncio.Semaphore) -> None:
        self._places = places
        self._held: list[asyncio.Semaphore] = []
        self._outside = 0

    async def enter(self) -> None:
        try:
            for each in self._places:
                await each.acquire()
                self._held.append(each)
        except BaseException:  # it is given up while it waits for the second
            self.leave()
            raise

    def leave(self) -> None:
        while self._held:
            self._held.pop().release()

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[None]:
        """Leave the place within the block."""
        self._outside += 1
        self.leave()
        try:
            yield
        finally:
            self._outside -= 1
            if not self._outside:
                await self.enter()

    def receiving(self, receive: Receive, within_s: float | None) -> Receive:
        """The same `receive`, outside until the body is whole, which it must be `within_s` (HTTPException 408)."""
        whole = False
        until = None if within_s is None else asyncio.get_running_loop().time() + within_s

        async def receive_outside() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            async with self.outside():
                try:
                    async with asyncio.timeout_at(until):
                        message = await receive()
                except TimeoutError:
                    raise HTTPException(408) from None
            whole = not message.get("more_body", False)
            return message

        return receive_outside

    def sending(self, send: Send) -> Send:
        """The same `send`, outside while a slow reader takes its time."""

        async def send_outside(message: Message) -> None:
            async with self.outside():
                await send(message)

        return send_outside


@asynccontextmanager
async def outside(request: HTTPConnection) -> AsyncIterator[None]:
    """Leave the request's place within the block: it waits, and needs no thread."""
    place: Place | None = request.scope.get(_SCOPE_KEY)
    if place is None:
        yield
        return
    async with place.outside():
        yield


def put_into(scope: Scope, place: Place) -> None:
    """Let `outside` find the place."""
    scope[_SCOPE_KEY] = place


_lanes: RunVar[dict[LaneName, Lane]] = RunVar("loa lanes")
"""Of each event loop: its own, because a semaphore belongs to one."""


def lane(name: LaneName) -> Lane:
    """The lane of this name in the running event loop."""
    try:
        lanes = _lanes.get()
    except LookupError:
        lanes = {each: Lane(size) for each, size in SIZES.items()}
        _lanes.set(lanes)
    return lanes[name]
