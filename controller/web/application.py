"""The web application: the REST interface under `/api/v1`, the pages for officers, and the headers of all answers."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from controller.running.app import Office
from controller.web.admission.body_limit import BodyLimit
from controller.web.api import (
    announcements,
    approvals,
    areas,
    broadcasts,
    events,
    holidays,
    priorities,
    schedules,
    sessions,
    speakers,
)
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
    app.middleware("http")(_with_headers)
    app.add_middleware(ReadersLanguage)  # the last one added stands around all others
    return app


def _rest_router() -> APIRouter:
    api = APIRouter(prefix=API)
    for module in (sessions, areas, speakers, announcements, approvals, broadcasts, schedules, priorities, holidays):
        api.include_router(module.router)
    api.include_router(events.events_router)
    api.include_router(events.health_router)
    return api


async def _with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await call_next(request)
    except Exception as error:  # noqa: BLE001  # no handler is left that could answer it
        response = await run_in_threadpool(problems.answer, request, error)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app.state.office.settings.https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


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
        return of_accept_language(Headers(scope=scope).get("accept-language", ""))
    return chosen_language(HTTPConnection(scope))
