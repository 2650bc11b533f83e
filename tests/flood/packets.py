"""Packets of MQTT 3.1.1 and messages of speakers as bytes, for programs that send what no honest client would."""

import json
import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid() -> str:
    """A random ULID of today's century."""
    return "01" + "".join(_CROCKFORD[byte & 31] for byte in secrets.token_bytes(24))


def encoded_length(number: int) -> bytes:
    """A remaining length (MQTT 3.1.1, section 2.2.3)."""
    coded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        coded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(coded)


def text(value: str) -> bytes:
    """A text with its length before it."""
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def publish(topic: str, payload: bytes, qos: int = 1, *, retained: bool = False) -> bytes:
    """A PUBLISH. All have the same packet id: Mosquitto takes a QoS 1 message under an id that is still in use."""
    body = text(topic) + (b"\x00\x01" if qos else b"") + payload
    return bytes([0x30 | qos << 1 | retained]) + encoded_length(len(body)) + body


def connect(name: str, password: str, will: tuple[str, bytes] | None = None) -> bytes:
    """A CONNECT with a clean session."""
    flags = 0xC2 | (0x2C if will else 0)
    body = text("MQTT") + bytes([4, flags]) + (60).to_bytes(2, "big") + text(name)
    if will:
        body += text(will[0]) + len(will[1]).to_bytes(2, "big") + will[1]
    body += text(name) + text(password)
    return b"\x10" + encoded_length(len(body)) + body


def subscribe(*filters: str) -> bytes:
    """A SUBSCRIBE with QoS 1."""
    body = b"\x00\x01" + b"".join(text(each) + b"\x01" for each in filters)
    return b"\x82" + encoded_length(len(body)) + body


def receipt(seq: int, broadcast: str, state: str = "ready") -> dict[str, object]:
    """A receipt that can be read."""
    return {
        "seq": seq,
        "broadcast": broadcast,
        "revision": 1,
        "state": state,
        "at": "2026-11-23T10:00:00.000Z",
        "clock": "trusted",
        "reason": None,
        "heard_ms": 0,
        "start_error_ms": None,
        "volume": 70,
    }


def receipts(journal: str, first: int, items: list[dict[str, object]]) -> bytes:
    """A message of receipts."""
    return json.dumps({"journal": journal, "first": first, "receipts": items}, separators=(",", ":")).encode()


def status(number: int, **more: object) -> bytes:
    """A status that differs from the one before."""
    said = {"online": True, "boot": f"boot-{number % 7}", "session": number, "at": "2026-11-23T10:00:00.000Z", **more}
    return json.dumps(said).encode()
