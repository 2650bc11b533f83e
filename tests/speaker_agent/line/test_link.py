"""The line's own rules; that it connects and comes back is proved with a real broker."""

from collections import Counter
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from speaker_agent.line import link as mqtt_link
from speaker_agent.line.link import MOST_QUEUED_MESSAGES, MqttLink
from speaker_agent.settings import AgentSettings
from tests.speaker_agent.box import MONDAY, enrolled_box
from tests.speaker_agent.office import broadcast, configuration, signed, sound


def link() -> MqttLink:
    settings = AgentSettings.from_fields(configuration({"host": "127.0.0.1", "port": 1, "tls": False}))
    return MqttLink(settings, lambda session: (f"will/{session}", b""), lambda: None)


def test_a_full_queue_drops_and_counts_and_never_blocks_the_librarys_thread() -> None:
    made = link()
    message = MQTTMessage(topic=b"loa/v1/x")
    for _ in range(MOST_QUEUED_MESSAGES + 3):
        made._on_message(Client(CallbackAPIVersion.VERSION2), None, message)
    assert made.messages.qsize() == MOST_QUEUED_MESSAGES
    assert made.dropped == 3


def test_what_was_dropped_is_counted_in_the_status(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    box.line.dropped = 3
    box.connect()
    assert box.status()["refused"] == {"queue_full": 3}


def test_reconnects_are_spread_from_one_second_to_a_minute() -> None:
    for failures, longest in ((1, 4.0), (3, 16.0), (10, 60.0), (1_000, 60.0)):
        pauses = [mqtt_link._pause_s(failures) for _ in range(200)]
        assert all(1 <= pause <= longest for pause in pauses)
        assert max(pauses) > 1 + (longest - 1) * 0.8
        assert min(pauses) < 1 + (longest - 1) * 0.2


def test_a_commune_whose_broker_was_restarted_does_not_come_back_in_one_moment() -> None:
    pauses = [mqtt_link._pause_s(0) for _ in range(500)]
    assert min(pauses) >= 1
    assert 9 < max(pauses) <= 10
    busiest = max(Counter(int(pause * 10) for pause in pauses).values())
    assert busiest <= 500 * 0.04


def test_a_connection_that_does_not_stand_is_tried_again_as_slowly_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two agents with one name throw each other off: once a second, for ever, would be a storm."""
    made, stood_s, seconds = link(), iter([0.1, 0.1, 0.1, 100.0, 0.1]), 0.0
    failures: list[int] = []

    def connect_once(_session: int) -> None:
        nonlocal seconds
        seconds += next(stood_s)

    def pause_s(count: int) -> float:
        failures.append(count)
        if len(failures) == 5:
            made._stopping.set()
        return 0.0

    monkeypatch.setattr(made, "_connect_once", connect_once)
    monkeypatch.setattr(mqtt_link, "_pause_s", pause_s)
    monkeypatch.setattr(mqtt_link, "_monotonic_s", lambda: seconds)
    made._run()
    assert failures == [1, 2, 3, 0, 1]


def test_a_message_larger_than_any_of_ours_does_not_fill_the_memory() -> None:
    made = link()
    message = MQTTMessage(topic=b"loa/v1/x")
    message.payload = bytes(10_000_000)
    made._on_message(Client(CallbackAPIVersion.VERSION2), None, message)
    assert 65_536 < len(made.messages.get_nowait()[1]) < 70_000


def test_a_filter_that_the_broker_refuses_is_told_as_the_trouble() -> None:
    made = link()
    client = Client(CallbackAPIVersion.VERSION2)
    made._on_subscribe(client, None, 1, [ReasonCode(PacketTypes.SUBACK, "Granted QoS 1")], None)
    assert made.trouble is None
    made._on_subscribe(client, None, 2, [ReasonCode(PacketTypes.SUBACK, "Not authorized")], None)
    assert "rights" in (made.trouble or "")


def test_without_a_connection_nothing_is_sent() -> None:
    made = link()
    made.publish("topic", b"x")
    made.subscribe(["a"])
    made.unsubscribe(["a"])
    assert made.connection is None


def test_messages_that_had_come_are_followed_though_the_line_is_cut(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    box.connect()
    said = broadcast(MONDAY.replace(hour=11), sound(1_000))
    box.line.messages.put(signed(said))
    box.disconnect()
    assert box.states(said.broadcast) == [("accepted", None)]
