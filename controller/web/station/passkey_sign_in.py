"""“Đăng nhập bằng khóa truy cập” on the sign-in page (/dang-nhap/khoa-truy-cap): with a passkey, no name or password.

It is counted, examined in the threads of passwords, and noted where it fails, as a password is.
"""

import logging
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from controller.database.tables import Officer, Passkey
from controller.errors import Conflict, NotSignedIn, Overloaded, TooManyAttempts
from controller.people.passkeys import note_use, owner_of
from controller.people.sessions import Credentials, open_session, token_hash
from controller.running.app import Office
from controller.sign_in.authenticators import (
    LONGEST_ANSWER,
    Answer,
    RelyingParty,
    Signed,
    check_answer,
    options_to_sign_in,
    passkey_named,
    read_answer,
    relying_party,
)
from controller.sign_in.challenges import LONGEST_CHALLENGE, use_up
from controller.station import audit
from controller.web.admission.places import outside
from controller.web.frame.access import TheOffice, address_of
from controller.web.frame.forms import StrangersForm, strangers_token
from controller.web.frame.local_path import SIGN_IN_PASSKEY, SIGN_IN_PASSKEY_BEGIN, local_path
from controller.web.frame.signing_in import device_of, is_known_device
from controller.web.station.sign_in import go_on, show_form

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Shown:
    """A passkey that an answer names, its owner, and the answer, of which nothing was checked."""

    row: Passkey
    officer: Officer
    answer: Answer


@router.post(SIGN_IN_PASSKEY_BEGIN)
async def post_begin(request: Request, office: TheOffice, form: StrangersForm) -> Response:
    """A challenge for this browser, and what its script asks the authenticator. Raises Conflict."""
    del form
    challenge = office.challenges.issue("sign in", strangers_token(request, office), office.now())
    told = {"challenge": challenge, "options": options_to_sign_in(_party(office), challenge)}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


@router.post(SIGN_IN_PASSKEY)
async def post(request: Request, office: TheOffice, form: StrangersForm) -> Response:
    """Sign in by the authenticator's answer `khoa` to the challenge `thu-thach`, and go on to `tiep`."""
    goes_on, challenge = local_path(form.text("tiep")), form.text("thu-thach")[:LONGEST_CHALLENGE]
    try:
        officer, opened = await _signed_in(request, office, challenge, form.text("khoa")[:LONGEST_ANSWER])
    except (NotSignedIn, TooManyAttempts, Overloaded, Conflict) as error:
        answer = await run_in_threadpool(show_form, request, office, goes_on, error.status, error=str(error))
        if isinstance(error, (TooManyAttempts, Overloaded)):
            answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    return go_on(office, officer, opened, goes_on)


async def _signed_in(request: Request, office: Office, challenge: str, text: str) -> tuple[Officer, Credentials]:
    """The officer, and a session. Raises NotSignedIn, TooManyAttempts, Overloaded, Conflict (no passkeys here)."""
    party, address = _party(office), address_of(request)
    shown = await run_in_threadpool(_shown, office, text)
    username = shown.officer.username if shown else ""
    known_device = shown is not None and is_known_device(request, office, username)
    # What names no passkey of ours is counted by its network alone.
    account = f"passkey {username}" if shown else f"passkey {token_hash(text)}"
    try:
        attempt = office.sign_in_guard.admit(account, address, office.now(), known_device=known_device)
    except TooManyAttempts:
        office.failed_sign_ins.note(username, address, "refused")
        raise

    def check() -> Signed | None:
        fresh = office.challenges.is_good(challenge, "sign in", strangers_token(request, office), office.now())
        return check_answer(party, challenge, shown.row, shown.answer) if shown and fresh else None

    try:
        async with outside(request):
            signed = await office.password_checks.run(check, attempt.rank)
        opened = None
        if shown and signed:  # not in the threads of password checks: those are slower than who else writes
            opened = await run_in_threadpool(_open, request, office, shown, challenge, signed)
        if opened is None:
            attempt.fail(office.now())
    except Overloaded:
        office.failed_sign_ins.note(username, address, "refused")
        raise
    finally:
        attempt.give_back()
    if shown is None or opened is None:
        office.failed_sign_ins.note(username, address, "wrong")
        raise NotSignedIn("passkey_wrong")
    return shown.officer, opened


def _party(office: Office) -> RelyingParty:
    party = relying_party(office.settings)
    if party is None:
        raise Conflict("passkeys_not_here")
    return party


def _shown(office: Office, text: str) -> _Shown | None:
    """None: it can't be read, or names no passkey of an officer who may sign in."""
    answer = read_answer(text)
    if answer is None:
        return None
    with office.database.reading() as session:
        found = owner_of(session, passkey_named(answer))
    return _Shown(*found, answer) if found else None


def _open(request: Request, office: Office, shown: _Shown, challenge: str, signed: Signed) -> Credentials | None:
    """A session. None: the passkey may have been copied, or meanwhile the challenge or the passkey was used."""
    now, officer = office.now(), shown.officer
    with office.database.writing() as session:
        if signed.went_back:
            log.warning("a passkey of %s is refused: its counter went back, it may have been copied", officer.username)
            audit.record(session, now, None, "passkey refused", officer.officer, written=shown.row.name)
            return None
        if not use_up(session, now, challenge) or not note_use(session, now, shown.row, signed.sign_count):
            return None
        return open_session(session, now, officer, device=device_of(request), by_passkey=True)
