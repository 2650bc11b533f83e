"""The signed envelope is verified before it is parsed, and refused with a named reason."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.golden_messages import FOLDER, KEYS, OFFICE, SAFE
from tests.wire.raw_jws import HEADER, KEY, OTHER_KEY, jws, text
from wire.envelope import MAX_JWS_BYTES, Keys, OfficeKey, Rejected, Signer, Unreadable
from wire.instants import parse_instant
from wire.model import WireModel
from wire.requests import TimeAnswer

TRUSTED = Keys(KEYS)
GOLDEN = (FOLDER / "broadcast_planned.jws").read_bytes()


def refusal(data: bytes, keys: Keys = TRUSTED, typ: str = "broadcast") -> tuple[type[Exception], str]:
    with pytest.raises((Unreadable, Rejected)) as caught:
        keys.open(data, typ)
    assert isinstance(caught.value, Unreadable | Rejected)
    return type(caught.value), caught.value.reason


def office_key(**changed: Any) -> OfficeKey:
    return OfficeKey.from_fields({**KEYS[0].fields(), **changed})


class Words(WireModel):
    words: str


def test_opening_gives_the_signed_payload() -> None:
    opened = TRUSTED.open(OFFICE.sign(Words(words="Mời bà con"), "broadcast"), "broadcast")
    assert opened.payload == {"words": "Mời bà con"}
    assert opened.kid == OFFICE.kid
    assert opened.may == {"normal", "priority", "emergency"}


def test_a_hand_made_jws_by_the_standard_is_opened() -> None:
    assert TRUSTED.open(jws({"a": 1}), "broadcast").payload == {"a": 1}


def test_a_header_in_any_order_and_spacing_is_read() -> None:
    header = b' { "typ" : "broadcast", "kid":"van-phong-2026",\n"alg":"Ed25519"} '
    assert TRUSTED.open(jws({"a": 1}, header), "broadcast").payload == {"a": 1}


def test_the_same_message_is_signed_to_the_same_bytes() -> None:
    assert OFFICE.sign(Words(words="x"), "time") == OFFICE.sign(Words(words="x"), "time")


def test_each_of_both_keys_is_trusted_for_its_own_signatures() -> None:
    assert TRUSTED.open(SAFE.sign(Words(words="x"), "time"), "time").kid == SAFE.kid
    stolen_name = jws({"a": 1}, {**HEADER, "kid": SAFE.kid}, KEY)
    assert refusal(stolen_name) == (Rejected, "bad_signature")


def test_the_refusal_of_an_unknown_key_names_it() -> None:
    assert refusal(jws({"a": 1}, {**HEADER, "kid": "somebody"}, OTHER_KEY)) == (Rejected, "unknown_key")


def test_a_signature_by_another_key_under_a_trusted_name_is_refused() -> None:
    assert refusal(jws({"a": 1}, HEADER, OTHER_KEY)) == (Rejected, "bad_signature")


def test_the_payload_is_parsed_only_after_the_signature_is_verified() -> None:
    # If it were parsed first, it would be refused as malformed.
    assert refusal(jws(b"no JSON at all", HEADER, OTHER_KEY)) == (Rejected, "bad_signature")
    assert refusal(jws(b"no JSON at all")) == (Rejected, "malformed")


@pytest.mark.parametrize("payload", [b"[]", b"1", b"null", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b'{"a":1'])
def test_a_signed_payload_that_is_no_strict_json_object_is_malformed(payload: bytes) -> None:
    assert refusal(jws(payload)) == (Rejected, "malformed")


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_flipped_bit_anywhere_is_refused(position: int) -> None:
    segments = GOLDEN.split(b".")
    raw = bytearray(base64.urlsafe_b64decode(segments[position] + b"=="))
    raw[len(raw) // 2] ^= 1
    segments[position] = text(bytes(raw))
    refusal(b".".join(segments))


@pytest.mark.parametrize("alg", ["EdDSA", "none", "HS256", "ES256", "ed25519", "Ed448", "", None, 5, ["Ed25519"], {}])
def test_any_other_algorithm_is_refused_even_the_deprecated_name_of_ours(alg: Any) -> None:
    assert refusal(jws({"a": 1}, {**HEADER, "alg": alg})) == (Unreadable, "other_algorithm")


@pytest.mark.parametrize("typ", ["settings", "time", "acknowledgement", "JWT", "Broadcast", "", None, 5])
def test_a_message_counts_only_on_the_topics_of_its_typ(typ: Any) -> None:
    assert refusal(jws({"a": 1}, {**HEADER, "typ": typ})) == (Unreadable, "other_type")


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "crit": ["b64"]},
        {**HEADER, "b64": False},
        {**HEADER, "jwk": {"kty": "OKP"}},
        {**HEADER, "x5u": "http://127.0.0.1/"},
        {"alg": "Ed25519", "typ": "broadcast"},
        {"alg": "Ed25519", "kid": "van-phong-2026"},
        {**HEADER, "kid": None},
        {**HEADER, "kid": ["van-phong-2026"]},
        [],
        "Ed25519",
        None,
    ],
)
def test_a_header_with_other_fields_than_alg_kid_typ_is_not_ours(header: Any) -> None:
    assert refusal(jws({"a": 1}, json.dumps(header).encode())) == (Unreadable, "not_jws")


def test_a_header_with_a_repeated_field_is_not_ours() -> None:
    header = b'{"alg":"Ed25519","kid":"somebody","kid":"van-phong-2026","typ":"broadcast"}'
    assert refusal(jws({"a": 1}, header)) == (Unreadable, "not_jws")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"..",
        b"...",
        b"a.b",
        b"a.b.c.d",
        b"\xff\xfe.\x00.\x00",
        "ế.ế.ế".encode(),
        b"{}",
        b'{"payload":"","signatures":[]}',
    ],
)
def test_bytes_that_are_no_compact_jws_are_only_counted(data: bytes) -> None:
    assert refusal(data) == (Unreadable, "not_jws")


def test_an_empty_signature_is_not_a_jws() -> None:
    assert refusal(GOLDEN.rsplit(b".", 1)[0] + b".") == (Unreadable, "not_jws")


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("spoil", ["padding", "newline", "space", "standard alphabet", "stray bits"])
def test_base64_that_is_not_canonical_is_refused(position: int, spoil: str) -> None:
    # Else one signature would have two texts, and one revision two messages.
    header = json.dumps(HEADER).encode()
    padded = header + b" " * ((1 - len(header)) % 3)  # so that its last character has unused bits
    segments = jws(b'{"letters":"' + "ữ?>~".encode() * 4 + b'"}', padded).split(b".")
    segment = segments[position]
    if spoil == "padding":
        segment += b"=" * (-len(segment) % 4 or 4)
    elif spoil == "newline":
        segment += b"\n"
    elif spoil == "space":
        segment = segment[:4] + b" " + segment[4:]
    elif spoil == "standard alphabet":
        segment = segment.replace(b"-", b"+").replace(b"_", b"/") + (b"" if set(segment) & set(b"-_") else b"+/")
    else:
        alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        assert len(segment) % 4
        segment = segment[:-1] + bytes([alphabet[alphabet.index(segment[-1]) ^ 1]])
    segments[position] = segment
    assert refusal(b".".join(segments)) == (Unreadable, "not_jws")


def test_a_message_of_64_kib_is_read_and_one_byte_more_is_not() -> None:
    def of_size(size: int) -> bytes:
        raw_bytes = (size - len(jws(b""))) * 3 // 4
        return jws(b'{"a":"' + b"x" * (raw_bytes - 8) + b'"}')

    data = of_size(MAX_JWS_BYTES)
    assert MAX_JWS_BYTES - 3 <= len(data) <= MAX_JWS_BYTES
    assert TRUSTED.open(data, "broadcast").payload["a"][:1] == "x"
    assert refusal(data + b"x" * (MAX_JWS_BYTES + 1 - len(data))) == (Unreadable, "too_large")


def test_the_signer_refuses_messages_that_readers_would_refuse() -> None:
    assert len(OFFICE.sign(Words(words="x" * 48_000), "broadcast")) <= MAX_JWS_BYTES
    with pytest.raises(ValueError, match="at most 65536 bytes"):
        OFFICE.sign(Words(words="x" * 49_152), "broadcast")


def test_a_kid_of_64_letters_of_any_language_is_read() -> None:
    signer = Signer("ữ" * 64, KEY)
    keys = Keys([office_key(kid=signer.kid)])
    assert keys.open(signer.sign(Words(words="x"), "time"), "time").kid == signer.kid


def test_the_trusted_set_and_not_the_message_says_which_classes_a_key_may_sign() -> None:
    keys = Keys([office_key(may=["normal"])])
    opened = keys.open(GOLDEN, "broadcast")
    assert opened.may == {"normal"}
    with pytest.raises(Rejected) as caught:
        opened.require_all_classes()
    assert caught.value.rejected_reason == "not_allowed"
    TRUSTED.open(GOLDEN, "broadcast").require_all_classes()


@pytest.mark.parametrize("public_key", ["", "AAAA", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "=", "A" * 42 + "+"])
def test_a_public_key_is_32_raw_bytes_in_canonical_base64url(public_key: str) -> None:
    with pytest.raises(ValueError, match="public_key"):
        office_key(public_key=public_key)


def test_without_trusted_keys_every_message_is_refused() -> None:
    assert refusal(GOLDEN, Keys([])) == (Rejected, "unknown_key")


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_named_reason(data: bytes) -> None:
    refusal(data)


@given(st.integers(0, len(GOLDEN) - 1), st.integers(0, 255), st.integers(0, 3))
def test_a_golden_message_that_is_changed_anywhere_is_refused(where: int, byte: int, removed: int) -> None:
    changed = GOLDEN[:where] + bytes([byte]) + GOLDEN[where + removed :]
    if changed != GOLDEN:
        refusal(changed)


@given(st.binary(min_size=1, max_size=120), st.binary(min_size=1, max_size=120), st.binary(min_size=1, max_size=70))
def test_any_three_segments_are_refused_with_a_named_reason(header: bytes, payload: bytes, signature: bytes) -> None:
    refusal(b".".join([text(header), text(payload), text(signature)]))


def test_a_message_is_not_accepted_under_a_second_typ() -> None:
    answer = OFFICE.sign(TimeAnswer(nonce="n" * 22, now=parse_instant("2026-11-22T12:00:00.000Z")), "time")
    assert refusal(answer, typ="settings") == (Unreadable, "other_type")
