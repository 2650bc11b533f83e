"""The signed envelope: JWS compact serialisation (RFC 7515) with `Ed25519` (RFC 9864).

The bytes are verified before the payload is parsed. The header is exactly `alg`, `kid`, `typ`; nothing in it is
believed but which key to look up. What is refused is refused by name:

    Refusal
    ├── Unreadable      not a JWS of this alg and typ: nobody can be told, it is only counted
    └── Rejected        a JWS of ours that must not be followed: `reason` is the receipt's
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import AfterValidator, Field

from wire.model import ALL_CLASSES, BulletinClass, Text64, WireModel
from wire.strict_json import NotJson, parse_object, write_object

LARGEST_JWS_BYTES = 65_536
ALGORITHM = "Ed25519"

RejectedReason = Literal[
    "bad_signature",
    "unknown_key",
    "not_allowed",
    "expired",
    "wrong_target",
    "conflicting_revision",
    "malformed",
    "unsupported",
]


class _WholeMessageCounts(jws.JWSRegistry):
    """The library's own limits (512 bytes of header) aren't the protocol's, which measures the message as a whole."""

    max_header_length = max_payload_length = max_signature_length = LARGEST_JWS_BYTES


_REGISTRY = _WholeMessageCounts(algorithms=[ALGORITHM])


class Refusal(Exception):
    """A message that must not be followed. `reason` is the name under which it is counted."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Unreadable(Refusal):
    """Not a JWS of the expected alg and typ."""


class Rejected(Refusal):
    """A JWS that is refused by the reason that a `rejected` receipt tells."""

    def __init__(self, reason: RejectedReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.rejected_reason: RejectedReason = reason


def raw_key_text(raw: bytes) -> str:
    """32 raw bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _is_public_key(text: str) -> str:
    raw = _canonical_bytes(text)
    if raw is None or len(raw) != 32:
        raise ValueError("a public key is 32 raw bytes in base64url")
    return text


class OfficeKey(WireModel):
    """A public key of the office, and the classes that it may sign."""

    kid: Text64
    public_key: Annotated[str, AfterValidator(_is_public_key)]
    may: Annotated[tuple[BulletinClass, ...], Field(strict=False)]


@dataclass(frozen=True)
class Opened:
    """What a verified envelope held, and what its key may sign. `payload`: JSON that nobody has checked yet."""

    payload: dict[str, Any]
    kid: str
    may: frozenset[BulletinClass]

    def require_all_classes(self) -> None:
        """Settings, time and acknowledgement count only from a key that may sign all three classes."""
        if self.may != ALL_CLASSES:
            raise Rejected("not_allowed", f"key {self.kid} may not sign all classes")


class Keys:
    """The keys that a speaker trusts, by their `kid`."""

    def __init__(self, keys: Iterable[OfficeKey]) -> None:
        self._keys: Mapping[str, tuple[OKPKey, frozenset[BulletinClass]]] = {
            key.kid: (
                OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": key.public_key}),
                frozenset(key.may),
            )
            for key in keys
        }

    def open(self, data: bytes, typ: str) -> Opened:
        """Verify, then parse. Raises Unreadable or Rejected."""
        if len(data) > LARGEST_JWS_BYTES:
            raise Unreadable("too_large", f"{len(data)} bytes")
        kid = _kid_of(data, typ)
        if kid not in self._keys:
            raise Rejected("unknown_key", kid)
        key, may = self._keys[kid]
        try:
            verified = jws.deserialize_compact(data, key, registry=_REGISTRY)
        except (JoseError, InvalidSignature, ValueError) as error:
            raise Rejected("bad_signature", str(error)) from None
        try:
            return Opened(parse_object(verified.payload), kid, may)
        except NotJson as error:
            raise Rejected("malformed", str(error)) from None


class Signer:
    """A private key of the office."""

    def __init__(self, kid: str, raw_private_key: bytes) -> None:
        self.kid = kid
        self.public_key = raw_key_text(
            Ed25519PrivateKey.from_private_bytes(raw_private_key).public_key().public_bytes_raw()
        )
        self._key = OKPKey.import_key(
            {"kty": "OKP", "crv": "Ed25519", "x": self.public_key, "d": raw_key_text(raw_private_key)}
        )

    def sign(self, message: WireModel, typ: str) -> bytes:
        """Serialise and sign once; raises ValueError where the result would not travel (64 KiB)."""
        header = {"alg": ALGORITHM, "kid": self.kid, "typ": typ}
        signed = jws.serialize_compact(
            header, write_object(message.fields()), self._key, algorithms=[ALGORITHM]
        ).encode()
        if len(signed) > LARGEST_JWS_BYTES:
            raise ValueError(f"a signed message holds at most {LARGEST_JWS_BYTES} bytes, this one {len(signed)}")
        return signed


def _kid_of(data: bytes, typ: str) -> str:
    """The `kid` of a header that is exactly ours; raises Unreadable."""
    segments = data.split(b".")
    if len(segments) != 3 or not all(segments):
        raise Unreadable("not_jws", "not three segments")
    decoded = [_canonical_bytes(segment.decode("ascii", "replace")) for segment in segments]
    if decoded[0] is None or decoded[1] is None or decoded[2] is None:
        raise Unreadable("not_jws", "a segment is not canonical base64url")
    try:
        header = parse_object(decoded[0])
    except NotJson as error:
        raise Unreadable("not_jws", f"header: {error}") from None
    if set(header) != {"alg", "kid", "typ"}:
        raise Unreadable("not_jws", "the header is not exactly alg, kid, typ")
    if header["alg"] != ALGORITHM:
        raise Unreadable("other_algorithm", repr(header["alg"])[:64])
    if header["typ"] != typ:
        raise Unreadable("other_type", repr(header["typ"])[:64])
    if not isinstance(header["kid"], str):
        raise Unreadable("not_jws", "kid is not text")
    return header["kid"]


def _canonical_bytes(segment: str) -> bytes | None:
    """Decode base64url without padding; None where another text would decode to the same bytes."""
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if raw_key_text(raw) == segment else None
