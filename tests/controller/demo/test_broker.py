"""The demonstration's broker where it differs from amqtt; who may publish and read what is in test_broker_acl.py."""

import asyncio
import inspect
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest
from amqtt.broker import Broker
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.protocol.handler import ProtocolHandler
from amqtt.mqtt.puback import PubackPacket
from amqtt.session import Session

from controller.demo.broker import DemoBroker, DemoHandler, may_read, may_write
from tests.servers.demo_broker import DemoBrokerProcess
from tests.servers.mqtt_client import MqttClient, Refused
from tests.servers.waiting import wait_for

ROOT = "loa/v1"
PASSWORDS = {"office": "secret-0", "loa-1": "secret-1", "loa-2": "secret-2", "loa-3": "secret-3"}
CLIP = f"{ROOT}/office/audio/{'ab' * 32}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoBrokerProcess]:
    made = DemoBrokerProcess(tmp_path_factory.mktemp("broker"))
    made.admit(PASSWORDS)
    with made:
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Iterator[DemoBrokerProcess]:
    made = DemoBrokerProcess(tmp_path)
    made.admit(PASSWORDS)
    with made:
        yield made


def connect(broker: DemoBrokerProcess, name: str) -> MqttClient:
    return MqttClient(broker, name, PASSWORDS[name])


def test_amqtt_still_has_the_methods_that_we_override_with_the_same_parameters() -> None:
    """They are private: where a new amqtt renames one, its fault would come back unnoticed."""
    assert version("amqtt") == "0.12.1", "pinned: read its changes against controller/demo/broker.py first"
    own_names = {name for name in vars(DemoBroker) if not name.startswith("__")}
    added = {"port", "follow_accounts", "_is_admitted", "_may"}
    for name in own_names - added:
        assert list(inspect.signature(getattr(Broker, name)).parameters) == list(
            inspect.signature(getattr(DemoBroker, name)).parameters
        ), name
    assert not any(hasattr(Broker, name) for name in added)
    assert "self._puback_waiters" in inspect.getsource(ProtocolHandler.__init__)
    assert list(inspect.signature(BrokerProtocolHandler.handle_puback).parameters) == ["self", "puback"]
    used = {"_sessions", "_subscriptions", "_retained_messages", "_tasks_queue", "_servers"}
    assert used <= set(inspect.getsource(Broker.__init__).replace("self.", " ").replace(":", " ").split())
    assert {"_matches", "_get_handler", "_stop_handler", "_del_all_subscriptions"} <= set(vars(Broker))


def test_a_name_in_a_topic_is_compared_whole() -> None:
    assert may_write("loa-1", "speakers/loa-1/status")
    assert not may_write("loa-1", "speakers/loa-11/status")
    assert not may_write("loa", "speakers/loa-1/status")
    assert not may_read("loa-1", "office/speakers/loa-11/settings")
    assert not may_read("loa-1", "speakers/loa-1/status")


def test_a_new_client_gets_no_retained_message_of_anothers_subscription(shared: DemoBrokerProcess) -> None:
    with connect(shared, "office") as office, connect(shared, "loa-1") as asker:
        office.publish(f"{CLIP}/0", b"kept", retain=True)
        asker.subscribe(f"{CLIP}/+", f"{ROOT}/office/#")
        asker.wait_for_payload(b"kept")
        with connect(shared, "loa-2") as newcomer:
            newcomer.subscribe(f"{ROOT}/office/speakers/loa-2/#")
            office.publish(f"{ROOT}/office/speakers/loa-2/time", b"after")
            newcomer.wait_for_payload(b"after")
            assert [heard.payload for heard in newcomer.heard] == [b"after"]
        office.publish(f"{CLIP}/0", b"", retain=True)


def test_no_message_is_lost_while_another_client_subscribes(shared: DemoBrokerProcess) -> None:
    messages = [b"%d" % number for number in range(400)]
    enough = threading.Event()

    with (
        connect(shared, "office") as office,
        connect(shared, "loa-1") as first,
        connect(shared, "loa-2") as second,
        connect(shared, "loa-3") as restless,
    ):
        # Two filters: amqtt by itself loses a message between the first subscriber and the second.
        first.subscribe(f"{ROOT}/office/areas/hamlet/broadcasts/+")
        second.subscribe(f"{ROOT}/office/areas/#")

        def subscribe_on_and_on() -> None:
            number = 0
            while not enough.is_set():
                number += 1
                restless.subscribe(f"{ROOT}/office/audio/{number}/0")

        thread = threading.Thread(target=subscribe_on_and_on)
        thread.start()
        try:
            for message in messages:
                office.publish_without_waiting(f"{ROOT}/office/areas/hamlet/broadcasts/{message.decode()}", message)
            first.wait_for_payload(messages[-1])
            second.wait_for_payload(messages[-1])
        finally:
            enough.set()
            thread.join()
        assert [heard.payload for heard in first.heard] == messages
        assert [heard.payload for heard in second.heard] == messages


