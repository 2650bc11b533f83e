"""What this speaker listens to: its own topics, its areas', and the chunks that it waits for."""

from collections.abc import Sequence
from typing import Protocol

from speaker_agent.clips.clip_cache import Place
from speaker_agent.memory.station import Station
from wire.topics import AUDIO, area_broadcasts, what_a_speaker_hears


class Line(Protocol):
    """The connection as the main loop uses it. Nothing is sent where there is none."""

    @property
    def connection(self) -> int | None:
        """The number of the connection that stands; None: there is none."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None: ...

    def subscribe(self, filters: Sequence[str]) -> None: ...

    def unsubscribe(self, filters: Sequence[str]) -> None: ...


class Subscriptions:
    """By difference: subscribing again would bring every retained message again."""

    def __init__(self, line: Line, root: str, station: Station) -> None:
        self._line = line
        self._root = root
        self._station = station
        self._subscribed: dict[str, None] = {}

    def forget(self) -> None:
        """A new connection begins with none (clean session)."""
        self._subscribed = {}

    def step(self, places: Sequence[Place]) -> None:
        """Make what is subscribed what is wanted."""
        wanted = dict.fromkeys(
            [
                what_a_speaker_hears(self._root, self._station.speaker),
                *(area_broadcasts(self._root, area) for area in self._station.chain),
                *(AUDIO.under(self._root, sha256=sha256, index=index) for sha256, index in places),
            ]
        )
        gone = [each for each in self._subscribed if each not in wanted]
        new = [each for each in wanted if each not in self._subscribed]
        if gone:
            self._line.unsubscribe(gone)
        if new:
            self._line.subscribe(new)
        self._subscribed = wanted
