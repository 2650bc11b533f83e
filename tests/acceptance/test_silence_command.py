"""`loa-controller silence`: stops what sounds with the office stopped, running, and without a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.station import Speaker, Station

pytestmark = pytest.mark.acceptance

LONG = "Kính mời bà con đến họp tại nhà văn hóa. " * 12


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    with Station(tmp_path / "station") as made:
        yield made


def _sounding(station: Station, speaker: Speaker) -> str:
    broadcast = station.order(station.approved_announcement(LONG))
    speaker.wait_for_receipt(broadcast, "started")
    return broadcast


def test_it_stops_what_sounds_while_the_office_is_stopped(station: Station) -> None:
    speaker = station.add_speaker("loa-1")
    broadcast = _sounding(station, speaker)
    station.office.stop()
    said = station.command("silence", "xã phú lâm", "--wait", "30")
    speaker.wait_for_receipt(broadcast, "partial")
    assert "Đã dừng 1 lượt phát ở Xã Phú Lâm: “" in said
    assert "1 trên 1" in said
    station.office.start()
    station.all_sign_in()
    delivery = station.wait_until_final(broadcast)["loa-1"]
    assert (delivery["state"], delivery["reason"]) == ("partial", "cancelled")


def test_it_stops_what_sounds_while_the_office_runs_and_leaves_the_line_to_it(station: Station) -> None:
    speaker = station.add_speaker("loa-1")
    broadcast = _sounding(station, speaker)
    since = station.office.mark()
    said = station.command("silence", station.commune, "--wait", "30")
    speaker.wait_for_receipt(broadcast, "partial")
    assert "1 trên 1" in said
    lines = station.office.log_lines()[since:]
    assert any("stop sent" in line for line in lines)
    assert not any("line to the broker is down" in line for line in lines)


@pytest.mark.soak
def test_held_silence_outlasts_the_command_until_it_is_lifted(station: Station) -> None:
    speaker = station.add_speaker("loa-1")
    station.office.stop()
    said = station.command("silence", station.commune, "--hold", "--wait", "30")
    assert "Giữ im lặng ở Xã Phú Lâm" in said
    station.office.start()
    station.all_sign_in()
    kept_silent = station.order(station.approved_announcement("Xin bà con chú ý."))
    assert station.wait_until_final(kept_silent)["loa-1"]["reason"] == "muted"
    hamlet = station.add_area("Ấp 1")
    said = station.command("silence", hamlet, "--lift", "--wait", "0", status=1)
    assert "Ấp 1 vẫn im lặng vì Xã Phú Lâm đang được giữ im lặng." in said
    said = station.command("silence", station.commune, "--lift", "--wait", "30")
    assert "Đã mở lại tiếng ở Xã Phú Lâm." in said
    _sounding(station, speaker)


def test_a_speaker_that_does_not_answer_is_named_and_the_status_says_so(station: Station) -> None:
    station.add_speaker("loa-1")
    gone = station.add_speaker("loa-2")
    gone.kill()
    station.office.stop()
    said = station.command("silence", station.commune, "--wait", "3", status=1)
    assert "1 trên 2" in said
    assert "(loa-2)" in said
    assert "(loa-1)" not in said


def test_without_a_broker_it_says_so_and_the_office_sends_it_later(station: Station) -> None:
    speaker = station.add_speaker("loa-1")
    broadcast = _sounding(station, speaker)
    station.office.stop()
    station.broker.kill()
    said = station.command("silence", station.commune, "--wait", "1", status=1)
    assert "không nối được máy chủ truyền tin" in said
    station.broker.start()
    station.office.start()
    speaker.wait_for_receipt(broadcast, "partial")


@pytest.mark.soak
def test_of_several_areas_with_one_name_none_is_silenced(station: Station) -> None:
    first, second = station.add_area("Ấp 1"), station.add_area("Ấp 1")
    said = station.command("silence", "ấp 1", status=1)
    assert first in said
    assert second in said
    assert "Không có địa bàn" in station.command("silence", "Ấp 9", status=1)