def test_retained_chunks_come_by_exact_topic_and_by_wildcard_whole_and_once(shared: DemoBrokerProcess) -> None:
    chunks = {f"{CLIP}/{index}": bytes([index]) * 65_536 for index in range(16)}
    with connect(shared, "office") as office, connect(shared, "loa-1") as exact, connect(shared, "loa-2") as wild:
        for topic, chunk in chunks.items():
            office.publish(topic, chunk, retain=True)
        exact.subscribe(*chunks)
        wild.subscribe(f"{CLIP}/+")
        for speaker in (exact, wild):
            speaker.wait_for_messages(len(chunks))
            assert {heard.topic: heard.payload for heard in speaker.heard} == chunks
            assert all(heard.retained for heard in speaker.heard)
        for topic in chunks:
            office.publish(topic, b"", retain=True)
    with connect(shared, "loa-3") as late, connect(shared, "office") as office:
        late.subscribe(f"{CLIP}/+", f"{ROOT}/office/speakers/loa-3/#")
        office.publish(f"{ROOT}/office/speakers/loa-3/time", b"last")
        late.wait_for_payload(b"last")
        assert len(late.heard) == 1, "an empty payload took them away"


def test_a_speaker_that_does_not_acknowledge_delays_no_other(shared: DemoBrokerProcess) -> None:
    with connect(shared, "office") as office:
        office.publish(f"{CLIP}/0", b"kept", retain=True)
        with MqttClient(shared, "loa-1", PASSWORDS["loa-1"], hold_acknowledgements=True) as slow:
            slow.subscribe(f"{CLIP}/+")
            slow.wait_for_payload(b"kept")
            before = time.monotonic()
            slow.subscribe(f"{ROOT}/office/speakers/loa-1/#")
            office.subscribe(f"{ROOT}/speakers/#")
            slow.publish(f"{ROOT}/speakers/loa-1/requests", b"still here")
            office.wait_for_payload(b"still here")
            assert time.monotonic() - before < 4, "amqtt waits 5 s for a PUBACK"
        office.publish(f"{CLIP}/0", b"", retain=True)


def test_an_acknowledgement_that_comes_before_amqtt_waits_for_it_is_not_forgotten() -> None:
    """A quick client's PUBACK may come before the broker waits for it; in-process, because no client can time that."""

    async def acknowledge_early() -> None:
        handler = DemoHandler(None)
        handler.session = Session()
        handler.session.inflight_out[1] = None
        acknowledging = asyncio.create_task(handler.handle_puback(PubackPacket.build(1)))
        await asyncio.sleep(0)
        handler._puback_waiters[1] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(5):
            await handler._puback_waiters[1]
            await acknowledging

    asyncio.run(acknowledge_early())


def test_a_client_that_reconnects_before_its_old_connection_is_cleared_away_stays(tmp_path: Path) -> None:
    """amqtt notes the names of ended connections, and clears them away one by one, each in up to a second."""
    accounts = tmp_path / "accounts"
    accounts.touch()

    async def clear_away(name: str, *, is_back: bool) -> bool:
        broker = DemoBroker(0, accounts, ROOT)
        handler, session = DemoHandler(None), Session()
        session.client_id = name
        session.transitions.connect()
        if not is_back:
            session.transitions.disconnect()
        broker.sessions[name] = (session, handler)
        await broker._cleanup_session(name)
        return name in broker.sessions

    assert asyncio.run(clear_away("office", is_back=True))
    assert not asyncio.run(clear_away("office", is_back=False))


def test_a_client_that_publishes_on_a_forbidden_topic_is_cut_and_may_come_back(shared: DemoBrokerProcess) -> None:
    speaker = connect(shared, "loa-1")
    speaker.publish_without_waiting("$SYS/broker/uptime", b"nonsense")
    speaker.wait_for_end()
    with connect(shared, "loa-1") as again, connect(shared, "office") as office:
        office.subscribe(f"{ROOT}/speakers/#")
        again.publish(f"{ROOT}/speakers/loa-1/status", b"back")
        office.wait_for_payload(b"back")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x10\xff\xff\xff\xff\xff",
        b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x1e\x00\x02\xff\xfe",
        b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x1e\x00\x02ab",
        b"\x10\x0c\x00\x04MQTT\x04\x82\x00\x1e\x00\x00",
        b"\x10\x04\x00\x04MQ",
        b"\xf0\x00",
        b"\x30\x05\x00\x01abc",
        bytes(range(256)),
    ],
    ids=repr,
)
def test_nonsense_instead_of_a_connection_stops_nothing(own: DemoBrokerProcess, nonsense: bytes) -> None:
    with connect(own, "office") as office:
        office.subscribe(f"{ROOT}/speakers/#")
        with socket.create_connection((own.host, own.port), timeout=10) as connection:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            with connect(own, "loa-1") as speaker:
                speaker.publish(f"{ROOT}/speakers/loa-1/status", b"here")
                office.wait_for_payload(b"here")
    assert end(own, signal.SIGTERM) == 0
    assert not [line for line in own.log_lines() if "Traceback" in line]


