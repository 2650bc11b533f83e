"""Signing in with a password, for the page and for REST: counted, checked in threads apart, failures noted.

No thread that serves pages is taken for it. A device on which the officer has signed in before shows its cookie.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session
from starlette.requests import HTTPConnection

from controller.database.column_types import SessionKind
from controller.database.tables import Officer
from controller.errors import Invalid, NotSignedIn, Overloaded, TooManyAttempts
from controller.people.accounts import change_own_password
from controller.people.second_factor import has_second_factor
from controller.people.sessions import Credentials, open_session
from controller.running.app import Office
from controller.sign_in.devices import KNOWN_FOR
from controller.station.officers import (
    WRONG_NAME_OR_PASSWORD,
    hash_officer_password,
    is_password_of,
    name_for_signing_in,
    officer_to_check,
    require_long,
)
from controller.web.admission.places import outside
from controller.web.frame.access import SignedIn, address_of, set_cookie

_Taken = TypeVar("_Taken", bool, list[str])


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


async def change_password(request: Request, office: Office, asker: SignedIn, present: str, new: str) -> None:
    """Change the asker's own password, and end the asker's other sessions.

    Raises Invalid (`present`: it is wrong; `new`: it is too short), TooManyAttempts, Overloaded, Conflict.
    """
    require_long(new, "new")
    checked = await with_present_password(request, office, asker, present)
    async with outside(request):
        password_hash = await office.password_checks.run(lambda: hash_officer_password(new))

    def change() -> None:
        with office.database.writing() as session:
            change_own_password(session, office.now(), checked, password_hash, asker.session.token_hash)

    await run_in_threadpool(change)


async def begin_second_factor(request: Request, office: Office, asker: SignedIn, present: str) -> str:
    """A secret for the asker's telephone. Raises Invalid (`present`), TooManyAttempts, Overloaded, Conflict."""
    await with_present_password(request, office, asker, present)

    def begin() -> str:
        with office.database.writing() as session:
            return office.second_factors.begin(session, office.now(), asker.officer)

    return await run_in_threadpool(begin)


async def with_present_password(request: Request, office: Office, asker: SignedIn, present: str) -> Officer:
    """The asker, whose present password is right. Raises Invalid, TooManyAttempts, Overloaded."""
    try:
        return await officer_with_password(request, office, asker.officer.username, present)
    except NotSignedIn:
        raise Invalid("present", "present_password_wrong") from None


async def take_code(request: Request, office: Office, officer: Officer, typed: str) -> None:
    """Use up a code of the officer's second factor. Raises NotSignedIn (it is wrong), TooManyAttempts."""
    await _with_code(
        request,
        office,
        officer,
        lambda session: office.second_factors.take(session, office.now(), officer.officer, typed),
    )


async def confirm_second_factor(request: Request, office: Office, asker: SignedIn, typed: str) -> list[str]:
    """Switch it on by a first code; returns the recovery codes.

    Raises NotSignedIn (the code is wrong), TooManyAttempts, Conflict (there is nothing to confirm).
    """

    def confirm(session: Session) -> list[str]:
        with suppress(Invalid):
            kept = asker.session.token_hash
            return office.second_factors.confirm(session, office.now(), asker.officer, typed, kept)
        return []

    return await _with_code(request, office, asker.officer, confirm)


async def switch_off_second_factor(request: Request, office: Office, officer: Officer, typed: str) -> None:
    """Forget it, by a code of it. Raises NotSignedIn (the code is wrong), TooManyAttempts."""
    await _with_code(
        request,
        office,
        officer,
        lambda session: office.second_factors.switch_off(session, office.now(), officer, typed),
    )


async def _with_code(request: Request, office: Office, officer: Officer, take: Callable[[Session], _Taken]) -> _Taken:
    """What `take` returns; nothing: the code is wrong.

    Codes are counted like passwords, and apart from them: strangers don't know the password.
    """
    address = address_of(request)
    known = is_known_device(request, office, officer.username)
    try:
        attempt = office.sign_in_guard.admit(f"code {officer.username}", address, office.now(), known_device=known)
    except TooManyAttempts:
        office.failed_sign_ins.note(officer.username, address, "refused")
        raise

    def act() -> _Taken:
        try:
            with office.database.writing() as session:
                taken = take(session)
            if not taken:
                attempt.fail(office.now())
            return taken
        finally:
            attempt.give_back()

    try:
        taken = await run_in_threadpool(act)
    finally:
        attempt.give_back()
    if not taken:
        office.failed_sign_ins.note(officer.username, address, "wrong")
        raise NotSignedIn("code_wrong")
    return taken


def wants_code(office: Office, officer: Officer) -> bool:
    """Whether the officer has a second factor."""
    with office.database.reading() as session:
        return has_second_factor(session, officer.officer)


def open_session_of(
    session: Session, office: Office, request: HTTPConnection, officer: Officer, kind: SessionKind, *, with_code: bool
) -> Credentials:
    """A session of an officer whose password, and code if `with_code`, were right just now.

    Raises NotSignedIn: since then the password was changed, or a second factor switched on, which ends all sessions
    that were opened without it.
    """
    if not with_code and has_second_factor(session, officer.officer):
        raise NotSignedIn("sign_in_again")
    return open_session(session, office.now(), officer, kind, device=device_of(request))


def device_of(request: HTTPConnection) -> str:
    """What a browser or a program says of itself."""
    return request.headers.get("user-agent", "")


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
