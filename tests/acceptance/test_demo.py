"""The demonstration, as `make demo` starts it: one announcement from writing to sounding at each loudspeaker."""

import contextlib
import os
import signal
import socket
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.sound.opus import decode
from tests.correlation import likeness, samples
from tests.servers.demonstration import Demonstration, free_port
from tests.servers.waiting import wait_for

pytestmark = pytest.mark.acceptance

_ROOT = Path(__file__).parent.parent.parent
_READY_WITHIN_S = 60.0
_ENDED_WITHIN_S = 10.0
SPEAKERS = ["demo-1", "demo-2", "demo-3"]


def make_demonstration(data_dir: Path, port: int | None = None) -> Demonstration:
    """A demonstration that isn't started yet."""
    return Demonstration(
        [sys.executable, "-m", "controller.demo"],
        data_dir=data_dir,
        port=port or free_port(),
        cwd=_ROOT,
        environment={name: value for name, value in os.environ.items() if not name.startswith("LOA_")},
    )


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """A running demonstration in a folder of its own."""
    yield from _running(tmp_path_factory.mktemp("shared") / "demo")


@pytest.fixture
def to_be_ended(tmp_path: Path) -> Iterator[Demonstration]:
    """A running demonstration for one test alone."""
    yield from _running(tmp_path / "demo")


def _running(data_dir: Path) -> Iterator[Demonstration]:
    running = make_demonstration(data_dir)
    try:
        running.start(_READY_WITHIN_S)
        yield running
    finally:
        running.close()


def test_an_announcement_is_written_approved_ordered_and_played_at_each_speaker(demonstration: Demonstration) -> None:
    online = {each["speaker"]: each["online"] for each in demonstration.call("GET", "/speakers")["items"]}
    assert online == dict.fromkeys(SPEAKERS, True)
    announcement = demonstration.submitted_announcement(
        "Tiêm chủng", "Kính mời bà con đưa trẻ em đến nhà văn hóa ấp để tiêm chủng vào sáng thứ Bảy."
    )
    heard_before = set((demonstration.data_dir / "heard").iterdir())
    became = demonstration.broadcast_now(announcement)
    assert {name: each["state"] for name, each in became.items()} == dict.fromkeys(SPEAKERS, "played")
    clip = samples(b"".join(decode(demonstration.call("GET", f"/announcements/{announcement}/audio"))))
    for speaker in SPEAKERS:
        [recording] = set((demonstration.data_dir / "heard").glob(f"{speaker}_*.wav")) - heard_before
        with wave.open(str(recording)) as file:
            heard = samples(file.readframes(file.getnframes()))
        found = likeness(heard, clip)
        assert found.is_all_there, f"{speaker}: {found}"
        # A clip ends with silence, which correlation can't find, but it must be in the recording.
        assert (found.found_at, len(heard)) == (0, len(clip)), f"{speaker}: {len(heard)} frames of {len(clip)}: {found}"


def test_after_a_restart_it_has_the_same_officers_and_data(to_be_ended: Demonstration) -> None:
    before = to_be_ended.access
    announcement = to_be_ended.submitted_announcement("Họp dân", "Mời bà con họp.")
    to_be_ended.signal(signal.SIGTERM)
    to_be_ended.wait_for_end(_ENDED_WITHIN_S)
    again = make_demonstration(to_be_ended.data_dir)
    try:
        again.start(_READY_WITHIN_S)
        assert again.access | {"url": ""} == before | {"url": ""}
        assert again.access["url"] == again.url
        states = {each["state"] for each in again.broadcast_now(announcement).values()}
        assert states == {"played"}
    finally:
        again.close()


@pytest.mark.parametrize("how", ["SIGINT to the group", "SIGTERM", "SIGKILL"])
def test_no_process_is_left_after_it_ends(to_be_ended: Demonstration, how: str) -> None:
    assert len(to_be_ended.processes()) == 6
    number = signal.Signals[how.split()[0]]
    to_be_ended.signal(number, group="group" in how)
    to_be_ended.wait_for_end(_ENDED_WITHIN_S)
    logs = [log.read_text() for log in (to_be_ended.data_dir / "logs").iterdir()]
    assert not [line for line in [*to_be_ended.said(), *logs] if "Traceback" in line]


@pytest.mark.parametrize("part", ["loa-speaker run", "loa-controller serve", "controller.demo.broker"])
def test_a_process_that_dies_is_restarted_and_the_next_announcement_sounds(
    demonstration: Demonstration, part: str
) -> None:
    process = next(each for each in demonstration.processes() if part in each)
    os.kill(int(process.split()[0]), signal.SIGKILL)
    wait_for(lambda: process not in demonstration.processes(), lambda: f"{process} goes on", _READY_WITHIN_S)

    def is_back() -> bool:
        with contextlib.suppress(OSError, AssertionError):  # no answer, or 503
            return len(demonstration.processes()) == 6 and demonstration.call("GET", "/health") == {"ok": True}
        return False

    wait_for(is_back, lambda: "\n".join(demonstration.processes()), _READY_WITHIN_S)
    announcement = demonstration.submitted_announcement("Thử loa", "Một hai ba.")
    states = {name: each["state"] for name, each in demonstration.broadcast_now(announcement).items()}
    assert states == dict.fromkeys(SPEAKERS, "played")


def test_only_the_owner_can_read_the_passwords(demonstration: Demonstration) -> None:
    secrets = [demonstration.data_dir / "access.json", *(demonstration.data_dir / "speakers").glob("*.json")]
    assert len(secrets) == 4
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}


def test_a_port_in_use_is_reported_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = make_demonstration(tmp_path / "demo", taken.getsockname()[1])
        with pytest.raises(AssertionError, match=r"ended with status 1"):
            refused.start(_READY_WITHIN_S)
        [line] = refused.said()
        refused.close()
    assert "Choose another: LOA_PORT=" in line


def test_a_second_demonstration_on_the_same_folder_is_refused(demonstration: Demonstration) -> None:
    second = make_demonstration(demonstration.data_dir)
    with pytest.raises(AssertionError, match=r"ended with status 1"):
        second.start(_READY_WITHIN_S)
    assert len(demonstration.processes()) == 6, "the first one is disturbed"
    second.close()
