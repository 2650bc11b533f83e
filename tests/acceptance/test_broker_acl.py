"""Who may publish and read what at the broker: Mosquitto 2.0 and 2.1 as deploy/ configures them, over TLS, and the
demonstration's.

MQTT 3.1.1 refuses a message silently, so each test sends another one after it on an allowed topic, and waits for
that one.
"""

import contextlib
import itertools
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.demo_broker import DemoBrokerProcess
from tests.servers.mosquitto import Mosquitto
from tests.servers.mosquitto_builds import installed, unstable
from tests.servers.mqtt_client import Heard, MqttClient, Refused
from wire.topics import TOPICS, Topic

pytestmark = pytest.mark.acceptance

ROOT = "loa/v1"
PASSWORDS = {"office": "secret-0", "loa-1": "secret-1", "loa-2": "secret-2", "thief": "secret-3"}
LEVELS = {
    "area": "thon-dong",
    "speaker": "loa-1",
    "broadcast": "01JD0000000000000000000000",
    "sha256": "ab" * 32,
    "index": "0",
}
ALL_SPEAKERS = {"loa-1", "loa-2"}
READERS = {
    "office/areas/{area}/broadcasts/{broadcast}": ALL_SPEAKERS,
    "office/speakers/{speaker}/broadcasts/{broadcast}": {"loa-1"},
    "office/speakers/{speaker}/settings": {"loa-1"},
    "office/speakers/{speaker}/time": {"loa-1"},
    "office/speakers/{speaker}/acknowledgement": {"loa-1"},
    "office/audio/{sha256}/{index}": ALL_SPEAKERS,
    "speakers/{speaker}/status": {"office"},
    "speakers/{speaker}/receipts": {"office"},
    "speakers/{speaker}/requests": {"office"},
}
WRITER = {"office": "office", "speaker": "loa-1"}
AnyBroker = Mosquitto | DemoBrokerProcess
_numbers = itertools.count()


