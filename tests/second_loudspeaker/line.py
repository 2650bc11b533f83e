"""The second loudspeaker's line to the broker."""

import contextlib
import random
import socket
import ssl
import threading
from typing import Any, Protocol

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode


class Transport(Protocol):
    """A connection that reconnects by itself. It calls the loudspeaker's will, on_connect, on_lost and on_message."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def subscribe(self, topic_filter: str) -> None: ...
    def unsubscribe(self, topic_filter: str) -> None: ...
    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None: ...


class Listener(Protocol):
    """The calls that a transport makes."""

    def will(self) -> tuple[str, bytes]: ...
    def on_connect(self) -> None: ...
    def on_lost(self) -> None: ...
    def on_message(self, topic: str, payload: bytes) -> None: ...


class MqttTransport:
    """MQTT 3.1.1 by paho: clean session, keepalive 30 s, a new will for each connection, full jitter 1 s to 60 s."""

    def __init__(
        self, host: str, port: int, user: str, password: str, listener: Listener, ca_file: str | None = None
    ) -> None:
        self._host, self._port, self._user, self._password, self._ca_file = host, port, user, password, ca_file
        self._listener = listener
        self._client: Client | None = None
        self._ended = threading.Event()
        self._pause_s = 1.0
        self._thread = threading.Thread(target=self._run, name=f"second loudspeaker {user}: line", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End as a power cut would, without a DISCONNECT: so the broker publishes the will."""
        self._ended.set()
        connection: Any = self._client.socket() if self._client else None  # paho types it without its shutdown
        if connection:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def subscribe(self, topic_filter: str) -> None:
        if self._client:
            self._client.subscribe(topic_filter, qos=1)

    def unsubscribe(self, topic_filter: str) -> None:
        if self._client:
            self._client.unsubscribe(topic_filter)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        # A message that is lost with a connection is sent again: by the outbox, the next status or the next request.
        if self._client and self._client.is_connected():
            self._client.publish(topic, payload, qos=1, retain=retain)

    def _run(self) -> None:
        while not self._ended.is_set():
            client = Client(
                CallbackAPIVersion.VERSION2,
                client_id=self._user,
                clean_session=True,
                protocol=MQTTv311,
                reconnect_on_failure=False,
            )
            client.username_pw_set(self._user, self._password)
            if self._ca_file:
                client.tls_set_context(ssl.create_default_context(cafile=self._ca_file))
            client.will_set(*self._listener.will(), qos=1, retain=True)
            client.on_connect = self._on_connect
            client.on_disconnect = self._on_disconnect
            client.on_message = self._on_message
            self._client = client
            try:
                client.connect(self._host, self._port, keepalive=30)
                client.loop_forever()
            except OSError:
                pass  # no broker: tried again below
            self._ended.wait(random.uniform(0, self._pause_s))
            self._pause_s = min(60.0, self._pause_s * 2)

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            client.disconnect()
            return
        self._pause_s = 1.0
        self._listener.on_connect()

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, _reason: ReasonCode, _more: Properties | None
    ) -> None:
        self._listener.on_lost()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._listener.on_message(message.topic, bytes(message.payload))
