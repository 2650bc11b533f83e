"""Signing in with a password, for the page and for REST: counted, checked in threads apart, failures noted.

No thread that serves pages is taken for it. A device on which the officer has signed in before shows its cookie.
"""

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from controller.database.tables import Officer
from controller.errors import NotSignedIn, Overloaded, TooManyAttempts
from controller.running.app import Office
from controller.sign_in.devices import KNOWN_FOR
from controller.station.officers import WRONG_NAME_OR_PASSWORD, is_password_of, name_for_signing_in, officer_to_check
from controller.web.admission.places import outside
from controller.web.frame.access import address_of, set_cookie


async def officer_with_password(request: Request, office: Office, username: str, password: str) -> Officer:
    """The officer. Raises NotSignedIn (name or password is wrong), TooManyAttempts, Overloaded."""
    account, address = name_for_signing_in(username), address_of(request)
    try:
        attempt = office.sign_in_guard.admit(
            account, address, office.now(), known_device=is_known_device(request, office, account)
        )
    except TooManyAttempts:
        office.failed_sign_ins.note(account, address, "refused")
        raise

    def check() -> Officer | None:
        try:
            with office.database.reading() as session:
                officer = officer_to_check(session, account)
            if is_password_of(officer, password):
                return officer
            attempt.fail(office.now())  # here, not after the answer: its asker may be gone by then
            return None
        finally:
            attempt.give_back()

    try:
        async with outside(request):
            officer = await office.password_checks.run(check, attempt.rank)
    except Overloaded:
        office.failed_sign_ins.note(account, address, "refused")
        raise
    finally:
        attempt.give_back()
    if officer is None:
        office.failed_sign_ins.note(account, address, "wrong")
        raise NotSignedIn(WRONG_NAME_OR_PASSWORD)
    return officer


def remember_device(answer: Response, office: Office, officer: Officer) -> None:
    """Let this device be known as one of the officer's."""
    name = office.known_devices.name(officer.username)
    value = office.known_devices.issue(name, office.now())
    set_cookie(answer, office, _cookie_prefix(office) + name, value, round(KNOWN_FOR.total_seconds()))


def is_known_device(request: HTTPConnection, office: Office, username: str | None = None) -> bool:
    """Whether this officer has signed in on this device before; `username` None: any officer."""
    prefix, now = _cookie_prefix(office), office.now()
    names = [each.removeprefix(prefix) for each in request.cookies if each.startswith(prefix)]
    if username is not None:
        names = [office.known_devices.name(username)]
    return any(office.known_devices.knows(each, request.cookies.get(prefix + each, ""), now) for each in names)


def _cookie_prefix(office: Office) -> str:
    return "__Host-loa_may_" if office.settings.https else "loa_may_"
