"""The real agent on a real broker with a tiny office: broadcasts sound on time, and receipts are sent."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from audio.sound.opus import decode
from speaker_agent.settings import read_settings_file
from tests.correlation import likeness, samples
from tests.servers.mosquitto import Mosquitto
from tests.servers.mqtt_client import MqttClient
from tests.servers.waiting import wait_for
from tests.speaker_agent.office import (
    ME,
    Message,
    broadcast,
    chunks_of,
    configuration,
    settings,
    signed,
    signed_acknowledgement,
    signed_settings,
    sound,
)
from wire.instants import cut_to_milliseconds
from wire.receipts import Receipt, read_receipts
from wire.topics import DEFAULT_ROOT, office_filter

pytestmark = pytest.mark.acceptance

LIMIT_S = 30.0
_Found = TypeVar("_Found")


class Agent:
    """`loa-speaker run` as a process, with the file device."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        folder.mkdir(exist_ok=True)
        self.heard_folder = folder / "heard"
        self.config = folder / "speaker.json"
        self._log = folder / "agent.log"
        where = {"host": broker.host, "port": broker.port, "tls": broker.ca_file is not None}
        if broker.ca_file is not None:
            where["ca_pem"] = broker.ca_file.read_text()
        self.config.write_text(json.dumps(configuration(where, sound="file:heard", clock="system")))
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, name: str) -> list[str]:
        return [str(Path(sys.executable).parent / "loa-speaker"), name, "--config", str(self.config)]

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self.command("run"), stderr=log)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(10)
        self.process = None
        return status

    def log(self) -> str:
        return self._log.read_text()

    def wait_for_acknowledged(self, seq: int) -> None:
        """Wait until the agent's journal marks this receipt as acknowledged."""
        journal = read_settings_file(self.config).journal_file

        def acknowledged() -> bool:
            with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
                rows = db.execute("SELECT value FROM facts WHERE name = 'acknowledged'").fetchall()
            return bool(rows) and int(rows[0][0]) >= seq

        wait_for(acknowledged, self.log)

    def heard(self) -> list[Path]:
        """The recordings of the file device, in order."""
        return sorted(self.heard_folder.glob("*.wav"))

    def frames_heard(self) -> int:
        total = 0
        for file in self.heard():
            with wave.open(str(file)) as recording:
                total += recording.getnframes()
        return total


