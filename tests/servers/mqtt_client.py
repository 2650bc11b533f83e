"""An MQTT client for the tests: it records all messages, and waits for expected ones with a limit."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

LIMIT_S = 10.0

_Found = TypeVar("_Found")


class Broker(Protocol):
    """Where to connect: Mosquitto or DemoBrokerProcess."""

    host: str

    @property
    def port(self) -> int: ...
    @property
    def ca_file(self) -> Path | None: ...


class Refused(Exception):
    """The broker refused the connection."""


@dataclass(frozen=True)
class Heard:
    """A message that arrived."""

    topic: str
    payload: bytes
    retained: bool


class MqttClient:
    """One connection, made at once, without reconnecting; raises Refused if the broker refuses it.

    `hold_acknowledgements` leaves every PUBACK to acknowledge_all().
    """

    def __init__(
        self,
        broker: Broker,
        user: str | None,
        password: str | None,
        *,
        client_id: str | None = None,
        will: tuple[str, bytes] | None = None,
        hold_acknowledgements: bool = False,
    ) -> None:
        self.heard: list[Heard] = []
        self._held: list[MQTTMessage] = []
        self._holding = hold_acknowledgements
        self._answers: dict[int, bool] = {}
        self._connected: bool | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=(client_id if client_id is not None else user) or "",
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if user is not None:
            self._client.username_pw_set(user, password)
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)
        if broker.ca_file is not None:
            self._client.tls_set(str(broker.ca_file))
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port, keepalive=30)
        self._client.loop_start()
        if not self.wait_for(self._answer_to_connect):
            self._client.loop_stop()
            raise Refused(user)

    def subscribe(self, *filters: str) -> bool:
        """Subscribe with QoS 1 and wait for the answer; returns whether all filters were granted."""
        _, message_id = self._client.subscribe([(topic_filter, 1) for topic_filter in filters])
        assert message_id is not None
        return self.wait_for(lambda: self._answers.pop(message_id, None))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Publish, and wait for the PUBACK (with QoS 0: until it is sent)."""
        self.publish_without_waiting(topic, payload, retain=retain, qos=qos).wait_for_publish(LIMIT_S)

    def publish_without_waiting(
        self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1
    ) -> MQTTMessageInfo:
        return self._client.publish(topic, payload, qos=qos, retain=retain)

    def wait_for_payload(self, payload: bytes) -> Heard:
        """Wait for a message with this payload; returns the first."""
        return self.wait_for(lambda: next((heard for heard in self.heard if heard.payload == payload), None))

    def wait_for_messages(self, count: int) -> None:
        """Wait until at least so many have arrived in all."""
        self.wait_for(lambda: len(self.heard) >= count or None)

    def wait_for_end(self, limit_s: float = LIMIT_S) -> None:
        """Wait until the connection is cut."""
        self.wait_for(lambda: self._ended or None, limit_s)

    @property
    def ended(self) -> bool:
        return self._ended

    def acknowledge_all(self) -> None:
        """Acknowledge the messages held back, and from now on each one at once."""
        with self._changed:
            held, self._held, self._holding = self._held, [], False
        for message in held:
            self._client.ack(message.mid, message.qos)

    def wait_for(self, found: Callable[[], _Found | None], limit_s: float = LIMIT_S) -> _Found:
        """Wait until `found` returns something other than None; it is called after each event of this client."""
        result: _Found | None = None

        def look() -> bool:
            nonlocal result
            result = found()
            return result is not None

        with self._changed:
            if not self._changed.wait_for(look, limit_s):
                raise TimeoutError(f"not within {limit_s} s; heard last: {self.heard[-5:]}")
        assert result is not None
        return result

    def close(self) -> None:
        """Disconnect in order (no last will)."""
        self._client.disconnect()
        self._client.loop_stop()

    def drop(self) -> None:
        """Cut the connection without DISCONNECT: the broker publishes the last will."""
        connection = self._client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)
        self.wait_for_end()
        self._client.loop_stop()

    def __enter__(self) -> "MqttClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _answer_to_connect(self) -> bool | None:
        return False if self._ended else self._connected

    def _on_connect(self, _c: Client, _u: Any, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        with self._changed:
            self._connected = not reason.is_failure
            self._changed.notify_all()

    def _on_disconnect(self, _c: Client, _u: Any, _f: DisconnectFlags, _r: ReasonCode, _p: Properties | None) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _on_subscribe(
        self, _c: Client, _u: Any, message_id: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        with self._changed:
            self._answers[message_id] = not any(reason.is_failure for reason in reasons)
            self._changed.notify_all()

    def _on_message(self, _c: Client, _u: Any, message: MQTTMessage) -> None:
        with self._changed:
            self.heard.append(Heard(message.topic, bytes(message.payload), message.retain))
            if self._holding:
                self._held.append(message)
            else:
                self._client.ack(message.mid, message.qos)
            self._changed.notify_all()