@pytest.fixture(scope="module", params=["mosquitto", "mosquitto-2.1", "demo"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyBroker]:
    folder: Path = tmp_path_factory.mktemp("broker")
    made: AnyBroker
    if request.param == "demo":
        made = DemoBrokerProcess(folder)
    else:
        made = Mosquitto(folder, tls=True, build=unstable() if request.param == "mosquitto-2.1" else installed())
    made.admit(PASSWORDS)
    with made:
        yield made


class Commune:
    """The office and two speakers, each of which subscribes to everything."""

    def __init__(self, broker: AnyBroker, connections: ExitStack) -> None:
        self.clients = {
            name: connections.enter_context(MqttClient(broker, name, PASSWORDS[name]))
            for name in ("office", "loa-1", "loa-2")
        }
        for client in self.clients.values():
            client.subscribe(f"{ROOT}/#", "#")

    def settle(self, publisher: str) -> None:
        """Wait until all earlier messages of this publisher have been delivered or refused."""
        if publisher != "office":
            self._signal(publisher, f"speakers/{publisher}/status", "office")
        for speaker in sorted(ALL_SPEAKERS):
            self._signal("office", f"office/speakers/{speaker}/time", speaker)
        self._signal("loa-1", "speakers/loa-1/status", "office")

    def receivers_of(self, payload: bytes) -> set[str]:
        return {name for name, client in self.clients.items() if any(h.payload == payload for h in client.heard)}

    def _signal(self, sender: str, topic: str, receiver: str) -> None:
        payload = fresh_payload()
        self.clients[sender].publish(f"{ROOT}/{topic}", payload)
        self.clients[receiver].wait_for_payload(payload)


@pytest.fixture
def commune(broker: AnyBroker) -> Iterator[Commune]:
    with ExitStack() as connections:
        yield Commune(broker, connections)


def fresh_payload() -> bytes:
    return b"message %d" % next(_numbers)


def full(topic: Topic) -> str:
    return topic.under(ROOT, **LEVELS)


def test_the_matrix_covers_every_topic_of_the_protocol() -> None:
    assert {topic.template for topic in TOPICS} == set(READERS)


@pytest.mark.parametrize("retained", [False, True], ids=["passing", "retained"])
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("publisher", ["office", "loa-1", "loa-2"])
def test_a_message_reaches_exactly_its_readers_and_only_from_its_allowed_sender(
    commune: Commune, publisher: str, qos: int, retained: bool
) -> None:
    sent = {topic: fresh_payload() for topic in TOPICS}
    for topic, payload in sent.items():
        commune.clients[publisher].publish(full(topic), payload, qos=qos, retain=retained)
    commune.settle(publisher)
    for topic, payload in sent.items():
        heard = commune.receivers_of(payload)
        if publisher == "office":
            heard.discard("office")  # it may clear the topics of speakers, and hears that itself
        expected = READERS[topic.template] if publisher == WRITER[topic.sender] else set()
        assert heard == expected, topic.template
    for topic in TOPICS:
        commune.clients["office"].publish(full(topic), b"", retain=True)


OUTSIDE = (
    *("", "office", "speakers", "elsewhere", "a/b/c", "speakers/office/status", "office/speakers/office/time"),
    # below, above and beside the three topics of a speaker
    *("speakers/{own}", "speakers/{own}/", "speakers/{own}/status/", "speakers/{own}/status/more"),
    *("speakers/{own}/receipts/1", "speakers/{own}/requests/a/b", "speakers/{own}/head", "speakers/{own}/Status"),
    *("speakers/{own}/status/status", "speakers//status", "speakers/{own}1/status", "/speakers/{own}/status"),
)


@pytest.mark.parametrize("retained", [False, True], ids=["passing", "retained"])
def test_messages_of_a_speaker_outside_its_three_topics_reach_no_client(
    broker: AnyBroker, commune: Commune, retained: bool
) -> None:
    topics = [f"{ROOT}/{each.format(own='thief')}" for each in OUTSIDE]
    topics += [f"{ROOT}/{each.format(own='loa-1')}" for each in OUTSIDE]
    topics += [f"{ROOT}/speakers/loa-1/{each}" for each in ("status", "receipts", "requests")]
    topics += ["loa", ROOT, "elsewhere", "loa/v2/speakers/thief/status", f"/{ROOT}/speakers/thief/status"]
    topics += ["$SYS/broker/version", "$SYS/x", "$CONTROL/dynamic-security/v1", f"$SYS/{ROOT}/speakers/loa-1/status"]
    sent = {topic: fresh_payload() for topic in topics}
    with ExitStack() as connections:
        thief = connections.enter_context(MqttClient(broker, "thief", PASSWORDS["thief"]))
        for topic, payload in sent.items():
            if thief.ended:  # amqtt cuts whoever publishes at some of these
                thief = connections.enter_context(MqttClient(broker, "thief", PASSWORDS["thief"]))
            with contextlib.suppress(RuntimeError):
                thief.publish(topic, payload, retain=retained, qos=0)
        last = fresh_payload()
        commune.clients["loa-1"].publish(f"{ROOT}/speakers/loa-1/status", last)
        commune.clients["office"].wait_for_payload(last)
        commune.settle("loa-1")
    heard = {topic: commune.receivers_of(payload) for topic, payload in sent.items()}
    assert {topic: receivers for topic, receivers in heard.items() if receivers} == {}
    with MqttClient(broker, "office", PASSWORDS["office"]) as late:
        late.subscribe("#", *topics)
        last = fresh_payload()
        commune.clients["loa-1"].publish(f"{ROOT}/speakers/loa-1/status", last)
        late.wait_for_payload(last)
        assert [each for each in late.heard if each.payload in sent.values()] == []


FILTERS = (
    *("#", "+/#", "+/+/#", f"{ROOT}/#", f"{ROOT}/+/+/+", f"{ROOT}/speakers/#", f"{ROOT}/speakers/+/+"),
    *(f"{ROOT}/+/speakers/#", f"{ROOT}/office/speakers/+/settings", f"{ROOT}/office/#"),
    *("$SYS/#", "$SYS/broker/clients/connected", "$CONTROL/#", f"$share/thieves/{ROOT}/#"),
)


def test_no_filter_brings_a_speaker_what_is_not_for_it(broker: AnyBroker, commune: Commune) -> None:
    with MqttClient(broker, "thief", PASSWORDS["thief"]) as thief:
        for each in FILTERS:
            thief.subscribe(each)  # granted or not
        sent = {topic: fresh_payload() for topic in TOPICS}
        for topic, payload in sent.items():
            commune.clients[WRITER[topic.sender]].publish(full(topic), payload, retain=topic.retained)
        last = fresh_payload()
        commune.clients["office"].publish(f"{ROOT}/office/speakers/thief/time", last)
        thief.wait_for_payload(last)
        read = {heard.topic for heard in thief.heard}
        allowed = {full(topic) for topic in TOPICS if READERS[topic.template] == ALL_SPEAKERS}
        assert read == {*allowed, f"{ROOT}/office/speakers/thief/time"}
    for topic in TOPICS:
        commune.clients["office"].publish(full(topic), b"", retain=True)


def test_a_retained_message_reaches_exactly_its_readers_when_they_subscribe_later(
    broker: AnyBroker, commune: Commune
) -> None:
    office = commune.clients["office"]
    kept = {full(topic): fresh_payload() for topic in TOPICS if topic.retained and topic.sender == "office"}
    assert len(kept) == 4
    for topic, payload in kept.items():
        office.publish(topic, payload, retain=True)
    heard: dict[str, set[bytes]] = {}
    for name, client in commune.clients.items():
        client.close()
        with MqttClient(broker, name, PASSWORDS[name]) as late:
            late.subscribe("#")
            for topic in kept:
                late.subscribe(topic)
            late.subscribe(f"{ROOT}/office/areas/thon-dong/broadcasts/+", f"{ROOT}/office/audio/{'ab' * 32}/+")
            last = fresh_payload()
            if name == "office":
                with MqttClient(broker, "loa-1", PASSWORDS["loa-1"]) as speaker:
                    speaker.publish(f"{ROOT}/speakers/loa-1/status", last)
                    late.wait_for_payload(last)
            else:
                with MqttClient(broker, "office", PASSWORDS["office"]) as again:
                    again.publish(f"{ROOT}/office/speakers/{name}/time", last)
                    late.wait_for_payload(last)
            assert all(h.retained for h in late.heard if h.payload in kept.values())
            heard[name] = {h.payload for h in late.heard} & set(kept.values())
    assert heard["loa-1"] == set(kept.values())
    assert heard["loa-2"] == {payload for topic, payload in kept.items() if "/speakers/" not in topic}
    with MqttClient(broker, "office", PASSWORDS["office"]) as again:
        for topic in kept:
            again.publish(topic, b"", retain=True)


def test_a_last_will_is_retained_on_the_speakers_own_topic_and_refused_on_anothers(
    broker: AnyBroker, commune: Commune
) -> None:
    own, foreign = fresh_payload(), fresh_payload()
    MqttClient(broker, "thief", PASSWORDS["thief"], will=(f"{ROOT}/speakers/loa-1/status", foreign)).drop()
    MqttClient(broker, "thief", PASSWORDS["thief"], will=(f"{ROOT}/speakers/thief/status", own)).drop()
    assert commune.clients["office"].wait_for_payload(own).topic == f"{ROOT}/speakers/thief/status"
    commune.settle("loa-1")
    assert commune.receivers_of(own) == {"office"}
    assert commune.receivers_of(foreign) == set()
    commune.clients["office"].close()
    with MqttClient(broker, "office", PASSWORDS["office"]) as late:
        late.subscribe(f"{ROOT}/speakers/+/status")
        assert late.wait_for_payload(own) == Heard(f"{ROOT}/speakers/thief/status", own, retained=True)


@pytest.mark.parametrize(("user", "password"), [(None, None), ("loa-1", "wrong"), ("nobody", "secret-1"), ("", "")])
def test_only_an_account_with_its_password_may_connect(
    broker: AnyBroker, user: str | None, password: str | None
) -> None:
    with pytest.raises(Refused):
        MqttClient(broker, user, password, client_id="loa-1")


def test_messages_sent_before_the_refusal_of_an_anonymous_client_reach_no_client(
    broker: AnyBroker, commune: Commune
) -> None:
    payloads = [fresh_payload() for _ in TOPICS]
    packets = connect_packet("loa-1") + b"".join(
        publish_packet(full(topic), payload) for topic, payload in zip(TOPICS, payloads, strict=True)
    )
    with raw_connection(broker) as connection:
        connection.sendall(packets)
        answer = read_to_the_end(connection)
    assert answer[:2] == b"\x20\x02"
    assert answer[3:] == b"\x05", "refused, and nothing more said"
    commune.settle("loa-1")
    assert [commune.receivers_of(payload) for payload in payloads] == [set()] * len(payloads)


@pytest.mark.parametrize("victim", ["office", "loa-1"])
@pytest.mark.parametrize(
    ("user", "password"), [("thief", PASSWORDS["thief"]), ("thief", "wrong"), ("office", "wrong"), (None, None)]
)
def test_a_speaker_with_the_client_id_of_another_does_not_disconnect_it(
    broker: AnyBroker, commune: Commune, user: str | None, password: str | None, victim: str
) -> None:
    try:
        with MqttClient(broker, user, password, client_id=victim) as thief:
            thief.subscribe("#")
            payload = fresh_payload()
            commune.clients["loa-1"].publish(f"{ROOT}/speakers/loa-1/receipts", payload)
            commune.settle("loa-1")
            assert all(h.payload != payload for h in thief.heard)
    except Refused:
        pass
    for speaker in sorted(ALL_SPEAKERS):
        commune.settle(speaker)
    assert not commune.clients[victim].ended


def test_a_second_connection_of_a_speaker_replaces_the_first(broker: AnyBroker, commune: Commune) -> None:
    with MqttClient(broker, "loa-1", PASSWORDS["loa-1"]) as again:
        commune.clients["loa-1"].wait_for_end()
        again.subscribe(f"{ROOT}/office/speakers/loa-1/#")
        payload = fresh_payload()
        commune.clients["office"].publish(f"{ROOT}/office/speakers/loa-1/time", payload)
        again.wait_for_payload(payload)


def test_a_new_speaker_is_admitted_within_5_s(broker: AnyBroker) -> None:
    with pytest.raises(Refused):
        MqttClient(broker, "loa-new", "secret-new")
    broker.admit({**PASSWORDS, "loa-new": "secret-new"})
    connect_within(5, broker, "loa-new", "secret-new").close()


def test_new_credentials_cut_the_old_connection_at_once_and_no_other(broker: AnyBroker, commune: Commune) -> None:
    broker.admit({**PASSWORDS, "loa-1": "renewed"})
    commune.clients["loa-1"].wait_for_end(cut_within_s(broker))
    with connect_within(5, broker, "loa-1", "renewed") as renewed:
        renewed.subscribe("#")
        payload = fresh_payload()
        commune.clients["office"].publish(f"{ROOT}/office/speakers/loa-1/time", payload)
        renewed.wait_for_payload(payload)
        with pytest.raises(Refused):
            MqttClient(broker, "loa-1", PASSWORDS["loa-1"])
    broker.admit(PASSWORDS)
    connect_within(5, broker, "loa-1", PASSWORDS["loa-1"]).close()
    assert not commune.clients["office"].ended
    assert not commune.clients["loa-2"].ended


def test_a_speaker_that_was_removed_is_cut_at_once(broker: AnyBroker) -> None:
    broker.admit({**PASSWORDS, "loa-gone": "secret"})
    gone = connect_within(5, broker, "loa-gone", "secret")
    broker.admit(PASSWORDS)
    gone.wait_for_end(cut_within_s(broker))
    with pytest.raises(Refused):
        MqttClient(broker, "loa-gone", "secret")


def test_a_payload_of_64_kib_arrives_whole(commune: Commune) -> None:
    payload = bytes(range(256)) * 256
    commune.clients["office"].publish(full(TOPICS[5]), payload)
    assert commune.clients["loa-2"].wait_for_payload(payload).topic == f"{ROOT}/office/audio/{'ab' * 32}/0"


def cut_within_s(broker: AnyBroker) -> float:
    """How soon a revoked account is cut; the demonstration's broker looks at its accounts each second."""
    return 1 if isinstance(broker, Mosquitto) else 3


def connect_within(limit_s: float, broker: AnyBroker, user: str, password: str) -> MqttClient:
    until = time.monotonic() + limit_s
    while True:
        try:
            return MqttClient(broker, user, password)
        except Refused:
            if time.monotonic() > until:
                raise


def raw_connection(broker: AnyBroker) -> socket.socket:
    connection = socket.create_connection((broker.host, broker.port), timeout=10)
    if broker.ca_file is None:
        return connection
    return ssl.create_default_context(cafile=str(broker.ca_file)).wrap_socket(connection, server_hostname=broker.host)


def read_to_the_end(connection: socket.socket) -> bytes:
    """All bytes from the broker until it closes; a reset counts as closing."""
    said = b""
    try:
        while part := connection.recv(4096):
            said += part
    except ConnectionResetError:
        pass
    return said


def connect_packet(client_id: str) -> bytes:
    """CONNECT of MQTT 3.1.1, clean session, without user name."""
    body = b"\x00\x04MQTT\x04\x02\x00\x1e" + _text(client_id)
    return bytes([0x10, len(body)]) + body


def publish_packet(topic: str, payload: bytes) -> bytes:
    """PUBLISH with QoS 0, below 128 bytes or up to 16,383."""
    body = _text(topic) + payload
    return b"\x30" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()
