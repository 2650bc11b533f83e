"""`/account`: what every caller may do with the own account."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import StringConstraints
from sqlmodel import Session

from controller.database.column_types import Role, SessionKind
from controller.errors import Invalid, NotFound, NotSignedIn
from controller.people.second_factor import (
    LONGEST_CODE,
    address_for_telephone,
    has_second_factor,
    recovery_codes_left,
)
from controller.people.sessions import end_other_sessions, end_session, sessions_of
from controller.station import facts
from controller.station.officers import MAX_PASSWORD_LENGTH
from controller.web.frame.access import Caller, TheOffice
from controller.web.frame.fields import Body, View
from controller.web.frame.idempotency import Once
from controller.web.frame.signing_in import (
    change_password,
    confirm_second_factor,
    switch_off_second_factor,
    with_present_password,
)
from wire.instants import Instant

router = APIRouter(tags=["account"])

Password = Annotated[str, StringConstraints(max_length=MAX_PASSWORD_LENGTH)]


class AccountView(View):
    """The caller's account. `area` null: in charge of the whole station."""

    officer: str
    username: str
    name: str
    position: str
    role: Role
    area: str | None
    second_factor: bool
    recovery_codes_left: int


class PasswordBody(Body):
    """`present`: the password as it is now."""

    present: Password
    new: Password


class SecretBody(Body):
    """`present`: the password as it is now."""

    present: Password


class SecretView(View):
    """What a telephone needs: the secret in base32, and the same as an `otpauth:` address."""

    secret: str
    uri: str


class SecondFactorBody(Body):
    """`code`: six digits of the telephone; to switch it off also a recovery code."""

    on: bool
    code: Annotated[str, StringConstraints(max_length=LONGEST_CODE)]


class SecondFactorView(View):
    """`recovery_codes`: each does once in place of the telephone; shown this once."""

    on: bool
    recovery_codes: list[str]


class OwnSessionView(View):
    """A session. `device`: its User-Agent. `this`: the one that asks."""

    session: str
    kind: SessionKind
    device: str
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant
    this: bool


class OwnSessions(View):
    """All sessions of the caller. `next` is null: there are never more."""

    items: list[OwnSessionView]
    next: str | None = None


@router.get("/account")
def get_account(office: TheOffice, caller: Caller) -> AccountView:
    """The caller's account."""
    row = caller.officer
    with office.database.reading() as session:
        return AccountView(
            officer=row.officer,
            username=row.username,
            name=row.name,
            position=row.position,
            role=row.role,
            area=row.area,
            second_factor=has_second_factor(session, row.officer),
            recovery_codes_left=recovery_codes_left(session, row.officer),
        )


@router.put("/account/password", status_code=204)
async def put_password(request: Request, body: PasswordBody, office: TheOffice, caller: Caller) -> None:
    """Change the own password, and end all other sessions. 429 after wrong ones, 503 while many others sign in."""
    await change_password(request, office, caller, body.present, body.new)


@router.post("/account/second-factor", status_code=201, response_model=SecretView)
async def post_second_factor(
    request: Request, body: SecretBody, office: TheOffice, caller: Caller, once: Once
) -> Response:
    """A secret for a telephone; it counts once it is confirmed (PUT). It asks for the present password."""
    await with_present_password(request, office, caller, body.present)

    def deed(session: Session) -> SecretView:
        secret = office.second_factors.begin(session, office.now(), caller.officer)
        uri = address_for_telephone(secret, caller.officer.username, facts.read(session, "name"))
        return SecretView(secret=secret, uri=uri)

    return await run_in_threadpool(once.perform, deed, 201)


@router.put("/account/second-factor")
async def put_second_factor(
    request: Request, body: SecondFactorBody, office: TheOffice, caller: Caller
) -> SecondFactorView:
    """Switch it on by a first code, which ends all other sessions, or off by a code or a recovery code."""
    codes: list[str] = []
    try:
        if body.on:
            codes = await confirm_second_factor(request, office, caller, body.code)
        else:
            await switch_off_second_factor(request, office, caller.officer, body.code)
    except NotSignedIn:
        raise Invalid("code", "code_wrong") from None
    return SecondFactorView(on=body.on, recovery_codes=codes)


@router.get("/account/sessions")
def get_sessions(office: TheOffice, caller: Caller) -> OwnSessions:
    """The own sessions, the one that was used last first."""
    with office.database.reading() as session:
        rows = sessions_of(session, office.now(), caller.officer)
    return OwnSessions(
        items=[
            OwnSessionView(
                session=row.token_hash,
                kind=row.kind,
                device=row.device,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
                expires_at=row.expires_at,
                this=row.token_hash == caller.session.token_hash,
            )
            for row in rows
        ]
    )


@router.delete("/account/sessions", status_code=204)
def delete_other_sessions(office: TheOffice, caller: Caller) -> None:
    """End all own sessions but the one that asks."""
    with office.database.writing() as session:
        end_other_sessions(session, office.now(), caller.officer, caller.session.token_hash)


@router.delete("/account/sessions/{session_id}", status_code=204)
def delete_session(session_id: str, office: TheOffice, caller: Caller) -> None:
    """End one own session; the one that asks, too."""
    with office.database.writing() as session:
        if not end_session(session, office.now(), caller.officer, session_id):
            raise NotFound("session_unknown")
