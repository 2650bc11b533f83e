"""What this speaker listens to: its own topics, its areas', and the chunks that it waits for."""

from collections.abc import Sequence

from speaker_agent.clips.clip_cache import ChunkAddress
from speaker_agent.line.port import BrokerLink
from speaker_agent.memory.own_settings import OwnSettings
from wire.topics import AUDIO, area_filter, speaker_filter


class Subscriptions:
    """Only differences are sent: to subscribe again would bring every retained message again."""

    def __init__(self, link: BrokerLink, topic_root: str, own_settings: OwnSettings) -> None:
        self._link = link
        self._topic_root = topic_root
        self._own_settings = own_settings
        self._subscribed: dict[str, None] = {}

    def forget(self) -> None:
        """A new connection begins without subscriptions (clean session)."""
        self._subscribed = {}

    def step(self, awaited_chunks: Sequence[ChunkAddress]) -> None:
        """Subscribe and unsubscribe, so that what is listened to is what is needed now."""
        needed = dict.fromkeys(
            [
                speaker_filter(self._topic_root, self._own_settings.speaker),
                *(area_filter(self._topic_root, area) for area in self._own_settings.chain),
                *(AUDIO.under(self._topic_root, sha256=sha256, index=index) for sha256, index in awaited_chunks),
            ]
        )
        gone = [each for each in self._subscribed if each not in needed]
        new = [each for each in needed if each not in self._subscribed]
        if gone:
            self._link.unsubscribe(gone)
        if new:
            self._link.subscribe(new)
        self._subscribed = needed
