"""Another maker's loudspeaker together with a real agent and office, on Mosquitto and the demonstration's broker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.acceptance.station import Speaker, Station, ahead, said
from tests.correlation import likeness
from tests.second_loudspeaker.line import MqttTransport
from tests.second_loudspeaker.speaker import SecondLoudspeaker
from tests.servers.mqtt_client import MqttClient
from tests.servers.waiting import LIMIT_S, wait_for
from wire.ids import new_ulid

pytestmark = pytest.mark.acceptance

OURS, THEIRS = "loa-1", "loa-hang-khac"


@dataclass(frozen=True)
class Company:
    """A station with a loudspeaker of each maker, and an approved announcement."""

    station: Station
    agent: Speaker
    second: SecondLoudspeaker
    words: str

    def broadcast_to_both(self) -> str:
        """Order a broadcast; wait until both have played it whole and all receipts are acknowledged."""
        broadcast = self.station.order(self.words)
        became = self.station.wait_until_final(broadcast)
        assert {name: each["state"] for name, each in became.items()} == {OURS: "played", THEIRS: "played"}
        [recording] = self.agent.heard(broadcast)
        assert likeness(recording.sound, self.station.audio(self.words)).is_all_there
        self.second.wait_for(lambda: self.second.acknowledged == len(self.second.receipts), LIMIT_S)
        return broadcast


@pytest.fixture(scope="module", params=["mosquitto", pytest.param("demo", marks=pytest.mark.soak)])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with Station(tmp_path_factory.mktemp(request.param), demo_broker=request.param == "demo") as station:
        agent = station.add_speaker(OURS)
        config = station.admit(THEIRS)
        second = SecondLoudspeaker(THEIRS, config["office_keys"])
        where = config["broker"]
        second.connect(MqttTransport(where["host"], where["port"], THEIRS, config["password"], second))
        second.start()
        try:
            station.wait_until_online(THEIRS)
            company = Company(station, agent, second, station.approved_announcement("Mời bà con đi họp."))
            company.broadcast_to_both()  # the sound is on both disks: a later silence isn't for lack of it
            yield company
        finally:
            second.stop()


class OfficeLine:
    """An attacker with the office's password at the broker; the office itself is down meanwhile."""

    def __init__(self, station: Station) -> None:
        password = (station.data_dir / "keys" / "broker.password").read_text().strip()
        self._client = MqttClient(station.broker, "office", password)

    def __enter__(self) -> "OfficeLine":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, retain=retain)

    def open(self) -> None: ...
    def close(self) -> None: ...
    def subscribe(self, topic_filter: str) -> None: ...
    def unsubscribe(self, topic_filter: str) -> None: ...


def test_it_plays_a_broadcast_like_the_agent_and_its_receipts_are_acknowledged(company: Company) -> None:
    broadcast = company.broadcast_to_both()
    assert company.second.states(broadcast) == ["accepted", "ready", "started", "played"]
    clip = company.station.administrator.get(f"/announcements/{company.words}/audio")
    assert company.second.gathering.clips[clip.headers["ETag"].strip('"')] == clip.content
    deliveries = company.station.deliveries(broadcast)
    assert deliveries[THEIRS]["heard_ms"] == deliveries[OURS]["heard_ms"]
    assert company.second.acknowledged == len(company.second.receipts) > 0


def test_receipts_that_come_twice_and_backwards_are_stored_once_and_acknowledged(company: Company) -> None:
    station, second = company.station, company.second
    broadcast = station.order(company.words, speakers=[THEIRS])
    second.wait_for(lambda: "ready" in second.states(broadcast), LIMIT_S)
    station.office.kill()
    second.wait_for(lambda: "played" in second.states(broadcast), LIMIT_S)
    told = len(second.receipts)
    acknowledged = second.acknowledged
    assert acknowledged < told
    before = station.office.mark()
    station.office.start_without_waiting()
    station.office.wait_for_line("connected to the broker", since=before)
    second.send_receipts_twice_and_out_of_order()
    second.wait_for(lambda: second.acknowledged == told, LIMIT_S)
    assert station.wait_until_final(broadcast)[THEIRS]["state"] == "played"
    mine = {seq: said for (name, journal, seq), said in station.receipts().items() if journal == second.journal}
    assert mine == {each["seq"]: (each["broadcast"], each["state"]) for each in second.receipts}


