"""“Đăng nhập” (/dang-nhap), and signing out (/dang-xuat).

The sign-in form has no session yet (`StrangersForm`).
"""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from controller.database.tables import Officer
from controller.errors import NotSignedIn, Overloaded, TooManyAttempts
from controller.people.second_factor import LONGEST_CODE
from controller.people.sessions import LASTS, Credentials, close_session
from controller.running.app import Office
from controller.sign_in.authenticators import relying_party
from controller.station.officers import MAX_PASSWORD_LENGTH, MAX_USERNAME_LENGTH
from controller.web.frame.access import TheOffice, cookie_name, set_cookie
from controller.web.frame.forms import (
    CheckedForm,
    StrangersForm,
    StrangersPage,
    show_to_stranger,
    strangers_cookie,
    strangers_token,
)
from controller.web.frame.local_path import SIGN_IN_CODE, local_path
from controller.web.frame.page import Asker, ThePage
from controller.web.frame.signing_in import (
    officer_with_password,
    open_session_of,
    remember_device,
    take_code,
    wants_code,
)

router = APIRouter(include_in_schema=False)

_LONGEST_HALF_WAY = 200


@dataclass(frozen=True, kw_only=True)
class SignInPage(StrangersPage):
    """`goes_on`: the path to go to after signing in. `error`: why signing in was refused; empty: it wasn't.

    `password_set`: a password was set just now. `passkeys_at`: the address at which passkeys are offered, or empty.
    """

    template: ClassVar[str] = "station/sign_in.html"
    goes_on: str
    username: str = ""
    longest_username: int = MAX_USERNAME_LENGTH
    error: str = ""
    wrong_password: bool = False
    password_set: bool = False
    passkeys_at: str


@dataclass(frozen=True, kw_only=True)
class CodePage(StrangersPage):
    """`half_way`: says that the password was right. `error`: why the code was refused; empty: it wasn't."""

    template: ClassVar[str] = "station/sign_in_code.html"
    goes_on: str
    half_way: str
    error: str


@router.get("/dang-nhap")
def get(request: Request, office: TheOffice, asker: Asker, tiep: str = "/", da: str = "") -> Response:
    """The form. An officer who is signed in already is sent on. `da=mat-khau`: a password was set just now."""
    if asker is not None:
        return RedirectResponse(local_path(tiep), 303)
    return show_form(request, office, local_path(tiep), password_set=da == "mat-khau")


@router.post("/dang-nhap")
async def post(request: Request, office: TheOffice, form: StrangersForm) -> Response:
    """Sign in, and go on to `tiep`. Wrong passwords count together with those sent to the REST interface."""
    username, goes_on = form.text("ten")[:MAX_USERNAME_LENGTH], local_path(form.text("tiep"))
    try:
        officer = await officer_with_password(request, office, username, form.text("mat-khau")[:MAX_PASSWORD_LENGTH])
    except (NotSignedIn, TooManyAttempts, Overloaded) as error:
        return await run_in_threadpool(_show_refusal, request, office, goes_on, username, error)
    if await run_in_threadpool(wants_code, office, officer):
        half_way = office.half_way_sign_ins.issue(officer, office.now())
        return await run_in_threadpool(_show_code_form, request, office, goes_on, half_way)
    return await _signed_in(request, office, officer, goes_on, with_code=False)


@router.post(SIGN_IN_CODE)
async def post_code(request: Request, office: TheOffice, form: StrangersForm) -> Response:
    """Sign in by a code, after the password was right (`nua`)."""
    goes_on, half_way = local_path(form.text("tiep")), form.text("nua")[:_LONGEST_HALF_WAY]
    officer = await run_in_threadpool(_half_way, office, half_way)
    if officer is None:
        said = NotSignedIn("half_way_over")
        return await run_in_threadpool(show_form, request, office, goes_on, said.status, error=str(said))
    try:
        await take_code(request, office, officer, form.text("ma")[:LONGEST_CODE])
    except (NotSignedIn, TooManyAttempts) as error:
        return await run_in_threadpool(_show_code_form, request, office, goes_on, half_way, error)
    return await _signed_in(request, office, officer, goes_on, with_code=True)


async def _signed_in(request: Request, office: Office, officer: Officer, goes_on: str, *, with_code: bool) -> Response:
    def open_it() -> Credentials:
        with office.database.writing() as session:
            return open_session_of(session, office, request, officer, "browser", with_code=with_code)

    try:
        opened = await run_in_threadpool(open_it)
    except NotSignedIn as error:
        return await run_in_threadpool(show_form, request, office, goes_on, error.status, error=str(error))
    return go_on(office, officer, opened, goes_on)


def go_on(office: Office, officer: Officer, opened: Credentials, goes_on: str) -> Response:
    """Let the browser have the session that was opened, and look at `goes_on`."""
    answer = RedirectResponse(goes_on, 303)
    set_cookie(answer, office, cookie_name(office), opened.token, round(LASTS["browser"].total_seconds()))
    remember_device(answer, office, officer)
    answer.delete_cookie(strangers_cookie(office), secure=office.settings.https, httponly=True, samesite="lax")
    return answer


def _half_way(office: Office, token: str) -> Officer | None:
    with office.database.reading() as session:
        officer = session.get(Officer, office.half_way_sign_ins.officer_in(token))
    return officer if office.half_way_sign_ins.is_good(token, officer, office.now()) else None


@router.post("/dang-xuat")
def sign_out(page: ThePage, _form: CheckedForm) -> Response:
    """End the session, in the browser and in the database."""
    with page.office.database.writing() as session:
        close_session(session, page.asker.token)
    answer = RedirectResponse("/dang-nhap", 303)
    answer.delete_cookie(cookie_name(page.office), secure=page.office.settings.https, httponly=True, samesite="lax")
    return answer


def _show_refusal(
    request: Request, office: Office, goes_on: str, username: str, error: NotSignedIn | TooManyAttempts | Overloaded
) -> Response:
    wrong = isinstance(error, NotSignedIn)
    answer = show_form(
        request, office, goes_on, error.status, username=username, error=str(error), wrong_password=wrong
    )
    if not isinstance(error, NotSignedIn):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def _show_code_form(
    request: Request, office: Office, goes_on: str, half_way: str, error: NotSignedIn | TooManyAttempts | None = None
) -> Response:
    token = strangers_token(request, office)
    values = CodePage(csrf=token, goes_on=goes_on, half_way=half_way, error=str(error) if error else "")
    answer = show_to_stranger(request, office, values, error.status if error else 200)
    if isinstance(error, TooManyAttempts):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def show_form(
    request: Request,
    office: Office,
    goes_on: str,
    status: int = 200,
    *,
    username: str = "",
    error: str = "",
    wrong_password: bool = False,
    password_set: bool = False,
) -> Response:
    """The form again. `error`: why signing in was refused; `password_set`: a password was set just now."""
    party = relying_party(office.settings)
    values = SignInPage(
        csrf=strangers_token(request, office),
        goes_on=goes_on,
        username=username,
        error=error,
        wrong_password=wrong_password,
        password_set=password_set,
        passkeys_at=party.address if party else "",
    )
    return show_to_stranger(request, office, values, status)
