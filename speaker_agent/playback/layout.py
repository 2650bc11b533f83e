"""How a broadcast lies in time, frame by frame: its clips without a gap, repeated with pauses between.

A position is a frame of this layout, pauses included. What was *heard* never counts a pause.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from speaker_agent.device.port import BYTES_PER_FRAME, RATE

FRAMES_PER_MS = RATE // 1000
_SILENCE_BLOCK = RATE // 10

ClipFrom = Callable[[int, int], Iterator[bytes]]
"""The PCM of the clip with this place in the list, from this millisecond of it on."""


@dataclass(frozen=True)
class Layout:
    """`clip_frames`: the exact length of each clip at 48 kHz."""

    clip_frames: tuple[int, ...]
    times: int
    gap_ms: int

    @property
    def frames(self) -> int:
        """The whole of it."""
        return self.times * sum(self.clip_frames) + (self.times - 1) * self._gap

    @property
    def length_ms(self) -> int:
        """The whole of it, rounded up."""
        return -(-self.frames // FRAMES_PER_MS)

    @property
    def _gap(self) -> int:
        return self.gap_ms * FRAMES_PER_MS

    def heard_ms(self, position: int) -> int:
        """Milliseconds of sound before a position.

        A clip heard to its end counts its `duration_ms` as the protocol defines it (rounded half up), one that was
        cut off what was heard of it, rounded down: so all of it is exactly the sum of the durations.
        """
        heard = 0
        for kind, start, frames in self._parts():
            if kind is None or start >= position:
                continue
            whole_ms = (frames + FRAMES_PER_MS // 2) // FRAMES_PER_MS
            cut = position - start
            heard += whole_ms if cut >= frames else min(cut // FRAMES_PER_MS, whole_ms)
        return heard

    def pcm(self, position: int, clip_from: ClipFrom) -> Iterator[bytes]:
        """The sound from a position on; clips are opened one after the other."""
        for clip, start, frames in self._parts():
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

    def _parts(self) -> Iterator[tuple[int | None, int, int]]:
        """Clip (None: a pause), the position at which it starts, and its frames."""
        start = 0
        for repetition in range(self.times):
            if repetition:
                yield None, start, self._gap
                start += self._gap
            for clip, frames in enumerate(self.clip_frames):
                yield clip, start, frames
                start += frames


def _silence(frames: int) -> Iterator[bytes]:
    while frames > 0:
        step = min(frames, _SILENCE_BLOCK)
        yield bytes(step * BYTES_PER_FRAME)
        frames -= step
