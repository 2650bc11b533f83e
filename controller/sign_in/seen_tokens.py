"""Tokens of sessions that were found right, in memory: they tell officers from strangers before anything is read.

It only decides in which lane a request waits; whether a session still stands is asked of the database each time.
"""

import hashlib
from collections.abc import Iterable
from threading import Lock

MOST_KEPT = 10_000


class SeenTokens:
    """The hashes of the tokens, as `SignIn.token_hash` has them. Beyond MOST_KEPT the oldest go."""

    def __init__(self) -> None:
        self._hashes: dict[str, None] = {}
        self._lock = Lock()

    def add(self, hashes: Iterable[str]) -> None:
        """These were found right."""
        with self._lock:
            for each in hashes:
                if each not in self._hashes:
                    self._hashes[each] = None
                    if len(self._hashes) > MOST_KEPT:
                        del self._hashes[next(iter(self._hashes))]

    def discard(self, token: str) -> None:
        """It was found wrong."""
        with self._lock:
            self._hashes.pop(_hash(token), None)

    def has(self, token: str) -> bool:
        return _hash(token) in self._hashes


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
