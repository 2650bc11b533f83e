"""The chimes around an announcement, computed note by note, so that no sound file with a licence is needed.

Each bulletin class has its own opening, so that people know it before the first word: normal a falling third, priority
three rising notes, emergency an urgent pair of notes three times. One closing note tells that the announcement is
complete, also in a recording. `audio.sound.mastering` sets their loudness.
"""

import array
import cmath
import math
import sys
from functools import cache

from audio.sound.pcm import RATE
from wire.model import BulletinClass

CHIME_LENGTH_MS = 1_200
SIREN_LENGTH_MS = 4_000
CLOSING_LENGTH_MS = 600

# Each note: its pitch in Hz, and the ms at which it begins. It fades like a bell.
_NOTES: dict[BulletinClass, tuple[tuple[float, int], ...]] = {
    "normal": ((659.26, 0), (523.25, 380)),
    "priority": ((523.25, 0), (659.26, 260), (783.99, 520)),
    "emergency": ((880.0, 0), (1108.73, 160), (880.0, 400), (1108.73, 560), (880.0, 800), (1108.73, 960)),
}
# Milliseconds in which a note falls to 1/e.
_FADE_MS: dict[BulletinClass, int] = {"normal": 260, "priority": 220, "emergency": 110}
_CLOSING_FADE_MS = 260
# A bell's partials: multiple of the pitch, strength, how many times faster it fades.
_PARTIALS = ((1.0, 1.0, 1.0), (2.0, 0.35, 1.8), (3.01, 0.15, 3.0))
_ATTACK_MS = 4
_SIREN_HZ = (450.0, 1_100.0)
_SIREN_ATTACK_MS = 60
_RELEASE_MS = 40
_PEAK = 0.5 * 32_767


@cache
def chime(bulletin_class: BulletinClass) -> bytes:
    """The opening chime: 1.2 s of 48 kHz PCM, the same bytes at every call."""
    return _ring_notes(_NOTES[bulletin_class], _FADE_MS[bulletin_class], CHIME_LENGTH_MS)


@cache
def siren() -> bytes:
    """Two slow sweeps up and down: 4 s of 48 kHz PCM. Civil defence regulates when a siren may be used."""
    length = SIREN_LENGTH_MS * RATE // 1000
    sweep = length // 2
    low, high = _SIREN_HZ
    wave, phase = [0.0] * length, 0.0
    for at in range(length):
        height = 0.5 - 0.5 * math.cos(math.tau * at / sweep)
        phase += math.tau * low * (high / low) ** height / RATE
        wave[at] = math.sin(phase) + 0.4 * math.sin(2 * phase) + 0.2 * math.sin(3 * phase)
    attack = _SIREN_ATTACK_MS * RATE // 1000
    for at in range(attack):
        wave[at] *= at / attack
        wave[length - 1 - at] *= at / attack
    return _to_pcm(wave)


@cache
def closing_note(bulletin_class: BulletinClass) -> bytes:
    """The closing note: 0.6 s of 48 kHz PCM, at the chime's lowest pitch, cut while it is still audible."""
    lowest = min(pitch for pitch, _ in _NOTES[bulletin_class])
    return _ring_notes(((lowest, 0),), _CLOSING_FADE_MS, CLOSING_LENGTH_MS)


def _ring_notes(notes: tuple[tuple[float, int], ...], fade_ms: int, length_ms: int) -> bytes:
    length = length_ms * RATE // 1000
    wave = [0.0] * length
    for pitch, struck_at_ms in notes:
        for multiple, strength, faster in _PARTIALS:
            decay = -faster / (fade_ms * RATE / 1000)
            _add_partial(
                wave, struck_at_ms * RATE // 1000, strength, complex(decay, math.tau * pitch * multiple / RATE)
            )
    release = _RELEASE_MS * RATE // 1000
    for left in range(release):
        wave[length - 1 - left] *= left / release
    return _to_pcm(wave)


def _to_pcm(wave: list[float]) -> bytes:
    """The wave as PCM, its peak at half of full scale."""
    scale = _PEAK / max(map(abs, wave))
    samples = array.array("h", (round(scale * value) for value in wave))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _add_partial(wave: list[float], start: int, strength: float, exponent: complex) -> None:
    """Add one decaying partial from sample `start` on: strength · Im e^(exponent · n), with an attack of 4 ms."""
    phasor, step = complex(strength), cmath.exp(exponent)
    attack = _ATTACK_MS * RATE // 1000
    for at in range(start, len(wave)):
        since = at - start
        wave[at] += phasor.imag * (since / attack if since < attack else 1.0)
        phasor *= step