def test_nonsense_on_every_topic_stops_no_program(company: Company) -> None:
    station, second = company.station, company.second
    office, agent = station.office.pid, company.agent.pid
    assert second.send_nonsense_on_every_topic() > 100
    # With the office's account too, which alone may write to the loudspeakers' topics.
    with _instead_of_the_office(station) as line:
        for name in (OURS, THEIRS):
            mouth = SecondLoudspeaker(name, [])
            mouth.connect(line)
            mouth.connected = True
            mouth.send_nonsense_on_every_topic()
        wait_for(lambda: "refused on" in company.agent.last_words(), company.agent.last_words)
        second.wait_for(lambda: second.refused.total() > 0, LIMIT_S)
    company.broadcast_to_both()
    assert company.agent.pid == agent
    assert station.office.pid != office, "the office was started again by this test"
    for program in (station.office, company.agent):
        assert not [line for line in program.log_lines() if "Traceback" in line], program.last_words()


@pytest.mark.parametrize("kid_of", ["a stranger", "the office"])
def test_a_message_signed_by_another_key_sounds_nowhere_and_the_office_shows_the_refusal(
    company: Company, kid_of: str
) -> None:
    station, second = company.station, company.second
    raw, kid = Ed25519PrivateKey.generate().private_bytes_raw(), "0123456789abcdef"
    if kid_of == "the office":
        _, kid = _key_of_the_office(station)
    reason = {"a stranger": "unknown_key", "the office": "bad_signature"}[kid_of]
    forged = _emergency(company)
    with _instead_of_the_office(station) as line:
        second.forge(line, forged, kid=kid, private_key=raw, areas=[station.commune], speakers=[OURS, THEIRS])
        muting = {"speaker": OURS, "revision": 2**50, "muted": True}
        second.forge(line, muting, kid=kid, private_key=raw, speakers=[OURS, THEIRS], typ="settings")
        company.agent.wait_for_receipt(forged["broadcast"], "rejected")
        second.wait_for(lambda: second.states(forged["broadcast"]) == ["rejected"], LIMIT_S)
    refused = dict.fromkeys((OURS, THEIRS), ("rejected", reason))

    def shown() -> dict[str, tuple[str, str | None]]:
        became = station.deliveries(forged["broadcast"])
        return {name: (each["state"], each["reason"]) for name, each in became.items()}

    station.wait_for(lambda: shown() == refused, lambda: f"the office shows {shown()}")
    company.broadcast_to_both()
    _require_silence(company, forged["broadcast"])
    assert not said(station.administrator.get(f"/speakers/{OURS}"))["muted"]


def test_the_same_message_signed_by_the_office_sounds_so_the_key_was_the_reason(company: Company) -> None:
    station, second = company.station, company.second
    raw, kid = _key_of_the_office(station)
    genuine = _emergency(company)
    with _instead_of_the_office(station) as line:
        second.forge(line, genuine, kid=kid, private_key=raw, areas=[station.commune], speakers=[OURS, THEIRS])
        company.agent.wait_for_receipt(genuine["broadcast"], "played")
        second.wait_for(lambda: "played" in second.states(genuine["broadcast"]), LIMIT_S)
    with pytest.raises(AssertionError):
        _require_silence(company, genuine["broadcast"])


def _require_silence(company: Company, broadcast: str) -> None:
    assert company.agent.heard(broadcast) == []
    assert broadcast not in [name for name, _, _ in company.second.sounded]


@contextmanager
def _instead_of_the_office(station: Station) -> Iterator[OfficeLine]:
    """Kill the office, and connect an attacker in its place; start the office again at the end."""
    station.office.kill()
    try:
        with OfficeLine(station) as line:
            yield line
    finally:
        station.office.start()


def _key_of_the_office(station: Station) -> tuple[bytes, str]:
    """The office's private key as raw bytes, and its id."""
    keys = station.data_dir / "keys"
    kid: str = json.loads((keys / "public.json").read_text())[0]["kid"]
    return bytes.fromhex((keys / "office.key").read_text().strip()), kid


def _emergency(company: Company) -> dict[str, Any]:
    """The fields of an emergency for now, with a clip that both loudspeakers have."""
    clip = company.station.administrator.get(f"/announcements/{company.words}/audio")
    length = len(company.station.audio(company.words))
    now = datetime.now(UTC)
    return {
        "broadcast": new_ulid(now),
        "revision": int(now.timestamp() * 1000),
        "issued_at": ahead(0),
        "expires_at": ahead(600),
        "kind": "clips",
        "state": "planned",
        "areas": [company.station.commune],
        "speakers": [],
        "bulletin_class": "emergency",
        "starts_at": None,
        "latest_start": ahead(600),
        "clips": [
            {
                "sha256": clip.headers["ETag"].strip('"'),
                "bytes": len(clip.content),
                "duration_ms": (length + 24) // 48,
                "media_type": "audio/ogg; codecs=opus",
            }
        ],
        "times": 1,
        "gap_ms": 0,
        "gain_db": 0.0,
        "title": "Sóng thần",
        "language": "vi",
        "approvals": [{"officer": "Không ai", "at": ahead(0)}],
    }
