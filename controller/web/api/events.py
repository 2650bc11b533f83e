"""`/events`: what changes, as it changes. `/health`: whether the office can do its work."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import text

from controller.database.transactions import Change
from controller.running.app import Office
from controller.web.api.views import event_body
from controller.web.frame.access import Reader, SignedIn, TheOffice
from controller.web.frame.live import RETRY_MS, LastEventId, followed
from controller.words.phrases import Phrase

events_router = APIRouter(tags=["events"])
health_router = APIRouter(tags=["health"])


@events_router.get("/events", response_class=EventSourceResponse)
async def get_events(
    request: Request, office: TheOffice, reader: Reader, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events `delivery`, `speaker`, `broadcast`, `announcement`. `reset`: some were missed, read all."""
    yield ServerSentEvent(retry=RETRY_MS)
    async for event in followed(request, office, reader, last_event_id):
        if event.change is None:
            yield ServerSentEvent(event="reset", id=event.id, data={})
        elif (body := await run_in_threadpool(_body, office, reader, event.change)) is not None:
            yield ServerSentEvent(event=event.change.kind, id=event.id, raw_data=body)


def _body(office: Office, reader: SignedIn, change: Change) -> str | None:
    with office.database.reading() as session:
        view = event_body(session, change, office.now(), reader.officer)
    return view.model_dump_json(by_alias=True) if view is not None else None


@health_router.get("/health", response_class=JSONResponse)
def get_health(office: TheOffice) -> Response:
    """200 if the database answers and the broker is connected; else 503, which says what is broken."""
    broken = {}
    try:
        with office.database.reading() as session:
            session.connection().execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001  # whatever is wrong with the database is the answer
        broken["database"] = str(Phrase("database_silent", detail=type(error).__name__))
    if not office.link.is_connected():
        broken["broker"] = str(Phrase("broker_cut_off", why=office.link.last_error or Phrase("broker_lost")))
    return JSONResponse({"ok": not broken, **broken}, 503 if broken else 200)
