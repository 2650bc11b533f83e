"""ALSA on a real sound server: placed starts, a quick stop, and a device that goes away."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from speaker_agent.clock.agent_clock import AgentClock
from speaker_agent.device import alsa
from speaker_agent.device.alsa import AlsaDevice
from speaker_agent.device.port import RATE, DeviceFailed, Progress, Sound
from tests.correlation import likeness, samples
from tests.fakes.card import Card
from tests.servers.pulseaudio import PulseAudio
from tests.sounds import Listener, noise, sound_of

pytestmark = pytest.mark.real_time

CLIP = noise(RATE)
LONG = noise(30 * RATE)
BUFFERED_FRAMES = RATE // 2
CLOCK = AgentClock(system_synchronised=lambda: True)


def opened(name: str) -> tuple[AlsaDevice, Listener]:
    listener = Listener()
    device = AlsaDevice(name, CLOCK, listener.on_change)
    listener.listen_to(device)
    return device, listener


def test_two_loudspeakers_that_start_at_one_instant_sound_together(pulseaudio: PulseAudio) -> None:
    benches = [opened("spk-a"), opened("spk-b")]
    with pulseaudio.record() as recording:
        at = CLOCK.now() + timedelta(seconds=2.5)
        for device, _ in benches:
            device.start(sound_of(CLIP), at)
        for _, listener in benches:
            assert listener.wait_for_end().finished
        recording.wait_until((CLOCK.now() + timedelta(seconds=0.2)).timestamp())

    left, right = (likeness(samples(heard), samples(CLIP)) for heard in (recording.left, recording.right))
    assert left.is_all_there
    assert right.is_all_there
    assert abs(left.found_at - right.found_at) <= RATE // 200


def test_two_starts_are_as_far_apart_in_the_recording_as_asked(pulseaudio: PulseAudio) -> None:
    device, listener = opened("spk-a")
    first, second = noise(RATE // 2, seed=2), noise(RATE // 2, seed=3)
    with pulseaudio.record() as recording:
        at = CLOCK.now() + timedelta(seconds=1)
        for pcm, after in ((first, timedelta()), (second, timedelta(seconds=2))):
            device.start(sound_of(pcm), at + after)
            assert listener.wait_for_end().finished
        recording.wait_until((CLOCK.now() + timedelta(seconds=0.2)).timestamp())

    found = [likeness(samples(recording.left), samples(pcm)).found_at for pcm in (first, second)]
    assert abs(found[1] - found[0] - 2 * RATE) <= RATE // 200


def test_a_device_that_vanishes_in_the_middle_fails_and_its_buffer_is_not_counted_as_heard(
    pulseaudio: PulseAudio,
) -> None:
    device, listener = opened("spk-a")
    with pulseaudio.record() as recording:
        device.start(sound_of(LONG), CLOCK.now())
        listener.wait_for(lambda progress: progress.frames_heard > RATE)
        pulseaudio.kill()
        progress = listener.wait_for_end()

    assert progress.failure is not None
    assert not progress.finished
    assert progress.began_at is not None
    assert RATE // 2 < progress.frames_heard < 10 * RATE
    recorded = samples(recording.left)
    sounded = len(recorded) - likeness(recorded, samples(LONG[:RATE])).found_at
    assert progress.frames_heard <= sounded + BUFFERED_FRAMES


def test_a_sound_server_that_hangs_in_the_middle_is_reported_as_a_failure(pulseaudio: PulseAudio) -> None:
    device, listener = opened("spk-a")
    device.start(sound_of(LONG), CLOCK.now())
    before = listener.wait_for(lambda progress: progress.frames_heard > RATE // 2)
    pulseaudio.freeze()
    progress = listener.wait_for_end()

    assert progress.failure is not None
    assert not progress.finished
    assert before.frames_heard <= progress.frames_heard + BUFFERED_FRAMES


def test_a_sound_server_that_hangs_in_the_last_moment_is_not_reported_as_played(
    pulseaudio: PulseAudio,
) -> None:
    device, listener = opened("spk-a")
    device.start(sound_of(CLIP), CLOCK.now())
    listener.wait_for(lambda progress: progress.frames_heard > RATE * 3 // 4)
    pulseaudio.freeze()
    progress = listener.wait_for_end()

    assert progress.failure is not None
    assert not progress.finished


def test_a_start_on_a_hanging_sound_server_is_refused(pulseaudio: PulseAudio) -> None:
    device, _ = opened("spk-a")
    pulseaudio.freeze()
    with pytest.raises(DeviceFailed, match="hangs"):
        device.start(sound_of(CLIP), CLOCK.now())


def test_a_start_without_a_sound_server_is_refused_and_succeeds_once_it_is_back(
    pulseaudio: PulseAudio,
) -> None:
    device, listener = opened("spk-a")
    pulseaudio.kill()
    with pytest.raises(DeviceFailed):
        device.start(sound_of(CLIP), CLOCK.now())
    pulseaudio.start()
    device.start(sound_of(CLIP), CLOCK.now())
    assert listener.wait_for_end().finished


def test_a_device_that_vanishes_before_a_distant_start_is_a_failure(pulseaudio: PulseAudio) -> None:
    device, listener = opened("spk-a")
    device.start(sound_of(CLIP), CLOCK.now() + timedelta(seconds=2.5))
    pulseaudio.kill()
    progress = listener.wait_for_end()

    assert progress.failure is not None
    assert progress.began_at is None
    assert progress.frames_heard == 0


def test_a_device_that_does_not_exist_is_refused_with_what_to_do_and_without_noise(
    capfd: pytest.CaptureFixture[str],
) -> None:
    device, _ = opened("no-such-card")
    with pytest.raises(DeviceFailed, match="aplay -L"):
        device.start(sound_of(CLIP), CLOCK.now())
    assert device.progress().frames_heard == 0
    assert capfd.readouterr().err == ""


def test_a_stop_drops_the_sound_in_the_devices_buffer(pulseaudio: PulseAudio) -> None:
    device, listener = opened("spk-a")
    with pulseaudio.record() as recording:
        device.start(sound_of(LONG), CLOCK.now())
        listener.wait_for(lambda progress: progress.frames_heard > RATE // 2)
        heard = device.stop().frames_heard
        recording.wait_until((CLOCK.now() + timedelta(seconds=0.5)).timestamp())

    recorded = samples(recording.left)
    last = int(recorded.nonzero()[0][-1]) + 1
    begin = likeness(recorded, samples(LONG[: RATE // 2])).found_at
    assert last - begin - heard < BUFFERED_FRAMES // 2


def test_a_sound_that_is_decoded_too_slowly_has_a_pause_and_is_counted_in_full(pulseaudio: PulseAudio) -> None:
    device, listener = opened("spk-a")
    half = RATE // 2
    first, second = noise(half, seed=5), noise(half, seed=6)
    go_on = threading.Event()

    def blocks() -> Iterator[bytes]:
        yield first
        go_on.wait(10)
        yield second

    with pulseaudio.record() as recording:
        device.start(Sound("slow", blocks(), 2 * half), CLOCK.now())
        listener.wait_for(lambda progress: progress.frames_heard > 0)
        recording.wait_until((CLOCK.now() + timedelta(seconds=1)).timestamp())
        go_on.set()
        progress = listener.wait_for_end()
        recording.wait_until((CLOCK.now() + timedelta(seconds=0.2)).timestamp())

    assert progress.finished
    assert progress.frames_heard == 2 * half
    for pcm in (first, second):
        assert likeness(samples(recording.left), samples(pcm)).is_all_there


def on_card(monkeypatch: pytest.MonkeyPatch, card: Card) -> tuple[AlsaDevice, Listener]:
    monkeypatch.setattr(alsa, "_open_pcm", card.open)
    return opened("card")


def test_a_card_that_hung_before_the_first_frame_gets_no_sound_once_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = Card(CLOCK, hangs_at_question=2)
    device, listener = on_card(monkeypatch, card)
    device.start(sound_of(CLIP), CLOCK.now() + timedelta(seconds=0.3))
    assert listener.wait_for_end().failure is not None
    card.answers.set()
    assert card.closed.wait(10)
    assert not any(card.written)


@pytest.mark.parametrize("runs_dry_after_s", [0.06, 0.5])
@pytest.mark.parametrize("ahead_s", [0.0, 0.4])
def test_the_beginning_of_a_sound_is_right_even_if_the_card_runs_dry_later(
    monkeypatch: pytest.MonkeyPatch, runs_dry_after_s: float, ahead_s: float
) -> None:
    card = Card(CLOCK, runs_dry_after=round((ahead_s + runs_dry_after_s) * RATE))
    device, listener = on_card(monkeypatch, card)
    device.start(sound_of(CLIP), CLOCK.now() + timedelta(seconds=ahead_s))
    progress = listener.wait_for_end()
    assert progress.finished
    assert progress.began_at is not None
    assert card.first_sound_at is not None
    assert card.runs_dry_after is None
    assert abs(progress.began_at - card.first_sound_at) < timedelta(milliseconds=30)


def drift_over(monkeypatch: pytest.MonkeyPatch, rate: float, length_s: int) -> timedelta:
    """By how many seconds a sound ends too late after its beginning, on a card that plays `rate` frames a second."""
    card = Card(CLOCK, rate=rate)
    device, listener = on_card(monkeypatch, card)
    device.start(sound_of(noise(length_s * RATE)), CLOCK.now() + timedelta(seconds=0.5))
    progress = listener.wait_for_end()
    assert progress.finished
    assert progress.frames_heard == length_s * RATE
    assert card.first_sound_at is not None
    assert card.last_sound_at is not None
    return card.last_sound_at - card.first_sound_at - timedelta(seconds=length_s)


@pytest.mark.parametrize("rate", [RATE * 1.0003, RATE * 0.9997])
def test_a_card_whose_crystal_is_off_stays_in_step_and_all_of_the_sound_is_counted(
    monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    assert abs(drift_over(monkeypatch, rate, 12)) < timedelta(milliseconds=2)


def test_without_correction_the_end_is_more_than_three_milliseconds_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alsa, "LARGEST_DRIFT_S", 3600.0)
    assert drift_over(monkeypatch, RATE * 0.9997, 12) > timedelta(milliseconds=3)


def test_a_clock_that_is_set_in_the_middle_does_not_change_the_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeOffsetClock()
    card = Card(CLOCK)
    monkeypatch.setattr(alsa, "_open_pcm", card.open)
    listener = Listener()
    device = AlsaDevice("card", clock, listener.on_change)
    listener.listen_to(device)
    device.start(sound_of(noise(7 * RATE)), clock.now() + timedelta(seconds=0.5))
    listener.wait_for(lambda progress: progress.frames_heard > RATE // 2)
    clock.ahead = timedelta(hours=1)
    assert listener.wait_for_end().finished
    assert card.last_sound_at is not None
    assert card.first_sound_at is not None
    assert abs(card.last_sound_at - card.first_sound_at - timedelta(seconds=7)) < timedelta(milliseconds=2)


class FakeOffsetClock(AgentClock):
    """The real clock plus an offset that the test sets."""

    def __init__(self) -> None:
        super().__init__(system_synchronised=lambda: True)
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def test_before_a_distant_start_the_device_is_not_opened() -> None:
    device, _ = opened("no-such-card")
    device.start(sound_of(CLIP), CLOCK.now() + timedelta(hours=1))
    assert device.progress() == Progress()
    assert device.stop() == Progress()
