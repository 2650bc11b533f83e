"""Answers of authenticators: each that isn't exactly right is refused, and what can't be read is wrong, not a fault."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from controller.database.tables import Officer, Passkey
from controller.settings import OfficeSettings
from controller.sign_in.authenticators import (
    NewKey,
    RelyingParty,
    Signed,
    check_answer,
    new_key,
    options_to_add,
    options_to_sign_in,
    passkey_named,
    read_answer,
    relying_party,
)
from tests.fakes.authenticator import Authenticator
from tests.people import MONDAY

PARTY = RelyingParty("localhost", "http://localhost:8000")
OFFICER = Officer(
    officer="01A", username="quang", name="Lê Minh Quang", role="approver", password_hash="x", created_at=MONDAY
)
CHALLENGE = "1.nonce.signature"


def _made(device: Authenticator, **changed: Any) -> NewKey | None:
    options = options_to_add(PARTY, OFFICER, "Xã Phú Lâm", [], CHALLENGE)
    return new_key(PARTY, CHALLENGE, device.create(options, **changed))


def _row(device: Authenticator) -> Passkey:
    key = _made(device)
    assert key
    return Passkey(
        passkey=key.passkey,
        officer=OFFICER.officer,
        name="Máy tôi",
        public_key=key.public_key,
        sign_count=key.sign_count,
        transports=key.transports,
        added_at=MONDAY,
    )


def _checked(row: Passkey, answer: str, challenge: str = CHALLENGE) -> Signed | None:
    read = read_answer(answer)
    return check_answer(PARTY, challenge, row, read) if read else None


def _signed(device: Authenticator, **changed: Any) -> str:
    return device.get(options_to_sign_in(PARTY, CHALLENGE), **changed)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://localhost:8000"),
        ({"port": 8080}, "http://localhost:8080"),
        ({"address": "http://localhost:9"}, "http://localhost:9"),
        ({"https": True, "address": "https://loa.example.vn"}, "https://loa.example.vn"),
        ({"address": "https://loa.example.vn:8443"}, "https://loa.example.vn:8443"),
        ({"https": True}, None),
        ({"address": "http://loa.example.vn"}, None),
        ({"address": "https://192.168.1.10"}, None),
        ({"address": "http://127.0.0.1:8000"}, None),
    ],
)
def test_passkeys_are_for_names_by_https_and_for_this_machine(
    tmp_path: Path, given: dict[str, Any], address: str | None
) -> None:
    party = relying_party(OfficeSettings(data_dir=tmp_path, **given))
    assert (party.address if party else None) == address
    assert party is None or party.host in ("localhost", "loa.example.vn")


@pytest.mark.parametrize("address", ["loa.example.vn", "https://", "https://a/", "https://a/b", "https://A", "ftp://a"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        OfficeSettings(data_dir=tmp_path, address=address)


def test_what_is_asked_is_a_key_that_stays_on_the_device_and_a_verified_user() -> None:
    there = _row(Authenticator())
    options = options_to_add(PARTY, OFFICER, "", [there], CHALLENGE)
    wanted = options["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
    assert options["attestation"] == "none"
    assert (options["rp"], options["timeout"]) == ({"name": "Loa Xã", "id": "localhost"}, 300_000)
    excluded = {"id": there.passkey, "type": "public-key", "transports": ["internal"]}
    assert options["excludeCredentials"] == [excluded]
    asked = options_to_sign_in(PARTY, CHALLENGE)
    assert (asked["userVerification"], asked["allowCredentials"], asked["rpId"]) == ("required", [], "localhost")


def test_a_passkey_is_made_and_signs() -> None:
    device = Authenticator()
    row = _row(device)
    assert (row.sign_count, row.transports) == (1, ["internal"])
    answer = read_answer(_signed(device))
    assert answer
    assert passkey_named(answer) == row.passkey
    assert check_answer(PARTY, CHALLENGE, row, answer) == Signed(2, went_back=False)


def test_a_device_without_a_counter_signs_as_often_as_it_likes() -> None:
    device = Authenticator(sign_count=None)
    row = _row(device)
    assert _checked(row, _signed(device)) == _checked(row, _signed(device)) == Signed(0, went_back=False)


@pytest.mark.parametrize("back_to", [0, 3, 4])
def test_a_counter_that_goes_back_is_told(back_to: int) -> None:
    device = Authenticator()
    row = _row(device)
    row.sign_count = 5
    device.sign_count = back_to
    assert _checked(row, _signed(device)) == Signed(back_to + 1, went_back=True)


def test_a_forged_answer_with_a_low_counter_is_wrong_and_tells_of_no_copy() -> None:
    device = Authenticator()
    row = _row(device)
    row.sign_count = 5
    thief = Authenticator(key_id=device.key_id, user=device.user)
    assert _checked(row, _signed(thief)) is None


def _of_another_officer(device: Authenticator) -> str:
    device.user = b"01B"
    return _signed(device)


def _without_verification(device: Authenticator) -> str:
    device.verifies_user = False
    return _signed(device)


def _at_a_fake_page(device: Authenticator) -> str:
    device.origin = "http://localhost:8001"
    return _signed(device)


def _of_another_name(device: Authenticator) -> str:
    return device.get({**options_to_sign_in(PARTY, CHALLENGE), "rpId": "evil.example"})


WRONG: dict[str, Callable[[Authenticator], str]] = {
    "another origin": _at_a_fake_page,
    "another name": _of_another_name,
    "another officer": _of_another_officer,
    "nobody": lambda device: _signed(Authenticator(key=device.key, key_id=device.key_id)),
    "another key": lambda device: _signed(Authenticator(key_id=device.key_id, user=device.user)),
    "no user verified": _without_verification,
    "another challenge": lambda device: _signed(device, challenge="MS5ub25jZS5h"),
    "an answer to another question": lambda device: _signed(device, type="webauthn.create"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_is_not_exactly_right_is_refused(wrong: str) -> None:
    device = Authenticator()
    row = _row(device)
    assert _checked(row, WRONG[wrong](device)) is None


def test_no_key_is_taken_of_an_answer_that_is_not_exactly_right() -> None:
    assert _made(Authenticator(verifies_user=False)) is None
    assert _made(Authenticator(origin="https://localhost:8000")) is None
    assert _made(Authenticator(), challenge="MS5ub25jZS5h") is None
    assert _made(Authenticator(), type="webauthn.get") is None
    assert _made(Authenticator(key_id=bytes(1024))) is None, "the standard allows 1,023 bytes"
    assert _made(Authenticator(key_id=bytes(1023)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=9), each, max_size=3),
    max_leaves=5,
)
BYTES = st.binary(max_size=80).map(lambda each: each.hex()) | st.text(max_size=20)
_DEVICE = Authenticator()
_ROW = _row(_DEVICE)
_RIGHT = {name: json.loads(made) for name, made in {"get": _signed(_DEVICE)}.items()}
_RIGHT["create"] = json.loads(_DEVICE.create(options_to_add(PARTY, OFFICER, "", [], CHALLENGE)))


@given(st.data())
def test_what_cannot_be_read_is_wrong(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["get", "create"]))
    answer = json.loads(json.dumps(_RIGHT[kind]))
    within = data.draw(st.sampled_from([answer, answer["response"]]))
    named = data.draw(st.sampled_from(sorted(within)))
    within[named] = data.draw(JSON | BYTES)
    text = data.draw(st.sampled_from([json.dumps(answer), json.dumps(within), "[" * 9_000, "{}", "", "\ud800"]))
    read = read_answer(text)
    if read is not None:
        passkey_named(read)
        check_answer(PARTY, CHALLENGE, _ROW, read)
    new_key(PARTY, CHALLENGE, text)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_bytes_that_were_changed_are_wrong(at: int, put: bytes) -> None:
    for kind, named in (("create", "attestationObject"), ("get", "authenticatorData"), ("get", "signature")):
        answer = json.loads(json.dumps(_RIGHT[kind]))
        raw = base64url_to_bytes(answer["response"][named])
        changed = raw[: at % len(raw)] + put + raw[at % len(raw) + len(put) :]
        answer["response"][named] = bytes_to_base64url(changed)
        if kind == "create":
            new_key(PARTY, CHALLENGE, json.dumps(answer))
        elif changed != raw:
            assert _checked(_ROW, json.dumps(answer)) is None
