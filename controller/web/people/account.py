"""“Tài khoản của tôi” (/tai-khoan): everybody's own password, sessions and passkeys."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from controller.database.tables import Area, Passkey, SignIn
from controller.errors import Conflict, Invalid, Overloaded, TooManyAttempts
from controller.people.passkeys import LONGEST_NAME, passkeys_of
from controller.people.password_links import acknowledge
from controller.people.second_factor import has_second_factor, recovery_codes_left
from controller.people.sessions import BROWSER_UNUSED, LASTS, end_other_sessions, end_session, sessions_of
from controller.sign_in.authenticators import relying_party
from controller.station.officers import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from controller.web.frame.forms import CheckedForm, FieldErrors
from controller.web.frame.page import Page, PageValues, ThePage
from controller.web.frame.signing_in import change_password, device_of
from controller.web.words.devices import device_in_words
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

ADDRESS = "/tai-khoan"
PASSKEYS = ADDRESS + "/khoa-truy-cap"
_FIELDS = {"present": "mat-khau-cu", "new": "mat-khau-moi", "code": "ma-tat"}


class SessionLine(NamedTuple):
    """One session. `this`: it is the one that reads the page."""

    row: SignIn
    device: str
    this: bool


class ToMake(NamedTuple):
    """A passkey that the browser is to make: the challenge, and what the authenticator is told, as JSON."""

    challenge: str
    options: str


@dataclass(frozen=True, kw_only=True)
class AccountPage(PageValues):
    """`changed`: the password was changed just now. `refused`: why something wasn't done, if no field is to blame.

    `second_factor`: whether it is on; `codes_left`: recovery codes. `passkeys_at`: the address at which passkeys are
    offered, empty: nowhere; `passkey_added`: one was just now; `to_make`: the one that is being added, `passkey_name`:
    its name.
    """

    template: ClassVar[str] = "people/account.html"
    area: str
    sessions: list[SessionLine]
    second_factor: bool
    codes_left: int
    passkeys: list[Passkey]
    passkeys_at: str
    passkey_added: bool
    to_make: ToMake | None
    passkey_name: str
    changed: bool
    refused: str
    wrong: FieldErrors
    shortest: int = MIN_PASSWORD_LENGTH
    unused_hours: int = BROWSER_UNUSED // timedelta(hours=1)
    longest_name: int = LONGEST_NAME
    lasts_days: int = LASTS["browser"].days


@router.get(ADDRESS)
def get(page: ThePage, da: str = "") -> Response:
    """`da=doi`: the password was changed just now; `da=them-khoa`: a passkey was added."""
    return show_account(page, changed=da == "doi", passkey_added=da == "them-khoa")


@router.post(ADDRESS + "/mat-khau")
async def post_password(request: Request, form: CheckedForm, page: ThePage) -> Response:
    """Change the own password. Wrong ones count together with those that sign in."""
    present, new = (form.text(each)[: MAX_PASSWORD_LENGTH + 1] for each in ("mat-khau-cu", "mat-khau-moi"))
    try:
        if form.text("mat-khau-lai")[: MAX_PASSWORD_LENGTH + 1] != new:
            raise Invalid("mat-khau-lai", "passwords_unlike")
        await change_password(request, page.office, page.asker, present, new)
    except (Invalid, TooManyAttempts, Overloaded, Conflict) as error:
        answer = await run_in_threadpool(show_account, page, error)
        if isinstance(error, (TooManyAttempts, Overloaded)):
            answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    return page.go(f"{ADDRESS}?da=doi")


@router.post(ADDRESS + "/phien")
def post_end(form: CheckedForm, page: ThePage) -> Response:
    """End one session."""
    with page.office.database.writing() as session:
        end_session(session, page.now, page.officer, form.text("phien"))
    return page.go(ADDRESS)


@router.post(ADDRESS + "/phien-khac")
def post_end_others(form: CheckedForm, page: ThePage) -> Response:
    """End all sessions but this one."""
    del form
    with page.office.database.writing() as session:
        end_other_sessions(session, page.now, page.officer, page.asker.session.token_hash)
    return page.go(ADDRESS)


@router.post(ADDRESS + "/da-biet")
def post_told(form: CheckedForm, page: ThePage) -> Response:
    """The officer has read that the own password was reset, or may be."""
    del form
    with page.office.database.writing() as session:
        acknowledge(session, page.now, page.officer)
    return page.go(ADDRESS)


def _line(row: SignIn, page: Page) -> SessionLine:
    return SessionLine(row, device_in_words(row.kind, row.device), this=row.token_hash == page.asker.session.token_hash)


def show_account(
    page: Page,
    error: Invalid | TooManyAttempts | Overloaded | Conflict | None = None,
    *,
    changed: bool = False,
    passkey_added: bool = False,
    to_make: ToMake | None = None,
    passkey_name: str = "",
) -> Response:
    """The page, after `error` was refused, or with the passkey `to_make`."""
    party = relying_party(page.office.settings)
    wrong = FieldErrors.of(error, _FIELDS)
    with page.reading() as session:
        own = page.officer.area
        values = AccountPage(
            area=session.get_one(Area, own).name if own else _("Toàn đài"),
            sessions=sorted(
                (_line(row, page) for row in sessions_of(session, page.now, page.officer)),
                key=lambda line: not line.this,
            ),
            second_factor=has_second_factor(session, page.officer.officer),
            codes_left=recovery_codes_left(session, page.officer.officer),
            passkeys=passkeys_of(session, page.officer.officer),
            passkeys_at=party.address if party else "",
            passkey_added=passkey_added,
            to_make=to_make,
            passkey_name=passkey_name or device_in_words("browser", device_of(page.request)),
            changed=changed,
            refused=str(error) if error and not wrong else "",
            wrong=wrong,
        )
    return page.show(values, error.status if error else 200)
