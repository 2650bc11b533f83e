"""What the office says to authenticators (WebAuthn Level 2), and reads of their answers: by py_webauthn alone.

The address is the one of the settings, never the one that a request names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from controller.database.tables import Officer, Passkey
from controller.settings import OfficeSettings
from controller.sign_in.challenges import GOOD_FOR

LONGEST_ANSWER = 16_384
"""Characters of JSON. With a security key's certificates an answer has some 6,000."""
_LONGEST_ID = 1364
"""Characters of an id: 1,023 bytes, the most that the standard allows."""
_TIMEOUT_MS = GOOD_FOR // timedelta(milliseconds=1)
Answer = AuthenticationCredential
"""To `options_to_sign_in`."""
_UNREADABLE = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises for an answer that is wrong, or for bytes that are none."""


@dataclass(frozen=True)
class RelyingParty:
    """The office as a browser knows it: its host name, and its address (`https://loa.example.vn`)."""

    host: str
    address: str


@dataclass(frozen=True)
class NewKey:
    """What an authenticator tells of a key that it has made; id and key in base64url."""

    passkey: str
    public_key: str
    sign_count: int
    transports: list[str]


@dataclass(frozen=True)
class Signed:
    """A right answer. `sign_count`: the device's counter. `went_back`: it isn't above the one before, as of a copy."""

    sign_count: int
    went_back: bool


def relying_party(settings: OfficeSettings) -> RelyingParty | None:
    """None: browsers have no passkeys for the pages' address, which is no name, or not by HTTPS."""
    address = settings.address or ("" if settings.https else f"http://localhost:{settings.port}")
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host == "localhost" or (parts.scheme == "https" and not _is_number(host)):
        return RelyingParty(host, address)
    return None


def options_to_add(
    party: RelyingParty, officer: Officer, station: str, there: Sequence[Passkey], challenge: str
) -> dict[str, Any]:
    """What `navigator.credentials.create` is told, as JSON. `there`: the officer's passkeys, to make no second one."""
    options = generate_registration_options(
        rp_id=party.host,
        rp_name=station or "Loa Xã",
        user_id=officer.officer.encode(),
        user_name=officer.username,
        user_display_name=officer.name,
        challenge=challenge.encode(),
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(
                id=base64url_to_bytes(each.passkey),
                transports=[AuthenticatorTransport(transport) for transport in each.transports],
            )
            for each in there
        ],
    )
    return options_to_json_dict(options)


def options_to_sign_in(party: RelyingParty, challenge: str) -> dict[str, Any]:
    """What `navigator.credentials.get` is told, as JSON: any passkey of this office."""
    options = generate_authentication_options(
        rp_id=party.host,
        challenge=challenge.encode(),
        timeout=_TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def new_key(party: RelyingParty, challenge: str, answer: str) -> NewKey | None:
    """The key of a right answer to `options_to_add`; None: it is wrong, or the user wasn't verified."""
    try:
        credential = parse_registration_credential_json(answer)
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.host,
            expected_origin=party.address,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return None
    passkey = bytes_to_base64url(made.credential_id)
    if len(passkey) > _LONGEST_ID:
        return None
    return NewKey(
        passkey,
        bytes_to_base64url(made.credential_public_key),
        made.sign_count,
        [each.value for each in credential.response.transports or ()],
    )


def read_answer(answer: str) -> Answer | None:
    """An answer to `options_to_sign_in`, of which nothing was checked; None: it can't be read."""
    try:
        return parse_authentication_credential_json(answer)
    except _UNREADABLE:
        return None


def passkey_named(answer: Answer) -> str:
    """The id of the passkey that an answer names."""
    return bytes_to_base64url(answer.raw_id)


def check_answer(party: RelyingParty, challenge: str, row: Passkey, answer: Answer) -> Signed | None:
    """What a right answer of this passkey tells; None: it is wrong, of another officer, or not of a verified user."""
    if answer.response.user_handle != row.officer.encode():
        return None
    count = _count_signed(party, challenge, row, answer, row.sign_count)
    if count is not None:
        return Signed(count, went_back=False)
    count = _count_signed(party, challenge, row, answer, 0)
    return None if count is None else Signed(count, went_back=True)


def _count_signed(party: RelyingParty, challenge: str, row: Passkey, answer: Answer, above: int) -> int | None:
    """The device's counter, if the answer is right and the counter is above this one, or both are 0."""
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.host,
            expected_origin=party.address,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=above,
            require_user_verification=True,
        ).new_sign_count
    except _UNREADABLE:
        return None


def _is_number(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
