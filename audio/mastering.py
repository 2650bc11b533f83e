"""From a voice to what goes on the air: chime, pause, voice, pause, note, at −16 LUFS (ITU-R BS.1770, EBU R 128).

One linear gain sets the loudness; a limiter holds the true peak, and what it takes is given back once. The same voice
gives the same bytes.
"""

import warnings
from functools import lru_cache

from audio.pcm import RATE, TO_PCM, Filter, filtered, frames_of, pcm_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub misses an ffmpeg program, which is not used here, and names audioop's end
    from pydub import AudioSegment

LOUDNESS_LUFS = -16.0
# Opus gives back up to 0.7 dB more than it was given (measured on espeak-ng's speech): what is decoded stays below −1.
PEAK_DBTP = -2.0
PAUSE_AFTER_CHIME_MS = 500
CLOSING_PAUSE_MS = 300

# Below this there is room noise or nothing (BS.1770's own gate stands at −70); made loud, it would roar.
_SILENCE_LUFS = -60.0
# Of each dB that is put in front of the limiter, speech that it already holds gets about two thirds.
_GIVEN_BACK = 1.5
# Each correction meters the voice again; ordinary speech needs one.
_MOST_CORRECTIONS = 4
_LAST_CORRECTION_LU = 2.0
# `level` would raise everything to full scale again; `latency` takes the look-ahead's delay off.
_LIMITER: Filter = ("alimiter", f"limit={10 ** (PEAK_DBTP / 20):.4f}:level=false:latency=true")
# The limiter sees samples, not the wave between them. What was sampled at 24 kHz or less has no peaks there at 48 kHz
# (measured: 0.1 dB); anything else is limited at four times the rate, which takes ten times as long.
_LIMITING_RATE = 4 * RATE
_METER: Filter = ("ebur128", "metadata=1:framelog=quiet")
_METER_WINDOW_MS = 400


class NothingToHear(ValueError):
    """The voice is silence, or so quiet that only its noise would be heard."""


def master(voice: bytes, rate: int, opening: bytes, closing: bytes) -> bytes:
    """Level and join: `opening`, the voice (mono 16-bit PCM at `rate` Hz), `closing`; all else is 48 kHz PCM.

    The length is that of the parts to the sample. Raises NothingToHear.
    """
    parts = (
        _levelled_chime(opening),
        _pause(PAUSE_AFTER_CHIME_MS),
        _levelled(voice, rate),
        _pause(CLOSING_PAUSE_MS),
        _levelled_chime(closing),
    )
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.append(part, crossfade=0)
    data: bytes = joined.raw_data
    return data


@lru_cache(maxsize=8)
def _levelled_chime(chime: bytes) -> AudioSegment:
    return _levelled(chime, RATE)


def _levelled(part: bytes, rate: int) -> AudioSegment:
    """The part at 48 kHz and its loudness, its peaks held."""
    # Metered at its own rate: half the work for speech. One word may be shorter than the meter's window.
    window = bytes(2 * (rate * _METER_WINDOW_MS // 1000))
    metered = part if len(part) > 10 * len(window) else window + part + window
    loudness = _loudness(metered, rate)
    if loudness < _SILENCE_LUFS:
        raise NothingToHear("the voice is silent, or nearly so")
    gain_db = LOUDNESS_LUFS - loudness
    finely = rate > RATE // 2
    limited = (("aresample", str(_LIMITING_RATE)), _LIMITER, ("aresample", str(RATE))) if finely else (_LIMITER,)
    for _ in range(_MOST_CORRECTIONS):
        short_lu = LOUDNESS_LUFS - _loudness(metered, rate, _gain(gain_db), *limited)
        gain_db += short_lu * _GIVEN_BACK
        if abs(short_lu) < _LAST_CORRECTION_LU:
            break
    to_limit = limited if finely else (("aresample", str(RATE)), _LIMITER)
    frames = filtered(frames_of(part, rate), _gain(gain_db), *to_limit, TO_PCM)
    return AudioSegment(data=b"".join(map(pcm_of, frames)), sample_width=2, frame_rate=RATE, channels=1)


def _gain(gain_db: float) -> Filter:
    return "volume", f"{gain_db:.3f}dB:precision=double"


def _loudness(pcm: bytes, rate: int, *filters: Filter) -> float:
    """Integrated loudness in LUFS behind the filters; minus infinity where nothing passes the gate."""
    loudness = "-inf"
    for frame in filtered(frames_of(pcm, rate), *filters, _METER):
        loudness = frame.metadata.get("lavfi.r128.I", loudness)
    return float(loudness)


def _pause(length_ms: int) -> AudioSegment:
    return AudioSegment.silent(duration=length_ms, frame_rate=RATE)
