"""Passkeys on “Tài khoản của tôi” (/tai-khoan/khoa-truy-cap): added after the present password, and removed."""

import json
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from controller.database.tables import Passkey
from controller.errors import Conflict, Invalid, NotSignedIn, Overloaded, TooManyAttempts
from controller.people.passkeys import add_passkey, passkeys_of, remove_passkey, require_passkey_name, require_room
from controller.people.second_factor import LONGEST_CODE
from controller.sign_in.authenticators import LONGEST_ANSWER, RelyingParty, new_key, options_to_add, relying_party
from controller.sign_in.challenges import LONGEST_CHALLENGE, use_up
from controller.station.officers import MAX_PASSWORD_LENGTH
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import Page, ThePage, station_facts
from controller.web.frame.signing_in import take_code, wants_code, with_present_password
from controller.web.people.account import ADDRESS, PASSKEYS, ToMake, show_account

router = APIRouter(include_in_schema=False)

_FIELDS = {"name": "ten-khoa", "present": "mat-khau-khoa"}


@router.post(PASSKEYS)
async def post_begin(request: Request, form: CheckedForm, page: ThePage) -> Response:
    """Show what the script asks the authenticator. It wants the password, and a code where one is wanted to sign in:
    a passkey is good without both.
    """
    show = partial(show_account, page, passkey_name=form.text("ten-khoa"))
    try:
        to_make = await run_in_threadpool(_to_make, page, form.text("ten-khoa"))
        officer = await with_present_password(
            request, page.office, page.asker, form.text("mat-khau-khoa")[:MAX_PASSWORD_LENGTH]
        )
        if await run_in_threadpool(wants_code, page.office, officer):
            await take_code(request, page.office, officer, form.text("ma-khoa")[:LONGEST_CODE])
    except Invalid as error:
        return await run_in_threadpool(show, error.of(_FIELDS[error.field]))
    except NotSignedIn:
        return await run_in_threadpool(show, Invalid("ma-khoa", "code_wrong"))
    except (TooManyAttempts, Overloaded, Conflict) as error:
        return await run_in_threadpool(show, error)
    return await run_in_threadpool(show, to_make=to_make)


@router.post(PASSKEYS + "/xac-nhan")
def post_confirm(form: CheckedForm, page: ThePage) -> Response:
    """Add the passkey of the authenticator's answer `khoa` to the challenge `thu-thach`."""
    office, challenge = page.office, form.text("thu-thach")[:LONGEST_CHALLENGE]
    try:
        fresh = office.challenges.is_good(challenge, "add", page.asker.session.token_hash, page.now)
        key = new_key(_party(page), challenge, form.text("khoa")[:LONGEST_ANSWER]) if fresh else None
        if key is None:
            raise Conflict("passkey_not_made")
        row = Passkey(
            passkey=key.passkey,
            officer=page.officer.officer,
            name=form.text("ten-khoa"),
            public_key=key.public_key,
            sign_count=key.sign_count,
            transports=key.transports,
            added_at=page.now,
        )
        with office.database.writing() as session:
            if not use_up(session, page.now, challenge):
                raise Conflict("passkey_not_made")
            add_passkey(session, page.now, page.officer, row)
    except (Invalid, Conflict) as error:
        return show_account(page, error.of(_FIELDS[error.field]) if isinstance(error, Invalid) else error)
    return page.go(f"{ADDRESS}?da=them-khoa")


@router.post(PASSKEYS + "/bo")
def post_remove(form: CheckedForm, page: ThePage) -> Response:
    """Remove one."""
    with page.office.database.writing() as session:
        remove_passkey(session, page.now, page.officer, form.text("khoa"))
    return page.go(ADDRESS)


def _to_make(page: Page, name: str) -> ToMake:
    """Raises Invalid (the name), Conflict (too many, no passkeys here)."""
    require_passkey_name(name)
    party = _party(page)
    challenge = page.office.challenges.issue("add", page.asker.session.token_hash, page.now)
    with page.reading() as session:
        require_room(session, page.officer.officer)
        station = station_facts(page.office, session, to_officer=True).name
        there = passkeys_of(session, page.officer.officer)
    options = options_to_add(party, page.officer, station, there, challenge)
    return ToMake(challenge, json.dumps(options))


def _party(page: Page) -> RelyingParty:
    party = relying_party(page.office.settings)
    if party is None:
        raise Conflict("passkeys_not_here")
    return party
