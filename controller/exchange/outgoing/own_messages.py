"""Which stored messages this office has signed: the database alone must not make anything sound."""

from collections.abc import Mapping
from hashlib import sha256

from controller.broker.keys import OfficeKeys
from controller.database.tables import BroadcastRevision, SpeakerSettings
from wire import broadcast, settings
from wire.envelope import Keys, Refusal

Row = BroadcastRevision | SpeakerSettings


class OwnMessages:
    """Verifies each message once, by all keys that speakers are told to trust: those of an older key go on."""

    def __init__(self, keys: OfficeKeys) -> None:
        self._keys = Keys(keys.public)
        self._known: dict[tuple[str, int], bytes] = {}
        """{row: the SHA-256 of its message}"""

    def note_signed(self, row: Row) -> None:
        """Remember a message that was signed here just now."""
        if row.message is not None:
            self._known[key_of(row)] = _digest(row.message)

    def knows(self, key: tuple[str, int], message: bytes) -> bool:
        """Whether it was verified before."""
        return self._known.get(key) == _digest(message)

    def is_own(self, row: Row) -> bool:
        """Whether a row's message was signed by this office, and says what its row says."""
        if row.message is None:
            return False
        if self.knows(key_of(row), row.message):
            return True
        try:
            if isinstance(row, BroadcastRevision):
                said = broadcast.Broadcast.from_fields(self._keys.open(row.message, broadcast.TYP).payload)
                is_own = said == broadcast.Broadcast.from_fields(row.content) and is_of_row(row)
            else:
                told = settings.Settings.from_fields(self._keys.open(row.message, settings.TYP).payload)
                is_own = told == settings.Settings.from_fields(row.content) and is_of_row(row)
        except (Refusal, ValueError):
            return False
        if is_own:
            self.note_signed(row)
        return is_own


def key_of(row: Row) -> tuple[str, int]:
    """(broadcast or speaker, revision)."""
    return row.broadcast if isinstance(row, BroadcastRevision) else row.speaker, row.revision


def is_of_row(row: Row) -> bool:
    """Whether the content names the broadcast or speaker, and the revision, of its row."""
    fields: Mapping[str, object] = {**row.content}
    return key_of(row) == (
        fields.get("broadcast" if isinstance(row, BroadcastRevision) else "speaker"),
        fields.get("revision"),
    )


def _digest(message: bytes) -> bytes:
    return sha256(message).digest()
