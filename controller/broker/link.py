"""The office's line to the broker: the only place here that knows paho.

One thread reads what has come, hands it over as a batch, and acknowledges it to the broker when that returns: after the
commit. paho's own thread beside one that works would wait for the interpreter at each acknowledgement, five
milliseconds at a time: measured 4,000 receipts a second against 12,000.
"""

import logging
import select
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller.words.phrases import Phrase
from wire.enrolment import BrokerAddress
from wire.topics import QOS, Topic, office_filters

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
LONGEST_PAUSE_S = 30.0
IN_FLIGHT = 2000
MOST_IN_A_BATCH = 1000
_LOOKS_UP_EVERY_S = 1.0


Taken = Callable[[], bool]
"""Whether the broker has acknowledged what was published. For good False where there was no connection."""


class Incoming(NamedTuple):
    """One message that a speaker sent."""

    topic: str
    payload: bytes


class Link:
    """Connects, and goes on trying.

    `on_connected` and `on_batch` are called from the line's own thread; an exception of theirs is logged, and what was
    in the batch is acknowledged to the broker all the same: what isn't committed, the speaker sends again.
    """

    def __init__(self, address: BrokerAddress, root: str, username: str, password: str) -> None:
        self.last_error: Phrase | None = Phrase("broker_not_tried")
        """Why there is no connection, inside a sentence; None while there is one."""
        self.on_connected: Callable[[], None] = lambda: None
        self.on_batch: Callable[[Sequence[Incoming]], None] = lambda _batch: None
        self._address = address
        self._root = root
        self._come: list[mqtt.MQTTMessage] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt link", daemon=True)
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._client = self._make_client(username, password)

    def start(self) -> None:
        """Begin to connect; returns at once, also where no broker is there."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye, and end the thread."""
        self._stopping.set()
        self._wake.send(b"\0")
        self._thread.join(10)

    def connected(self) -> bool:
        """Whether the broker has let us in and is there."""
        return self._client.is_connected()

    def publish(self, topic: Topic, payload: bytes, *, retained: bool | None = None, **levels: str | int) -> Taken:
        """Publish under the root; retained as the protocol's table says, unless told otherwise."""
        retain = topic.retained if retained is None else retained
        return partial(_is_taken, self._client.publish(topic.under(self._root, **levels), payload, QOS, retain))

    def publish_at(self, below_root: str, payload: bytes, *, retained: bool) -> Taken:
        """Publish at a topic that was worked out before."""
        return partial(_is_taken, self._client.publish(f"{self._root}/{below_root}", payload, QOS, retained))

    def _make_client(self, username: str, password: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=username, manual_ack=True)
        client.username_pw_set(username, password)
        client.max_inflight_messages_set(IN_FLIGHT)
        if self._address.tls:
            client.tls_set_context(ssl.create_default_context(cadata=self._address.ca_pem))
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = lambda _client, _data, message: self._come.append(message)
        # With this set, a publish from another thread doesn't write to the socket itself, but asks our thread to.
        client.on_socket_register_write = lambda _client, _data, _socket: self._wake_up()
        return client

    def _wake_up(self) -> None:
        if threading.current_thread() is not self._thread:
            self._wake.send(b"\0")

    def _run(self) -> None:
        pause_s = 1.0
        while not self._stopping.is_set():
            try:
                self._client.connect(self._address.host, self._address.port, KEEPALIVE_S)
                while self._client.socket() is not None and not self._stopping.is_set():
                    self._turn()
                    pause_s = 1.0 if self._client.is_connected() else pause_s
            except (OSError, ValueError) as error:
                self.last_error = Phrase("broker_unreachable", detail=str(error))
                log.warning("no broker at %s:%d: %s", self._address.host, self._address.port, error)
            except Exception:
                log.exception("the line to the broker failed; it is taken up again")
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        self._client.disconnect()
        self._client.loop_write()

    def _turn(self) -> None:
        line = self._client.socket()
        if line is None:
            return
        writing = [line] if self._client.want_write() else []
        readable, _, _ = select.select([line, self._woken], writing, [], 0 if _buffered(line) else _LOOKS_UP_EVERY_S)
        if self._woken in readable:
            self._woken.recv(4096)
        if line in readable or _buffered(line):
            self._read_what_is_there()
        if self._come:
            self._hand_over()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def _read_what_is_there(self) -> None:
        # paho reads as many packets in one go as it has publishes of its own under way: one, where there are none.
        while len(self._come) < MOST_IN_A_BATCH:
            before = len(self._come)
            self._client.loop_read()
            line = self._client.socket()
            if line is None:
                return
            if len(self._come) == before and not _buffered(line) and not select.select([line], [], [], 0)[0]:
                return

    def _hand_over(self) -> None:
        come, self._come = self._come, []
        try:
            self.on_batch([Incoming(message.topic, bytes(message.payload)) for message in come])
        except Exception:
            log.exception("a batch of %d messages failed", len(come))
        for message in come:
            self._client.ack(message.mid, message.qos)

    def _connected(
        self, client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if code.is_failure:
            self.last_error = Phrase("broker_refuses", detail=str(code))
            log.error("the broker at %s:%d refuses us: %s", self._address.host, self._address.port, code)
            return
        self.last_error = None
        client.subscribe([(topic, QOS) for topic in office_filters(self._root)])
        log.info("connected to the broker at %s:%d", self._address.host, self._address.port)
        self.on_connected()

    def _disconnected(
        self, _client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        self.last_error = self.last_error or Phrase("broker_lost")
        log.warning("the line to the broker is down: %s", code)


def _is_taken(info: mqtt.MQTTMessageInfo) -> bool:
    # paho raises where it isn't queued, or was published without a connection.
    return info.rc == mqtt.MQTT_ERR_SUCCESS and info.is_published()


def _buffered(line: object) -> bool:
    """Whether TLS has decrypted more than was read: the system doesn't know of that."""
    return isinstance(line, ssl.SSLSocket) and line.pending() > 0
