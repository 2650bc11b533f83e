"""The second loudspeaker's messages: a second implementation of docs/protocol.md, without a line of wire/."""

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CHUNK = 65_536
LARGEST_MESSAGE = 65_536
LARGEST_CLIP = 64 * 1024 * 1024
OPUS = "audio/ogg; codecs=opus"
LONGEST_MS = 366 * 24 * 3_600_000  # of one broadcast, all its repetitions
ORDER = {"emergency": 0, "priority": 1, "normal": 2}
SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

NAME = re.compile(r"(?!office\Z)[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
SHA256 = re.compile(r"[0-9a-f]{64}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class NotOurs(Exception):
    """No JWS of this alg and typ, or a message without a receipt for its refusal: it is only counted."""


class Refused(Exception):
    """A JWS that must not be followed; a receipt reports the reason. `revision` is 0 if it couldn't be read."""

    def __init__(self, reason: str, revision: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.revision = revision


def written(instant: datetime) -> str:
    """An instant as it travels, cut to milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(value: Any) -> datetime:
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise ValueError("not an instant")
    if not "1970" <= value[:4] < "3000":
        raise ValueError("not of our time")
    return datetime.fromisoformat(value)


def read_json(data: bytes) -> dict[str, Any]:
    """One JSON object; raises ValueError for everything that the protocol refuses."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def integer(text: str) -> int:
        if len(text) > 17 or abs(int(text)) > 2**53:
            raise ValueError("beyond 2^53")
        return int(text)

    def finite(text: str) -> float:
        if not math.isfinite(float(text)):
            raise ValueError("no number")
        return float(text)

    try:
        value = json.loads(
            data.decode(), object_pairs_hook=once, parse_int=integer, parse_float=finite, parse_constant=finite
        )
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair isn't valid text
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Canonical base64url without padding; ValueError for anything else."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64url(raw) != text:
        raise ValueError("not canonical")
    return raw


def signed(payload: Mapping[str, Any], typ: str, kid: str, private_key: bytes) -> bytes:
    """A JWS as an office makes it; for the tests' offices and for forging."""
    header = {"alg": "Ed25519", "kid": kid, "typ": typ}
    first, second = (base64url(json.dumps(part, ensure_ascii=False).encode()) for part in (header, payload))
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(f"{first}.{second}".encode())
    return f"{first}.{second}.{base64url(signature)}".encode()


@dataclass(frozen=True)
class Key:
    """A key of the office, and the classes that it may sign."""

    public: Ed25519PublicKey
    may: frozenset[str]

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> tuple[str, "Key"]:
        """From `{kid, public_key, may}`; raises ValueError for any other shape."""
        kid, public_key, may = get(fields, "kid", str), get(fields, "public_key", str), get(fields, "may", list)
        if not all(each in ORDER for each in may):
            raise ValueError("an unknown class")
        return kid, cls(Ed25519PublicKey.from_public_bytes(from_base64url(public_key)), frozenset(may))


def open_jws(data: bytes, typ: str, keys: Mapping[str, Key]) -> tuple[dict[str, Any], Key]:
    """Verify, then parse. Raises NotOurs or Refused."""
    if len(data) > LARGEST_MESSAGE:
        raise NotOurs("too large")
    try:
        first, second, third = data.decode("ascii").split(".")
        header, payload, signature = (from_base64url(part) for part in (first, second, third))
        fields = read_json(header)
    except ValueError:
        raise NotOurs("not a JWS") from None
    if fields.keys() != {"alg", "kid", "typ"} or (fields["alg"], fields["typ"]) != ("Ed25519", typ):
        raise NotOurs("another alg or typ")
    key = keys.get(fields["kid"]) if isinstance(fields["kid"], str) else None
    if key is None:
        raise Refused("unknown_key")
    try:
        key.public.verify(signature, f"{first}.{second}".encode())
    except InvalidSignature:
        raise Refused("bad_signature") from None
    try:
        return read_json(payload), key
    except ValueError:
        raise Refused("malformed") from None


def get(fields: Any, name: str, kind: type) -> Any:
    """A field of exactly this type (a bool is no int); raises ValueError otherwise."""
    if not isinstance(fields, dict) or type(fields.get(name)) is not kind:
        raise ValueError(name)
    return fields[name]


def number(fields: Any, name: str, low: int, high: int = 2**53) -> int:
    value: int = get(fields, name, int)
    if not low <= value <= high:
        raise ValueError(name)
    return value


def _names(fields: Any, name: str) -> tuple[str, ...]:
    values = get(fields, name, list)
    if not all(isinstance(value, str) and NAME.fullmatch(value) for value in values):
        raise ValueError(name)
    return tuple(values)


@dataclass(frozen=True)
class Clip:
    sha256: str
    bytes: int
    duration_ms: int

    @property
    def chunks(self) -> int:
        return -(-self.bytes // CHUNK)

    def length_of(self, index: int) -> int:
        return min(CHUNK, self.bytes - index * CHUNK)

    @classmethod
    def read(cls, fields: Any) -> "Clip":
        if not SHA256.fullmatch(get(fields, "sha256", str)):
            raise ValueError("sha256")
        if get(fields, "media_type", str) != OPUS:
            raise Refused("unsupported")
        return cls(fields["sha256"], number(fields, "bytes", 1, LARGEST_CLIP), number(fields, "duration_ms", 1))


@dataclass(frozen=True)
class Plan:
    """One revision of a broadcast, as far as a loudspeaker needs it."""

    broadcast: str
    revision: int
    issued_at: datetime
    expires_at: datetime
    cancelled: bool
    areas: tuple[str, ...]
    speakers: tuple[str, ...]
    bulletin_class: str
    starts_at: datetime | None
    latest_start: datetime
    clips: tuple[Clip, ...]
    times: int
    gap_ms: int

    @property
    def order(self) -> tuple[int, datetime, str]:
        return ORDER[self.bulletin_class], self.starts_at or self.issued_at, self.broadcast

    @property
    def once_ms(self) -> int:
        return sum(clip.duration_ms for clip in self.clips)

    @property
    def length_ms(self) -> int:
        return self.times * self.once_ms + (self.times - 1) * self.gap_ms

    def heard_ms(self, position_ms: int) -> int:
        """The sound without the pauses, up to a position."""
        whole, rest = divmod(position_ms, self.once_ms + self.gap_ms)
        return whole * self.once_ms + min(rest, self.once_ms)

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Plan":
        """Raises Refused (unsupported, malformed)."""
        revision = fields.get("revision")
        revision = revision if type(revision) is int and revision >= 0 else 0
        try:
            if get(fields, "kind", str) != "clips":
                raise Refused("unsupported")
            return cls._read(fields)
        except ValueError:
            raise Refused("malformed", revision) from None
        except Refused as refused:
            raise Refused(refused.reason, revision) from None

    @classmethod
    def _read(cls, fields: dict[str, Any]) -> "Plan":
        areas, speakers = _names(fields, "areas"), _names(fields, "speakers")
        starts_at = None if fields["starts_at"] is None else read_instant(fields["starts_at"])
        if (
            not ULID.fullmatch(get(fields, "broadcast", str))
            or len(areas) + len(speakers) > 300
            or fields.get("state") not in ("planned", "cancelled")
            or get(fields, "bulletin_class", str) not in ORDER
            or (starts_at is None and fields["bulletin_class"] != "emergency")
            or not get(fields, "clips", list)
            or type(fields.get("gain_db")) not in (int, float)
        ):
            raise ValueError("a field")
        for approval in get(fields, "approvals", list):
            get(approval, "officer", str)
            read_instant(get(approval, "at", str))
        get(fields, "title", str)
        get(fields, "language", str)
        plan = cls(
            broadcast=fields["broadcast"],
            revision=number(fields, "revision", 0),
            issued_at=read_instant(fields.get("issued_at")),
            expires_at=read_instant(fields.get("expires_at")),
            cancelled=fields["state"] == "cancelled",
            areas=areas,
            speakers=speakers,
            bulletin_class=fields["bulletin_class"],
            starts_at=starts_at,
            latest_start=read_instant(fields.get("latest_start")),
            clips=tuple(Clip.read(clip) for clip in fields["clips"]),
            times=number(fields, "times", 1),
            gap_ms=number(fields, "gap_ms", 0),
        )
        if plan.length_ms > LONGEST_MS:
            raise ValueError("longer than a year")
        return plan


@dataclass(frozen=True)
class Settings:
    """The office's settings for this loudspeaker."""

    revision: int
    areas: tuple[str, ...]
    zone: ZoneInfo
    volume: Mapping[str, int]
    muted: bool
    quiet_hours: tuple[tuple[time, time], ...]
    kept_clips: tuple[Clip, ...]
    keys: Mapping[str, Key]

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Settings":
        """Raises ValueError (Refused for a clip) if a field is missing or misused."""
        read_instant(get(fields, "issued_at", str))
        get(fields, "name", str)
        number(fields, "output_delay_ms", 0)
        quiet_hours = []
        for span in get(fields, "quiet_hours", list):
            ends = (get(span, "from", str), get(span, "to", str))
            if not all(TIME_OF_DAY.fullmatch(end) for end in ends):
                raise ValueError("quiet_hours")
            quiet_hours.append((time.fromisoformat(ends[0]), time.fromisoformat(ends[1])))
        keys = dict(Key.read(key) for key in get(fields, "keys", list))
        if not keys:
            raise ValueError("no keys")
        try:
            zone = ZoneInfo(get(fields, "time_zone", str))
        except (KeyError, OSError):
            raise ValueError("time_zone") from None
        volume = get(fields, "volume", dict)
        return cls(
            revision=number(fields, "revision", 0),
            areas=_names(fields, "areas"),
            zone=zone,
            volume={each: min(number(volume, each, 0, 100), number(volume, "limit", 0, 100)) for each in ORDER},
            muted=get(fields, "muted", bool),
            quiet_hours=tuple(quiet_hours),
            kept_clips=tuple(Clip.read(clip) for clip in get(fields, "kept_clips", list)),
            keys=keys,
        )

    def quiet_until(self, at: datetime) -> datetime | None:
        """When the quiet hours around an instant end, in steps of a minute; None if the instant isn't quiet."""
        minute = at.replace(second=0, microsecond=0)
        if not self._quiet(at):
            return None
        for later in range(1, 2 * 24 * 60):
            if not self._quiet(minute + timedelta(minutes=later)):
                return minute + timedelta(minutes=later)
        return at + timedelta(days=2)

    def _quiet(self, at: datetime) -> bool:
        wall = at.astimezone(self.zone).time()
        return any(a <= wall < b if a <= b else wall >= a or wall < b for a, b in self.quiet_hours)
