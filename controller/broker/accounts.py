"""Who may sign in to the broker: the port, and what every broker behind it has in common.

Accounts are rows of the office's database. Nobody adds or removes one at the broker: a broker is told the whole
truth each time, so that a lost message, a restart or a restored database is mended by telling it again.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wire.ids import is_name

OFFICE_ACCOUNT = "office"
"""The office's own user name and client id; no speaker can have it."""

# Mosquitto's own count. Rounds slow down the guessing of words that people choose; new_password() makes 256 random
# bits, which nobody guesses at any speed, and the broker checks all of its clients again at each reload.
_ROUNDS = 101
_SALT_BYTES = 12  # Mosquitto 2.0 refuses every other length
_HASH_FORM = re.compile(r"\$7\$(?P<rounds>[1-9][0-9]{0,5})\$(?P<salt>[A-Za-z0-9+/]{16})\$(?P<hash>[A-Za-z0-9+/]{86}==)")


def new_password() -> str:
    """A password for one account: 256 random bits, 43 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(32)


def hash_password(password: str) -> str:
    """The password as the database and the broker keep it: `$7$rounds$salt$hash` of mosquitto_passwd (PBKDF2-SHA512).

    Meant for what new_password() made, not for passwords that people choose.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    derived = _derive(password, salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def password_matches(password: str, password_hash: str) -> bool:
    """Whether the password is the one that was hashed; False for what isn't a hash of this form."""
    parts = _HASH_FORM.fullmatch(password_hash)
    if parts is None:
        return False
    derived = _derive(password, base64.b64decode(parts["salt"]), int(parts["rounds"]))
    return hmac.compare_digest(derived, base64.b64decode(parts["hash"]))


def _derive(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)


@dataclass(frozen=True)
class Account:
    """One that may sign in; user name and client id are `name`. ValueError for what can't stand in a broker's file."""

    name: str
    password_hash: str

    def __post_init__(self) -> None:
        if self.name != OFFICE_ACCOUNT and not is_name(self.name):
            raise ValueError(f"not a speaker's id nor the office: {self.name!r}")
        if not _HASH_FORM.fullmatch(self.password_hash):
            raise ValueError(f"the password of {self.name} is not hashed: use hash_password()")


class BrokerAccounts(Protocol):
    """A broker that can be told who may sign in."""

    def replace(self, accounts: Sequence[Account]) -> None:
        """From now on these accounts may sign in, and no others.

        Returns once the accounts are on the disk. The broker admits new ones within 5 s, and cuts the connections of
        those that are gone or have another password within 10 s; a broker that isn't running reads them when it
        starts. Telling the same again does nothing. ValueError where two accounts have one name; OSError where the
        accounts could not be written or the broker could not be told: they are to be told again.
        """
