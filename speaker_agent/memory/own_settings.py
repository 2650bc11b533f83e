"""What the office has told this speaker about itself: its settings, and the keys that it believes."""

import base64
from datetime import tzinfo
from zoneinfo import ZoneInfo

from speaker_agent.memory.journal import Journal
from wire.broadcast import Broadcast
from wire.envelope import Keys, OfficeKey
from wire.model import BulletinClass
from wire.settings import Settings, Volume

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
VOLUME_BEFORE_SETTINGS = Volume()


class OwnSettings:
    """The settings in force. Written by the main loop alone; other threads may read `current`."""

    def __init__(self, speaker: str, enrolled_keys: tuple[OfficeKey, ...], journal: Journal) -> None:
        self.speaker = speaker
        self._journal = journal
        self._unkept: bytes | None = None
        kept = journal.fact("settings")
        self.current = None if kept is None else Settings.from_json(payload_of(kept))
        """Replaced whole, never changed. None: the office has not sent any yet."""
        self.keys = Keys(self.current.keys if self.current else enrolled_keys)

    def take(self, settings: Settings, raw: bytes) -> bool:
        """Put verified settings in force and keep them; False if their revision isn't above the current one.

        Raises sqlite3.Error where they can't be kept; they are in force all the same.
        """
        if self.current is not None and settings.revision <= self.current.revision:
            return False
        # In force before they are kept: a speaker that was muted must be silent also where the disk is full.
        self.current, self.keys, self._unkept = settings, Keys(settings.keys), raw
        self.keep()
        return True

    def keep(self) -> bool:
        """Keep the settings that a full disk could not take before; False if there are none. Raises sqlite3.Error."""
        if self._unkept is None:
            return False
        self._journal.keep_facts({"settings": self._unkept})
        self._unkept = None
        return True

    @property
    def chain(self) -> tuple[str, ...]:
        """The areas that this speaker listens to; none before its first settings."""
        return self.current.areas if self.current else ()

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.current.time_zone) if self.current else VIETNAM

    @property
    def muted(self) -> bool:
        return self.current is not None and self.current.muted

    def names_me(self, broadcast: Broadcast) -> bool:
        """Whether a broadcast is for this speaker, by its current settings."""
        return broadcast.is_for(self.speaker, self.chain)

    def may_be_for_me(self, broadcast: Broadcast) -> bool:
        """As `names_me`; before the first settings True for every broadcast, because the areas aren't known."""
        return self.current is None or self.names_me(broadcast)

    def may_sound(self, broadcast: Broadcast) -> bool:
        """Whether it may begin: always, but before the first settings only an emergency that names this speaker."""
        return self.current is not None or (
            broadcast.bulletin_class == "emergency" and self.speaker in broadcast.speakers
        )

    def volume_step(self, bulletin_class: BulletinClass) -> int:
        """The volume at which a class sounds, from 0 to 100."""
        return (self.current.volume if self.current else VOLUME_BEFORE_SETTINGS).step(bulletin_class)


def payload_of(verified: bytes) -> bytes:
    """The payload of a JWS; its signature is not verified again."""
    segment = verified.split(b".")[1]
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
