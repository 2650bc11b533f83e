"""The second factor on “Tài khoản của tôi” (/tai-khoan/hai-buoc): by codes of a telephone."""

from dataclasses import dataclass
from hmac import compare_digest
from typing import ClassVar

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup

from controller.errors import Conflict, Invalid, NotSignedIn, Overloaded, TooManyAttempts
from controller.people.second_factor import LONGEST_CODE, address_for_telephone
from controller.station.officers import MAX_PASSWORD_LENGTH
from controller.web.frame.forms import CheckedForm, FieldErrors
from controller.web.frame.page import Page, PageValues, ThePage, station_facts
from controller.web.frame.signing_in import begin_second_factor, confirm_second_factor, switch_off_second_factor
from controller.web.people.account import ADDRESS, show_account
from controller.web.people.qr import qr_svg

router = APIRouter(include_in_schema=False)

_HERE = ADDRESS + "/hai-buoc"


@dataclass(frozen=True, kw_only=True)
class SetUpPage(PageValues):
    """The secret for a telephone, as a code and in letters; `spaced` by four of them."""

    template: ClassVar[str] = "people/second_factor_setup.html"
    qr: Markup
    secret: str
    spaced: str
    wrong: FieldErrors


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesPage(PageValues):
    """The recovery codes, shown this once."""

    template: ClassVar[str] = "people/recovery_codes.html"
    codes: list[str]


@router.post(_HERE)
async def post_begin(request: Request, form: CheckedForm, page: ThePage) -> Response:
    """Make a secret, and show it. An open session isn't enough: it asks for the password."""
    present = form.text("mat-khau-hai-buoc")[:MAX_PASSWORD_LENGTH]
    try:
        secret = await begin_second_factor(request, page.office, page.asker, present)
    except Invalid as error:
        return await run_in_threadpool(show_account, page, error.of("mat-khau-hai-buoc"))
    except (TooManyAttempts, Overloaded, Conflict) as error:
        return await run_in_threadpool(show_account, page, error)
    return await run_in_threadpool(_show_secret, page, secret)


@router.post(_HERE + "/xac-nhan")
async def post_confirm(request: Request, form: CheckedForm, page: ThePage) -> Response:
    """Switch it on by a first code, and show the recovery codes."""
    try:
        codes = await confirm_second_factor(request, page.office, page.asker, form.text("ma"))
    except NotSignedIn:
        return await run_in_threadpool(_show_wrong_code, page, form.text("khoa"))
    except TooManyAttempts as error:
        return await run_in_threadpool(show_account, page, error)
    return await run_in_threadpool(page.show, RecoveryCodesPage(codes=codes))


@router.post(_HERE + "/tat")
async def post_off(request: Request, form: CheckedForm, page: ThePage) -> Response:
    """Switch it off, by a code of the telephone or a recovery code."""
    try:
        await switch_off_second_factor(request, page.office, page.officer, form.text("ma-tat")[:LONGEST_CODE])
    except NotSignedIn:
        return await run_in_threadpool(show_account, page, Invalid("code", "code_wrong"))
    except TooManyAttempts as error:
        return await run_in_threadpool(show_account, page, error)
    return page.go(ADDRESS)


def _show_wrong_code(page: Page, shown: str) -> Response:
    """The same secret again. Raises Conflict: it wasn't `shown`, as to another session that is open."""
    with page.reading() as session:
        secret = page.office.second_factors.secret_of(session, page.now, page.officer)
    if not compare_digest(secret.encode(), shown.encode()):
        raise Conflict("second_factor_not_begun")
    return _show_secret(page, secret, FieldErrors.of(Invalid("code", "code_wrong"), {"code": "ma"}))


def _show_secret(page: Page, secret: str, wrong: FieldErrors | None = None) -> Response:
    with page.reading() as session:
        station = station_facts(page.office, session, to_officer=True).name
    qr = qr_svg(address_for_telephone(secret, page.officer.username, station))
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return page.show(
        SetUpPage(qr=qr, secret=secret, spaced=spaced, wrong=wrong or FieldErrors()), 422 if wrong else 200
    )
