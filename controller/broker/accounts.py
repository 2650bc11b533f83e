"""Who may sign in to the broker: the port `BrokerAccounts`, and what all its implementations share.

Accounts are rows of the office's database. They are never added or removed singly at the broker: it gets the whole
list each time, so that a lost message, a restart or a restored database is mended by sending the list again.
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

# Mosquitto's default. More rounds slow down guessing of passwords that people choose. new_password() makes 256 random
# bits, which can't be guessed at any speed, and the broker checks all its clients again at each reload.
_ROUNDS = 101
_SALT_BYTES = 12  # Mosquitto 2.0 refuses every other length
_HASH_FORM = re.compile(r"\$7\$(?P<rounds>[1-9][0-9]{0,5})\$(?P<salt>[A-Za-z0-9+/]{16})\$(?P<hash>[A-Za-z0-9+/]{86}==)")


def new_password() -> str:
    """A password for one account: 256 random bits, 43 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(32)


def hash_password(password: str) -> str:
    """Hash a password as mosquitto_passwd does: `$7$rounds$salt$hash`, PBKDF2-SHA512.

    Only for passwords by new_password(): 101 rounds are too few for passwords that people choose.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    derived = _derive(password, salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def password_matches(password: str, password_hash: str) -> bool:
    """Whether the password has this hash; False also for a hash of another form."""
    parts = _HASH_FORM.fullmatch(password_hash)
    if parts is None:
        return False
    derived = _derive(password, base64.b64decode(parts["salt"]), int(parts["rounds"]))
    return hmac.compare_digest(derived, base64.b64decode(parts["hash"]))


def _derive(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)


@dataclass(frozen=True)
class Account:
    """An account at the broker; `name` is both user name and client id.

    Raises ValueError for a name or a hash that can't stand in a broker's password file.
    """

    name: str
    password_hash: str

    def __post_init__(self) -> None:
        if self.name != OFFICE_ACCOUNT and not is_name(self.name):
            raise ValueError(f"not a speaker's id nor the office: {self.name!r}")
        if not _HASH_FORM.fullmatch(self.password_hash):
            raise ValueError(f"the password of {self.name} is not hashed: use hash_password()")


class BrokerAccounts(Protocol):
    """The port to a broker's accounts."""

    def replace(self, accounts: Sequence[Account]) -> None:
        """Let these accounts sign in, and no others.

        Returns once the accounts are on the disk. The broker admits new accounts within 5 s, and within 10 s cuts the
        connections of accounts that are gone or have another password; a broker that isn't running reads them when it
        starts. The same accounts again change nothing. Raises ValueError if two accounts have one name; OSError if the
        accounts could not be written or the broker not be told, and the caller has to try again.
        """
