"""Errors as scripts read them: RFC 9457 `application/problem+json`, whose `detail` says what to do.

Officers read the same words on a page.
"""

import json
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from audio.clip_store import DiskFull
from controller.errors import Invalid, NoRoom, NotSignedIn, OfficeError, TooManyAttempts
from controller.web.frame.error_page import error_page

log = logging.getLogger(__name__)

_WORDS = {
    "missing": "thiếu trường này",
    "extra_forbidden": "không có trường này; bỏ đi rồi gửi lại",
    "string_too_long": "dài quá",
    "json_invalid": "nội dung không phải JSON",
}
_HTTP = {
    400: "Nội dung gửi lên không đọc được. Gửi JSON viết bằng UTF-8.",
    401: "Đăng nhập trước đã.",
    404: "Không có địa chỉ này. Xem /api/v1/openapi.json.",
    405: "Địa chỉ này không nhận cách gọi đó. Xem /api/v1/openapi.json.",
    413: "Nội dung lớn quá.",
}


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """One problem."""
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, **more},
        status,
        headers,
        media_type="application/problem+json",
    )


def of_office_error(error: OfficeError) -> JSONResponse:
    """What the office refuses, as a problem."""
    headers, more = {}, {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Invalid):
        more["errors"] = [{"field": error.field, "detail": str(error)}]
    return problem(error.status, error.title, str(error), headers, **more)


def of_validation(error: RequestValidationError) -> JSONResponse:
    """What doesn't fit the fields of a request, each with its name."""
    errors = [
        {
            "field": _field(each),
            "detail": _WORDS.get(each["type"], each["msg"]),
        }
        for each in error.errors()
    ]
    detail = "; ".join(f"{each['field'] or 'body'}: {each['detail']}" for each in errors)
    return problem(422, Invalid.title, f"Sửa rồi gửi lại. {detail}.", errors=errors)


def _field(error: dict[str, Any]) -> str:
    """The field's name; of what isn't JSON at all the place is a number, which names nothing."""
    steps = () if error["type"] == "json_invalid" else error["loc"]
    return ".".join(str(step) for step in steps if step not in ("body", "query", "path", "header"))


def of_http(error: HTTPException) -> JSONResponse:
    """What the web framework itself refuses."""
    return problem(
        error.status_code, "Không làm được", _HTTP.get(error.status_code, str(error.detail)), dict(error.headers or {})
    )


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """Any error, as a problem."""
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
        return of_office_error(Invalid("", "Có ký tự không lưu được. Xóa ký tự lạ rồi gửi lại."))
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "Lỗi của máy chủ", "Chưa làm được, không có gì bị đổi. Gửi lại; vẫn lỗi thì gọi kỹ thuật viên.")


def answer(request: Request, error: Exception) -> Response:
    """Any error: as a problem under the REST interface, as a page elsewhere."""
    said = problem_of(request, error)
    if request.url.path.startswith("/api/") or request.url.path == "/health":
        return said
    words = json.loads(bytes(said.body))
    page = error_page(request, error, said.status_code, words["title"], words["detail"])
    for name in ("Retry-After", "Allow"):
        if name in said.headers:
            page.headers[name] = said.headers[name]
    return page


def install(app: FastAPI) -> None:
    """Answer all errors that are expected; the application answers the others by the same function."""
    for kind in (OfficeError, RequestValidationError, HTTPException, DiskFull, OperationalError, DataError):
        app.add_exception_handler(kind, answer)
