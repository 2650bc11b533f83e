"""An event loop of its own, in a thread of its own, for the requests that stop sound.

While strangers come by hundreds a second, each step of a request waits its turn in the first loop, and a request has
a dozen of them. One that stops sound takes two there: it is read, and its answer is sent. All between is done here.
"""

import asyncio
from threading import Lock, Thread

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.web.admission.body_limit import LARGEST_TEXT_BYTES

BODY_WITHIN_S = 20.0
"""What stops sound is a small form; whoever sends it slower would fill the memory with bodies that wait."""


class OwnLoop:
    """Started with the first request."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._starting = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application here for one request: its body is read before, and its answer sent after.

        Raises HTTPException (408: the body took longer than BODY_WITHIN_S).
        """
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                come = await _whole_body(receive)
        except TimeoutError:
            raise HTTPException(408) from None
        answer: list[Message] = []

        async def receive_here() -> Message:
            return come.pop(0) if come else {"type": "http.disconnect"}

        async def send_here(message: Message) -> None:
            answer.append(message)

        running = asyncio.run_coroutine_threadsafe(_run(app, scope, receive_here, send_here), self._started())
        try:
            await asyncio.wrap_future(running)
        finally:
            for message in answer:
                await send(message)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=self._loop.run_forever, name=self._name, daemon=True).start()
            return self._loop


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


async def _whole_body(receive: Receive) -> list[Message]:
    """All that comes; of one that is too large so much that it is refused."""
    come = [await receive()]
    size = len(come[-1].get("body", b""))
    while come[-1].get("more_body") and size <= LARGEST_TEXT_BYTES:
        come.append(await receive())
        size += len(come[-1].get("body", b""))
    return come
