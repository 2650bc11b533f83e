"""A second loudness meter, independent of the one under test: BS.1770-4 with true peak, from the standard, in numpy."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

# ITU-R BS.1770-4, tables 1 and 2: the two stages of the K filter at 48 kHz (b0, b1, b2, a1, a2).
_SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
_HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32_768


def loudness_lufs(pcm: bytes) -> float:
    """Integrated loudness of 48 kHz mono PCM, both gates included."""
    weighted = _filtered(samples(pcm), _SHELF, _HIGH_PASS)
    block, step = 19_200, 4_800
    starts = range(0, len(weighted) - block + 1, step)
    power = np.array([np.mean(weighted[at : at + block] ** 2) for at in starts])
    loud = power[_lufs(power) > -70]
    return float(_lufs(loud[_lufs(loud) > _lufs(loud.mean()) - 10].mean()))


def true_peak_dbtp(pcm: bytes) -> float:
    """The highest point of the wave, also between samples: resampled to eight times the rate by a Fourier transform."""
    wave = np.pad(samples(pcm), 4_096)
    window = 65_536
    highest = 0.0
    for at in range(0, len(wave), window // 2):
        part = wave[at : at + window]
        spectrum = np.fft.rfft(part, window)
        fine = np.fft.irfft(np.pad(spectrum, (0, 4 * window - window // 2)), 8 * window) * 8
        # The ends of a window ring, so each point is taken from a window in whose middle it lies.
        highest = max(highest, float(np.abs(fine[window:-window]).max()))
    return float(20 * np.log10(highest))


def _lufs(power: npt.ArrayLike) -> Samples:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)))


def _filtered(wave: Samples, *stages: tuple[float, ...]) -> Samples:
    """The wave after both biquads, by their frequency response; zeros at the end make the convolution linear."""
    size = 1 << (len(wave) + 48_000).bit_length()
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones_like(z)
    for b0, b1, b2, a1, a2 in stages:
        response *= (b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)
    return np.fft.irfft(np.fft.rfft(wave, size) * response, size)[: len(wave)]
