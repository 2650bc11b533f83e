"""What this speaker is told about itself: its settings, and the keys that it believes."""

import base64
from datetime import tzinfo
from zoneinfo import ZoneInfo

from speaker_agent.memory.journal import Journal
from wire.broadcast import Broadcast
from wire.envelope import Keys, OfficeKey
from wire.model import BulletinClass
from wire.settings import Settings, Volume

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
BEFORE_SETTINGS = Volume()


class Station:
    """The settings in force. Written by the main loop; other threads may read `settings`, which is replaced whole."""

    def __init__(self, speaker: str, enrolled_keys: tuple[OfficeKey, ...], journal: Journal) -> None:
        self.speaker = speaker
        self._journal = journal
        self._unkept: bytes | None = None
        kept = journal.fact("settings")
        self.settings = None if kept is None else Settings.from_json(payload_of(kept))
        self.keys = Keys(self.settings.keys if self.settings else enrolled_keys)

    def take(self, settings: Settings, raw: bytes) -> bool:
        """Take new settings whole and keep them; False for a revision that isn't above the kept one."""
        if self.settings is not None and settings.revision <= self.settings.revision:
            return False
        # In force also where a full disk can't keep them: what was muted must be silent.
        self.settings, self.keys, self._unkept = settings, Keys(settings.keys), raw
        self.keep()
        return True

    def keep(self) -> bool:
        """Keep what a full disk could not; False where nothing was left to keep."""
        if self._unkept is None:
            return False
        self._journal.keep_facts(settings=self._unkept)
        self._unkept = None
        return True

    @property
    def chain(self) -> tuple[str, ...]:
        """The areas that this speaker hears; none before its first settings."""
        return self.settings.areas if self.settings else ()

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.settings.time_zone) if self.settings else VIETNAM

    @property
    def muted(self) -> bool:
        return self.settings is not None and self.settings.muted

    def names_me(self, broadcast: Broadcast) -> bool:
        """Whether a broadcast is for this speaker, by the settings that it has."""
        return broadcast.is_for(self.speaker, self.chain)

    def may_be_for_me(self, broadcast: Broadcast) -> bool:
        """Before the first settings nobody can tell: then everything is kept."""
        return self.settings is None or self.names_me(broadcast)

    def may_sound(self, broadcast: Broadcast) -> bool:
        """Before the first settings only an emergency that names this speaker itself begins."""
        return self.settings is not None or (
            broadcast.bulletin_class == "emergency" and self.speaker in broadcast.speakers
        )

    def volume_step(self, bulletin_class: BulletinClass) -> int:
        """The step at which a class sounds."""
        return (self.settings.volume if self.settings else BEFORE_SETTINGS).step(bulletin_class)


def payload_of(verified: bytes) -> bytes:
    """The payload of a JWS that was verified when it came."""
    segment = verified.split(b".")[1]
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
