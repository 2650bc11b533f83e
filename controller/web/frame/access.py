"""Who asks: by bearer token, or for reading by the session's cookie too. And the office that answers."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from controller.database.tables import Officer, SignIn
from controller.errors import NotSignedIn
from controller.running.app import Office
from controller.station.officers import who_is

COOKIE, SECURE_COOKIE = "loa_phien", "__Host-loa_phien"


def office_of(request: Request) -> Office:
    """The running office."""
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(office_of)]


def cookie_name(office: Office) -> str:
    """`__Host-` binds the cookie to HTTPS and this host, where there is HTTPS."""
    return SECURE_COOKIE if office.settings.https else COOKIE


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in, and by which session."""

    officer: Officer
    session: SignIn
    token: str


def bearer(request: Request, office: TheOffice) -> SignedIn:
    """Whoever presents a bearer token; raises NotSignedIn."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("token_missing")
    return _who(office, token)


def bearer_or_cookie(request: Request, office: TheOffice) -> SignedIn:
    """For what only reads: a browser can't send a header with sound or events."""
    cookie = request.cookies.get(cookie_name(office))
    if "authorization" not in request.headers and cookie:
        return _who(office, cookie)
    return bearer(request, office)


def _who(office: Office, token: str) -> SignedIn:
    with office.database.reading() as session:
        officer, sign_in = who_is(session, token, office.now())
    return SignedIn(officer, sign_in, token)


Caller = Annotated[SignedIn, Depends(bearer)]
Reader = Annotated[SignedIn, Depends(bearer_or_cookie)]


def address_of(request: Request) -> str:
    """The client's address; uvicorn has put a trusted proxy's word for it in place."""
    return request.client.host if request.client else ""
