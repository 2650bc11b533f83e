"""The network is cut a minute before a broadcast: it sounds on time, and is reported once the network is back."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.station import Station, ahead, wait_for_instant
from tests.correlation import likeness

pytestmark = [pytest.mark.acceptance, pytest.mark.real_time]

ORDERED_AHEAD = timedelta(minutes=2)
CUT_AHEAD = timedelta(minutes=1)
ON_TIME = timedelta(milliseconds=50)


def test_a_broadcast_sounds_on_time_without_network_and_is_reported_later(tmp_path: Path) -> None:
    with Station(tmp_path) as station:
        speaker = station.add_speaker("loa-1")
        words = station.approved_announcement("Đúng năm giờ, mời bà con nghe bản tin của xã.")
        clip = station.audio(words)
        written = ahead(ORDERED_AHEAD.total_seconds())
        starts_at = datetime.fromisoformat(written)
        broadcast = station.order(words, starts_at=written)
        speaker.wait_for_receipt(broadcast, "ready")
        wait_for_instant(starts_at - CUT_AHEAD)
        assert [each["state"] for each in station.deliveries(broadcast).values()] == ["ready"]
        station.office.kill()
        station.broker.kill()

        speaker.wait_for_receipt(broadcast, "played", limit_s=120)
        [heard] = speaker.heard(broadcast)
        assert abs(heard.began_at - starts_at) <= ON_TIME
        assert likeness(heard.sound, clip).is_all_there

        station.broker.start()
        station.office.start()
        delivery = station.wait_until_final(broadcast)["loa-1"]
        station.wait_until_all_is_committed(speaker)
        assert (delivery["state"], delivery["reason"]) == ("played", None)
        assert delivery["start_error_ms"] == pytest.approx(0, abs=ON_TIME / timedelta(milliseconds=1))
        assert len(speaker.heard(broadcast)) == 1
