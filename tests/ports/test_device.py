"""The behaviour of every sound device: the file device in real time, and ALSA on a real, recorded sound server."""

import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from speaker_agent.clock.agent_clock import AgentClock
from speaker_agent.device.alsa import AlsaDevice
from speaker_agent.device.file import FileDevice
from speaker_agent.device.port import RATE, Device, DeviceBusy, Progress, Sound
from tests.correlation import Samples, likeness, samples
from tests.servers.pulseaudio import PulseAudio
from tests.sounds import Listener, broken_after, noise, sound_of

pytestmark = pytest.mark.real_time

SOON = timedelta(seconds=0.5)
CLIP = noise(RATE * 3 // 4 + 7)
CLIP_FRAMES = len(CLIP) // 2
# A mixer works in blocks of 50 ms: so much may still sound after the last look at the delay.
MIXER_FRAMES = RATE // 20


@dataclass
class Bench:
    """A device, its listener, and a function that gives its recorded sound."""

    device: Device
    listener: Listener
    clock: AgentClock
    sounded: Callable[[], Samples]
    """All that left the device; closes device and recording."""

    def start(self, pcm: bytes = CLIP, *, ahead: timedelta = SOON, label: str = "sound") -> None:
        self.device.start(sound_of(pcm, label), self.clock.now() + ahead)


@contextmanager
def file_bench(tmp_path: Path, clock: AgentClock) -> Iterator[Bench]:
    listener = Listener()
    device = FileDevice(tmp_path / "heard", "loa-1", clock, listener.on_change)

    def sounded() -> Samples:
        device.close()
        files = sorted((tmp_path / "heard").iterdir())
        return samples(b"".join(wave.open(str(file)).readframes(10**9) for file in files))

    yield Bench(device, listener, clock, sounded)
    device.close()


@contextmanager
def alsa_bench(server: PulseAudio, clock: AgentClock) -> Iterator[Bench]:
    listener = Listener()
    device = AlsaDevice("spk-a", clock, listener.on_change)
    with server.record() as recording:

        def sounded() -> Samples:
            device.close()
            recording.wait_until((clock.now() + timedelta(seconds=0.2)).timestamp())
            return samples(recording.left)

        yield Bench(device, listener, clock, sounded)
        device.close()


@pytest.fixture(params=["file", "alsa"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    clock = AgentClock(system_synchronised=lambda: True)
    if request.param == "file":
        opened = file_bench(tmp_path, clock)
    else:
        opened = alsa_bench(request.getfixturevalue("pulseaudio"), clock)
    with opened as bench:
        bench.listener.listen_to(bench.device)
        yield bench


def test_a_sound_leaves_whole_and_is_counted_to_its_last_frame(bench: Bench) -> None:
    bench.start()
    progress = bench.listener.wait_for_end()

    assert progress.finished
    assert progress.frames_heard == CLIP_FRAMES
    assert likeness(bench.sounded(), samples(CLIP)).is_all_there


def test_a_sound_begins_at_its_instant_and_reports_when(bench: Bench) -> None:
    at = bench.clock.now() + timedelta(seconds=2.5)
    bench.device.start(sound_of(CLIP), at)
    assert bench.device.progress() == Progress()
    began_at = bench.listener.wait_for_end().began_at

    assert began_at is not None
    assert abs(began_at - at) < timedelta(milliseconds=100)
    assert bench.listener.told[0].began_at == began_at
    assert not bench.listener.told[0].finished
    assert bench.listener.told[-1].finished


def test_a_sound_whose_instant_has_passed_begins_at_once_and_whole(bench: Bench) -> None:
    asked_at = bench.clock.now()
    bench.start(ahead=-timedelta(seconds=30))
    progress = bench.listener.wait_for_end()

    assert progress.frames_heard == CLIP_FRAMES
    assert progress.began_at is not None
    assert progress.began_at >= asked_at
    assert likeness(bench.sounded(), samples(CLIP)).is_all_there


def test_a_slow_first_frame_delays_the_beginning(bench: Bench) -> None:
    """The start is written to the disk before the first frame leaves, and a memory card may be slow."""
    given_at = []

    def blocks() -> Iterator[bytes]:
        threading.Event().wait(0.7)
        given_at.append(bench.clock.now())
        yield CLIP

    bench.device.start(Sound("slow", blocks(), CLIP_FRAMES), bench.clock.now() + SOON)
    progress = bench.listener.wait_for_end()

    assert progress.frames_heard == CLIP_FRAMES
    assert progress.began_at is not None
    assert progress.began_at >= given_at[0]
    assert likeness(bench.sounded(), samples(CLIP)).is_all_there


def test_a_stop_ends_the_sound_and_counts_the_heard_frames(bench: Bench) -> None:
    long = noise(20 * RATE)
    bench.start(long)
    bench.listener.wait_for(lambda progress: progress.frames_heard > RATE // 2)
    progress = bench.device.stop()

    assert not progress.finished
    assert progress.failure is None
    assert progress.sound_error is None
    assert progress.began_at is not None
    recorded = bench.sounded()
    last = int(recorded.nonzero()[0][-1]) - likeness(recorded, samples(long[: 2 * (RATE // 4)])).found_at + 1
    assert abs(last - progress.frames_heard) <= 2 * MIXER_FRAMES
    assert bench.device.stop() == progress


def test_a_stop_before_its_instant_revokes_it(bench: Bench) -> None:
    bench.start(ahead=timedelta(seconds=1))
    assert bench.device.stop() == Progress()
    bench.start(ahead=timedelta(seconds=60))
    assert bench.device.stop() == Progress()
    assert not bench.sounded().any()


def test_a_stop_without_a_sound_is_no_error(bench: Bench) -> None:
    assert bench.device.stop() == Progress()
    assert bench.device.progress() == Progress()


def test_a_start_while_a_sound_runs_is_refused_and_the_sound_goes_on(bench: Bench) -> None:
    bench.start()
    with pytest.raises(DeviceBusy):
        bench.start(noise(RATE, seed=2), ahead=timedelta())
    bench.listener.wait_for_end()

    assert likeness(bench.sounded(), samples(CLIP)).is_all_there


def test_the_next_sound_is_whole(bench: Bench) -> None:
    first, second = noise(RATE // 3, seed=3), noise(RATE // 3, seed=4)
    for label, pcm in (("first", first), ("second", second)):
        bench.start(pcm, ahead=timedelta(), label=label)
        assert bench.listener.wait_for_end().frames_heard == RATE // 3

    sounded = bench.sounded()
    assert likeness(sounded, samples(first)).is_all_there
    assert likeness(sounded, samples(second)).is_all_there


def test_the_rest_of_a_stopped_sound_is_whole(bench: Bench) -> None:
    bench.start()
    bench.listener.wait_for(lambda progress: progress.frames_heard > 0)
    heard = bench.device.stop().frames_heard
    bench.start(CLIP[2 * heard :], ahead=timedelta(), label="rest")

    assert bench.listener.wait_for_end().frames_heard == CLIP_FRAMES - heard
    assert likeness(bench.sounded(), samples(CLIP[2 * heard :])).is_all_there


def test_a_sound_that_fails_to_decode_is_no_failure_of_the_device(bench: Bench) -> None:
    bench.device.start(broken_after(CLIP), bench.clock.now())
    progress = bench.listener.wait_for_end()

    assert progress.sound_error is not None
    assert "corrupt page" in progress.sound_error
    assert progress.failure is None
    assert not progress.finished
    bench.start(label="next")
    assert bench.listener.wait_for_end().finished


def test_a_sound_shorter_than_announced_is_not_reported_as_played(bench: Bench) -> None:
    sound = sound_of(CLIP)
    bench.device.start(type(sound)(sound.label, sound.blocks, CLIP_FRAMES + RATE), bench.clock.now())
    progress = bench.listener.wait_for_end()

    assert not progress.finished
    assert progress.sound_error is not None


def test_a_stop_does_not_wait_for_a_sound_that_hangs(bench: Bench) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    def blocks() -> Iterator[bytes]:
        yield CLIP
        hangs.set()
        go_on.wait()

    bench.device.start(Sound("hanging", blocks(), 2 * CLIP_FRAMES), bench.clock.now())
    assert hangs.wait(20)
    progress = bench.device.stop()
    go_on.set()

    assert progress.sound_error is not None
    assert 0 < progress.frames_heard <= CLIP_FRAMES
    assert not progress.finished


def test_a_sound_without_frames_ends_without_having_begun(bench: Bench) -> None:
    bench.start(b"", ahead=timedelta())
    progress = bench.listener.wait_for_end()

    assert progress.finished
    assert progress.frames_heard == 0
