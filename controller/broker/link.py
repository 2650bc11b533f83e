"""The office's MQTT connection to the broker; the only module of the office that imports paho.

One thread reads the messages that have arrived, calls `on_batch` with them, and acknowledges them to the broker after
that has returned, so after the commit. With paho's own thread next to a working thread, each acknowledgement would wait
5 ms for the interpreter: measured 4,000 receipts a second, against 12,000.
"""

import contextlib
import logging
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller.broker.gate import Gate
from controller.words.phrases import Phrase
from wire.enrolment import BrokerAddress
from wire.topics import QOS, office_filter

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
LONGEST_RECONNECT_PAUSE_S = 30.0
MOST_IN_FLIGHT = 2000
MOST_IN_A_BATCH = 1000
_FILTERS_A_MESSAGE = 500
"""Of 85 bytes at most: together below the largest packet that the broker takes."""
_SELECT_TIMEOUT_S = 1.0


IsAcknowledged = Callable[[], bool]
"""Whether the broker has acknowledged one publish. Stays False if that was made without a connection."""


class Incoming(NamedTuple):
    """One received message; `topic` with the root."""

    topic: str
    payload: bytes


class Link:
    """A connection that is made again, with growing pauses, whenever it breaks.

    `on_connected`, `on_batch` and `on_heard` (something has come from the broker) are called in the link's own thread.
    If one raises, that is logged, and the batch is acknowledged to the broker all the same: a speaker sends again what
    the office hasn't committed. `now_s`: seconds of the clock by which speakers are admitted to be read (Gate).
    """

    def __init__(
        self,
        address: BrokerAddress,
        root: str,
        username: str,
        password: str,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.last_error: Phrase | None = Phrase("broker_not_tried")
        """Why there is no connection, as a clause of a sentence; None while there is one."""
        self.on_connected: Callable[[], None] = lambda: None
        self.on_batch: Callable[[Sequence[Incoming]], None] = lambda _batch: None
        self.on_heard: Callable[[], None] = lambda: None
        self.gate = Gate(root)
        """Which messages are read; what it refuses is acknowledged to the broker at once."""
        self._now_s = now_s
        self._listened: frozenset[str] = frozenset()
        self._subscribed: frozenset[str] = frozenset()
        self._read = 0
        self._address = address
        self._root = root
        self._received: list[mqtt.MQTTMessage] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt link", daemon=True)
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        self._line_in_use = threading.RLock()
        """Held while paho reads or writes: paho does it in one thread at a time, and so does TLS."""
        self._client = self._make_client(username, password)

    def start(self) -> None:
        """Begin to connect. Returns at once, whether a broker answers or not."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect in order, and wait up to 10 s for the thread to end."""
        self._stopping.set()
        self._wake_thread()
        self._thread.join(10)

    def listen_to(self, speakers: Iterable[str]) -> None:
        """Listen to these speakers and no others, now and after each connect; from any thread."""
        listened = frozenset(speakers)
        if listened != self._listened:
            self._listened = listened
            self._wake_thread()

    def is_connected(self) -> bool:
        """Whether the broker has accepted the connection and it still stands."""
        return self._client.is_connected()

    def publish(self, below_root: str, payload: bytes, *, retained: bool, at_once: bool = False) -> IsAcknowledged:
        """Publish at a topic, given without the root.

        `at_once`: written by the calling thread, because ours may be storing a batch.
        """
        info = self._client.publish(f"{self._root}/{below_root}", payload, QOS, retained)
        if at_once:
            with self._line_in_use:
                self._client.loop_write()
        return partial(_is_acknowledged, info)

    def _make_client(self, username: str, password: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=username, manual_ack=True)
        client.username_pw_set(username, password)
        client.max_inflight_messages_set(MOST_IN_FLIGHT)
        if self._address.tls:
            client.tls_set_context(ssl.create_default_context(cadata=self._address.ca_pem))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        # With this callback set, a publish from another thread lets our thread write to the socket.
        client.on_socket_register_write = lambda _client, _data, _socket: self._wake_up()
        return client

    def _wake_up(self) -> None:
        if threading.current_thread() is not self._thread:
            self._wake_thread()

    def _wake_thread(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it is full of earlier wakes
            self._wake.send(b"\0")

    def _run(self) -> None:
        pause_s = 1.0
        while not self._stopping.is_set():
            try:
                self._client.connect(self._address.host, self._address.port, KEEPALIVE_S)
                while self._client.socket() is not None and not self._stopping.is_set():
                    self._run_once()
                    pause_s = 1.0 if self._client.is_connected() else pause_s
            except (OSError, ValueError) as error:
                self.last_error = Phrase("broker_unreachable", detail=str(error))
                log.warning("no broker at %s:%d: %s", self._address.host, self._address.port, error)
            except Exception:
                log.exception("the line to the broker failed; it is taken up again")
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_RECONNECT_PAUSE_S)
        self._client.disconnect()
        self._client.loop_write()

    def _run_once(self) -> None:
        line = self._client.socket()
        if line is None:
            return
        writing = [line] if self._client.want_write() else []
        readable, _, _ = select.select(
            [line, self._woken], writing, [], 0 if _has_decrypted_bytes(line) else _SELECT_TIMEOUT_S
        )
        if self._woken in readable:
            self._woken.recv(4096)
        if line in readable or _has_decrypted_bytes(line):
            self._read_available()
            self.on_heard()
        self._follow_listened()
        self._write()  # before the batch is stored: the broker drops others' messages while a flood is subscribed
        if self._received:
            self._hand_over_batch()
        self._write()

    def _write(self) -> None:
        with self._line_in_use:
            if self._client.want_write():
                self._client.loop_write()
            self._client.loop_misc()

    def _read_available(self) -> None:
        # One loop_read() reads as many packets as paho has own publishes under way, at least one: so it repeats.
        until = self._read + MOST_IN_A_BATCH
        while self._read < until and not self.gate.has_news:  # whose subscription has to end at once
            before = self._read
            with self._line_in_use:
                self._client.loop_read()
            line = self._client.socket()
            if line is None:
                return
            if self._read == before and not _has_decrypted_bytes(line) and not select.select([line], [], [], 0)[0]:
                return

    def _on_message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._read += 1
        if self.gate.admits(message.topic, len(message.payload), self._now_s()):
            self._received.append(message)
        else:
            client.ack(message.mid, message.qos)

    def _follow_listened(self) -> None:
        """Subscribe and unsubscribe, so that exactly the speakers are heard that are to be heard at the moment."""
        if not self._client.is_connected():
            return
        paused = self.gate.not_heard(self._now_s())
        wanted = self._listened - paused if paused else self._listened
        if wanted is self._subscribed or wanted == self._subscribed:
            return
        for some in _in_messages(wanted - self._subscribed):
            self._client.subscribe([(office_filter(self._root, speaker), QOS) for speaker in some])
        for some in _in_messages(self._subscribed - wanted):
            self._client.unsubscribe([office_filter(self._root, speaker) for speaker in some])
        self._subscribed = wanted

    def _hand_over_batch(self) -> None:
        batch, self._received = self._received, []
        try:
            self.on_batch([Incoming(message.topic, bytes(message.payload)) for message in batch])
        except Exception:
            log.exception("a batch of %d messages failed", len(batch))
        for message in batch:
            self._client.ack(message.mid, message.qos)

    def _on_connect(
        self, _client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if code.is_failure:
            self.last_error = Phrase("broker_refuses", detail=str(code))
            log.error("the broker at %s:%d refuses us: %s", self._address.host, self._address.port, code)
            return
        self.last_error = None
        self._subscribed = frozenset()
        self._follow_listened()
        log.info("connected to the broker at %s:%d", self._address.host, self._address.port)
        self.on_connected()

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        self.last_error = self.last_error or Phrase("broker_lost")
        log.log(
            logging.INFO if self._stopping.is_set() else logging.WARNING, "the line to the broker is down: %s", code
        )


def _in_messages(speakers: Iterable[str]) -> Iterable[list[str]]:
    """The speakers in pieces, of which one message can hold each."""
    names = sorted(speakers)
    return (names[start : start + _FILTERS_A_MESSAGE] for start in range(0, len(names), _FILTERS_A_MESSAGE))


def _is_acknowledged(info: mqtt.MQTTMessageInfo) -> bool:
    # is_published() raises for a publish that wasn't queued, or was made without a connection: rc says so.
    return info.rc == mqtt.MQTT_ERR_SUCCESS and info.is_published()


def _has_decrypted_bytes(line: object) -> bool:
    """Whether TLS holds decrypted bytes that were not read yet: select() doesn't see those."""
    return isinstance(line, ssl.SSLSocket) and line.pending() > 0
