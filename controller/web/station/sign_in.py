"""Sign in and out. The sign-in form has no session yet, so its token is a cookie that the form repeats."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controller.errors import TooManyAttempts
from controller.running.app import Office
from controller.station.officers import SIGNED_IN_FOR, WRONG, check_password, close_session, open_session
from controller.web.frame.access import TheOffice, address_of, cookie_name
from controller.web.frame.forms import CSRF, CheckedForm, Form, SessionOver
from controller.web.frame.local_path import local_path
from controller.web.frame.page import Asker, ThePage, rendered, station_facts

router = APIRouter(include_in_schema=False)

LONGEST_USERNAME, LONGEST_PASSWORD = 64, 1024


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
    """The form; whoever is signed in already goes on."""
    if asker is not None:
        return RedirectResponse(local_path(tiep), 303)
    return _shown(request, office, local_path(tiep))


@router.post("/dang-nhap")
def post(request: Request, office: TheOffice, form: Annotated[Form, Depends(_sign_in_form)]) -> Response:
    """Sign in, and back to where one was. Wrong passwords are slowed together with those of the REST interface."""
    username, goes_on = form.text("ten")[:LONGEST_USERNAME], local_path(form.text("tiep"))
    address, now = address_of(request), office.now()
    try:
        office.sign_in_guard.require_calm(address, now)
    except TooManyAttempts as error:
        response = _shown(request, office, goes_on, 429, username=username, error=str(error))
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    with office.database.reading() as session:
        officer = check_password(session, username, form.text("mat-khau")[:LONGEST_PASSWORD])
    if officer is None:
        office.sign_in_guard.wrong(address, now)
        return _shown(request, office, goes_on, 401, username=username, error=str(WRONG), wrong_password=True)
    with office.database.writing() as writing:
        opened = open_session(writing, now, officer)
    answer = RedirectResponse(goes_on, 303)
    _set(answer, office, cookie_name(office), opened.token, round(SIGNED_IN_FOR.total_seconds()))
    answer.delete_cookie(_form_cookie(office), secure=office.settings.https, httponly=True, samesite="lax")
    return answer


@router.post("/dang-xuat")
def sign_out(page: ThePage, _form: CheckedForm) -> Response:
    """The session ends here and in the database."""
    with page.office.database.writing() as session:
        close_session(session, page.asker.token)
    answer = RedirectResponse("/dang-nhap", 303)
    answer.delete_cookie(cookie_name(page.office), secure=page.office.settings.https, httponly=True, samesite="lax")
    return answer


def _shown(
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
        facts = station_facts(office, session)
    answer = rendered(
        request,
        "station/sign_in.html",
        status,
        page=None,
        station=facts,
        clock=facts.clock,
        csrf=token,
        goes_on=goes_on,
        username=username,
        error=error,
        wrong_password=wrong_password,
    )
    _set(answer, office, _form_cookie(office), token, None)
    return answer


def _set(answer: Response, office: Office, name: str, value: str, max_age_s: int | None) -> None:
    answer.set_cookie(
        name, value, max_age=max_age_s, path="/", secure=office.settings.https, httponly=True, samesite="lax"
    )
