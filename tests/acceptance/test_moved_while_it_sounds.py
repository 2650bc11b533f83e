"""A loudspeaker that was moved while it sounds is stopped by Cancel, where it was ordered, and where it stands now."""

from pathlib import Path

import pytest

from tests.acceptance.station import Station, said

pytestmark = pytest.mark.acceptance

LONG = "Nước lũ lên nhanh, mời bà con rời nhà. " * 30


def test_a_loudspeaker_that_was_moved_while_it_sounds_is_stopped(tmp_path: Path) -> None:
    with Station(tmp_path / "station") as station:
        hamlets = station.add_area("Ấp 1"), station.add_area("Ấp 2")
        speaker = station.add_speaker("loa-1", area=hamlets[0])
        words = station.approved_announcement(LONG, "emergency")

        def moved_while_it_sounds(ordered: str, other: str) -> str:
            broadcast = station.order(words, areas=[ordered])
            speaker.wait_for_receipt(broadcast, "started")
            said(station.administrator.patch("/speakers/loa-1", json={"area": other}))
            station.wait_until_online("loa-1")
            return broadcast

        here, there = hamlets
        broadcast = moved_while_it_sounds(here, there)
        said(station.administrator.post(f"/broadcasts/{broadcast}/cancellation"))
        speaker.wait_for_receipt(broadcast, "partial")

        broadcast = moved_while_it_sounds(there, here)
        assert "1 trên 1" in station.command("silence", here, "--wait", "30")
        speaker.wait_for_receipt(broadcast, "partial")

        broadcast = moved_while_it_sounds(here, there)
        station.command("silence", here, "--wait", "30")
        speaker.wait_for_receipt(broadcast, "partial")
