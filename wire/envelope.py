"""The signed envelope: JWS compact serialisation (RFC 7515) with `Ed25519` (RFC 9864).

The signature is verified before the payload is parsed. The header must be exactly `alg`, `kid`, `typ`; it only tells
which key to look up. A refused message raises one of:

    Refusal
    ├── Unreadable      not a JWS of this alg and typ: it is counted, and no receipt can answer it
    └── Rejected        a JWS of ours that must not be followed: a receipt answers it with `reason`
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

MAX_JWS_BYTES = 65_536
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


class _RegistryWithoutPartLimits(jws.JWSRegistry):
    """Lifts joserfc's limits for each part (512 bytes of header): the protocol only bounds the whole message."""

    max_header_length = max_payload_length = max_signature_length = MAX_JWS_BYTES


_REGISTRY = _RegistryWithoutPartLimits(algorithms=[ALGORITHM])


class Refusal(Exception):
    """A message that must not be followed. `reason` is the key under which the status counts it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Unreadable(Refusal):
    """Not a JWS of the expected alg and typ."""


class Rejected(Refusal):
    """A JWS that must not be followed. `rejected_reason` goes into the `rejected` receipt."""

    def __init__(self, reason: RejectedReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.rejected_reason: RejectedReason = reason


def encode_base64url(raw: bytes) -> str:
    """base64url without padding (RFC 7515, section 2), of keys and of segments."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _check_public_key(text: str) -> str:
    raw = _decode_canonical(text)
    if raw is None or len(raw) != 32:
        raise ValueError("a public key is 32 raw bytes in base64url")
    return text


class OfficeKey(WireModel):
    """A public key of the office (32 raw bytes in base64url), and the bulletin classes that it may sign."""

    kid: Text64
    public_key: Annotated[str, AfterValidator(_check_public_key)]
    may: Annotated[tuple[BulletinClass, ...], Field(strict=False)]


@dataclass(frozen=True)
class Opened:
    """A verified envelope. `payload` is parsed JSON, its fields not checked yet; `may`: what its key may sign."""

    payload: dict[str, Any]
    kid: str
    may: frozenset[BulletinClass]

    def require_all_classes(self) -> None:
        """Raise Rejected("not_allowed") unless the key may sign all three classes: settings, time and
        acknowledgement count only from such a key.
        """
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
        """Verify a message whose `typ` must be this one, then parse it. Raises Unreadable or Rejected."""
        if len(data) > MAX_JWS_BYTES:
            raise Unreadable("too_large", f"{len(data)} bytes")
        kid = _read_kid(data, typ)
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
    """Signs with one private key of the office (32 raw bytes)."""

    def __init__(self, kid: str, raw_private_key: bytes) -> None:
        self.kid = kid
        self.public_key = encode_base64url(
            Ed25519PrivateKey.from_private_bytes(raw_private_key).public_key().public_bytes_raw()
        )
        self._key = OKPKey.import_key(
            {"kty": "OKP", "crv": "Ed25519", "x": self.public_key, "d": encode_base64url(raw_private_key)}
        )

    def sign(self, message: WireModel, typ: str) -> bytes:
        """The message as a compact JWS; raises ValueError for one of more than 65,536 bytes, which can't travel."""
        header = {"alg": ALGORITHM, "kid": self.kid, "typ": typ}
        signed = jws.serialize_compact(
            header, write_object(message.fields()), self._key, algorithms=[ALGORITHM]
        ).encode()
        if len(signed) > MAX_JWS_BYTES:
            raise ValueError(f"a signed message holds at most {MAX_JWS_BYTES} bytes, this one {len(signed)}")
        return signed


def _read_kid(data: bytes, typ: str) -> str:
    """The header's `kid`, the header being exactly `alg`, `kid` and this `typ`; raises Unreadable."""
    segments = data.split(b".")
    if len(segments) != 3 or not all(segments):
        raise Unreadable("not_jws", "not three segments")
    decoded = [_decode_canonical(segment.decode("ascii", "replace")) for segment in segments]
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


def _decode_canonical(segment: str) -> bytes | None:
    """Decode base64url without padding; None for invalid text and for text that isn't the bytes' only spelling."""
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if encode_base64url(raw) == segment else None
