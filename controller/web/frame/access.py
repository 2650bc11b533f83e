"""Who sends a request, told by a bearer token or by the session's cookie; and the office that answers."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from controller.database.tables import Officer, SignIn
from controller.errors import NotSignedIn
from controller.running.app import Office
from controller.station.officers import who_is

COOKIE, SECURE_COOKIE = "loa_phien", "__Host-loa_phien"


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(office_of)]


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
    """An officer who is signed in, with the session and its token."""

    officer: Officer
    session: SignIn
    token: str


def bearer(request: Request, office: TheOffice) -> SignedIn:
    """The officer of the request's bearer token; raises NotSignedIn."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("token_missing")
    return _signed_in(office, token)


def bearer_or_cookie(request: Request, office: TheOffice) -> SignedIn:
    """By cookie too, for requests that only read: a browser sends no header of ours when it fetches sound or events."""
    cookie = request.cookies.get(cookie_name(office))
    if "authorization" not in request.headers and cookie:
        return _signed_in(office, cookie)
    return bearer(request, office)


def _signed_in(office: Office, token: str) -> SignedIn:
    with office.database.reading() as session:
        officer, sign_in = who_is(session, token, office.now())
    return SignedIn(officer, sign_in, token)


Caller = Annotated[SignedIn, Depends(bearer)]
Reader = Annotated[SignedIn, Depends(bearer_or_cookie)]


def address_of(request: Request) -> str:
    """The client's IP address, as told by a proxy that uvicorn trusts; empty: not known."""
    return request.client.host if request.client else ""
