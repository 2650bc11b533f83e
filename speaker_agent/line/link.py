"""The line to the broker: the agent's only import of paho.

Each connection is a client of its own (clean session, its own last will with a new `session`), so that nothing of the
last one is sent again by a library's back-off or queue. paho's thread puts what comes into one bounded queue, and does
nothing else; a full queue drops and counts, and the repair by digest brings it again. Reconnects have full jitter,
which paho's lack: after a broker's restart a thousand speakers must not come in the same moment.
"""

import logging
import queue
import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from speaker_agent.settings import AgentSettings
from wire.envelope import LARGEST_JWS_BYTES
from wire.topics import QOS

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
CONNECT_WITHIN_S = 15.0
SHORTEST_PAUSE_S = 1.0
SPREAD_S = 10.0
LONGEST_PAUSE_S = 60.0
# A connection that stood for less counts as none: two agents with one name throw each other off.
STANDS_AFTER_S = 10.0
MOST_WAITING = 1000

_monotonic_s = time.monotonic

Will = Callable[[int], tuple[str, bytes]]
"""Topic and payload of the last will for a session."""


class CannotConnect(Exception):
    """The broker can't be reached or doesn't let us in; the message says which, and what to look at."""


class MqttLink:
    """Connects and reconnects in a thread of its own until `stop`. `wake` is called whenever something has happened."""

    def __init__(self, settings: AgentSettings, will: Will, wake: Callable[[], None]) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue(MOST_WAITING)
        self.dropped = 0
        self.trouble: str | None = None
        """Why there is no connection, or nothing can come over it; None while all is well, and before the first try."""
        self._settings = settings
        self._will = will
        self._wake = wake
        self._session = 0
        self._connection: int | None = None
        self._client: Client | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    @property
    def connection(self) -> int | None:
        """The session that stands; None: there is none."""
        return self._connection

    def start(self) -> None:
        self._thread.start()

    def stop(self, last_word: tuple[str, bytes], within_s: float) -> None:
        """Say the last word (retained), leave in order, and end."""
        client = self._client
        if client is not None and self._connection is not None:
            try:
                client.publish(*last_word, qos=QOS, retain=True).wait_for_publish(within_s)
            except (RuntimeError, ValueError) as error:
                log.info("the last word did not go out: %s", error)
        self._stopping.set()
        if client is not None:
            client.disconnect()
        self._thread.join(within_s)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        client = self._client
        if client is not None and self._connection is not None:
            client.publish(topic, payload, qos=QOS, retain=retain)

    def subscribe(self, filters: Sequence[str]) -> None:
        client = self._client
        if client is not None and self._connection is not None:
            client.subscribe([(each, QOS) for each in filters])

    def unsubscribe(self, filters: Sequence[str]) -> None:
        client = self._client
        if client is not None and self._connection is not None:
            client.unsubscribe(list(filters))

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._session += 1
            begun_s = _monotonic_s()
            try:
                self._connect_once(self._session)
            except CannotConnect as error:
                log.warning("no connection: %s", error)
                self.trouble = str(error)
            failures = 0 if _monotonic_s() - begun_s >= STANDS_AFTER_S else failures + 1
            self._wake()
            self._stopping.wait(_pause_s(failures))

    def _connect_once(self, session: int) -> None:
        """One connection from beginning to end; raises CannotConnect."""
        answer: queue.Queue[str | None] = queue.Queue()
        ended = threading.Event()
        client = _client_for(self._settings)
        client.will_set(*self._will(session), qos=QOS, retain=True)

        def on_connect(_c: Client, _u: Any, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
            answer.put(str(reason) if reason.is_failure else None)

        def on_disconnect(_c: Client, _u: Any, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
            answer.put(f"cut off: {reason}")
            ended.set()

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._client = client
        _connect(client, self._settings)
        client.loop_start()
        try:
            refusal = _answer(answer, self._settings)
            if refusal is not None:
                raise CannotConnect(refusal)
            log.info("connected to %s as session %d", _where(self._settings), session)
            self._connection, self.trouble = session, None
            self._wake()
            ended.wait()
            log.warning("the connection to %s has ended", _where(self._settings))
        finally:
            self._connection = None
            self._client = None
            client.disconnect()
            client.loop_stop()

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        try:
            # What is larger than any of ours is refused by its length: so much of it is enough.
            self.messages.put_nowait((message.topic, bytes(message.payload[: LARGEST_JWS_BYTES + 1])))
        except queue.Full:
            self.dropped += 1
        self._wake()

    def _on_subscribe(
        self, _client: Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self.trouble = (
                f"{_where(self._settings)} lets {self._settings.speaker} in and not listen: look at its rights"
            )
            self._wake()


def probe(settings: AgentSettings) -> None:
    """Connect once, and leave; raises CannotConnect. An agent that runs under the same name loses its connection."""
    answer: queue.Queue[str | None] = queue.Queue()
    client = _client_for(settings)
    client.on_connect = lambda _c, _u, _f, reason, _p: answer.put(str(reason) if reason.is_failure else None)
    client.on_disconnect = lambda _c, _u, _f, reason, _p: answer.put(f"cut off: {reason}")
    _connect(client, settings)
    client.loop_start()
    try:
        refusal = _answer(answer, settings)
        if refusal is not None:
            raise CannotConnect(refusal)
    finally:
        client.disconnect()
        client.loop_stop()


def _client_for(settings: AgentSettings) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=settings.speaker, clean_session=True, reconnect_on_failure=False
    )
    client.username_pw_set(settings.speaker, settings.password)
    if settings.broker.tls:
        try:
            client.tls_set_context(ssl.create_default_context(cadata=settings.broker.ca_pem))
        except ssl.SSLError as error:
            raise CannotConnect(f"ca_pem in the configuration file is no certificate: {error}") from error
    return client


def _connect(client: Client, settings: AgentSettings) -> None:
    where = _where(settings)
    try:
        code = client.connect(settings.broker.host, settings.broker.port, KEEPALIVE_S)
    except ssl.SSLError as error:
        raise CannotConnect(f"{where} can't prove that it is the office's broker: {error}") from error
    except (OSError, ValueError) as error:
        raise CannotConnect(f"{where} can't be reached ({error}): is the network up, is the broker running?") from error
    if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise CannotConnect(f"{where} can't be reached: {code!r}")


def _answer(answer: "queue.Queue[str | None]", settings: AgentSettings) -> str | None:
    """What the broker said to CONNECT: None for yes."""
    try:
        refusal = answer.get(timeout=CONNECT_WITHIN_S)
    except queue.Empty:
        return f"{_where(settings)} doesn't answer: is it an MQTT broker?"
    if refusal is None:
        return None
    return f"{_where(settings)} doesn't let {settings.speaker} in ({refusal}): get new credentials from the office"


def _where(settings: AgentSettings) -> str:
    return f"{settings.broker.host}:{settings.broker.port}"


def _pause_s(failures: int) -> float:
    """Full jitter from one second on: after a connection that stood over ten seconds, then doubling to a minute.

    All of a commune lose a connection that stood in the same moment, and are then spread.
    """
    longest = min(SHORTEST_PAUSE_S * 2 ** min(failures + 1, 10), LONGEST_PAUSE_S) if failures else SPREAD_S
    return random.uniform(SHORTEST_PAUSE_S, longest)  # noqa: S311 - spreads the load, keeps no secret
