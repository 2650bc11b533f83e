"""Known devices: a browser or script on which an officer has signed in before shows it by a cookie of long life.

The cookie opens nothing. It only lets the officer's own password be tried while strangers try many. Its name and its
value are hashes under the office's secret, so whoever finds one doesn't learn whose it is.
"""

import secrets
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from controller.broker.keyed_hash import KeyedHash

KNOWN_FOR = timedelta(days=180)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class KnownDevices:
    """Gives out cookies and knows them again."""

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._keyed_hash = keyed_hash

    def name(self, username: str) -> str:
        """Whose device it is, unreadably; a device that several officers use has a cookie for each."""
        return self._keyed_hash.of("device name", username)[:16]

    def issue(self, name: str, now: datetime) -> str:
        """The value of a new cookie: day, random bits, and their hash."""
        day, nonce = str((now - _EPOCH) // _DAY), secrets.token_urlsafe(12)
        return ".".join((day, nonce, self._signature(name, day, nonce)))

    def knows(self, name: str, value: str, now: datetime) -> bool:
        """Whether the value was given out for this name within KNOWN_FOR."""
        day, _, rest = value.partition(".")
        nonce, _, signature = rest.partition(".")
        if not compare_digest(self._signature(name, day, nonce).encode(), signature.encode(errors="replace")):
            return False
        return timedelta(0) <= now - _EPOCH - int(day) * _DAY <= KNOWN_FOR + _DAY

    def _signature(self, name: str, day: str, nonce: str) -> str:
        return self._keyed_hash.of("known device", name, day, nonce)
