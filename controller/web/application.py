"""The web application: the REST interface under `/api/v1`, the pages for officers, and the headers of all answers."""

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.errors import Overloaded, TooManyAttempts
from controller.running.app import Office
from controller.web.admission.body_limit import BodyLimit
from controller.web.api import (
    account,
    announcements,
    approvals,
    areas,
    broadcasts,
    events,
    holidays,
    officers,
    priorities,
    schedules,
    sessions,
    speakers,
    weighty_deeds,
)
from controller.web.entrance import Entrance
from controller.web.frame import problems
from controller.web.frame.fields import refuse_null_characters
from controller.web.frame.page import make_templates
from controller.web.frame.static_files import StaticFiles
from controller.web.pages import pages_router
from controller.web.station.reading_language import chosen_language
from controller.words.preference import of_accept_language
from controller.words.translation import Language, speaking

API = "/api/v1"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def make_application(office: Office) -> FastAPI:
    """The application of an office that runs."""
    app = FastAPI(
        title="Loa Xã",
        version="1",
        summary="The office of a commune's public-address station",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_null_characters)],
    )
    app.state.office = office
    app.add_middleware(BodyLimit)
    app.include_router(_rest_router())
    app.include_router(events.health_router)
    files = StaticFiles()
    app.state.templates = make_templates(files)
    app.include_router(files.router())
    app.include_router(pages_router())
    problems.install(app)
    app.add_middleware(Entrance)
    app.add_middleware(Headers)
    app.add_middleware(ReadersLanguage)  # the last one added stands around all others
    return app


def _rest_router() -> APIRouter:
    api = APIRouter(prefix=API)
    for module in (
        sessions,
        account,
        officers,
        weighty_deeds,
        areas,
        speakers,
        announcements,
        approvals,
        broadcasts,
        schedules,
        priorities,
        holidays,
    ):
        api.include_router(module.router)
    api.include_router(events.events_router)
    api.include_router(events.health_router)
    return api


class Headers:
    """Adds the headers that all answers have, and answers what no handler is left to answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["app"].state.office.settings.https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            request = Request(scope)
            if isinstance(error, (Overloaded, TooManyAttempts)):  # at the entrance: no thread for it
                answer = problems.answer_at_once(request, error)
            else:
                answer = await run_in_threadpool(problems.answer, request, error)
            await answer(scope, receive, send_with_headers)


class ReadersLanguage:
    """Answers programs in the language that they ask for by Accept-Language, and pages in the one that was chosen."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with speaking(_language_of(scope)):
            await self._app(scope, receive, send)


def _language_of(scope: Scope) -> Language:
    if scope["type"] != "http":
        return "vi"
    if problems.is_for_programs(scope["path"]):
        return of_accept_language(RequestHeaders(scope=scope).get("accept-language", ""))
    return chosen_language(HTTPConnection(scope))
