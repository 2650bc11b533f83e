"""From a voice to what goes on the air: chime, pause, voice, pause, at −16 LUFS (ITU-R BS.1770, EBU R 128).

One linear gain sets the loudness; a limiter holds the true peak, and what it takes is given back once. The same voice
gives the same bytes.
"""

import math
import warnings
from collections.abc import Iterable

import av

from audio.pcm import RATE, TO_PCM, Filter, filtered, frames_of, pcm_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # pydub looks for an ffmpeg program, which is not used here
    from pydub import AudioSegment

LOUDNESS_LUFS = -16.0
# Opus gives back up to 0.7 dB more than it was given (measured on espeak-ng's speech): what is decoded stays below −1.
PEAK_DBTP = -2.0
PAUSE_AFTER_CHIME_MS = 500
CLOSING_PAUSE_MS = 300

# Parts are joined this quiet: no peak of a voice is cut off, and 16 bits still leave the rounding far below hearing.
_JOINED_LUFS = -30.0
# Below this there is room noise or nothing (BS.1770's own gate stands at −70); made loud, it would roar.
_SILENCE_LUFS = -60.0
# What the limiter may take unseen; each further LU costs another pass.
_TOLERANCE_LU = 0.3
# Of each dB that is put in front of the limiter, speech that it already holds gets about two thirds.
_GIVEN_BACK = 1.5
_PEAK_FACTOR = 10 ** (PEAK_DBTP / 20)
# `level` would raise everything to full scale again; `latency` takes the look-ahead's delay off.
_LIMITER: Filter = ("alimiter", f"limit={_PEAK_FACTOR:.4f}:level=false:latency=true")
# The limiter sees samples, not the wave between them. What was sampled at 24 kHz or less has no peaks there at 48 kHz
# (measured: 0.1 dB); anything else is limited at four times the rate, which is ten times slower.
_LIMITING_RATE = 4 * RATE
_METER: Filter = ("ebur128", "metadata=1:framelog=quiet")
_LOUDNESS_KEY = "lavfi.r128.I"
_METER_WINDOW = bytes(2 * RATE * 400 // 1000)


class NothingToHear(ValueError):
    """The voice is silence, or so quiet that only its noise would be heard."""


def master(voice: bytes, rate: int, opening: bytes) -> bytes:
    """Join and level: `opening` (48 kHz PCM), then the voice (mono 16-bit PCM at `rate` Hz); returns 48 kHz PCM.

    The length is that of the parts to the sample. Raises NothingToHear.
    """
    joined = (
        _levelled(opening, RATE)
        .append(_pause(PAUSE_AFTER_CHIME_MS), crossfade=0)
        .append(_levelled(voice, rate), crossfade=0)
        .append(_pause(CLOSING_PAUSE_MS), crossfade=0)
        .raw_data
    )
    limiting_rate = RATE if rate <= RATE // 2 else _LIMITING_RATE
    gain_db = LOUDNESS_LUFS - _JOINED_LUFS
    finished, loudness = _run(frames_of(joined), *_raise(gain_db, limiting_rate), _METER)
    short = LOUDNESS_LUFS - loudness
    if abs(short) > _TOLERANCE_LU:
        correction_db = short * _GIVEN_BACK if short > 0 else short
        finished, _ = _run(frames_of(joined), *_raise(gain_db + correction_db, limiting_rate))
    return finished


def _levelled(part: bytes, rate: int) -> AudioSegment:
    """The part at 48 kHz and the loudness at which parts are joined."""
    # Half the strength first: what reaches full scale overshoots it when it is resampled.
    pcm, loudness = _run(frames_of(part, rate), ("volume", "0.5:precision=double"), ("aresample", str(RATE)), _METER)
    if pcm and loudness < _SILENCE_LUFS:
        # One word may be shorter than the meter's window of 400 ms.
        _, loudness = _run(frames_of(_METER_WINDOW + pcm + _METER_WINDOW), _METER)
    if loudness < _SILENCE_LUFS:
        raise NothingToHear("the voice is silent, or nearly so")
    return _segment(pcm).apply_gain(_JOINED_LUFS - loudness)


def _raise(gain_db: float, limiting_rate: int) -> tuple[Filter, ...]:
    gain: Filter = ("volume", f"{gain_db:.3f}dB:precision=double")
    if limiting_rate == RATE:
        return gain, _LIMITER
    return gain, ("aresample", str(limiting_rate)), _LIMITER, ("aresample", str(RATE))


def _run(frames: Iterable[av.AudioFrame], *filters: Filter) -> tuple[bytes, float]:
    """What comes out as 48 kHz PCM, and its loudness in LUFS where the last filter is the meter."""
    pcm = bytearray()
    loudness = -math.inf
    for frame in filtered(frames, *filters, TO_PCM):
        pcm += pcm_of(frame)
        if filters[-1] is _METER:
            loudness = float(frame.metadata.get(_LOUDNESS_KEY, loudness))
    return bytes(pcm), loudness


def _segment(pcm: bytes) -> AudioSegment:
    return AudioSegment(data=pcm, sample_width=2, frame_rate=RATE, channels=1)


def _pause(length_ms: int) -> AudioSegment:
    return AudioSegment.silent(duration=length_ms, frame_rate=RATE)
