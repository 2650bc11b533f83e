"""“Đăng nhập” (/dang-nhap), and signing out (/dang-xuat).

The sign-in form has no session yet, so its token is a cookie that the form repeats.
"""

import secrets
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from controller.database.tables import Officer
from controller.errors import NotSignedIn, Overloaded, TooManyAttempts
from controller.running.app import Office
from controller.station.officers import (
    MAX_PASSWORD_LENGTH,
    MAX_USERNAME_LENGTH,
    SESSION_LASTS,
    close_session,
    open_session,
)
from controller.web.frame.access import TheOffice, cookie_name, set_cookie
from controller.web.frame.forms import CSRF, CheckedForm, Form, SessionOver
from controller.web.frame.local_path import local_path
from controller.web.frame.page import Asker, FrameValues, PageValues, ThePage, rendered, station_facts
from controller.web.frame.signing_in import officer_with_password, remember_device

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class SignInPage(PageValues):
    """`goes_on`: the path to go to after signing in. `error`: why signing in was refused; empty: it wasn't."""

    template: ClassVar[str] = "station/sign_in.html"
    csrf: str
    goes_on: str
    username: str = ""
    longest_username: int = MAX_USERNAME_LENGTH
    error: str = ""
    wrong_password: bool = False


def _form_cookie(office: Office) -> str:
    return "__Host-loa_dang_nhap" if office.settings.https else "loa_dang_nhap"


async def _sign_in_form(request: Request, office: TheOffice) -> Form:
    form = Form(await request.form(max_files=0, max_fields=10))
    expected = request.cookies.get(_form_cookie(office), "")
    if not expected or not secrets.compare_digest(form.text(CSRF).encode(), expected.encode()):
        raise SessionOver
    return form


@router.get("/dang-nhap")
def get(request: Request, office: TheOffice, asker: Asker, tiep: str = "/") -> Response:
    """The form. An officer who is signed in already is sent on."""
    if asker is not None:
        return RedirectResponse(local_path(tiep), 303)
    return _show_form(request, office, local_path(tiep))


@router.post("/dang-nhap")
async def post(request: Request, office: TheOffice, form: Annotated[Form, Depends(_sign_in_form)]) -> Response:
    """Sign in, and go on to `tiep`. Wrong passwords count together with those sent to the REST interface."""
    username, goes_on = form.text("ten")[:MAX_USERNAME_LENGTH], local_path(form.text("tiep"))
    try:
        officer = await officer_with_password(request, office, username, form.text("mat-khau")[:MAX_PASSWORD_LENGTH])
    except (NotSignedIn, TooManyAttempts, Overloaded) as error:
        return await run_in_threadpool(_show_refusal, request, office, goes_on, username, error)
    token = await run_in_threadpool(_open_session, office, officer)
    answer = RedirectResponse(goes_on, 303)
    set_cookie(answer, office, cookie_name(office), token, round(SESSION_LASTS.total_seconds()))
    remember_device(answer, office, officer)
    answer.delete_cookie(_form_cookie(office), secure=office.settings.https, httponly=True, samesite="lax")
    return answer


@router.post("/dang-xuat")
def sign_out(page: ThePage, _form: CheckedForm) -> Response:
    """End the session, in the browser and in the database."""
    with page.office.database.writing() as session:
        close_session(session, page.asker.token)
    answer = RedirectResponse("/dang-nhap", 303)
    answer.delete_cookie(cookie_name(page.office), secure=page.office.settings.https, httponly=True, samesite="lax")
    return answer


def _open_session(office: Office, officer: Officer) -> str:
    with office.database.writing() as session:
        return open_session(session, office.now(), officer).token


def _show_refusal(
    request: Request, office: Office, goes_on: str, username: str, error: NotSignedIn | TooManyAttempts | Overloaded
) -> Response:
    wrong = isinstance(error, NotSignedIn)
    answer = _show_form(
        request, office, goes_on, error.status, username=username, error=str(error), wrong_password=wrong
    )
    if not isinstance(error, NotSignedIn):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def _show_form(
    request: Request,
    office: Office,
    goes_on: str,
    status: int = 200,
    *,
    username: str = "",
    error: str = "",
    wrong_password: bool = False,
) -> Response:
    token = request.cookies.get(_form_cookie(office)) or secrets.token_urlsafe(32)
    with office.database.reading() as session:
        facts = station_facts(office, session, to_officer=False)
    values = SignInPage(csrf=token, goes_on=goes_on, username=username, error=error, wrong_password=wrong_password)
    answer = rendered(request, values.template, values, FrameValues(facts, facts.clock), status)
    set_cookie(answer, office, _form_cookie(office), token, None)
    return answer
