"""Drivers that hang, and machines without a free thread: the device reports it, and no threads pile up."""

import threading
from datetime import UTC, datetime

import pytest

from speaker_agent.device import sound_thread
from speaker_agent.device.port import DeviceFailed, Sound
from speaker_agent.device.sound_thread import SoundThread, ThreadedDevice
from tests.sounds import noise, sound_of

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LIMIT_S = 20.0


class Driver(ThreadedDevice):
    """A device whose driver gives no answer while `hangs`."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = threading.Event()
        self.threads: list[SoundThread] = []

    def _thread_for(self, sound: Sound, at: datetime) -> SoundThread:
        self.threads.append(_Thread(sound, at, self.answers))
        return self.threads[-1]


class _Thread(SoundThread):
    def __init__(self, sound: Sound, at: datetime, answers: threading.Event) -> None:
        super().__init__(sound, at, lambda: None)
        self._answers = answers

    def play(self) -> None:
        with self.in_driver():
            self._answers.wait(LIMIT_S)
        self.opened()
        self.finished()

    def beginning(self) -> datetime:
        return NOW


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_thread, "HANGS_AFTER_S", 0.1)
    monkeypatch.setattr(sound_thread, "_WATCH_EVERY_S", 0.02)


def test_while_a_driver_hangs_no_second_thread_is_started_and_it_plays_again_once_it_answers() -> None:
    device = Driver()
    with pytest.raises(DeviceFailed, match="hangs"):
        device.start(sound_of(noise(100)), NOW)
    for _ in range(3):
        with pytest.raises(DeviceFailed, match="still gives no answer"):
            device.start(sound_of(noise(100)), NOW)
    assert len(device.threads) == 1
    device.answers.set()
    device.threads[0].join(LIMIT_S)
    device.start(sound_of(noise(100)), NOW)
    assert device.stop().finished


@pytest.mark.parametrize("threads_to_be_had", [0, 1])
def test_a_thread_that_cannot_be_started_is_a_failure_and_the_next_start_is_tried(
    monkeypatch: pytest.MonkeyPatch, threads_to_be_had: int
) -> None:
    device, begin = Driver(), threading.Thread.start
    device.answers.set()
    left = threads_to_be_had

    def start(thread: threading.Thread) -> None:
        nonlocal left
        if not left:
            raise RuntimeError("can't start new thread")
        left -= 1
        begin(thread)

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", start)
        for _ in range(2):
            with pytest.raises(DeviceFailed, match="thread"):
                device.start(sound_of(noise(100)), NOW)
    device.start(sound_of(noise(100)), NOW)
    assert device.stop().finished
    for thread in threading.enumerate():
        if thread.name.startswith("watch"):
            thread.join(LIMIT_S)
            assert not thread.is_alive()
