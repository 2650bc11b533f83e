"""`/sessions`: sign in with a name and a password for a bearer token."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import StringConstraints
from sqlmodel import Session

from controller.errors import NotSignedIn
from controller.people.second_factor import LONGEST_CODE
from controller.station.officers import MAX_PASSWORD_LENGTH, MAX_USERNAME_LENGTH
from controller.web.frame.access import TheOffice
from controller.web.frame.fields import Body, View
from controller.web.frame.idempotency import OnceWithoutCaller
from controller.web.frame.signing_in import (
    officer_with_password,
    open_session_of,
    remember_device,
    take_code,
    wants_code,
)
from wire.instants import Instant

router = APIRouter(tags=["sessions"])


class SessionBody(Body):
    """`code`: of the telephone, or a recovery code, where the account has a second factor."""

    username: Annotated[str, StringConstraints(max_length=MAX_USERNAME_LENGTH)]
    password: Annotated[str, StringConstraints(max_length=MAX_PASSWORD_LENGTH)]
    code: Annotated[str, StringConstraints(max_length=LONGEST_CODE)] | None = None


class SessionView(View):
    """A bearer token, and when it stops being valid."""

    token: str
    expires_at: Instant


@router.post("/sessions", status_code=201, response_model=SessionView)
async def post_session(request: Request, body: SessionBody, office: TheOffice, once: OnceWithoutCaller) -> Response:
    """Sign in. 429 after wrong passwords, 503 while many others try: `Retry-After` says how long to wait.

    The cookie of the answer, sent along the next time, lets this officer in while others try many passwords.
    """
    officer = await officer_with_password(request, office, body.username, body.password)
    wanted = await run_in_threadpool(wants_code, office, officer)

    def deed(session: Session) -> SessionView:
        opened = open_session_of(session, office, request, officer, "program", with_code=wanted)
        return SessionView(token=opened.token, expires_at=opened.expires_at)

    # The password stays out of what is stored: it was checked just now, so each sending has the right one.
    act = replace(once, content=officer.officer)
    if wanted:
        if body.code is None:
            raise NotSignedIn("code_needed")
        await take_code(request, office, officer, body.code)  # each sending's own: a key isn't a second factor
    answer = await run_in_threadpool(act.perform, deed, 201)
    remember_device(answer, office, officer)
    return answer
