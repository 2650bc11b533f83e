"""The page of an error, at the path that failed: what happened, what was kept, what to do next."""

import logging
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from controller.errors import NotSignedIn, OfficeError
from controller.web.frame.access import cookie_name, office_of, signed_in
from controller.web.frame.forms import SessionOver
from controller.web.frame.page import FrameValues, Page, PageValues, rendered, sign_in_path, station_facts
from controller.words.translation import _, mark

log = logging.getLogger(__name__)

_HTTP = {
    404: (mark("Không có trang này"), mark("Địa chỉ có thể đã gõ sai hoặc đã cũ. Không có gì bị đổi.")),
    405: (mark("Không mở trang này như vậy được"), mark("Quay lại trang trước rồi bấm nút ở đó.")),
    413: (mark("Nội dung lớn quá"), mark("Chưa lưu. Bớt đi rồi gửi lại.")),
}


@dataclass(frozen=True)
class ErrorPage(PageValues):
    """`kept`: what an officer had written when the session was over, to be copied."""

    template: ClassVar[str] = "frame/error.html"
    title: str
    detail: str
    kept: str = ""
    session_over: bool = False


@dataclass(frozen=True)
class BareErrorPage(PageValues):
    """The same without anything out of the database."""

    template: ClassVar[str] = "frame/error_bare.html"
    title: str
    detail: str


def error_page(request: Request, error: Exception, status: int, title: str, detail: str) -> Response:
    """The page for an error that was already turned into a status and words."""
    if isinstance(error, NotSignedIn):
        return _not_signed_in(request)
    if isinstance(error, HTTPException) and status in _HTTP:
        title, detail = (_(text) for text in _HTTP[status])
    if isinstance(error, SessionOver):
        return _framed(request, status, ErrorPage(title, detail, kept=error.text, session_over=True))
    return _framed(request, status, ErrorPage(title, detail))


def _not_signed_in(request: Request) -> Response:
    if request.url.path.startswith("/phan/"):
        return Response(status_code=401)
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(sign_in_path(request), 303)
    over = SessionOver()
    return _framed(request, over.status, ErrorPage(str(over.title), str(over), session_over=True))


def _framed(request: Request, status: int, values: ErrorPage) -> Response:
    """In the frame of the officer who is signed in, if any; bare where the frame can't be made."""
    office = office_of(request)
    try:
        now = office.now()
        with office.database.reading() as session:
            try:
                asker = signed_in(session, now, request.cookies.get(cookie_name(office)))
            except OfficeError:
                asker = None
            facts = station_facts(office, session, to_officer=asker is not None)
        if asker is not None:
            return Page(request, office, asker, now, facts.clock).show(values, status)
        return rendered(request, values.template, values, FrameValues(facts, facts.clock), status)
    except Exception:
        # The page about an error must not fail by the same error: the database may be what is broken.
        log.exception("the page of an error failed")
        return bare_page(request, status, values.title, values.detail)


def bare_page(request: Request, status: int, title: str, detail: str) -> Response:
    """A page with nothing out of the database."""
    bare = BareErrorPage(title, detail)
    return rendered(request, bare.template, bare, None, status)
