"""The office's link to a real broker: messages come in batches, and are acknowledged by the QoS they were sent with."""

import os
import signal
import threading
import time
from collections.abc import Sequence
from queue import Queue

import pytest

from controller.broker import gate
from controller.broker.accounts import OFFICE_ACCOUNT
from controller.broker.gate import Dropped
from controller.broker.link import Incoming, Link
from tests.servers.mosquitto import Mosquitto, mosquitto, mosquitto_tls
from tests.servers.mqtt_client import LIMIT_S, MqttClient
from tests.servers.waiting import wait_for
from wire.enrolment import BrokerAddress
from wire.topics import DEFAULT_ROOT, RECEIPTS, SETTINGS, STATUS

__all__ = ["mosquitto", "mosquitto_tls"]

MESSAGES = 200


class _Office:
    """Records each batch; the first one keeps it busy until `may_go_on`."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.has_the_first = threading.Event()
        self.may_go_on = threading.Event()
        self.has_all = threading.Event()

    def take(self, batch: Sequence[Incoming]) -> None:
        self.batches.append([message.payload for message in batch])
        self.has_the_first.set()
        assert self.may_go_on.wait(LIMIT_S)
        if sum(map(len, self.batches)) == 1 + MESSAGES:
            self.has_all.set()


@pytest.mark.parametrize("kind", ["mosquitto", "mosquitto_tls"])
def test_messages_that_come_while_the_office_is_busy_are_one_batch(request: pytest.FixtureRequest, kind: str) -> None:
    broker: Mosquitto = request.getfixturevalue(kind)
    broker.admit({OFFICE_ACCOUNT: "secret-0", "loa-1": "secret-1"})
    office = _Office()
    ca_pem = broker.ca_file.read_text() if broker.ca_file else None
    address = BrokerAddress(host=broker.host, port=broker.port, tls=ca_pem is not None, ca_pem=ca_pem)
    link = Link(address, DEFAULT_ROOT, OFFICE_ACCOUNT, "secret-0")
    link.on_batch = office.take
    link.listen_to(["loa-1"])
    with MqttClient(broker, "loa-1", "secret-1") as speaker:
        speaker.publish(STATUS.under(DEFAULT_ROOT, speaker="loa-1"), b"first", retain=True)
        link.start()
        try:
            assert office.has_the_first.wait(LIMIT_S)
            sent = [b"%d" % number for number in range(MESSAGES)]
            for payload in sent:
                speaker.publish(RECEIPTS.under(DEFAULT_ROOT, speaker="loa-1"), payload)
            office.may_go_on.set()
            assert office.has_all.wait(LIMIT_S)
        finally:
            office.may_go_on.set()
            link.stop()
    assert office.batches == [[b"first"], sent]


@pytest.mark.parametrize("kind", ["mosquitto", "mosquitto_tls"])
def test_a_stop_is_written_while_the_office_stores_a_batch(request: pytest.FixtureRequest, kind: str) -> None:
    broker: Mosquitto = request.getfixturevalue(kind)
    broker.admit({OFFICE_ACCOUNT: "secret-0", "loa-1": "secret-1"})
    office = _Office()
    ca_pem = broker.ca_file.read_text() if broker.ca_file else None
    address = BrokerAddress(host=broker.host, port=broker.port, tls=ca_pem is not None, ca_pem=ca_pem)
    link = Link(address, DEFAULT_ROOT, OFFICE_ACCOUNT, "secret-0")
    link.on_batch = office.take
    link.listen_to(["loa-1"])
    below_root = SETTINGS.template.format(speaker="loa-1")
    with MqttClient(broker, "loa-1", "secret-1") as speaker:
        speaker.subscribe(f"{DEFAULT_ROOT}/{below_root}")
        speaker.publish(STATUS.under(DEFAULT_ROOT, speaker="loa-1"), b"first", retain=True)
        link.start()
        try:
            assert office.has_the_first.wait(LIMIT_S)
            link.publish(below_root, b"waits for the thread", retained=True)
            link.publish(below_root, b"muted", retained=True, at_once=True)
            # The batch is given up after LIMIT_S.
            speaker.wait_for(lambda: any(each.payload == b"muted" for each in speaker.heard) or None, LIMIT_S / 2)
        finally:
            office.may_go_on.set()
            link.stop()


def test_a_message_with_qos_0_does_not_end_the_connection(mosquitto: Mosquitto) -> None:
    mosquitto.admit({OFFICE_ACCOUNT: "secret-0", "loa-1": "secret-1"})
    heard: Queue[bytes] = Queue()
    connections: list[None] = []
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port, tls=False)
    link = Link(address, DEFAULT_ROOT, OFFICE_ACCOUNT, "secret-0")

    def take(batch: Sequence[Incoming]) -> None:
        for message in batch:
            heard.put(message.payload)

    link.on_batch = take
    link.listen_to(["loa-1"])
    link.on_connected = lambda: connections.append(None)
    topic = STATUS.under(DEFAULT_ROOT, speaker="loa-1")
    with MqttClient(mosquitto, "loa-1", "secret-1") as speaker:
        speaker.publish(topic, b"retained", retain=True, qos=0)
        link.start()
        try:
            assert heard.get(timeout=LIMIT_S) == b"retained"
            # A message is acknowledged before the next one is taken: at the third, the broker has read the first's.
            for payload in (b"second", b"third"):
                speaker.publish(topic, payload)
                assert heard.get(timeout=LIMIT_S) == payload
        finally:
            link.stop()
    assert len(connections) == 1


def test_a_published_message_counts_as_taken_once_the_broker_acknowledges_it(mosquitto: Mosquitto) -> None:
    mosquitto.admit({OFFICE_ACCOUNT: "secret-0"})
    link = Link(
        BrokerAddress(host=mosquitto.host, port=mosquitto.port, tls=False), DEFAULT_ROOT, OFFICE_ACCOUNT, "secret-0"
    )
    connected, waits = threading.Event(), threading.Event()
    link.on_connected = connected.set
    assert not link.publish(SETTINGS.template.format(speaker="loa-1"), b"before", retained=True)()
    link.start()
    try:
        assert connected.wait(LIMIT_S)
        os.kill(mosquitto.pid, signal.SIGSTOP)
        taken = link.publish(SETTINGS.template.format(speaker="loa-1"), b"settings", retained=True)
        assert not taken()
        os.kill(mosquitto.pid, signal.SIGCONT)
        until = time.monotonic() + LIMIT_S
        while not taken() and time.monotonic() < until:
            waits.wait(0.01)
        assert taken()
    finally:
        os.kill(mosquitto.pid, signal.SIGCONT)
        link.stop()


def test_a_speaker_that_floods_is_left_alone_for_a_while_and_others_are_heard(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FIRST_PAUSE_S", 1.0)
    mosquitto.admit({OFFICE_ACCOUNT: "secret-0", "loa-1": "secret-1", "thief": "secret-2"})
    heard: list[Incoming] = []
    link = Link(
        BrokerAddress(host=mosquitto.host, port=mosquitto.port, tls=False), DEFAULT_ROOT, OFFICE_ACCOUNT, "secret-0"
    )
    link.on_batch = heard.extend
    link.listen_to(["loa-1", "thief"])
    with MqttClient(mosquitto, "loa-1", "secret-1") as speaker, MqttClient(mosquitto, "thief", "secret-2") as thief:
        thief.publish(STATUS.under(DEFAULT_ROOT, speaker="thief"), b"0", retain=True)
        link.start()
        try:
            wait_for(lambda: heard, lambda: "nothing was heard", LIMIT_S)
            sent = [
                thief.publish_without_waiting(STATUS.under(DEFAULT_ROOT, speaker="thief"), b"%d" % number, retain=True)
                for number in range(1, 5_000)
            ]
            speaker.publish(RECEIPTS.under(DEFAULT_ROOT, speaker="loa-1"), b"mine")
            wait_for(lambda: heard[-1].payload == b"mine", lambda: f"heard last: {heard[-1]}", LIMIT_S)
            sent[-1].wait_for_publish(LIMIT_S)
            assert len(heard) < 100
            dropped = link.gate.take_counts()
            assert dropped[Dropped("thief", "status")] >= gate.PATIENCE.burst
            assert set(dropped) == {Dropped("thief", "status")}
            # Listening again brings its last status, which the broker has kept.
            wait_for(lambda: heard[-1].payload == b"4999", lambda: f"heard last: {heard[-1]}", LIMIT_S)
        finally:
            link.stop()


def test_a_speaker_that_is_admitted_while_the_link_runs_is_heard(mosquitto: Mosquitto) -> None:
    mosquitto.admit({OFFICE_ACCOUNT: "secret-0", "loa-1": "secret-1"})
    heard: Queue[bytes] = Queue()
    link = Link(
        BrokerAddress(host=mosquitto.host, port=mosquitto.port, tls=False), DEFAULT_ROOT, OFFICE_ACCOUNT, "secret-0"
    )
    connected = threading.Event()
    link.on_connected = connected.set

    def take(batch: Sequence[Incoming]) -> None:
        for message in batch:
            heard.put(message.payload)

    link.on_batch = take
    topic = STATUS.under(DEFAULT_ROOT, speaker="loa-1")
    with MqttClient(mosquitto, "loa-1", "secret-1") as speaker:
        speaker.publish(topic, b"before", retain=True)
        link.start()
        try:
            assert connected.wait(LIMIT_S)
            speaker.publish(topic, b"kept by the broker", retain=True)
            link.listen_to([f"loa-{number}" for number in range(2_000)])
            assert heard.get(timeout=LIMIT_S) == b"kept by the broker"
            speaker.publish(topic, b"now")
            assert heard.get(timeout=LIMIT_S) == b"now"
        finally:
            link.stop()
