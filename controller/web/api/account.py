"""`/account`: what every caller may do with the own account."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import StringConstraints

from controller.database.column_types import Role, SessionKind
from controller.errors import NotFound
from controller.people.sessions import end_other_sessions, end_session, sessions_of
from controller.station.officers import MAX_PASSWORD_LENGTH
from controller.web.frame.access import Caller, TheOffice
from controller.web.frame.fields import Body, View
from controller.web.frame.signing_in import change_password
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


class PasswordBody(Body):
    """`present`: the password as it is now."""

    present: Password
    new: Password


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
def get_account(caller: Caller) -> AccountView:
    """The caller's account."""
    row = caller.officer
    return AccountView(
        officer=row.officer, username=row.username, name=row.name, position=row.position, role=row.role, area=row.area
    )


@router.put("/account/password", status_code=204)
async def put_password(request: Request, body: PasswordBody, office: TheOffice, caller: Caller) -> None:
    """Change the own password, and end all other sessions. 429 after wrong ones, 503 while many others sign in."""
    await change_password(request, office, caller, body.present, body.new)


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
