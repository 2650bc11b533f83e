"""The line is cut a minute before a broadcast: it sounds on time all the same, and is told once the line is back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.station import Heard, Station, ahead, wait_for_instant
from tests.correlation import Likeness, likeness

pytestmark = pytest.mark.acceptance

ORDERED_AHEAD = timedelta(minutes=2)
CUT_AHEAD = timedelta(minutes=1)
ON_TIME = timedelta(milliseconds=50)


@dataclass(frozen=True)
class Told:
    """What the scenario below found."""

    starts_at: datetime
    states_before: list[str]
    while_cut: list[Heard]
    like: Likeness
    at_the_end: list[Heard]
    delivery: dict[str, Any]


def cut_line(folder: Path) -> Told:
    """Two minutes of real time: order, kill office and broker in the middle, listen, and start them again."""
    with Station(folder) as station:
        speaker = station.add_speaker("loa-1")
        words = station.approved_announcement("Đúng năm giờ, mời bà con nghe bản tin của xã.")
        clip = station.audio(words)
        written = ahead(ORDERED_AHEAD.total_seconds())
        starts_at = datetime.fromisoformat(written)
        broadcast = station.order(words, starts_at=written)
        speaker.wait_for_receipt(broadcast, "ready")
        wait_for_instant(starts_at - CUT_AHEAD)
        states_before = [each["state"] for each in station.deliveries(broadcast).values()]
        station.office.kill()
        station.broker.kill()
        speaker.wait_for_receipt(broadcast, "played", limit_s=120)
        while_cut = speaker.heard(broadcast)
        station.broker.start()
        station.office.start()
        delivery = station.wait_until_final(broadcast)["loa-1"]
        station.wait_until_all_is_committed(speaker)
        like = likeness(while_cut[0].sound, clip)
        return Told(starts_at, states_before, while_cut, like, speaker.heard(broadcast), delivery)


@pytest.mark.beside(scenario=cut_line)
def test_what_is_a_minute_away_when_the_line_is_cut_sounds_on_time_and_is_told_later(told: Told) -> None:
    assert told.states_before == ["ready"]
    [heard] = told.while_cut
    assert abs(heard.began_at - told.starts_at) <= ON_TIME
    assert told.like.is_all_there, told.like
    assert len(told.at_the_end) == 1
    assert (told.delivery["state"], told.delivery["reason"]) == ("played", None)
    assert told.delivery["start_error_ms"] == pytest.approx(0, abs=ON_TIME / timedelta(milliseconds=1))
