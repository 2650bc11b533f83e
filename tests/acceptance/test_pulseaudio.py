"""From the order to a real sound server through ALSA: its recording is the sound that the officers approved."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.station import Station, ahead
from tests.correlation import RATE, likeness, samples
from tests.servers.pulseaudio import PulseAudio

pytestmark = [pytest.mark.acceptance, pytest.mark.real_time]

WORDS = "Kính mời bà con đến nhà văn hóa ấp để họp bàn việc làm đường vào sáng chủ nhật tuần này."


@pytest.fixture
def server() -> Iterator[PulseAudio]:
    folder = tempfile.TemporaryDirectory(prefix="loa-pulse-", ignore_cleanup_errors=True)
    with folder as path, PulseAudio(Path(path)) as server:
        yield server


@pytest.fixture
def station(tmp_path: Path, server: PulseAudio) -> Iterator[Station]:
    """A station with two agents, each on a loudspeaker of the sound server."""
    with Station(tmp_path) as station:
        for name, device in (("loa-1", "spk-a"), ("loa-2", "spk-b")):
            station.add_speaker(name, sound=f"alsa:{device}", environment=server.environment)
        yield station


def test_the_sound_servers_recording_is_the_approved_sound(station: Station, server: PulseAudio) -> None:
    words = station.approved_announcement(WORDS)
    with server.record() as recording:
        became = station.wait_until_final(station.order(words))
    assert {name: each["state"] for name, each in became.items()} == {"loa-1": "played", "loa-2": "played"}
    clip = station.audio(words)
    for name, channel in (("loa-1", recording.left), ("loa-2", recording.right)):
        alike = likeness(samples(channel), clip)
        assert alike.is_all_there, f"{name}: {alike}"
        assert became[name]["heard_ms"] == round(len(clip) * 1000 / RATE)


def test_a_device_that_vanishes_before_the_start_means_missed_and_in_the_middle_partial(
    station: Station, server: PulseAudio
) -> None:
    words = station.approved_announcement(WORDS)
    cut = station.order(words)
    with server.record() as recording:
        for speaker in station.speakers.values():
            speaker.wait_for_receipt(cut, "started")
        sounded = RATE  # one second of each channel, after the frames recorded before the start
        since = len(recording.left) // 2
        station.wait_for(lambda: len(recording.left) // 2 > since + sounded, "nothing more is recorded")
        server.kill()
    for name, each in station.wait_until_final(cut).items():
        assert (each["state"], each["reason"]) == ("partial", "device_failed"), name
        assert 0 < each["heard_ms"] < len(station.audio(words)) * 1000 / RATE, name

    late = station.order(words, latest_start=ahead(6))
    for name, each in station.wait_until_final(late).items():
        assert (each["state"], each["reason"], each["heard_ms"]) == ("missed", "device_failed", 0), name

    server.start()
    again = station.order(words)
    assert {each["state"] for each in station.wait_until_final(again).values()} == {"played"}
