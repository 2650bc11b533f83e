"""`GET /events`: what changes, as it changes. `GET /health`: whether the station can do its work."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy import text

from controller.database.transactions import Change
from controller.errors import NotSignedIn
from controller.running.app import Office
from controller.station.officers import who_is
from controller.web.api.views import event_body
from controller.web.frame.access import Reader, SignedIn, TheOffice

events_router = APIRouter(tags=["events"])
health_router = APIRouter(tags=["health"])

PAUSE_S = 15.0
"""A comment after so long a silence keeps proxies from closing the stream."""


@events_router.get("/events", response_class=StreamingResponse)
async def get_events(
    office: TheOffice, reader: Reader, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """Server-sent events `delivery`, `speaker`, `broadcast`, `announcement`; `reset`: some were missed, begin anew."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(office, reader, last_event_id), media_type="text/event-stream", headers=headers)


async def _stream(office: Office, reader: SignedIn, last_id: str | None) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    looked_at = office.now()
    async with aclosing(office.events.follow(last_id, PAUSE_S)) as events:
        async for event in events:
            if office.now() - looked_at >= timedelta(seconds=PAUSE_S):
                looked_at = office.now()
                if not await run_in_threadpool(_still_signed_in, office, reader):
                    return
            if event is None:
                yield ": \n\n"
            elif event.change is None:
                yield f"event: reset\nid: {event.id}\ndata: {{}}\n\n"
            else:
                body = await run_in_threadpool(_body, office, event.change)
                if body is not None:
                    yield f"event: {event.change.kind}\nid: {event.id}\ndata: {body}\n\n"


def _still_signed_in(office: Office, reader: SignedIn) -> bool:
    """Whoever has signed out, or may no longer sign in, hears nothing more."""
    try:
        with office.database.reading() as session:
            who_is(session, reader.token, office.now())
    except NotSignedIn:
        return False
    return True


def _body(office: Office, change: Change) -> str | None:
    with office.database.reading() as session:
        view = event_body(session, change, office.now())
    return view.model_dump_json(by_alias=True) if view is not None else None


@health_router.get("/health", response_class=JSONResponse)
def get_health(office: TheOffice) -> Response:
    """200 when the database answers and the line to the broker is up; else 503 that says which."""
    broken = {}
    try:
        with office.database.reading() as session:
            session.connection().execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001  # whatever is wrong with it: that is the answer
        broken["database"] = f"Cơ sở dữ liệu không trả lời: {type(error).__name__}. Gọi kỹ thuật viên."
    if not office.link.connected():
        broken["broker"] = (
            f"Văn phòng mất liên lạc với máy chủ truyền tin ({office.link.last_error}). "
            "Lệnh mới chưa đến được cụm loa. Lượt phát đã gửi vẫn phát đúng giờ."
        )
    return JSONResponse({"ok": not broken, **broken}, 503 if broken else 200)
