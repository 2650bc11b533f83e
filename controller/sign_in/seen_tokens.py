"""Tokens of sessions that were found right, in memory: they tell officers from strangers before anything is read.

It only decides in which lane a request waits; whether a session still stands is asked of the database each time.
"""

import hashlib
from collections.abc import Iterable
from threading import Lock

MOST_KEPT = 10_000


class SeenTokens:
    """The hashes of the tokens, as `SignIn.token_hash` has them, and whose they are. Beyond MOST_KEPT the oldest go."""

    def __init__(self) -> None:
        self._officers: dict[str, str] = {}
        self._lock = Lock()

    def add(self, sessions: Iterable[tuple[str, str]]) -> None:
        """These were found right: (hash, officer)."""
        with self._lock:
            for each, officer in sessions:
                if each not in self._officers:
                    self._officers[each] = officer
                    if len(self._officers) > MOST_KEPT:
                        del self._officers[next(iter(self._officers))]

    def discard(self, token: str) -> None:
        """It was found wrong."""
        with self._lock:
            self._officers.pop(_hash(token), None)

    def officer_of(self, token: str) -> str | None:
        """Whose it is; None: it wasn't found right."""
        return self._officers.get(_hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
