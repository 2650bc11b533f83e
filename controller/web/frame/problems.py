"""Errors: for scripts as `application/problem+json` (RFC 9457), for officers as a page with the same words."""

import json
import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from audio.clip_store import DiskFull
from controller.errors import Invalid, NoRoom, NotSignedIn, OfficeError, Overloaded, TooManyAttempts
from controller.web.frame.error_page import bare_page, error_page
from controller.words.phrases import Phrase, as_written
from controller.words.validation import phrase_of

log = logging.getLogger(__name__)


def problem(
    status: int, title: Phrase, detail: Phrase, headers: dict[str, str] | None = None, **more: list[dict[str, str]]
) -> JSONResponse:
    """`code` is what a program tells a problem by; title and detail are for people. `more`: further members."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": str(title),
            "status": status,
            "detail": str(detail),
            "code": detail.code,
            **more,
        },
        status,
        headers,
        media_type="application/problem+json",
    )


def of_office_error(error: OfficeError) -> JSONResponse:
    """What the office refuses."""
    headers: dict[str, str] = {}
    more: dict[str, list[dict[str, str]]] = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, (TooManyAttempts, Overloaded)):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Invalid):
        more["errors"] = [_wrong(error.field, error.phrase)]
    return problem(error.status, error.title, error.phrase, headers, **more)


def of_validation(error: RequestValidationError) -> JSONResponse:
    """What is wrong with a request, field by field."""
    errors = [_wrong(_field(each), phrase_of(each)) for each in error.errors()]
    fields = "; ".join(f"{each['field'] or 'body'}: {each['detail']}" for each in errors)
    return problem(422, Invalid.title, Phrase("fields_invalid", fields=fields), errors=errors)


def _wrong(field: str, said: Phrase) -> dict[str, str]:
    return {"field": field, "detail": str(said)}


def _field(error: ErrorDetails) -> str:
    """The field's path with dots; empty for a body that isn't JSON, whose place is a mere number."""
    steps = () if error["type"] == "json_invalid" else error["loc"]
    return ".".join(str(step) for step in steps if step not in ("body", "query", "path", "header"))


def of_http(error: HTTPException) -> JSONResponse:
    """What the web framework itself refuses."""
    return problem(error.status_code, OfficeError.title, _of_http(error), dict(error.headers or {}))


def _of_http(error: HTTPException) -> Phrase:
    match error.status_code:
        case 400:
            return Phrase("body_unreadable")
        case 401:
            return Phrase("sign_in_first")
        case 404:
            return Phrase("path_unknown")
        case 405:
            return Phrase("method_unknown")
        case 408:
            return Phrase("body_too_slow")
        case 413:
            return Phrase("body_too_large")
        case _:
            return as_written(str(error.detail))


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """Any error. What isn't expected is logged, and told as a failure of the server."""
    if isinstance(error, OfficeError):
        return of_office_error(error)
    if isinstance(error, RequestValidationError):
        return of_validation(error)
    if isinstance(error, HTTPException):
        return of_http(error)
    full = isinstance(error, DiskFull) or (
        isinstance(error, OperationalError) and "disk" in str(error.orig)  # SQLite: "database or disk is full"
    )
    if full:
        log.error("%s %s: %s", request.method, request.url.path, error)
        return of_office_error(NoRoom())
    if isinstance(error, DataError):  # PostgreSQL keeps no NUL in a text
        return of_office_error(Invalid("", "characters_not_kept"))
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, Phrase("server_failed"), Phrase("request_crashed"))


def is_for_programs(path: str) -> bool:
    """Whether this is an address of the REST interface, not of a page."""
    return path.startswith("/api/") or path == "/health"


def answer(request: Request, error: Exception) -> Response:
    """The answer to any error: a problem under the REST interface, a page elsewhere."""
    said = problem_of(request, error)
    if is_for_programs(request.url.path):
        return said
    words = json.loads(bytes(said.body))
    page = error_page(request, error, said.status_code, words["title"], words["detail"])
    for name in ("Retry-After", "Allow"):
        if name in said.headers:
            page.headers[name] = said.headers[name]
    return page


def answer_at_once(request: Request, error: Overloaded | TooManyAttempts) -> Response:
    """The answer to what is refused before anything is read: without the database, and so without a thread."""
    said = of_office_error(error)
    if is_for_programs(request.url.path):
        return said
    page = bare_page(request, error.status, str(error.title), str(error))
    page.headers["Retry-After"] = said.headers["Retry-After"]
    return page


def install(app: FastAPI) -> None:
    """Answer all errors that are expected; the application itself answers the others by the same function."""
    for kind in (OfficeError, RequestValidationError, HTTPException, DiskFull, OperationalError, DataError):
        app.add_exception_handler(kind, answer)
