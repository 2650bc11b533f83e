"""Names of things: ULIDs for broadcasts and journals, opaque lower-case names for areas and speakers."""

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
    """A new ULID (48 bits of milliseconds, 80 random bits); later instants sort later."""
    number = unix_milliseconds(now) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Whether the text is a ULID in its canonical upper-case form."""
    return _ULID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether the text can name an area or a speaker: 1 to 64 of `a-z 0-9 -`, not `-` at an end, not `office`."""
    return re.fullmatch(NAME_PATTERN, text) is not None


def _checked(form: Callable[[str], bool], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if not form(text):
            raise ValueError(f"not {what}")
        return text

    return AfterValidator(check)


def is_sha256(text: str) -> bool:
    """Whether the text is a SHA-256 in lower-case hexadecimal."""
    return re.fullmatch(SHA256_PATTERN, text) is not None


Ulid = Annotated[str, StringConstraints(pattern=f"^{ULID_PATTERN}$")]
Name = Annotated[
    str,
    _checked(is_name, "1 to 64 of a-z 0-9 -, beginning and ending with a letter or digit, and not office"),
]
Sha256 = Annotated[str, StringConstraints(pattern=f"^{SHA256_PATTERN}$")]
