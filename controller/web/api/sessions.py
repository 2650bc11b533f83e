"""`/sessions`: sign in with a name and a password for a bearer token."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints
from sqlmodel import Session

from controller.errors import NotSignedIn
from controller.station.officers import (
    MAX_PASSWORD_LENGTH,
    MAX_USERNAME_LENGTH,
    WRONG_NAME_OR_PASSWORD,
    check_password,
    open_session,
)
from controller.web.frame.access import TheOffice, address_of
from controller.web.frame.fields import Body, View
from controller.web.frame.idempotency import Once
from wire.instants import Instant

router = APIRouter(tags=["sessions"])


class SessionBody(Body):
    username: Annotated[str, StringConstraints(max_length=MAX_USERNAME_LENGTH)]
    password: Annotated[str, StringConstraints(max_length=MAX_PASSWORD_LENGTH)]


class SessionView(View):
    """A bearer token, and when it stops being valid."""

    token: str
    expires_at: Instant


@router.post("/sessions", status_code=201, response_model=SessionView)
def post_session(request: Request, body: SessionBody, office: TheOffice, once: Once) -> Response:
    """Sign in. Ten wrong passwords a minute from one address, then 429."""
    address, now = address_of(request), office.now()
    office.sign_in_guard.require_attempt_left(address, now)
    with office.database.reading() as session:
        officer = check_password(session, body.username, body.password)
    if officer is None:
        office.sign_in_guard.count_wrong_password(address, now)
        raise NotSignedIn(WRONG_NAME_OR_PASSWORD)

    def deed(session: Session) -> SessionView:
        opened = open_session(session, now, officer)
        return SessionView(token=opened.token, expires_at=opened.expires_at)

    return once.perform(deed, 201)
