"""How a broadcast lies in time, frame by frame: its clips without a gap, repeated, with pauses between repetitions.

A position is a frame of this layout, pauses included. What was *heard* never counts a pause.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from speaker_agent.device.port import BYTES_PER_FRAME, RATE

FRAMES_PER_MS = RATE // 1000
_SILENCE_BLOCK_FRAMES = RATE // 10

ClipFrom = Callable[[int, int], Iterator[bytes]]
"""Gives the PCM of the clip with this index, from this millisecond of it on."""


class _Stretch(NamedTuple):
    """One clip or one pause of the layout."""

    clip: int | None
    """Its index; None: a pause."""
    start: int
    frames: int


@dataclass(frozen=True)
class Layout:
    """Lengths and positions are frames at 48 kHz, where their names don't say milliseconds."""

    clip_frames: tuple[int, ...]
    """The exact length of each clip."""
    times: int
    gap_ms: int

    @property
    def frames(self) -> int:
        """The whole length."""
        return self.times * sum(self.clip_frames) + (self.times - 1) * self._gap_frames

    @property
    def length_ms(self) -> int:
        """The whole length, rounded up."""
        return -(-self.frames // FRAMES_PER_MS)

    @property
    def _gap_frames(self) -> int:
        return self.gap_ms * FRAMES_PER_MS

    def heard_ms(self, position: int) -> int:
        """Milliseconds of sound before a position.

        A clip heard to its end counts as its `duration_ms`, which the protocol rounds half up, so that the whole is
        exactly the sum of the durations. A clip that was cut off counts what was heard of it, rounded down.
        """
        heard = 0
        for clip, start, frames in self._stretches():
            if clip is None or start >= position:
                continue
            whole_ms = (frames + FRAMES_PER_MS // 2) // FRAMES_PER_MS
            cut = position - start
            heard += whole_ms if cut >= frames else min(cut // FRAMES_PER_MS, whole_ms)
        return heard

    def pcm(self, position: int, clip_from: ClipFrom) -> Iterator[bytes]:
        """The sound from a position on; each clip is opened when its turn comes."""
        for clip, start, frames in self._stretches():
            skip = max(0, position - start)
            if skip >= frames:
                continue
            if clip is None:
                yield from _silence(frames - skip)
                continue
            ms, rest = divmod(skip, FRAMES_PER_MS)
            rest_bytes = rest * BYTES_PER_FRAME
            for block in clip_from(clip, ms):
                if rest_bytes < len(block):
                    yield block[rest_bytes:]
                rest_bytes = max(0, rest_bytes - len(block))

    def _stretches(self) -> Iterator[_Stretch]:
        start = 0
        for repetition in range(self.times):
            if repetition:
                yield _Stretch(None, start, self._gap_frames)
                start += self._gap_frames
            for clip, frames in enumerate(self.clip_frames):
                yield _Stretch(clip, start, frames)
                start += frames


def _silence(frames: int) -> Iterator[bytes]:
    while frames > 0:
        step = min(frames, _SILENCE_BLOCK_FRAMES)
        yield bytes(step * BYTES_PER_FRAME)
        frames -= step
