"""“Đặt mật khẩu” (/dat-mat-khau): whoever was given a link sets the own password by it.

Guesses of links are counted by network, as wrong passwords are.
"""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from controller.database.tables import Officer
from controller.errors import Conflict, Invalid, NotFound, TooManyAttempts
from controller.people.password_links import standing_link, use_link
from controller.people.sessions import token_hash
from controller.running.app import Office
from controller.station.officers import (
    MAX_PASSWORD_LENGTH,
    MIN_PASSWORD_LENGTH,
    hash_officer_password,
    require_long,
)
from controller.web.admission.places import outside
from controller.web.frame.access import SignedIn, TheOffice, address_of
from controller.web.frame.forms import FieldErrors, StrangersForm, StrangersPage, show_to_stranger, strangers_token
from controller.web.frame.local_path import BY_LINK, SIGN_IN
from controller.web.frame.page import Asker

router = APIRouter(include_in_schema=False)

_LONGEST_TOKEN = 100


@dataclass(frozen=True, kw_only=True)
class OwnPasswordPage(StrangersPage):
    """`row` None: the address has no link's token."""

    template: ClassVar[str] = "people/own_password.html"
    token: str
    row: Officer | None
    wrong: FieldErrors
    shortest: int = MIN_PASSWORD_LENGTH


@router.get(BY_LINK)
def get(request: Request, office: TheOffice, asker: Asker, ma: str = "") -> Response:
    """The form; `ma`: the link's token."""
    token = ma[:_LONGEST_TOKEN]
    if not token:
        return _show(request, office, "", None)
    _refuse_signed_in(asker)
    return _show(request, office, token, _whose(request, office, token)[0])


@router.post(BY_LINK)
async def post(request: Request, office: TheOffice, form: StrangersForm, asker: Asker) -> Response:
    """Set the password, and go on to signing in."""
    _refuse_signed_in(asker)
    token, new = form.text("ma")[:_LONGEST_TOKEN], form.text("mat-khau-moi")[: MAX_PASSWORD_LENGTH + 1]
    officer, rank = await run_in_threadpool(_whose, request, office, token)
    try:
        if form.text("mat-khau-lai")[: MAX_PASSWORD_LENGTH + 1] != new:
            raise Invalid("mat-khau-lai", "passwords_unlike")
        require_long(new, "mat-khau-moi")
    except Invalid as error:
        return await run_in_threadpool(_show, request, office, token, officer, FieldErrors.of(error))
    async with outside(request):
        password_hash = await office.password_checks.run(lambda: hash_officer_password(new), rank)

    def use() -> None:
        with office.database.writing() as session:
            use_link(session, office.now(), token, password_hash)

    await run_in_threadpool(use)
    return RedirectResponse(f"{SIGN_IN}?da=mat-khau", 303)


def _refuse_signed_in(asker: SignedIn | None) -> None:
    """An administrator who tries the link, or somebody at another's machine, shouldn't use it up."""
    if asker is not None:
        raise Conflict("link_while_signed_in", officer=asker.officer.name)


def _whose(request: Request, office: Office, token: str) -> tuple[Officer, int]:
    """Whose link it is, and the rank of the network that shows it. Raises NotFound, Conflict, TooManyAttempts.

    What is counted is the network alone: each guess is another link.
    """
    address, now = address_of(request), office.now()
    try:
        attempt = office.sign_in_guard.admit(f"link {token_hash(token)}", address, now)
    except TooManyAttempts:
        office.failed_sign_ins.note("", address, "refused")
        raise
    try:
        with office.database.reading() as session:
            return standing_link(session, now, token)[1], attempt.rank
    except NotFound:
        attempt.fail(now)
        office.failed_sign_ins.note("", address, "wrong")
        raise
    finally:
        attempt.give_back()


def _show(
    request: Request, office: Office, token: str, row: Officer | None, wrong: FieldErrors | None = None
) -> Response:
    csrf = strangers_token(request, office)
    values = OwnPasswordPage(csrf=csrf, token=token, row=row, wrong=wrong or FieldErrors())
    return show_to_stranger(request, office, values, 422 if wrong else 200)
