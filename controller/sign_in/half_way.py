"""Half-way sign-ins: the password was right, and the code of the second factor is still to come.

What the page repeats for it is signed under the office's secret and opens nothing without the code.
"""

from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import Officer

GOOD_FOR = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HalfWaySignIns:
    """Gives out the tokens, and knows them again."""

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._keyed_hash = keyed_hash

    def issue(self, officer: Officer, now: datetime) -> str:
        """A token for an officer whose password was right just now."""
        second = str((now - _EPOCH) // timedelta(seconds=1))
        return ".".join((officer.officer, second, self._signature(officer, second)))

    def officer_in(self, token: str) -> str:
        """The id of the officer that a token names; nothing was checked."""
        return token.partition(".")[0]

    def is_good(self, token: str, officer: Officer | None, now: datetime) -> bool:
        """Whether it was given out for this officer, with the password as it still is, within GOOD_FOR."""
        if officer is None or officer.disabled:
            return False
        _, _, rest = token.partition(".")
        second, _, signature = rest.partition(".")
        if not compare_digest(self._signature(officer, second).encode(), signature.encode(errors="replace")):
            return False
        return timedelta(0) <= now - _EPOCH - timedelta(seconds=int(second)) <= GOOD_FOR + timedelta(seconds=1)

    def _signature(self, officer: Officer, second: str) -> str:
        return self._keyed_hash.of("half way", officer.officer, second, officer.password_hash)
