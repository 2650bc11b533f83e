"""A link to the broker that records publishes, and refuses topics that aren't in the protocol's table."""

from collections.abc import Callable
from dataclasses import dataclass, field

from controller.broker.link import IsAcknowledged
from controller.words.phrases import Phrase
from wire.topics import DEFAULT_ROOT, Topic, parse_topic

LARGEST = 65_536


@dataclass(frozen=True)
class Published:
    """One published message."""

    topic: str
    payload: bytes
    retained: bool


@dataclass
class FakeLink:
    """Takes the place of `controller.broker.link.Link`. `up`: whether it is connected."""

    up: bool = True
    takes: bool = True
    """Whether the broker has acknowledged the published messages."""
    last_error: Phrase | None = None
    published: list[Published] = field(default_factory=list)
    on_heard: Callable[[], None] = lambda: None

    def is_connected(self) -> bool:
        """Whether it is connected to the broker."""
        return self.up

    def publish(self, below_root: str, payload: bytes, *, retained: bool, at_once: bool = False) -> IsAcknowledged:
        """Record."""
        del at_once
        return self._record(f"{DEFAULT_ROOT}/{below_root}", payload, retained)

    def at(self, topic: Topic, **levels: str | int) -> list[Published]:
        """The payloads published on a topic, the oldest first."""
        return [each for each in self.published if each.topic == topic.under(DEFAULT_ROOT, **levels)]

    def of(self, topic: Topic) -> list[Published]:
        """The payloads published on any topic of a kind, the oldest first."""
        return [
            each
            for each in self.published
            if (address := parse_topic(DEFAULT_ROOT, each.topic)) is not None and address.topic is topic
        ]

    def _record(self, topic: str, payload: bytes, retained: bool) -> IsAcknowledged:
        address = parse_topic(DEFAULT_ROOT, topic)
        assert self.up, "published without a broker"
        assert address is not None, f"no topic of the protocol: {topic}"
        assert address.topic.sender == "office", f"the office may not publish at {topic}"
        assert len(payload) <= LARGEST
        self.published.append(Published(topic, payload, retained))
        return lambda: self.takes
