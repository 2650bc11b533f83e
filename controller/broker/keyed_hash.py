"""Hashes under a secret of the office that isn't in the database, for what could be guessed from a plain hash."""

import hmac
import json


class KeyedHash:
    """HMAC-SHA256 under one secret, of texts in order; each `use` has its own hashes."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, use: str, *texts: str) -> str:
        """64 hexadecimal digits."""
        return hmac.new(self._secret, json.dumps([use, *texts]).encode(), "sha256").hexdigest()