def test_a_speaker_that_sends_damaged_packets_locks_no_other_out_and_leaves_nothing_open(
    own: DemoBrokerProcess,
) -> None:
    """A speaker with an account; in each of its connections some bytes are damaged, or it breaks off."""
    chance = random.Random(7)
    signing_in = packet(
        0x10, b"\x00\x04MQTT\x04\xc2\x00\x1e" + text("loa-1") + text("loa-1") + text(PASSWORDS["loa-1"])
    )
    subscribing = packet(0x82, b"\x00\x05" + text(f"{ROOT}/#") + b"\x01")
    publishing = packet(0x32, text(f"{ROOT}/speakers/loa-1/status") + b"\x00\x01hi")
    for _ in range(800):
        damaged = bytearray(signing_in + subscribing + publishing)
        for _ in range(chance.randint(0, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        cut_off = chance.randint(1, len(damaged)) if chance.random() < 0.3 else len(damaged)
        with socket.create_connection((own.host, own.port), timeout=10) as connection, suppress(OSError):
            connection.sendall(damaged[:cut_off])
            connection.shutdown(socket.SHUT_WR)
    with connect(own, "office") as office, connect(own, "loa-1") as speaker:
        office.subscribe(f"{ROOT}/speakers/#")
        speaker.publish(f"{ROOT}/speakers/loa-1/receipts", b"sane again")
        office.wait_for_payload(b"sane again")
        open_files = Path(f"/proc/{own.pid}/fd")
        until = time.monotonic() + 10
        while len(list(open_files.iterdir())) > 30:
            assert time.monotonic() < until, "its connections were never closed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_2_s_without_a_traceback_while_clients_are_connected(
    own: DemoBrokerProcess, number: int
) -> None:
    office, speaker = connect(own, "office"), connect(own, "loa-1")
    office.publish(f"{CLIP}/0", bytes(65_536), retain=True)
    speaker.subscribe(f"{CLIP}/+")
    with socket.create_connection((own.host, own.port), timeout=10):
        before = time.monotonic()
        assert end(own, number) == 0
        assert time.monotonic() - before < 2
    for client in (office, speaker):
        client.wait_for_end()
        client.close()
    assert own.log_lines() == []


def test_it_comes_back_on_its_port(own: DemoBrokerProcess) -> None:
    port = own.port
    own.kill()
    own.start()
    assert own.port == port
    connect(own, "loa-1").close()


def test_it_listens_on_this_machine_s_loopback_alone(shared: DemoBrokerProcess) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", shared.port), timeout=10)


def test_a_port_in_use_is_reported_in_a_sentence(shared: DemoBrokerProcess) -> None:
    command = [sys.executable, "-m", "controller.demo.broker", "--port", str(shared.port)]
    ended = subprocess.run(
        [*command, "--accounts", str(shared.password_file)], capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"can't listen on port {shared.port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_serves_another_topic_root(tmp_path: Path) -> None:
    made = DemoBrokerProcess(tmp_path, topic_root="xa/two")
    made.admit(PASSWORDS)
    with made, connect(made, "office") as office, connect(made, "loa-1") as speaker:
        office.subscribe("#")
        speaker.publish(f"{ROOT}/speakers/loa-1/status", b"wrong root")
        speaker.publish("xa/two/speakers/loa-1/status", b"right root")
        office.wait_for_payload(b"right root")
        assert len(office.heard) == 1


def test_without_the_accounts_file_every_client_is_refused_until_it_exists(tmp_path: Path) -> None:
    with DemoBrokerProcess(tmp_path) as made:
        with pytest.raises(Refused):
            connect(made, "office")
        made.admit(PASSWORDS)

        def comes_in() -> bool:
            try:
                connect(made, "office").close()
            except Refused:
                return False
            return True

        wait_for(comes_in, lambda: "\n".join(made.log_lines()[-5:]))


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT packet of less than 128 bytes."""
    return bytes([kind, len(body)]) + body


def text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def end(broker: DemoBrokerProcess, number: int) -> int:
    os.kill(broker.pid, number)
    return broker.wait_for_end(10)
