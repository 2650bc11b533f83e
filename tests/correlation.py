"""Whether a recording holds an expected sound: aligned, normalised correlation of the whole, its head and its tail."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

RATE = 48_000
END_FRAMES = RATE // 20
WHOLE_AT_LEAST = 0.98
ENDS_AT_LEAST = 0.9
# Below this energy (about −80 dBFS) a stretch is silence, with nothing to correlate.
_SILENT = 3.0


@dataclass(frozen=True)
class Likeness:
    """How well the recording agrees with the expected sound, which begins at its frame `found_at`."""

    found_at: int
    whole: float
    head: float
    tail: float

    @property
    def is_all_there(self) -> bool:
        """Whether the sound was recorded whole, its ends included."""
        return self.whole >= WHOLE_AT_LEAST and min(self.head, self.tail) >= ENDS_AT_LEAST


def samples(pcm: bytes) -> Samples:
    """From signed 16-bit little endian, mono."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def likeness(recorded: Samples, expected: Samples) -> Likeness:
    """Find `expected` in `recorded` where they correlate most; frames beyond the recording count as silence."""
    padded = np.concatenate([np.zeros(len(expected)), recorded, np.zeros(len(expected))])
    size = 1 << (len(padded) + len(expected) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(padded, size) * np.conj(np.fft.rfft(expected, size)), size)
    start = int(np.argmax(products[: len(padded) - len(expected) + 1]))
    there = padded[start : start + len(expected)]
    return Likeness(
        found_at=start - len(expected),
        whole=_normalised(there, expected),
        head=_normalised(there[:END_FRAMES], expected[:END_FRAMES]),
        tail=_normalised(there[-END_FRAMES:], expected[-END_FRAMES:]),
    )


def _normalised(recorded: Samples, expected: Samples) -> float:
    loudness = [float(np.sqrt(np.mean(stretch**2))) for stretch in (recorded, expected)]
    if min(loudness) < _SILENT:
        return float(max(loudness) < _SILENT)
    energies = np.dot(recorded, recorded) * np.dot(expected, expected)
    return float(np.dot(recorded, expected) / np.sqrt(energies))
