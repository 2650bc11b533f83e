"""What went wrong, in the pages' frame: what happened, what was kept, what to do next."""

import logging

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from controller.errors import NotSignedIn, OfficeError
from controller.station.officers import who_is
from controller.web.frame.access import SignedIn, cookie_name, office_of
from controller.web.frame.forms import SessionOver
from controller.web.frame.page import Page, rendered, sign_in_path, station_facts
from controller.words.translation import _, mark

log = logging.getLogger(__name__)

_HTTP = {
    404: (mark("Không có trang này"), mark("Địa chỉ có thể đã gõ sai hoặc đã cũ. Không có gì bị đổi.")),
    405: (mark("Không mở trang này như vậy được"), mark("Quay lại trang trước rồi bấm nút ở đó.")),
    413: (mark("Nội dung lớn quá"), mark("Chưa lưu. Bớt đi rồi gửi lại.")),
}


def error_page(request: Request, error: Exception, status: int, title: str, detail: str) -> Response:
    """The page for an error that was already turned into a status and words."""
    if isinstance(error, NotSignedIn):
        return _not_signed_in(request)
    if isinstance(error, HTTPException) and status in _HTTP:
        title, detail = (_(text) for text in _HTTP[status])
    kept = error.text if isinstance(error, SessionOver) else ""
    return _framed(request, status, title=title, detail=detail, kept=kept, session_over=isinstance(error, SessionOver))


def _not_signed_in(request: Request) -> Response:
    if request.url.path.startswith("/phan/"):
        return Response(status_code=401)
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(sign_in_path(request), 303)
    over = SessionOver()
    return _framed(request, over.status, title=str(over.title), detail=str(over), kept="", session_over=True)


def _framed(request: Request, status: int, **values: object) -> Response:
    """In the frame of whoever is signed in; bare where even that can't be read."""
    office = office_of(request)
    try:
        with office.database.reading() as session:
            facts = station_facts(office, session)
            try:
                token = request.cookies.get(cookie_name(office))
                officer, sign_in = who_is(session, token, office.now())
                page = Page(request, office, SignedIn(officer, sign_in, token or ""), office.now(), facts.clock)
            except OfficeError:
                page = None
        if page is not None:
            return page.show("frame/error.html", status, **values)
        return rendered(request, "frame/error.html", status, page=None, station=facts, clock=facts.clock, **values)
    except Exception:
        # The page about an error must not fail by the same error: the database may be what is broken.
        log.exception("the page of an error failed")
        return rendered(request, "frame/error_bare.html", status, **values)
