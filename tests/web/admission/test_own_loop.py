"""What stops sound is worked on in a loop of its own: it goes on while the first loop is busy."""

import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from controller.web.admission import own_loop
from controller.web.admission.body_limit import LARGEST_TEXT_BYTES
from controller.web.admission.own_loop import OwnLoop

SCOPE: Scope = {"type": "http"}
OK: Message = {"type": "http.response.start", "status": 200, "headers": []}


def _receiving(*bodies: bytes) -> tuple[Receive, list[Message]]:
    left: list[Message] = [
        {"type": "http.request", "body": body, "more_body": number < len(bodies)}
        for number, body in enumerate(bodies, 1)
    ]

    async def receive() -> Message:
        return left.pop(0)

    return receive, left


def _run(app: object, receive: Receive) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(OwnLoop("test").run(app, SCOPE, receive, send))  # type: ignore[arg-type]  # an application
    return sent


def test_it_is_worked_on_while_the_first_loop_stands() -> None:
    worked = threading.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        worked.set()
        await send(OK)

    async def main() -> None:
        receive, _ = _receiving(b"")
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        request = asyncio.create_task(OwnLoop("test").run(app, SCOPE, receive, send))
        await asyncio.sleep(0)  # the request is read and handed over
        assert worked.wait(10), "the first loop does nothing else meanwhile"
        await request
        assert sent == [OK]

    asyncio.run(main())


def test_the_whole_body_is_there_and_then_the_end() -> None:
    come: list[Message] = []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        come.extend([await receive() for _ in range(3)])
        await send(OK)

    receive, _ = _receiving(b"dia-ban=", b"a-1")
    assert _run(app, receive) == [OK]
    assert [each.get("body") for each in come] == [b"dia-ban=", b"a-1", None]
    assert come[-1]["type"] == "http.disconnect"


def test_of_a_body_that_is_too_large_no_more_is_read_than_shows_it() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(OK)

    receive, left = _receiving(*[bytes(2**19)] * 10)
    _run(app, receive)
    assert len(left) == 10 - LARGEST_TEXT_BYTES // 2**19 - 1


def test_a_body_that_stays_away_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_loop, "BODY_WITHIN_S", 0.0)

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("it isn't worked on")

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(HTTPException) as refused:
        _run(app, receive)
    assert refused.value.status_code == 408


def test_an_error_comes_back() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _run(app, _receiving(b"")[0])
