"""Challenges that passkeys sign: each for one browser, good for five minutes and for one answer.

The office keeps none that it gives out, so strangers fill nothing; it keeps those that were answered rightly.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Literal

from sqlmodel import Session, col, delete

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import UsedChallenge

GOOD_FOR = timedelta(minutes=5)
LONGEST_CHALLENGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

Use = Literal["sign in", "add"]


class Challenges:
    """Gives out challenges, and knows them again. `browser`: what its cookie says."""

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._keyed_hash = keyed_hash

    def issue(self, use: Use, browser: str, now: datetime) -> str:
        """A new one: second, random bits, and their hash."""
        second, nonce = str((now - _EPOCH) // _SECOND), secrets.token_urlsafe(24)
        return ".".join((second, nonce, self._signature(use, browser, second, nonce)))

    def is_good(self, challenge: str, use: Use, browser: str, now: datetime) -> bool:
        """Whether it was given out to this browser for this use within GOOD_FOR; it may have been used since."""
        second, _, rest = challenge.partition(".")
        nonce, _, signature = rest.partition(".")
        expected = self._signature(use, browser, second, nonce)
        if not compare_digest(expected.encode(), signature.encode(errors="replace")):
            return False
        return timedelta(0) <= now - _EPOCH - int(second) * _SECOND <= GOOD_FOR + _SECOND

    def _signature(self, use: Use, browser: str, second: str, nonce: str) -> str:
        return self._keyed_hash.of("challenge", use, browser, second, nonce)


def use_up(session: Session, now: datetime, challenge: str) -> bool:
    """Whether the challenge wasn't used before; from now on it is. Those that are too old anyhow are deleted."""
    session.exec(delete(UsedChallenge).where(col(UsedChallenge.used_at) < now - 2 * GOOD_FOR))
    hashed = hashlib.sha256(challenge.encode()).hexdigest()
    if session.get(UsedChallenge, hashed) is not None:
        return False
    session.add(UsedChallenge(challenge_hash=hashed, used_at=now))
    session.flush()
    return True
