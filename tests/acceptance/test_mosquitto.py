"""deploy/'s Mosquitto configuration, apart from access rights: TLS, limits, and no persistence."""

import contextlib
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.mosquitto import Mosquitto
from tests.servers.mosquitto_builds import DEPLOY, installed, unstable
from tests.servers.mqtt_client import MqttClient, Refused

pytestmark = pytest.mark.acceptance

ROOT = "loa/v1"
CHUNK = f"{ROOT}/office/audio/{'ab' * 32}/0"


@pytest.fixture(params=["2.0", "2.1"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path, build=unstable() if request.param == "2.1" else installed())
    made.admit({"office": "secret-0", "loa-1": "secret-1"})
    with made:
        yield made


@pytest.fixture
def tls_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path, tls=True)
    made.admit({"office": "secret-0"})
    with made:
        yield made


def test_the_certificate_is_checked(tls_broker: Mosquitto) -> None:
    strangers = ssl.create_default_context()
    with (
        socket.create_connection((tls_broker.host, tls_broker.port), timeout=10) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        strangers.wrap_socket(connection, server_hostname=tls_broker.host)
    MqttClient(tls_broker, "office", "secret-0").close()


def test_the_tls_port_refuses_plain_connections(tls_broker: Mosquitto) -> None:
    tls_broker.ca_file, ca_file = None, tls_broker.ca_file
    with pytest.raises(Refused):
        MqttClient(tls_broker, "office", "secret-0")
    tls_broker.ca_file = ca_file
    MqttClient(tls_broker, "office", "secret-0").close()


def test_a_packet_above_the_limit_ends_its_connection_and_is_not_delivered(broker: Mosquitto) -> None:
    with MqttClient(broker, "loa-1", "secret-1") as speaker, MqttClient(broker, "office", "secret-0") as office:
        speaker.subscribe(f"{ROOT}/office/audio/#")
        largest = bytes(65_536)
        office.publish(CHUNK, largest)
        speaker.wait_for_payload(largest)
        office.publish_without_waiting(CHUNK, bytes(70_000))
        office.wait_for_end()
        with MqttClient(broker, "office", "secret-0") as again:
            again.publish(CHUNK, b"last")
            speaker.wait_for_payload(b"last")
        assert [len(heard.payload) for heard in speaker.heard] == [65_536, 4]


def test_a_slow_office_loses_no_report(broker: Mosquitto) -> None:
    reports = [b"%d" % number for number in range(5_000)]
    with (
        MqttClient(broker, "office", "secret-0", hold_acknowledgements=True) as office,
        MqttClient(broker, "loa-1", "secret-1") as speaker,
    ):
        office.subscribe(f"{ROOT}/speakers/#")
        last = [speaker.publish_without_waiting(f"{ROOT}/speakers/loa-1/receipts", report) for report in reports][-1]
        last.wait_for_publish(20)
        assert len(office.heard) < len(reports), "the office has acknowledged nothing, so the broker holds some back"
        office.acknowledge_all()
        office.wait_for_messages(len(reports))
        assert [heard.payload for heard in office.heard] == reports


def test_messages_are_not_written_to_the_disk(broker: Mosquitto, tmp_path: Path) -> None:
    before = {file.name for file in tmp_path.iterdir()}
    with MqttClient(broker, "office", "secret-0") as office:
        office.publish(CHUNK, b"kept in memory", retain=True)
    broker.stop()
    assert {file.name for file in tmp_path.iterdir()} | {"mosquitto.pid"} == before | {"mosquitto.pid"}
    broker.start()
    with MqttClient(broker, "loa-1", "secret-1") as speaker, MqttClient(broker, "office", "secret-0") as office:
        speaker.subscribe(f"{ROOT}/office/audio/#")
        office.publish(CHUNK, b"after")
        speaker.wait_for_payload(b"after")
        assert [heard.payload for heard in speaker.heard] == [b"after"]


def test_a_killed_broker_restarts_on_its_port_with_accounts_that_changed_meanwhile(broker: Mosquitto) -> None:
    port = broker.port
    broker.kill()
    broker.admit({"office": "secret-0", "loa-2": "secret-2"})
    broker.start()
    assert broker.port == port
    MqttClient(broker, "loa-2", "secret-2").close()
    with pytest.raises(Refused):
        MqttClient(broker, "loa-1", "secret-1")


def test_it_serves_another_topic_root(tmp_path: Path) -> None:
    made = Mosquitto(tmp_path, topic_root="xa/two")
    made.admit({"office": "secret-0", "loa-1": "secret-1"})
    with made, MqttClient(made, "office", "secret-0") as office, MqttClient(made, "loa-1", "secret-1") as speaker:
        office.subscribe("#")
        speaker.publish(f"{ROOT}/speakers/loa-1/status", b"wrong root")
        speaker.publish("xa/two/speakers/loa-1/status", b"right root")
        office.wait_for_payload(b"right root")
        assert len(office.heard) == 1


def test_the_reload_units_watch_the_file_that_the_office_writes_next_to_the_passwords() -> None:
    """systemd doesn't run here: the units are compared with the files that MosquittoAccounts writes."""
    config = (DEPLOY / "access" / "2.0.conf").read_text().splitlines()
    changed = dict(line.split(" ", 1) for line in config if " " in line)["password_file"] + ".changed"
    units = DEPLOY.parent / "systemd"
    path, service = ((units / f"loa-mosquitto-reload.{kind}").read_text() for kind in ("path", "service"))
    assert f"PathExists={changed}\n" in path
    starts = [line for line in service.splitlines() if line.startswith("ExecStart=")]
    assert starts[0].startswith("ExecStart=/bin/rm ")
    assert starts[0].endswith(changed)
    assert "reload" in starts[1]
    assert "mosquitto.service" in starts[1]


def test_the_fixture_ends_its_process(tmp_path: Path) -> None:
    made = Mosquitto(tmp_path)
    with made:
        pid = made.pid
        assert made.running
    with contextlib.suppress(FileNotFoundError):
        assert Path(f"/proc/{pid}/comm").read_text() != "mosquitto\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to the group mosquitto, which only root may")
@pytest.mark.parametrize("plugins", [None, "usr/lib/aarch64-linux-gnu/mosquitto"])
def test_the_installer_takes_the_access_file_of_the_installed_version(tmp_path: Path, plugins: str | None) -> None:
    (tmp_path / (plugins or "usr/lib")).mkdir(parents=True)
    if plugins:
        (tmp_path / plugins / "mosquitto_acl_file.so").touch()
    for _ in range(2):  # again after an update
        subprocess.run([DEPLOY / "install", tmp_path], check=True)
    there = tmp_path / "etc/loa-xa/mosquitto"
    assert sorted(file.name for file in (there / "access").iterdir()) == ["access.conf"]
    said = (there / "access/access.conf").read_text()
    if plugins:
        assert f"global_plugin /{plugins}/mosquitto_password_file.so\n" in said
        assert "x86_64" not in said
    else:
        assert "\npassword_file /var/lib/loa-xa/broker/accounts\n" in said
    for file in (there / "loa-xa.conf", there / "acl", there / "access/access.conf"):
        assert (file.group(), file.stat().st_mode & 0o777) == ("mosquitto", 0o640)
