"""The chimes around an announcement, computed note by note: no sound file, and no right of anybody's in it.

Each bulletin class has its own opening, so that people know before the first word what is coming: a calm falling third,
three rising notes, and an urgent pair said three times. One note closes: people hear that it was all, and whoever
compares a recording hears that its end is there. How loud they are is `audio.sound.mastering`'s business.
"""

import array
import cmath
import math
import sys
from functools import cache

from audio.sound.pcm import RATE
from wire.model import BulletinClass

LENGTH_MS = 1_200
SIREN_LENGTH_MS = 4_000
CLOSING_LENGTH_MS = 600

# Each note: its pitch in Hz, and when it is struck, in ms. It fades by itself, as a bell does.
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
    """The chime that opens, as PCM of 1.2 seconds, the same at every call."""
    return _struck(_NOTES[bulletin_class], _FADE_MS[bulletin_class], LENGTH_MS)


@cache
def siren() -> bytes:
    """Two slow sweeps up and down, as PCM of 4 seconds. What it may be used for is regulated by civil defence."""
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
    return _pcm(wave)


@cache
def closing_note(bulletin_class: BulletinClass) -> bytes:
    """The note that closes, as PCM of 0.6 seconds: the lowest of the chime, still to be heard where it ends."""
    lowest = min(pitch for pitch, _ in _NOTES[bulletin_class])
    return _struck(((lowest, 0),), _CLOSING_FADE_MS, CLOSING_LENGTH_MS)


def _struck(notes: tuple[tuple[float, int], ...], fade_ms: int, length_ms: int) -> bytes:
    length = length_ms * RATE // 1000
    wave = [0.0] * length
    for pitch, struck_at_ms in notes:
        for multiple, strength, faster in _PARTIALS:
            decay = -faster / (fade_ms * RATE / 1000)
            _ring(wave, struck_at_ms * RATE // 1000, strength, complex(decay, math.tau * pitch * multiple / RATE))
    release = _RELEASE_MS * RATE // 1000
    for left in range(release):
        wave[length - 1 - left] *= left / release
    return _pcm(wave)


def _pcm(wave: list[float]) -> bytes:
    """The wave at half of full scale."""
    scale = _PEAK / max(map(abs, wave))
    samples = array.array("h", (round(scale * value) for value in wave))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _ring(wave: list[float], start: int, strength: float, exponent: complex) -> None:
    """Add one decaying partial, e to the power of `exponent` times the sample's number, with a soft attack."""
    phasor, step = complex(strength), cmath.exp(exponent)
    attack = _ATTACK_MS * RATE // 1000
    for at in range(start, len(wave)):
        since = at - start
        wave[at] += phasor.imag * (since / attack if since < attack else 1.0)
        phasor *= step
