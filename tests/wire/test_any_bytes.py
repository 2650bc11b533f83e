"""Any bytes on any topic are read, or refused with a named reason; no other error is raised."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.golden_messages import KEYS, MESSAGES, MORNING, SPEAKER
from tests.wire.raw_jws import HEADER, jws
from wire.broadcast import read_broadcast
from wire.envelope import Keys, Refusal
from wire.model import Malformed, WireModel
from wire.receipts import read_acknowledgement, read_receipts
from wire.requests import read_request, read_time
from wire.settings import read_settings
from wire.status import Status

TRUSTED = Keys(KEYS)

READERS: dict[str, Callable[[bytes], object]] = {
    "broadcast": lambda data: read_broadcast(TRUSTED.open(data, "broadcast"), MORNING),
    "settings": lambda data: read_settings(TRUSTED.open(data, "settings"), SPEAKER),
    "time": lambda data: read_time(TRUSTED.open(data, "time")),
    "acknowledgement": lambda data: read_acknowledgement(TRUSTED.open(data, "acknowledgement"), SPEAKER),
    "status": Status.from_json,
    "receipts": read_receipts,
    "request": read_request,
}
GOLDEN = [golden.written for golden in MESSAGES.values()]
PAYLOADS = [each.value.fields() for each in MESSAGES.values() if each.typ and isinstance(each.value, WireModel)]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-23T10:00:00.000Z", "9999-99-99T99:99:99.999Z", MORNING, "clips", "a" * 64, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def read_or_refuse(kind: str, data: bytes) -> None:
    with contextlib.suppress(Refusal, Malformed):
        READERS[kind](data)


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(GOLDEN)))
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, len(data)))
        if draw(st.booleans()):
            del data[where : where + draw(st.integers(0, 40))]
        else:
            data[where:where] = draw(st.binary(max_size=6) | st.sampled_from([b"[", b"{", b'"', b"null", b"9" * 400]))
    return bytes(data)


@given(st.sampled_from([*READERS]), st.binary(max_size=200))
def test_any_bytes_on_any_topic_are_refused_with_a_named_reason(kind: str, data: bytes) -> None:
    read_or_refuse(kind, data)


@given(st.sampled_from([*READERS]), mutilated())
def test_mutilated_golden_messages_are_refused_with_a_named_reason(kind: str, data: bytes) -> None:
    read_or_refuse(kind, data)


@given(st.sampled_from(["broadcast", "settings", "time", "acknowledgement"]), st.data())
def test_any_payload_signed_by_a_trusted_key_is_read_or_refused_with_a_named_reason(
    kind: str, data: st.DataObject
) -> None:
    # As from an office with a defect: the signature is right, and one field has any value.
    fields: Any = json.loads(json.dumps(data.draw(st.sampled_from(PAYLOADS))))
    at = fields
    while True:
        key = data.draw(st.sampled_from([*at] if isinstance(at, dict) else [*range(len(at))]))
        if isinstance(at[key], dict | list) and at[key] and data.draw(st.booleans()):
            at = at[key]
            continue
        at[key] = data.draw(json_values)
        break
    read_or_refuse(kind, jws(fields, {**HEADER, "typ": kind}))


@given(
    st.sampled_from(["status", "receipts", "request"]), st.dictionaries(st.text(max_size=9), json_values, max_size=5)
)
def test_any_json_object_from_a_speaker_is_read_or_refused_with_a_named_reason(
    kind: str, fields: dict[str, Any]
) -> None:
    read_or_refuse(kind, json.dumps(fields).encode())


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 990 + b"]" * 990,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"revision":1e400}',
        b"\x00" * 70_000,
        b"." * 70_000,
        b"\xff" * 300,
    ],
)
def test_texts_that_break_careless_parsers_are_refused_with_a_named_reason(kind: str, payload: bytes) -> None:
    read_or_refuse(kind, payload)
    if len(payload) < 40_000:
        read_or_refuse(kind, jws(payload, {**HEADER, "typ": kind}))


@pytest.mark.parametrize("depth", range(850, 1000, 3))
def test_a_message_too_deep_to_be_written_again_is_not_read(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    read_or_refuse("receipts", b'{"receipts":[{"seq":1,"x":' + deep + b'}],"journal":"01KYA0J4C6D8E0F2G4H6J8K0M2"}')
    with contextlib.suppress(Malformed):
        Status.from_json(b'{"online":true,"boot":"b","session":1,"playing":' + deep + b"}").to_json()
