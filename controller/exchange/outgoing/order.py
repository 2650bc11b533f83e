"""The order in which messages go out: what stops sound at once, all else in the order in which it came.

All else waits here, because what the line has can't be overtaken any more: a plan of thousands of broadcasts, or the
sounds of a day, would go before a stop.
"""

from collections import deque
from dataclasses import dataclass
from threading import Lock

from controller.broker.link import IsAcknowledged, Link
from wire.topics import Topic

MOST_UNDER_WAY = 500
MOST_BYTES_UNDER_WAY = 2 * 2**20
"""What the line may have of all else before the broker acknowledges it: two seconds of a line of 8 Mbit/s."""


@dataclass
class _Message:
    """`revision` None: its topic has none. `sent` None: it waits."""

    topic: str
    payload: bytes
    retained: bool
    revision: int | None
    sent: IsAcknowledged | None = None

    def is_acknowledged(self) -> bool:
        return self.sent is not None and self.sent()


class Outgoing:
    """Publishes over the link, from any thread."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = Lock()
        self._waiting: deque[_Message] = deque()
        self._under_way: deque[_Message] = deque()
        self._bytes_under_way = 0
        self._stopped: dict[str, int] = {}
        """{topic: the revision that went first}: an older one that still waits must not follow it."""
        link.on_heard = self.go_on

    def publish(
        self,
        topic: Topic,
        payload: bytes,
        *,
        retained: bool | None = None,
        revision: int | None = None,
        **levels: str | int,
    ) -> IsAcknowledged:
        """Publish at a topic; `levels` fill its template. `retained` None: as the protocol's table of topics says."""
        retained = topic.retained if retained is None else retained
        return self.publish_at(topic.template.format(**levels), payload, retained=retained, revision=revision)

    def publish_at(
        self, below_root: str, payload: bytes, *, retained: bool, revision: int | None = None
    ) -> IsAcknowledged:
        """Publish at a topic that is given whole, but without the root, once it is its turn."""
        message = _Message(below_root, payload, retained, revision)
        with self._lock:
            self._waiting.append(message)
            self._go_on()
        return message.is_acknowledged

    def publish_first(self, below_root: str, payload: bytes, revision: int) -> None:
        """Publish what stops sound, retained: it waits for nothing, and nothing older comes after it."""
        with self._lock:
            self._stopped[below_root] = max(revision, self._stopped.get(below_root, 0))
        self._link.publish(below_root, payload, retained=True, at_once=True)

    def go_on(self) -> None:
        """Send what there is room for. The link calls it when it has heard from the broker."""
        with self._lock:
            self._go_on()

    def forget(self) -> None:
        """Drop what waits: on a new connection all that is live is published again."""
        with self._lock:
            self._waiting.clear()
            self._under_way.clear()
            self._bytes_under_way = 0

    def _go_on(self) -> None:
        while self._under_way and self._under_way[0].is_acknowledged():
            self._bytes_under_way -= len(self._under_way.popleft().payload)
        while self._waiting and self._has_room():
            message = self._waiting.popleft()
            if message.revision is not None and message.revision < self._stopped.get(message.topic, 0):
                continue
            if not message.payload:  # the topic is cleared
                self._stopped.pop(message.topic, None)
            message.sent = self._link.publish(message.topic, message.payload, retained=message.retained)
            self._bytes_under_way += len(message.payload)
            self._under_way.append(message)

    def _has_room(self) -> bool:
        return len(self._under_way) < MOST_UNDER_WAY and self._bytes_under_way < MOST_BYTES_UNDER_WAY
