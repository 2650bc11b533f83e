"""The stream of what changes, for the REST interface and for the scripts of pages (/phan/su-kien)."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from controller.database.transactions import Change
from controller.errors import NotSignedIn
from controller.people.sessions import who_is
from controller.running.app import Office
from controller.running.events import Event
from controller.web.admission.places import outside
from controller.web.frame.access import Reader, SignedIn, TheOffice

router = APIRouter(include_in_schema=False)

RETRY_MS = 3000
CHECKS_SESSION_EVERY_S = 15.0

LastEventId = Annotated[str | None, Header(max_length=64)]


async def followed(request: Request, office: Office, reader: SignedIn, last_id: str | None) -> AsyncIterator[Event]:
    """What changes, until the reader's session ends. An event without a change: some were missed, read all again."""
    looked_at = office.now()
    async with aclosing(office.events.follow(last_id, CHECKS_SESSION_EVERY_S)) as events:
        while True:
            async with outside(request):
                event = await anext(events)
            if office.now() - looked_at >= timedelta(seconds=CHECKS_SESSION_EVERY_S):
                looked_at = office.now()
                if not await run_in_threadpool(_is_signed_in, office, reader):
                    return
            if event is not None:
                yield event


@router.get("/phan/su-kien", response_class=EventSourceResponse)
async def get_changes(
    request: Request, office: TheOffice, reader: Reader, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """`{kind: id}` of what changed, of a delivery two ids. The script of a page then fetches what it shows as HTML."""
    yield ServerSentEvent(retry=RETRY_MS)
    async for event in followed(request, office, reader, last_event_id):
        if event.change is None:
            yield ServerSentEvent(event="reset", id=event.id, data={})
        else:
            yield ServerSentEvent(event=event.change.kind, id=event.id, data=_ids(event.change))


def _ids(change: Change) -> dict[str, str]:
    if change.kind != "delivery":
        return {change.kind: change.subject}
    broadcast, _, speaker = change.subject.partition("/")
    return {"broadcast": broadcast, "speaker": speaker}


def _is_signed_in(office: Office, reader: SignedIn) -> bool:
    try:
        with office.database.reading() as session:
            who_is(session, reader.token, office.now())
    except NotSignedIn:
        return False
    return True
