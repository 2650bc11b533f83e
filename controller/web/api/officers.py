"""`/officers`: accounts, by administrators. Nobody sets or reads another's password: a link lets its owner set it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints
from sqlmodel import Session

from controller.database.column_types import PasswordLinkKind, Role
from controller.database.tables import Officer, WeightyDeed
from controller.errors import Invalid, NotFound
from controller.people.accounts import change_charge, invite_officer, make_link, set_disabled
from controller.people.password_links import MadeLink
from controller.people.weighty_deeds import deeds_about
from controller.running.app import Office
from controller.station.officers import MAX_USERNAME_LENGTH
from controller.web.frame.access import Administrator, TheOffice, absolute_address
from controller.web.frame.fields import After, Body, Limit, NameText, View, page_of
from controller.web.frame.idempotency import Once
from controller.web.frame.local_path import BY_LINK
from wire.instants import Instant

router = APIRouter(tags=["officers"])


class OfficerAccount(View):
    """An account. `area` null: in charge of the whole station. `has_password` false: the invitation wasn't used yet.

    `weighty_deeds`: what was asked about it, and waits for a second administrator, by id.
    """

    officer: str
    username: str
    name: str
    position: str
    role: Role
    area: str | None
    disabled: bool
    has_password: bool
    weighty_deeds: list[str]


class Officers(View):
    """One page of accounts. `next`: the value of `after` for the next page; null: there is none."""

    items: list[OfficerAccount]
    next: str | None


class PasswordLinkView(View):
    """A link by which the officer sets a password once, shown this once. Earlier ones end.

    `holds_from`, `expires_at` null: it waits for a second administrator, as that of an approver does.
    """

    officer: str
    kind: PasswordLinkKind
    url: str
    holds_from: Instant | None
    expires_at: Instant | None


class OfficerInvited(OfficerAccount):
    """A new account, with the link by which its owner sets a password."""

    link: PasswordLinkView


class OfficerBody(Body):
    """`area` null: the whole station. An approver or an administrator is an editor until a second one agrees."""

    username: Annotated[str, StringConstraints(max_length=MAX_USERNAME_LENGTH)]
    name: NameText
    role: Role
    position: Annotated[str, StringConstraints(max_length=200)] = ""
    area: str | None = None


class OfficerChanges(Body):
    """Fields that are missing stay as they are. `area` null: the whole station."""

    role: Role | None = None
    area: str | None = None
    disabled: bool | None = None


@router.get("/officers")
def get_officers(office: TheOffice, _caller: Administrator, limit: Limit = 100, after: After = None) -> Officers:
    """All accounts, in the order of their ids."""
    with office.database.reading() as session:
        items, after_this = page_of(session, Officer, limit, after, lambda rows: _accounts(session, rows))
    return Officers(items=items, next=after_this)


@router.post("/officers", status_code=201, response_model=OfficerInvited)
def post_officer(request: Request, body: OfficerBody, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Add an account, whose owner sets the password by the link."""

    def deed(session: Session) -> OfficerInvited:
        row, made = invite_officer(session, office.now(), caller.officer, **body.fields())
        return OfficerInvited(**dict(_account(session, row)), link=_link(request, office, made))

    return once.perform(deed, 201)


@router.patch("/officers/{officer}")
def patch_officer(officer: str, body: OfficerChanges, office: TheOffice, caller: Administrator) -> OfficerAccount:
    """Change role or area, disable an account, which ends its sessions, or enable it.

    What makes an approver or an administrator only waits: see `weighty_deeds`.
    """
    for name in body.model_fields_set - {"area"}:
        if getattr(body, name) is None:
            raise Invalid(name, "field_blank")
    with office.database.writing() as session:
        row = _require(session, officer)
        if body.model_fields_set & {"role", "area"}:
            area = body.area if "area" in body.model_fields_set else row.area
            change_charge(session, office.now(), caller.officer, officer, body.role or row.role, area)
        if body.disabled is not None:
            set_disabled(session, office.now(), caller.officer, officer, disabled=body.disabled)
        return _account(session, row)


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
        return _account(session, _require(session, officer))


def _require(session: Session, officer: str) -> Officer:
    row = session.get(Officer, officer)
    if row is None:
        raise NotFound("officer_unknown")
    return row


def _account(session: Session, row: Officer) -> OfficerAccount:
    return _accounts(session, [row])[0]


def _accounts(session: Session, rows: Sequence[Officer]) -> list[OfficerAccount]:
    waiting = deeds_about(session, [row.officer for row in rows])
    return [_view(row, waiting[row.officer]) for row in rows]


def _view(row: Officer, waiting: list[WeightyDeed]) -> OfficerAccount:
    return OfficerAccount(
        officer=row.officer,
        username=row.username,
        name=row.name,
        position=row.position,
        role=row.role,
        area=row.area,
        disabled=row.disabled,
        has_password=bool(row.password_hash),
        weighty_deeds=[each.deed for each in waiting],
    )


def _link(request: Request, office: Office, made: MadeLink) -> PasswordLinkView:
    return PasswordLinkView(
        officer=made.row.officer,
        kind=made.row.kind,
        url=absolute_address(request, office, f"{BY_LINK}?ma={made.token}"),
        holds_from=made.row.holds_from,
        expires_at=made.row.expires_at if made.row.holds_from else None,
    )
