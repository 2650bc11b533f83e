"""The golden messages: their bytes decode to the same values in every later version."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.wire.golden_messages import FOLDER, KEYS, MESSAGES, WRITTEN_TODAY
from wire import topics
from wire.broadcast import read_broadcast
from wire.envelope import Keys, OfficeKey
from wire.model import WireModel
from wire.receipts import Receipts, read_acknowledgement, read_receipts
from wire.requests import read_request, read_time
from wire.settings import read_settings
from wire.status import Status

MANIFEST = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
SIGNED = [name for name, entry in MANIFEST["messages"].items() if entry["typ"]]
PLAIN = [name for name, entry in MANIFEST["messages"].items() if not entry["typ"]]


def decoded(name: str) -> WireModel | Receipts:
    """The message, read from its bytes, its topic and the manifest's keys alone."""
    data = (FOLDER / name).read_bytes()
    address = topics.parse_topic(MANIFEST["root"], MANIFEST["messages"][name]["topic"])
    assert address is not None
    keys = Keys(OfficeKey.from_fields(key) for key in MANIFEST["keys"])
    levels = address.levels
    if address.topic.signed_as:
        opened = keys.open(data, address.topic.signed_as)
        if address.topic in (topics.AREA_BROADCAST, topics.SPEAKER_BROADCAST):
            return read_broadcast(opened, levels["broadcast"])
        if address.topic == topics.SETTINGS:
            return read_settings(opened, levels["speaker"])
        if address.topic == topics.ACKNOWLEDGEMENT:
            return read_acknowledgement(opened, levels["speaker"])
        assert address.topic == topics.TIME
        return read_time(opened)
    if address.topic == topics.STATUS:
        return Status.from_json(data)
    if address.topic == topics.RECEIPTS:
        return read_receipts(data)
    assert address.topic == topics.REQUESTS
    return read_request(data)


def test_every_kind_of_message_has_a_golden_one() -> None:
    kinds = [topics.parse_topic(MANIFEST["root"], entry["topic"]) for entry in MANIFEST["messages"].values()]
    assert {address.topic for address in kinds if address} == set(topics.TOPICS) - {topics.AUDIO}
    assert (
        {path.name for path in FOLDER.iterdir()}
        == {*MESSAGES, "manifest.json"}
        == {
            *MANIFEST["messages"],
            "manifest.json",
        }
    )


@pytest.mark.parametrize("name", MANIFEST["messages"])
def test_a_golden_message_still_decodes_to_the_same_values(name: str) -> None:
    assert decoded(name) == MESSAGES[name].value
    assert MANIFEST["messages"][name]["topic"] == MESSAGES[name].topic


def test_what_replaces_a_golden_message_is_of_its_kind() -> None:
    older = {name: golden for name, golden in MESSAGES.items() if golden.replaced_by}
    assert [name for name, golden in older.items() if MESSAGES[golden.replaced_by].topic != golden.topic] == []


@pytest.mark.parametrize("name", WRITTEN_TODAY)
def test_todays_writer_writes_the_same_bytes(name: str) -> None:
    # Stricter than the protocol, which leaves order and spacing to the writer: a change of what thousands of speakers
    # get must be noticed. An intended change adds a new golden message next to the old one.
    assert MESSAGES[name].written == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", SIGNED)
def test_a_golden_signature_is_valid_by_the_standard_alone(name: str) -> None:
    header, payload, signature = (FOLDER / name).read_bytes().split(b".")
    raw = {key["kid"]: _bytes(key["public_key"].encode()) for key in MANIFEST["keys"]}
    entry = MANIFEST["messages"][name]
    assert json.loads(_bytes(header)) == {"alg": "Ed25519", "kid": entry["kid"], "typ": entry["typ"]}
    Ed25519PublicKey.from_public_bytes(raw[entry["kid"]]).verify(_bytes(signature), header + b"." + payload)


def test_the_manifest_has_the_keys_of_the_values() -> None:
    assert MANIFEST["keys"] == [key.fields() for key in KEYS]


@pytest.mark.parametrize("name", PLAIN)
def test_messages_with_fields_of_a_later_version_are_read(name: str) -> None:
    fields: dict[str, Any] = json.loads((FOLDER / name).read_bytes())
    richer = json.dumps({**fields, "from_a_later_version": {"a": [1]}}).encode()
    kind = topics.parse_topic(MANIFEST["root"], MANIFEST["messages"][name]["topic"])
    assert kind is not None
    read = {topics.STATUS: Status.from_json, topics.RECEIPTS: read_receipts, topics.REQUESTS: read_request}
    assert read[kind.topic](richer) == MESSAGES[name].value


def _bytes(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
