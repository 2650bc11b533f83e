"""Identifiers: ULIDs for broadcasts and journals, lower-case names for areas and speakers, SHA-256 for clips."""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from wire.instants import unix_milliseconds

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

ULID_PATTERN = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
NAME_PATTERN = "(?!office$)[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
SHA256_PATTERN = "[0-9a-f]{64}"
_ULID = re.compile(ULID_PATTERN)


def new_ulid(now: datetime) -> str:
    """A new ULID: 48 bits of Unix milliseconds, then 80 random bits. ULIDs of later milliseconds sort later."""
    return _ulid(now, secrets.randbits(80))


def derive_ulid(at: datetime, *names: str) -> str:
    """The ULID of this millisecond and these names: the same arguments give the same ULID, so an office that
    was restored from a backup finds the ids again that its speakers hold.
    """
    digest = hashlib.sha256("\n".join(names).encode()).digest()
    return _ulid(at, int.from_bytes(digest[:10]))


def _ulid(at: datetime, low_bits: int) -> str:
    number = unix_milliseconds(at) << 80 | low_bits
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Whether the text is a ULID in its canonical upper-case form."""
    return _ULID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether the text can name an area or a speaker: 1 to 64 of `a-z 0-9 -`, not `-` at an end, not `office`."""
    return re.fullmatch(NAME_PATTERN, text) is not None


def _require(is_valid: Callable[[str], bool], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if not is_valid(text):
            raise ValueError(f"not {what}")
        return text

    return AfterValidator(check)


def is_sha256(text: str) -> bool:
    """Whether the text is a SHA-256 in lower-case hexadecimal."""
    return re.fullmatch(SHA256_PATTERN, text) is not None


Ulid = Annotated[str, StringConstraints(pattern=f"^{ULID_PATTERN}$")]
Name = Annotated[
    str,
    _require(is_name, "1 to 64 of a-z 0-9 -, beginning and ending with a letter or digit, and not office"),
]
Sha256 = Annotated[str, StringConstraints(pattern=f"^{SHA256_PATTERN}$")]
