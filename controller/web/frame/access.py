"""Who sends a request, told by bearer token or cookie, what the request needs, and the office that answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlmodel import Session
from starlette.requests import HTTPConnection

from controller.database.column_types import Role
from controller.database.tables import Officer, SignIn
from controller.errors import NotSignedIn
from controller.people.sessions import who_is
from controller.running.app import Office
from controller.station.charges import Charges, charges_of, require_held

COOKIE, SECURE_COOKIE = "loa_phien", "__Host-loa_phien"


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


async def _the_office(request: Request) -> Office:
    return office_of(request)  # async, because FastAPI would take a thread for it


TheOffice = Annotated[Office, Depends(_the_office)]


def cookie_name(office: Office) -> str:
    """With HTTPS it begins with `__Host-`, which binds the cookie to HTTPS and to this host."""
    return SECURE_COOKIE if office.settings.https else COOKIE


def set_cookie(answer: Response, office: Office, name: str, value: str, max_age_s: int | None) -> None:
    """Set a cookie that no script reads. `max_age_s` None: until the browser is closed."""
    answer.set_cookie(
        name, value, max_age=max_age_s, path="/", secure=office.settings.https, httponly=True, samesite="lax"
    )


@dataclass(frozen=True)
class SignedIn:
    """An officer who is signed in, with the session, its token, and the charges at the time of the request."""

    officer: Officer
    session: SignIn
    token: str
    charges: Charges


def bearer(request: Request, office: TheOffice) -> SignedIn:
    """The officer of the request's bearer token; raises NotSignedIn."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("token_missing")
    caller = asker_of(office, token)
    office.session_uses.note(caller.session, office.now())
    return caller


def bearer_or_cookie(request: Request, office: TheOffice) -> SignedIn:
    """By cookie too, for requests that only read: a browser sends no header of ours when it fetches sound or events."""
    cookie = request.cookies.get(cookie_name(office))
    if "authorization" in request.headers or not cookie:
        return bearer(request, office)
    return asker_of(office, cookie)


def asker_of(office: Office, token: str | None) -> SignedIn:
    """The officer of a token, which decides from now on in which lane it waits; raises NotSignedIn."""
    try:
        with office.database.reading() as session:
            asker = signed_in(session, office.now(), token)
    except NotSignedIn:
        office.seen_tokens.discard(token or "")
        raise
    office.seen_tokens.add([(asker.session.token_hash, asker.officer.officer)])
    return asker


def tokens_of(request: HTTPConnection, office: Office) -> tuple[str, ...]:
    """The tokens that a request shows, right or wrong."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    shown = (token if scheme.lower() == "bearer" else "", request.cookies.get(cookie_name(office), ""))
    return tuple(filter(None, shown))


def signed_in(session: Session, now: datetime, token: str | None) -> SignedIn:
    """The officer of a token; raises NotSignedIn."""
    officer, sign_in = who_is(session, token, now)
    return SignedIn(officer, sign_in, token or "", charges_of(session, now, officer))


@dataclass(frozen=True)
class Needs:
    """What a route needs of the officer who calls it: this role in the areas that its deed touches.

    `in_station`: in the whole station. Each route says it in its signature, and a test reads it from `app.routes`.
    Whoever has the role nowhere is refused at the door; the deed requires it in its areas.
    """

    role: Role
    in_station: bool = False

    def check(self, asker: SignedIn) -> None:
        """Raises Forbidden."""
        require_held(asker.charges, asker.officer, self.role, in_station=self.in_station)


class CallerNeeds(Needs):
    """What a call by bearer token needs."""

    async def __call__(self, caller: Annotated[SignedIn, Depends(bearer)]) -> SignedIn:
        self.check(caller)
        return caller


class ReaderNeeds(Needs):
    """What a request needs that may come by cookie too."""

    async def __call__(self, reader: Annotated[SignedIn, Depends(bearer_or_cookie)]) -> SignedIn:
        self.check(reader)
        return reader


Caller = Annotated[SignedIn, Depends(CallerNeeds("viewer"))]
"""Any officer: it reads."""
Editor = Annotated[SignedIn, Depends(CallerNeeds("editor"))]
Approver = Annotated[SignedIn, Depends(CallerNeeds("approver"))]
Administrator = Annotated[SignedIn, Depends(CallerNeeds("administrator"))]
StationAdministrator = Annotated[SignedIn, Depends(CallerNeeds("administrator", in_station=True))]
Reader = Annotated[SignedIn, Depends(ReaderNeeds("viewer"))]


def absolute_address(request: HTTPConnection, office: Office, path: str) -> str:
    """An address of this office as the asker reaches it, to be given to somebody else."""
    scheme = "https" if office.settings.https else request.url.scheme
    return f"{scheme}://{request.url.netloc}{path}"


def address_of(request: HTTPConnection) -> str:
    """The client's IP address, as told by a proxy that uvicorn trusts; empty: not known."""
    return request.client.host if request.client else ""
