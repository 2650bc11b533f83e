"""The office's line to the broker: the only place here that knows paho.

Its network thread puts what comes into a queue and does nothing else. A message is acknowledged to the broker only when
whoever took it from the queue says so (`manual_ack`): after the commit.
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from wire.topics import QOS, Topic, what_the_office_hears

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
LONGEST_PAUSE_S = 30
IN_FLIGHT = 2000


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is. `ca_file` None with `tls`: the system's authorities."""

    host: str
    port: int
    tls: bool
    ca_file: Path | None


@dataclass(frozen=True)
class Incoming:
    """One message, and what acknowledges it to the broker."""

    topic: str
    payload: bytes
    mid: int


class Link:
    """Connects, and goes on trying. `on_connected` is called from the network thread on each connect."""

    def __init__(
        self, address: BrokerAddress, root: str, username: str, password: str, on_connected: Callable[[], None]
    ) -> None:
        self.incoming: SimpleQueue[Incoming | None] = SimpleQueue()
        self.last_error = "chưa kết nối"
        self._address = address
        self._root = root
        self._on_connected = on_connected
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=username, manual_ack=True)
        self._client.username_pw_set(username, password)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(1, LONGEST_PAUSE_S)
        if address.tls:
            self._client.tls_set(
                ca_certs=str(address.ca_file) if address.ca_file else None, tls_version=ssl.PROTOCOL_TLS_CLIENT
            )
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_connect_fail = self._failed
        self._client.on_message = self._message

    def start(self) -> None:
        """Begin to connect; returns at once, also where no broker is there."""
        self._client.connect_async(self._address.host, self._address.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye, and end the network thread."""
        self._client.disconnect()
        self._client.loop_stop()
        self.incoming.put(None)

    def connected(self) -> bool:
        """Whether the broker has let us in and is there."""
        return self._client.is_connected()

    def publish(self, topic: Topic, payload: bytes, *, retained: bool | None = None, **levels: str | int) -> None:
        """Publish under the root; retained as the protocol's table says, unless told otherwise."""
        self._client.publish(
            topic.under(self._root, **levels), payload, QOS, topic.retained if retained is None else retained
        )

    def publish_at(self, below_root: str, payload: bytes, *, retained: bool) -> None:
        """Publish at a topic that was worked out before."""
        self._client.publish(f"{self._root}/{below_root}", payload, QOS, retained)

    def done(self, message: Incoming) -> None:
        """Acknowledge a message to the broker."""
        self._client.ack(message.mid, QOS)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.last_error = str(code)
            log.error("the broker at %s:%d refuses us: %s", self._address.host, self._address.port, code)
            return
        client.subscribe([(topic, QOS) for topic in what_the_office_hears(self._root)])
        log.info("connected to the broker at %s:%d", self._address.host, self._address.port)
        self._on_connected()

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.last_error = str(code)
        log.warning("the line to the broker is down: %s", code)

    def _failed(self, _client: mqtt.Client, _data: Any) -> None:
        self.last_error = "không có máy chủ truyền tin ở địa chỉ này"
        log.warning("no broker at %s:%d", self._address.host, self._address.port)

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.incoming.put(Incoming(message.topic, bytes(message.payload), message.mid))
