"""The file device keeps the clock's time, and its file holds what was heard, also after a kill."""

import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speaker_agent.device.file import FileDevice, NoDevice
from speaker_agent.device.port import RATE, DeviceFailed, Progress, Sound
from tests.correlation import likeness, samples
from tests.fakes.clock import FakeClock
from tests.sounds import Listener, noise, sound_of

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLIP = noise(2 * RATE)


class Bench:
    """A file device whose clock the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(START)
        self.listener = Listener()
        self.device = FileDevice(folder, "loa-1", self.clock, self.listener.on_change)
        self.listener.listen_to(self.device)

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, and let the device do what is due."""
        self.clock.advance(by)
        self.clock.wait_for_sleeper()

    @property
    def written(self) -> bytes:
        (file,) = self.folder.iterdir()
        with wave.open(str(file)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
            pcm: bytes = sound.readframes(sound.getnframes())
            return pcm


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "heard")
    yield bench
    bench.device.close()


def test_the_files_name_has_the_speaker_the_first_frames_instant_and_the_broadcast(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP, "01JD"), START + timedelta(milliseconds=1_250))
    bench.clock.wait_for_sleeper()
    assert list(bench.folder.iterdir()) == []
    bench.pass_time(timedelta(milliseconds=1_250))
    assert [file.name for file in bench.folder.iterdir()] == ["loa-1_20261123T100001250Z_01JD.wav"]
    assert bench.device.progress().began_at == START + timedelta(milliseconds=1_250)


def test_no_frame_is_written_before_its_time_and_the_file_is_valid_at_each_moment(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP), START)
    bench.clock.wait_for_sleeper()
    assert bench.written == b""
    for steps in range(1, 20):
        bench.pass_time(timedelta(milliseconds=20))
        assert bench.written == CLIP[: steps * 2 * RATE // 50]
        assert bench.device.progress().frames_heard == steps * RATE // 50


def test_a_stop_cuts_at_the_frame_that_the_clock_says(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP), START)
    bench.clock.wait_for_sleeper()
    bench.pass_time(timedelta(milliseconds=500))
    bench.clock.advance(timedelta(milliseconds=7))
    progress = bench.device.stop()

    assert progress == Progress(frames_heard=507 * RATE // 1000, began_at=START)
    assert bench.written == CLIP[: 2 * 507 * RATE // 1000]


def test_a_clock_that_jumps_ahead_by_days_ends_the_sound_whole(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP), START)
    bench.clock.wait_for_sleeper()
    bench.clock.advance(timedelta(days=3))

    assert bench.listener.wait_for_end().finished
    assert bench.written == CLIP


def test_a_clock_that_is_set_back_does_not_delay_the_sound(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP), START)
    bench.clock.wait_for_sleeper()
    bench.pass_time(SECOND)
    bench.clock.jump(START - timedelta(hours=1))
    bench.clock.wait_for_sleeper(START - timedelta(hours=1) + timedelta(milliseconds=20))
    assert bench.written == CLIP[: 2 * RATE]
    bench.clock.advance(SECOND)

    assert bench.listener.wait_for_end().finished
    assert bench.written == CLIP


def test_a_folder_that_vanishes_is_a_failure(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP), START)
    bench.clock.wait_for_sleeper()
    shutil.rmtree(bench.folder)
    bench.clock.advance(SECOND)
    progress = bench.listener.wait_for_end()

    assert progress.failure is not None
    assert "deleted" in progress.failure
    with pytest.raises(DeviceFailed, match="no folder"):
        bench.device.start(sound_of(CLIP), START)


def test_a_folder_that_vanishes_before_the_start_is_a_failure_that_never_began(bench: Bench) -> None:
    bench.device.start(sound_of(CLIP), START + SECOND)
    bench.clock.wait_for_sleeper()
    shutil.rmtree(bench.folder)
    bench.clock.advance(SECOND)
    progress = bench.listener.wait_for_end()

    assert progress.failure is not None
    assert progress.began_at is None


def test_the_device_none_keeps_the_time_and_writes_nothing(tmp_path: Path) -> None:
    clock, listener = FakeClock(START), Listener()
    device = NoDevice(clock, listener.on_change)
    listener.listen_to(device)
    device.start(Sound("quiet", iter([CLIP]), len(CLIP) // 2), START)
    clock.wait_for_sleeper()
    clock.advance(SECOND)
    clock.wait_for_sleeper()
    assert device.progress().frames_heard == RATE
    clock.advance(SECOND)
    assert listener.wait_for_end().frames_heard == 2 * RATE
    assert list(tmp_path.iterdir()) == []


# A separate program, which can be killed and whose disk can be small. It plays ten seconds of noise in real time.
_PROGRAM = """
import resource, sys, threading
from pathlib import Path
from speaker_agent.clock.agent_clock import AgentClock
from speaker_agent.device.file import FileDevice
from tests.sounds import noise, sound_of
folder, largest_file = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
changed = threading.Event()
clock = AgentClock()
device = FileDevice(folder, "loa-1", clock, changed.set)
device.start(sound_of(noise(480_000)), clock.now())
while not (device.progress().finished or device.progress().failure):
    print(device.progress().frames_heard, flush=True)
    changed.wait(0.05)
print(device.progress().failure, device.progress().frames_heard)
"""


def sounding_program(folder: Path, largest_file: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", _PROGRAM, str(folder), str(largest_file)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])


def test_after_a_kill_the_file_holds_what_was_heard_and_any_reader_reads_it(tmp_path: Path) -> None:
    with sounding_program(tmp_path, 10**9) as program:
        assert program.stdout is not None
        heard = 0
        while heard < RATE // 2:
            heard = int(program.stdout.readline())
        program.kill()

    (file,) = tmp_path.iterdir()
    with wave.open(str(file)) as sound:
        frames = sound.getnframes()
        written = sound.readframes(frames)
    assert heard <= frames < 10 * RATE
    assert written == noise(480_000)[: 2 * frames]
    by_sox = subprocess.run(["sox", str(file), "-t", "raw", "-"], capture_output=True, check=True)
    assert by_sox.stdout == written
    assert likeness(samples(written), samples(noise(480_000)[: 2 * frames])).is_all_there


def test_a_full_disk_is_a_failure_and_the_frames_before_it_count(tmp_path: Path) -> None:
    with sounding_program(tmp_path, 50_000) as program:
        assert program.stdout is not None
        last_words = program.stdout.read().splitlines()[-1]

    assert "can't be written" in last_words
    assert 0 < int(last_words.split()[-1]) <= 25_000
