"""The link to the broker over MQTT: the agent's only import of paho.

Each connection has a paho client of its own (clean session, and a last will with a new `session`), so that neither the
library's queue nor its back-off sends anything of the last connection again. paho's thread only puts what arrives into
a bounded queue. A full queue drops and counts; the office sees by the plan's digest what is missing and sends it again.
Reconnects have full jitter, which paho's lack: after a broker's restart a thousand speakers must not come at once.
"""

import logging
import queue
import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from wire.enrolment import Enrolment
from wire.envelope import MAX_JWS_BYTES
from wire.topics import QOS

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
CONNECT_WITHIN_S = 15.0
SHORTEST_PAUSE_S = 1.0
LONGEST_FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 60.0
# A shorter connection counts as a failure: two agents with one name throw each other off.
STANDS_AFTER_S = 10.0
MOST_QUEUED_MESSAGES = 1000

Will = Callable[[int], tuple[str, bytes]]
"""Gives topic and payload of the last will of a session."""


class CannotConnect(Exception):
    """The broker can't be reached or doesn't let the speaker in; the message says which, and what to look at."""


def reconnect_pause_s(failures: int) -> float:
    """How long to wait before the next try, at random, from one second to a bound that doubles up to a minute.

    Without a failure the bound is ten seconds: a whole commune has lost its connection in the same moment.
    """
    longest = min(SHORTEST_PAUSE_S * 2 ** min(failures + 1, 10), LONGEST_PAUSE_S) if failures else LONGEST_FIRST_PAUSE_S
    return random.uniform(SHORTEST_PAUSE_S, longest)  # noqa: S311 - spreads the load, keeps no secret


class MqttLink:
    """A `BrokerLink` that connects and reconnects in a thread of its own, from `start` to `stop`.

    `wake` is called whenever a message has come, or the connection has changed. `pause_s` takes the number of failures.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        will: Will,
        wake: Callable[[], None],
        *,
        pause_s: Callable[[int], float] = reconnect_pause_s,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue(MOST_QUEUED_MESSAGES)
        self.dropped = 0
        self.trouble: str | None = None
        self._enrolment = enrolment
        self._will = will
        self._wake = wake
        self._pause_s = pause_s
        self._monotonic_s = monotonic_s
        self._session = 0
        self._connection: int | None = None
        self._client: Client | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    @property
    def connection(self) -> int | None:
        return self._connection

    def start(self) -> None:
        self._thread.start()

    def stop(self, last_word: tuple[str, bytes], within_s: float) -> None:
        """Publish the last word (topic and retained payload), disconnect in order, and end the thread."""
        client = self._client
        if client is not None and self._connection is not None:
            try:
                client.publish(*last_word, qos=QOS, retain=True).wait_for_publish(within_s)
            except (RuntimeError, ValueError) as error:
                log.info("the last status could not be sent (%s): the office will find this speaker silent", error)
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
            begun_s = self._monotonic_s()
            try:
                self._connect_once(self._session)
            except CannotConnect as error:
                log.warning("no connection: %s; it is tried again, and what is on the disk sounds all the same", error)
                self.trouble = str(error)
            failures = 0 if self._monotonic_s() - begun_s >= STANDS_AFTER_S else failures + 1
            self._wake()
            self._stopping.wait(self._pause_s(failures))

    def _connect_once(self, session: int) -> None:
        """One connection from beginning to end; raises CannotConnect."""
        answer: queue.Queue[str | None] = queue.Queue()
        ended = threading.Event()
        client = _client_for(self._enrolment)
        client.will_set(*self._will(session), qos=QOS, retain=True)

        def on_connect(_c: Client, _u: object, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
            answer.put(str(reason) if reason.is_failure else None)

        def on_disconnect(
            _c: Client, _u: object, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None
        ) -> None:
            answer.put(f"cut off: {reason}")
            ended.set()

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._client = client
        _connect(client, self._enrolment)
        client.loop_start()
        try:
            refusal = _await_answer(answer, self._enrolment)
            if refusal is not None:
                raise CannotConnect(refusal)
            log.info("connected to %s as session %d", _address(self._enrolment), session)
            self._connection, self.trouble = session, None
            self._wake()
            ended.wait()
            log.warning("the connection to %s has ended", _address(self._enrolment))
        finally:
            self._connection = None
            self._client = None
            client.disconnect()
            client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            # Longer than any message of the protocol: it will be refused by its length, so the rest isn't kept.
            self.messages.put_nowait((message.topic, bytes(message.payload[: MAX_JWS_BYTES + 1])))
        except queue.Full:
            self.dropped += 1
        self._wake()

    def _on_subscribe(
        self, _client: Client, _userdata: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self.trouble = (
                f"{_address(self._enrolment)} lets {self._enrolment.speaker} sign in but not subscribe:"
                " look at its rights at the broker"
            )
            self._wake()


def probe(enrolment: Enrolment) -> None:
    """Sign in once and leave. Raises CannotConnect. It throws off an agent that runs under the same name."""
    answer: queue.Queue[str | None] = queue.Queue()
    client = _client_for(enrolment)
    client.on_connect = lambda _c, _u, _f, reason, _p: answer.put(str(reason) if reason.is_failure else None)
    client.on_disconnect = lambda _c, _u, _f, reason, _p: answer.put(f"cut off: {reason}")
    _connect(client, enrolment)
    client.loop_start()
    try:
        refusal = _await_answer(answer, enrolment)
        if refusal is not None:
            raise CannotConnect(refusal)
    finally:
        client.disconnect()
        client.loop_stop()


def _client_for(enrolment: Enrolment) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=enrolment.speaker, clean_session=True, reconnect_on_failure=False
    )
    client.username_pw_set(enrolment.speaker, enrolment.password)
    if enrolment.broker.tls:
        try:
            client.tls_set_context(ssl.create_default_context(cadata=enrolment.broker.ca_pem))
        except ssl.SSLError as error:
            raise CannotConnect(f"ca_pem in the configuration file is no certificate: {error}") from error
    return client


def _connect(client: Client, enrolment: Enrolment) -> None:
    where = _address(enrolment)
    try:
        code = client.connect(enrolment.broker.host, enrolment.broker.port, KEEPALIVE_S)
    except ssl.SSLError as error:
        raise CannotConnect(f"{where} can't prove that it is the office's broker: {error}") from error
    except (OSError, ValueError) as error:
        raise CannotConnect(f"{where} can't be reached ({error}): is the network up, is the broker running?") from error
    if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise CannotConnect(f"{where} can't be reached: {code!r}")


def _await_answer(answer: "queue.Queue[str | None]", enrolment: Enrolment) -> str | None:
    """What is wrong with the broker's answer to CONNECT; None: the speaker is in."""
    try:
        refusal = answer.get(timeout=CONNECT_WITHIN_S)
    except queue.Empty:
        return f"{_address(enrolment)} doesn't answer: is it an MQTT broker?"
    if refusal is None:
        return None
    return f"{_address(enrolment)} doesn't let {enrolment.speaker} in ({refusal}): get new credentials from the office"


def _address(enrolment: Enrolment) -> str:
    return f"{enrolment.broker.host}:{enrolment.broker.port}"
