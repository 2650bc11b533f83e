"""The link to the broker by itself; tests with a real broker show that it connects and reconnects."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from speaker_agent.line import link as mqtt_link
from speaker_agent.line.link import MOST_QUEUED_MESSAGES, MqttLink, reconnect_pause_s
from speaker_agent.settings import AgentSettings
from tests.servers.waiting import wait_for
from tests.speaker_agent.box import MONDAY, enrolled_box
from tests.speaker_agent.office import broadcast, configuration, signed, sound


class ConnectedClient(Client):
    """paho's client without a network: the broker lets it in at once, and `disconnect` ends the connection."""

    def connect(self, *_where: Any, **_more: Any) -> MQTTErrorCode:
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def loop_start(self) -> MQTTErrorCode:
        call(self.on_connect, self, None, ConnectFlags(False), ReasonCode(PacketTypes.CONNACK, "Success"), None)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def disconnect(self, *_given: Any, **_more: Any) -> MQTTErrorCode:
        reason = ReasonCode(PacketTypes.DISCONNECT, "Normal disconnection")
        call(self.on_disconnect, self, None, DisconnectFlags(False), reason, None)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def loop_stop(self) -> MQTTErrorCode:
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def call(callback: Any, *arguments: object) -> None:
    """Call what the link has set: paho types its callbacks for both of its versions."""
    callback(*arguments)


def make_link(**more: Any) -> MqttLink:
    settings = AgentSettings.from_fields(configuration({"host": "127.0.0.1", "port": 1, "tls": False}))
    return MqttLink(settings, lambda session: (f"will/{session}", b""), lambda: None, **more)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[MqttLink, Client]]:
    """A link that stands, and its client, to which a test says what paho would say."""
    clients: list[Client] = []

    def make_client(*given: Any, **options: Any) -> Client:
        clients.append(ConnectedClient(*given, **options))
        return clients[-1]

    monkeypatch.setattr(mqtt_link, "Client", make_client)
    link = make_link()
    link.start()
    wait_for(lambda: link.connection, lambda: "no connection")
    yield link, clients[0]
    link.stop(("status", b""), 10)


def arrive(client: Client, payload: bytes, times: int = 1) -> None:
    message = MQTTMessage(topic=b"loa/v1/x")
    message.payload = payload
    for _ in range(times):
        call(client.on_message, client, None, message)


def test_a_full_queue_drops_and_counts_and_never_blocks_the_librarys_thread(connected: tuple[MqttLink, Client]) -> None:
    link, client = connected
    arrive(client, b"", times=MOST_QUEUED_MESSAGES + 3)
    assert link.messages.qsize() == MOST_QUEUED_MESSAGES
    assert link.dropped == 3


def test_dropped_messages_are_counted_in_the_status(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    box.line.dropped = 3
    box.connect()
    assert box.status()["refused"] == {"queue_full": 3}


def test_reconnects_are_spread_from_one_second_to_a_minute() -> None:
    for failures, longest in ((1, 4.0), (3, 16.0), (10, 60.0), (1_000, 60.0)):
        pauses = [reconnect_pause_s(failures) for _ in range(200)]
        assert all(1 <= pause <= longest for pause in pauses)
        assert max(pauses) > 1 + (longest - 1) * 0.8
        assert min(pauses) < 1 + (longest - 1) * 0.2


def test_after_a_restart_of_the_broker_the_reconnects_are_spread_over_seconds() -> None:
    pauses = [reconnect_pause_s(0) for _ in range(500)]
    assert min(pauses) >= 1
    assert 9 < max(pauses) <= 10
    busiest = max(Counter(int(pause * 10) for pause in pauses).values())
    assert busiest <= 500 * 0.04


def test_a_connection_that_is_cut_within_seconds_counts_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two agents with one name throw each other off: once a second, for ever, would be a storm."""
    stood_s, seconds = iter([0.1, 0.1, 0.1, 100.0, 0.1]), 0.0
    failures: list[int] = []

    class CutClient(ConnectedClient):
        def loop_start(self) -> MQTTErrorCode:
            nonlocal seconds
            super().loop_start()
            seconds += next(stood_s)
            return self.disconnect()

    def pause_s(count: int) -> float:
        failures.append(count)
        return 0.0 if len(failures) < 5 else 60.0

    monkeypatch.setattr(mqtt_link, "Client", CutClient)
    link = make_link(pause_s=pause_s, monotonic_s=lambda: seconds)
    link.start()
    wait_for(lambda: len(failures) == 5, lambda: f"the failures so far: {failures}")
    link.stop(("status", b""), 10)
    assert failures == [1, 2, 3, 0, 1]


def test_a_message_larger_than_any_of_ours_does_not_fill_the_memory(connected: tuple[MqttLink, Client]) -> None:
    link, client = connected
    arrive(client, bytes(10_000_000))
    assert 65_536 < len(link.messages.get_nowait()[1]) < 70_000


def test_a_subscription_that_the_broker_refuses_is_reported_as_trouble(connected: tuple[MqttLink, Client]) -> None:
    link, client = connected
    call(client.on_subscribe, client, None, 1, [ReasonCode(PacketTypes.SUBACK, "Granted QoS 1")], None)
    assert link.trouble is None
    call(client.on_subscribe, client, None, 2, [ReasonCode(PacketTypes.SUBACK, "Not authorized")], None)
    assert "rights" in (link.trouble or "")


def test_without_a_connection_publishing_and_subscribing_do_nothing() -> None:
    link = make_link()
    link.publish("topic", b"x")
    link.subscribe(["a"])
    link.unsubscribe(["a"])
    assert link.connection is None


def test_messages_that_arrived_before_the_connection_ended_are_followed(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    box.connect()
    said = broadcast(MONDAY.replace(hour=11), sound(1_000))
    box.line.messages.put(signed(said))
    box.disconnect()
    assert box.states(said.broadcast) == [("accepted", None)]