class Office:
    """Publishes a test's messages, and keeps every receipt in memory."""

    def __init__(self, broker: Mosquitto) -> None:
        self.client = MqttClient(broker, "office", "secret-0")
        self.client.subscribe(office_filter(DEFAULT_ROOT, "+"))

    def say(self, *messages: Message) -> None:
        for topic, payload in messages:
            self.client.publish(topic, payload, retain=True)

    def receipts(self) -> dict[tuple[str, int], Receipt]:
        """The receipts by journal and `seq`."""
        found = {}
        for heard in self.client.heard:
            if heard.topic.endswith("/receipts"):
                message = read_receipts(heard.payload)
                for receipt in message.receipts:
                    assert isinstance(receipt, Receipt)
                    found[message.journal, receipt.seq] = receipt
        return found

    def states(self, name: str) -> list[tuple[str, str | None]]:
        ordered = sorted(self.receipts().items())
        return [(receipt.state, receipt.reason) for _, receipt in ordered if receipt.broadcast == name]

    def wait_for_state(self, name: str, state: str) -> Receipt:
        def found() -> Receipt | None:
            return next(
                (each for each in self.receipts().values() if each.broadcast == name and each.state == state), None
            )

        return self.client.wait_for(found, LIMIT_S)

    def statuses(self) -> list[dict[str, Any]]:
        return [json.loads(heard.payload) for heard in self.client.heard if heard.topic.endswith("/status")]

    def wait_for_status(self, hoped: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return self.client.wait_for(
            lambda: next((each for each in reversed(self.statuses()) if hoped(each)), None), LIMIT_S
        )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.admit({"office": "secret-0", ME: "secret-1"})
    with made:
        yield made


@pytest.fixture
def agent(tmp_path: Path, broker: Mosquitto) -> Iterator[Agent]:
    made = Agent(tmp_path / "agent", broker)
    made.start()
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait(10)
    sys.stdout.write(made.log())


@pytest.fixture
def office(broker: Mosquitto) -> Iterator[Office]:
    made = Office(broker)
    yield made
    made.client.close()


def _soon(seconds: float) -> datetime:
    return cut_to_milliseconds(datetime.now(UTC) + timedelta(seconds=seconds))


@pytest.mark.real_time
def test_a_planned_broadcast_sounds_on_time_and_whole_and_is_reported(agent: Agent, office: Office) -> None:
    office.say(signed_settings(settings(_soon(0))))
    data = sound(3000)
    said = broadcast(_soon(5), data, times=2, gap_ms=500)
    office.say(*chunks_of(data), signed(said, area="thon-1"))
    played = office.wait_for_state(said.broadcast, "played")
    assert office.states(said.broadcast) == [
        ("accepted", None),
        ("ready", None),
        ("started", None),
        ("played", None),
    ]
    assert played.heard_ms == 6000
    assert played.start_error_ms is not None
    assert abs(played.start_error_ms) < 100
    [file] = agent.heard()
    with wave.open(str(file)) as recording:
        recorded = samples(recording.readframes(10**9))
    once = b"".join(decode(data))
    assert len(recorded) == (3000 + 500 + 3000) * 48
    assert likeness(recorded, samples(once + bytes(500 * 96) + once)).is_all_there


def test_killed_in_the_middle_of_a_sound_it_reports_power_lost_and_does_not_sound_twice(
    agent: Agent, office: Office
) -> None:
    office.say(signed_settings(settings(_soon(0))))
    data = sound(6000)
    said = broadcast(_soon(3), data)
    office.say(*chunks_of(data), signed(said))
    wait_for(lambda: agent.frames_heard() > 48_000, agent.log)
    agent.kill()
    frames = agent.frames_heard()
    agent.start()
    final = office.wait_for_state(said.broadcast, "partial")
    assert (final.reason, final.heard_ms) == ("power_lost", None)
    after = broadcast(_soon(3), data)
    office.say(signed(after))
    office.wait_for_state(after.broadcast, "played")
    assert len(agent.heard()) == 2
    assert agent.frames_heard() == frames + 6000 * 48
    seqs = sorted(seq for _, seq in office.receipts())
    assert seqs == list(range(1, len(seqs) + 1))


def test_an_emergency_that_a_crash_interrupted_begins_again_from_its_start(agent: Agent, office: Office) -> None:
    data = sound(4000)
    said = broadcast(
        None, data, issued_at=_soon(0), bulletin_class="emergency", areas=(), speakers=(ME,), expires_at=_soon(3600)
    )
    office.say(*chunks_of(data), signed(said))
    wait_for(lambda: agent.frames_heard() > 24_000, agent.log)
    agent.kill()
    agent.start()
    assert office.wait_for_state(said.broadcast, "played").heard_ms == 4000
    with wave.open(str(agent.heard()[-1])) as whole:
        assert whole.getnframes() == 4000 * 48


@pytest.mark.real_time
def test_without_broker_and_office_the_plan_is_played_even_after_a_restart(
    agent: Agent, office: Office, broker: Mosquitto
) -> None:
    office.say(signed_settings(settings(_soon(0))))
    data = sound(2000)
    said = broadcast(_soon(8), data)
    office.say(*chunks_of(data), signed(said))
    office.wait_for_state(said.broadcast, "ready")
    office.client.close()
    broker.kill()
    agent.kill()
    agent.start()
    wait_for(lambda: agent.frames_heard() == 2000 * 48, agent.log)
    broker.start()
    later = Office(broker)
    assert later.wait_for_state(said.broadcast, "played").start_error_ms == pytest.approx(0, abs=100)
    later.client.close()


def test_it_ends_in_order_within_five_seconds_with_a_last_status(agent: Agent, office: Office) -> None:
    office.say(signed_settings(settings(_soon(0))))
    data = sound(6000)
    said = broadcast(_soon(2), data)
    office.say(*chunks_of(data), signed(said))
    online = office.wait_for_status(lambda status: status["playing"] == said.broadcast)
    begun = time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - begun < 5
    office.wait_for_status(
        lambda status: (
            not status["online"] and (status["boot"], status["session"]) == (online["boot"], online["session"])
        )
    )
    frames = agent.frames_heard()
    agent.start()
    assert office.wait_for_state(said.broadcast, "partial").reason == "power_lost"
    assert agent.frames_heard() == frames


@pytest.mark.usefixtures("agent")
def test_after_a_restart_of_the_broker_the_speaker_has_a_new_session(office: Office, broker: Mosquitto) -> None:
    first = office.wait_for_status(lambda status: status["online"])
    broker.kill()
    broker.start()
    later = Office(broker)
    again = later.wait_for_status(lambda status: status["online"])
    assert again["boot"] == first["boot"]
    assert again["session"] > first["session"]
    later.client.close()


def test_acknowledged_receipts_are_not_sent_again(agent: Agent, office: Office) -> None:
    office.say(signed_settings(settings(_soon(0))))
    said = broadcast(_soon(3600), sound(1000))
    office.say(signed(said))
    office.wait_for_state(said.broadcast, "accepted")
    boot = office.wait_for_status(lambda each: each["online"])["boot"]
    [(journal, seq)] = office.receipts()
    office.say(signed_acknowledgement(journal, seq))
    agent.wait_for_acknowledged(seq)
    sent = len([heard for heard in office.client.heard if heard.topic.endswith("/receipts")])
    agent.stop()
    agent.start()
    status = office.wait_for_status(lambda each: each["online"] and each["boot"] != boot)
    assert (status["journal"], status["unacknowledged"], status["plan"]["count"]) == (journal, 0, 1)
    assert len([heard for heard in office.client.heard if heard.topic.endswith("/receipts")]) == sent


def test_check_reports_what_is_right_and_what_to_do(tmp_path: Path, broker: Mosquitto) -> None:
    agent = Agent(tmp_path / "checked", broker)
    right = subprocess.run(agent.command("check"), capture_output=True, text=True, timeout=60)
    assert right.returncode == 0, right.stdout
    assert all(line.endswith(": ok") for line in right.stdout.splitlines())
    broker.admit({"office": "secret-0", ME: "another"})
    refused = subprocess.run(agent.command("check"), capture_output=True, text=True, timeout=60)
    assert "get new credentials" in refused.stdout.splitlines()[-1]
    broker.kill()
    wrong = subprocess.run(agent.command("check"), capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 1
    assert "is the broker running?" in wrong.stdout.splitlines()[-1]


def test_over_tls_it_trusts_only_the_authority_in_its_configuration(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "tls", tls=True) as broker, Mosquitto(tmp_path / "other", tls=True) as other:
        for each in (broker, other):
            each.admit({"office": "secret-0", ME: "secret-1"})
        agent = Agent(tmp_path / "agent", broker)
        right = subprocess.run(agent.command("check"), capture_output=True, text=True, timeout=60)
        assert right.returncode == 0, right.stdout
        fields = json.loads(agent.config.read_text())
        agent.config.write_text(json.dumps({**fields, "broker": {**fields["broker"], "port": other.port}}))
        wrong = subprocess.run(agent.command("check"), capture_output=True, text=True, timeout=60)
        assert "can't prove that it is the office's broker" in wrong.stdout.splitlines()[-1]


def test_a_second_agent_on_the_same_journal_is_refused(agent: Agent, office: Office) -> None:
    office.wait_for_status(lambda status: status["online"])
    second = subprocess.run(agent.command("run"), capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert "another agent runs" in second.stderr
    checked = subprocess.run(agent.command("check"), capture_output=True, text=True, timeout=60)
    assert "signing in was not tried" in checked.stdout.splitlines()[-1]
    assert checked.returncode == 0


def test_the_command_tone_plays_for_three_seconds(tmp_path: Path, broker: Mosquitto) -> None:
    agent = Agent(tmp_path / "tone", broker)
    assert subprocess.run(agent.command("tone"), timeout=60).returncode == 0
    assert agent.frames_heard() == 3 * 48_000
