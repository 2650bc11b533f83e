"""JWS made by hand, so that tests can also make invalid ones."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = bytes(range(32))
OTHER_KEY = bytes(range(32, 64))
HEADER = {"alg": "Ed25519", "kid": "van-phong-2026", "typ": "broadcast"}


def text(raw: bytes) -> bytes:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def jws(payload: Any, header: Mapping[str, Any] | bytes = HEADER, key: bytes = KEY) -> bytes:
    """A signed message; header and payload that are bytes are used unchanged."""
    first = header if isinstance(header, bytes) else json.dumps(header).encode()
    second = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = text(first) + b"." + text(second)
    return signed + b"." + text(Ed25519PrivateKey.from_private_bytes(key).sign(signed))
