"""Quiet hours at the loudspeaker: even a broadcast that the office's own key signed for 03:15 doesn't sound.

The office's rules refuse such an order. Here it is signed without them with the office's key, as a defect of the
office, or an attacker with its key, might do. The night passes on the clock that all programs share; the clock of
one loudspeaker is a millisecond early, that of another a millisecond late.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.broker import keys
from tests.acceptance.shared_clock import MovedClock
from tests.acceptance.station import Station, said
from tests.correlation import RATE
from tests.servers.mqtt_client import MqttClient
from tests.speaker_agent.office import broadcast, chunks_of, sound
from wire.broadcast import TYP as BROADCAST_TYP
from wire.broadcast import Broadcast
from wire.model import BulletinClass
from wire.topics import AREA_BROADCAST, DEFAULT_ROOT

pytestmark = [pytest.mark.acceptance, pytest.mark.real_time]

NIGHT = datetime(2027, 4, 21, 2, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
QUARTER_PAST_THREE = NIGHT.replace(hour=3, minute=15)
FIVE = NIGHT.replace(hour=5)
MILLISECOND = timedelta(milliseconds=1)
SOUND_MS = 1500


class Night:
    """A commune that is quiet from 21:30 to 05:00, at two o'clock."""

    def __init__(self, station: Station, clock: MovedClock) -> None:
        self.station = station
        self.clock = clock
        self.offsets = {"loa-1": timedelta(), "loa-2": MILLISECOND, "loa-3": -MILLISECOND}
        said(
            station.administrator.patch(
                f"/areas/{station.commune}", json={"quiet_hours": [{"from": "21:30", "to": "05:00"}]}
            )
        )
        for name, offset in self.offsets.items():
            station.add_speaker(name, clock=clock.copy(offset) if offset else None)
        folder = station.data_dir / "keys"
        self._signer = keys.load_or_make(folder).signer
        password = keys.own_password(folder / "broker.password")
        self._beside_the_office = MqttClient(station.broker, "office", password, client_id="beside-the-office")

    def sign_and_send(self, starts_at: datetime, bulletin_class: BulletinClass, seed: int) -> str:
        """Publish a broadcast directly to the broker, without the office's rules; wait until it is ready everywhere."""
        data = sound(SOUND_MS, seed)
        said: Broadcast = broadcast(
            starts_at,
            data,
            issued_at=self.clock.now(),
            bulletin_class=bulletin_class,
            areas=(self.station.commune,),
        )
        topic = AREA_BROADCAST.under(DEFAULT_ROOT, area=self.station.commune, broadcast=said.broadcast)
        for where, what in (*chunks_of(data), (topic, self._signer.sign(said, BROADCAST_TYP))):
            self._beside_the_office.publish(where, what, retain=True)
        self._everywhere(said.broadcast, "ready")
        return said.broadcast

    def stop_clocks_at(self, instant: datetime) -> None:
        """Stop the clocks, and set them to this instant."""
        self.clock.stand()
        self.clock.jump(instant)

    def wait_until_ended(self, broadcast: str, state: str) -> None:
        """Wait until it has wait_until_ended in this state everywhere, and the office has each loudspeaker's report."""
        self._everywhere(broadcast, state)
        self.station.wait_until_final(broadcast)

    def _everywhere(self, broadcast: str, state: str) -> None:
        for name in self.offsets:
            self.station.speakers[name].wait_for_receipt(broadcast, state)

    def close(self) -> None:
        self._beside_the_office.close()


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    clock = MovedClock(tmp_path / "clock", NIGHT)
    clock.run(1)
    with Station(tmp_path / "station", clock=clock) as station:
        night = Night(station, clock)
        yield night
        night.close()


def test_a_broadcast_signed_for_a_quarter_past_three_does_not_sound_and_an_emergency_does(night: Night) -> None:
    station = night.station
    hushed = [
        night.sign_and_send(QUARTER_PAST_THREE, "normal", 1),
        night.sign_and_send(QUARTER_PAST_THREE + timedelta(seconds=1), "priority", 2),
    ]
    words = station.approved_announcement("Khẩn cấp! Nước lũ đang lên.", "emergency")

    night.stop_clocks_at(QUARTER_PAST_THREE - timedelta(seconds=1))
    night.clock.run(2)
    for each in hushed:
        night.wait_until_ended(each, "missed")
        told = {name: (row["state"], row["reason"]) for name, row in station.deliveries(each).items()}
        assert told == dict.fromkeys(night.offsets, ("missed", "quiet_hours"))

    places = {"areas": [station.commune]}
    emergency = said(
        station.administrator.post("/broadcasts", json={"announcement": words, "starts_at": None, **places})
    )["broadcast"]
    station.approve(words)
    ordered_at = night.clock.now()
    night.wait_until_ended(emergency, "played")
    for speaker in station.speakers.values():
        assert [speaker.heard(each) for each in hushed] == [[], []]
        [heard] = speaker.heard(emergency)
        assert heard.began_at - ordered_at < timedelta(seconds=10)
        assert len(heard.sound) == len(station.audio(words))


def test_a_broadcast_planned_for_five_sounds_though_a_clock_is_a_millisecond_off(night: Night) -> None:
    morning = night.sign_and_send(FIVE, "normal", 3)
    night.stop_clocks_at(FIVE - timedelta(seconds=1))
    # The clock stops once the late one reads 05:00:00: so a late thread of a busy machine changes nothing.
    night.clock.run(1, until=FIVE + MILLISECOND)
    speakers = night.station.speakers.values()
    night.station.wait_for(lambda: all(each.heard(morning) for each in speakers), "not all began")
    night.clock.run(1)
    night.wait_until_ended(morning, "played")
    for speaker in speakers:
        [heard] = speaker.heard(morning)
        assert timedelta() <= heard.began_at - FIVE <= 2 * MILLISECOND
        assert len(heard.sound) == SOUND_MS * RATE // 1000


def test_with_an_early_clock_a_broadcast_begins_while_it_is_still_quiet_by_the_others(night: Night) -> None:
    """All clocks stand where the early one reads 05:00:00.000; by the commune's clock it is still quiet."""
    morning = night.sign_and_send(FIVE, "normal", 4)
    night.stop_clocks_at(FIVE - MILLISECOND)
    early = night.station.speakers["loa-2"]
    night.station.wait_for(lambda: early.heard(morning), "it didn't begin")
    night.clock.run(1)
    night.wait_until_ended(morning, "played")
    [heard] = early.heard(morning)
    assert heard.began_at == FIVE
