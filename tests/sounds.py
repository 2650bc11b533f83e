"""Sounds for tests of devices: noise, in which no two stretches are alike; and a listener that waits for the end."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from speaker_agent.device.port import RATE, Device, Progress, Sound

_LIMIT_S = 20.0


def noise(frames: int, seed: int = 1) -> bytes:
    """PCM noise at about −18 dBFS, the same for the same arguments."""
    samples = np.random.default_rng(seed).normal(scale=4_000, size=frames)
    return samples.clip(-32_768, 32_767).astype("<i2").tobytes()


def sound_of(pcm: bytes, label: str = "sound", block_frames: int = 1_111) -> Sound:
    """A `Sound` in blocks of an odd length, which no device uses itself."""
    step = 2 * block_frames
    return Sound(label, (pcm[at : at + step] for at in range(0, len(pcm), step)), len(pcm) // 2)


def broken_after(pcm: bytes, frames: int = 10 * RATE) -> Sound:
    """A `Sound` that gives `pcm` and then fails to decode."""

    def blocks() -> Iterator[bytes]:
        yield pcm
        raise ValueError("corrupt page")

    return Sound("broken", blocks(), frames)


class Listener:
    """Takes the place of the playback loop: its `on_change` is called, and it waits for a progress."""

    def __init__(self) -> None:
        self.told: list[Progress] = []
        self._device: Device | None = None
        self._changed = threading.Event()

    def listen_to(self, device: Device) -> None:
        self._device = device

    def on_change(self) -> None:
        assert self._device is not None
        self.told.append(self._device.progress())
        self._changed.set()

    def wait_for(self, hoped: Callable[[Progress], bool]) -> Progress:
        """Wait for the first progress for which `hoped` is true; fails after 20 s."""
        assert self._device is not None
        limit = time.monotonic() + _LIMIT_S
        while not hoped(progress := self._device.progress()):
            assert time.monotonic() < limit, f"waited in vain; the device is at {progress}"
            self._changed.wait(0.01)
            self._changed.clear()
        return progress

    def wait_for_end(self) -> Progress:
        return self.wait_for(lambda p: p.finished or p.failure is not None or p.sound_error is not None)
