"""`/officers`: accounts, by administrators. Nobody sets or reads another's password: a link lets its owner set it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints
from sqlmodel import Session

from controller.database.column_types import PasswordLinkKind, Role
from controller.database.tables import Officer
from controller.errors import Invalid, NotFound
from controller.people.accounts import invite_officer, set_disabled
from controller.people.password_links import MadeLink, make_link
from controller.running.app import Office
from controller.station.officers import MAX_USERNAME_LENGTH
from controller.web.frame.access import Administrator, TheOffice, absolute_address
from controller.web.frame.fields import After, Body, Limit, NameText, View, page_of
from controller.web.frame.idempotency import Once
from controller.web.frame.local_path import BY_LINK
from wire.instants import Instant

router = APIRouter(tags=["officers"])


class OfficerAccount(View):
    """An account. `area` null: in charge of the whole station. `has_password` false: the invitation wasn't used yet."""

    officer: str
    username: str
    name: str
    position: str
    role: Role
    area: str | None
    disabled: bool
    has_password: bool


class Officers(View):
    """One page of accounts. `next`: the value of `after` for the next page; null: there is none."""

    items: list[OfficerAccount]
    next: str | None


class PasswordLinkView(View):
    """A link by which the officer sets a password once, shown this once. Earlier ones end."""

    officer: str
    kind: PasswordLinkKind
    url: str
    expires_at: Instant


class OfficerInvited(OfficerAccount):
    """A new account, with the link by which its owner sets a password."""

    link: PasswordLinkView


class OfficerBody(Body):
    """`area` null: the whole station."""

    username: Annotated[str, StringConstraints(max_length=MAX_USERNAME_LENGTH)]
    name: NameText
    role: Role
    position: Annotated[str, StringConstraints(max_length=200)] = ""
    area: str | None = None


class OfficerChanges(Body):
    """Fields that are missing stay as they are."""

    disabled: bool | None = None


@router.get("/officers")
def get_officers(office: TheOffice, _caller: Administrator, limit: Limit = 100, after: After = None) -> Officers:
    """All accounts, in the order of their ids."""
    with office.database.reading() as session:
        items, after_this = page_of(session, Officer, limit, after, lambda rows: [_account(row) for row in rows])
    return Officers(items=items, next=after_this)


@router.post("/officers", status_code=201, response_model=OfficerInvited)
def post_officer(request: Request, body: OfficerBody, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Add an account, whose owner sets the password by the link."""

    def deed(session: Session) -> OfficerInvited:
        row, made = invite_officer(session, office.now(), caller.officer, **body.fields())
        return OfficerInvited(**dict(_account(row)), link=_link(request, office, made))

    return once.perform(deed, 201)


@router.patch("/officers/{officer}")
def patch_officer(officer: str, body: OfficerChanges, office: TheOffice, caller: Administrator) -> OfficerAccount:
    """Disable an account, which ends its sessions, or enable it."""
    if body.disabled is None:
        raise Invalid("disabled", "field_blank")
    with office.database.writing() as session:
        return _account(set_disabled(session, office.now(), caller.officer, officer, disabled=body.disabled))


@router.post("/officers/{officer}/password-link", status_code=201, response_model=PasswordLinkView)
def post_link(request: Request, officer: str, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Make a link by which an officer sets a password. Until it is used, the present password and sessions stay."""

    def deed(session: Session) -> PasswordLinkView:
        return _link(request, office, make_link(session, office.now(), caller.officer, officer))

    return once.perform(deed, 201)


@router.get("/officers/{officer}")
def get_officer(officer: str, office: TheOffice, _caller: Administrator) -> OfficerAccount:
    """One account."""
    with office.database.reading() as session:
        row = session.get(Officer, officer)
        if row is None:
            raise NotFound("officer_unknown")
        return _account(row)


def _account(row: Officer) -> OfficerAccount:
    return OfficerAccount(
        officer=row.officer,
        username=row.username,
        name=row.name,
        position=row.position,
        role=row.role,
        area=row.area,
        disabled=row.disabled,
        has_password=bool(row.password_hash),
    )


def _link(request: Request, office: Office, made: MadeLink) -> PasswordLinkView:
    return PasswordLinkView(
        officer=made.row.officer,
        kind=made.row.kind,
        url=absolute_address(request, office, f"{BY_LINK}?ma={made.token}"),
        expires_at=made.row.expires_at,
    )
