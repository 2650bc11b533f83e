"""The tests' own meter gives the values that the standard requires."""

import numpy as np
import pytest

from tests.audio.sound.meter import loudness_lufs, true_peak_dbtp


def _tone(frequency: float, peak: float, phase: float = 0.0) -> bytes:
    at = np.arange(48_000 * 5) / 48_000
    return (np.sin(2 * np.pi * frequency * at + phase) * peak * 32_767).astype("<i2").tobytes()


def test_a_tone_of_997_hz_at_full_scale_reads_minus_3_01() -> None:
    assert loudness_lufs(_tone(997, 1.0)) == pytest.approx(-3.01, abs=0.05)


def test_silence_between_sounds_does_not_count() -> None:
    tone = _tone(997, 0.1)
    assert loudness_lufs(tone + bytes(len(tone)) + tone) == pytest.approx(loudness_lufs(tone), abs=0.2)


def test_a_peak_between_two_samples_is_found() -> None:
    # A quarter of the rate, sampled at 45°: every sample lies 3 dB below the wave's peak.
    assert true_peak_dbtp(_tone(12_000, 0.9, np.pi / 4)) == pytest.approx(20 * np.log10(0.9), abs=0.3)
