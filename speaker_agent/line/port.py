"""The port to the broker: the connection as the agent's parts use it."""

import queue
from collections.abc import Sequence
from typing import Protocol


class BrokerLink(Protocol):
    """A connection that comes and goes by itself. What is published while there is none is lost."""

    messages: "queue.Queue[tuple[str, bytes]]"
    """What has arrived, topic and payload, the oldest first."""
    dropped: int
    """How many messages found the queue full; the reader sets it back to 0."""
    trouble: str | None
    """Why there is no connection, or why nothing can come over it. None while all is well, and before the first try."""

    @property
    def connection(self) -> int | None:
        """The number of the present connection, another one after each reconnect; None: there is none."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None: ...

    def subscribe(self, filters: Sequence[str]) -> None: ...

    def unsubscribe(self, filters: Sequence[str]) -> None: ...
