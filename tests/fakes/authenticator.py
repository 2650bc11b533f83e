"""An authenticator in software, together with the browser in front of it: one ES256 key, attestation “none”."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

_USER_PRESENT, _USER_VERIFIED, _KEY_INCLUDED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """`origin`: where the browser is. `sign_count`: None for one without a counter, else how often it has signed."""

    origin: str = "http://localhost:8000"
    verifies_user: bool = True
    sign_count: int | None = 0
    key_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    user: bytes = b""

    def create(self, options: dict[str, Any], **changed: Any) -> str:
        """The JSON of `navigator.credentials.create`. `changed`: what the browser says otherwise than is true."""
        self.user = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (numbers.x, numbers.y))
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        included = bytes(16) + len(self.key_id).to_bytes(2, "big") + self.key_id + cose
        data = self._data(options["rp"]["id"], _KEY_INCLUDED) + included
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, changed)
        return self._answer(clientDataJSON=client, attestationObject=attestation, transports=["internal", "?"])

    def get(self, options: dict[str, Any], **changed: Any) -> str:
        """The JSON of `navigator.credentials.get`."""
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options, changed)
        signature = self.key.sign(data + sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=self.user)

    def _data(self, rp: str, flags: int) -> bytes:
        if self.sign_count is not None:
            self.sign_count += 1
        flags |= _USER_PRESENT | (_USER_VERIFIED if self.verifies_user else 0)
        return sha256(rp.encode()).digest() + bytes([flags]) + (self.sign_count or 0).to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any], changed: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | changed).encode()

    def _answer(self, **response: bytes | list[str]) -> str:
        named = bytes_to_base64url(self.key_id)
        written = {
            name: bytes_to_base64url(value) if isinstance(value, bytes) else value for name, value in response.items()
        }
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": written})
