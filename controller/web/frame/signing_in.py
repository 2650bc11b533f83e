"""Signing in with a password, for the page and for REST: counted, checked in threads apart, failures noted.

No thread that serves pages is taken for it. A device on which the officer has signed in before shows its cookie.
"""

from fastapi import Request, Response

from controller.database.tables import Officer
from controller.errors import NotSignedIn, Overloaded, TooManyAttempts
from controller.running.app import Office
from controller.sign_in.devices import KNOWN_FOR
from controller.station.officers import WRONG_NAME_OR_PASSWORD, is_password_of, name_for_signing_in, officer_to_check
from controller.web.frame.access import address_of, set_cookie


async def officer_with_password(request: Request, office: Office, username: str, password: str) -> Officer:
    """The officer. Raises NotSignedIn (name or password is wrong), TooManyAttempts, Overloaded."""
    account, address = name_for_signing_in(username), address_of(request)
    try:
        attempt = office.sign_in_guard.admit(
            account, address, office.now(), known_device=_is_known_device(request, office, account)
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
        officer = await office.password_checks.run(attempt.rank, check)
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
    value = office.known_devices.issue(officer.username, office.now())
    set_cookie(answer, office, _cookie_name(office, officer.username), value, round(KNOWN_FOR.total_seconds()))


def _is_known_device(request: Request, office: Office, username: str) -> bool:
    value = request.cookies.get(_cookie_name(office, username))
    return value is not None and office.known_devices.knows(username, value, office.now())


def _cookie_name(office: Office, username: str) -> str:
    prefix = "__Host-loa_may_" if office.settings.https else "loa_may_"
    return prefix + office.known_devices.cookie_name(username)
