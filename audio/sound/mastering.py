"""From a voice to what goes on the air: chime, pause, voice, pause, note, at −16 LUFS (ITU-R BS.1770, EBU R 128).

One linear gain sets the loudness of the whole voice; a limiter holds the true peak, and what it takes is given back
once. The same voice gives the same bytes.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from audio.sound.pcm import RATE, TO_PCM, Filter, filtered, frames_of, pcm_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub misses an ffmpeg program, which is not used here, and names audioop's end
    from pydub import AudioSegment
    from pydub.silence import detect_leading_silence

LOUDNESS_LUFS = -16.0
# Opus gives back up to 1.2 dB more than it was given (measured on espeak-ng's speech): what is decoded stays below −1.
PEAK_DBTP = -2.6
PAUSE_AFTER_SENTENCE_MS, PAUSE_AFTER_PARAGRAPH_MS = 700, 1_100
"""Between houses the echo of a loudspeaker 200 m away comes 0.6 s later: it has passed before the next sentence."""
PAUSE_AFTER_CHIME_MS = 500
CLOSING_PAUSE_MS = 300

# Below this there is room noise or nothing (BS.1770's own gate stands at −70); made loud, it would roar.
_SILENCE_LUFS = -60.0
# Of each dB that is put in front of the limiter, speech that it already holds gets about two thirds.
_GIVEN_BACK = 1.6
# Each correction meters the voice again; ordinary speech needs one.
_MOST_CORRECTIONS = 4
_LAST_CORRECTION_LU = 1.2
# `level` would raise everything to full scale again; `latency` takes the look-ahead's delay off.
_LIMITER: Filter = ("alimiter", f"limit={10 ** (PEAK_DBTP / 20):.4f}:level=false:latency=true")
# The limiter sees samples, not the wave between them. What was sampled at 24 kHz or less has no peaks there at 48 kHz
# (measured: 0.1 dB); anything else is limited at four times the rate, which takes ten times as long.
_LIMITING_RATE = 4 * RATE
_METER: Filter = ("ebur128", "metadata=1:framelog=quiet")
_METER_WINDOW_MS = 400
_SECONDS: Filter = ("asetnsamples", f"n={RATE}:pad=0")
# So far below a voice's own peak there is only its breath; the margin keeps soft consonants whole.
_QUIET_DB = -50.0
_MARGIN_MS = 40
# What a horn gives back; below it lies what only drives the amplifier, above it the hiss. 6 dB an octave is gentle.
_HORN_LOW_HZ, _HORN_HIGH_HZ = 300, 8_000
_HALF = 16_384
_TO_16_BITS: Filter = ("aformat", "sample_fmts=s16:channel_layouts=mono")


class NothingToHear(ValueError):
    """The voice is silence, or so quiet that only its noise would be heard."""


@dataclass(frozen=True)
class Sound:
    """What the station has chosen: a filter for horn loudspeakers, a siren before emergencies."""

    horn_filter: bool = True
    siren: bool = False


AS_INSTALLED = Sound()


def trimmed(pcm: bytes, rate: int) -> bytes:
    """The PCM (mono, 16-bit, at `rate` Hz) without the silence before and after it."""
    voice = AudioSegment(data=pcm, sample_width=2, frame_rate=rate, channels=1)
    if voice.max == 0:
        return pcm
    quiet_db = voice.max_dBFS + _QUIET_DB
    before_ms = max(0, detect_leading_silence(voice, quiet_db) - _MARGIN_MS)
    after_ms = max(0, detect_leading_silence(voice.reverse(), quiet_db) - _MARGIN_MS)
    return pcm[2 * (before_ms * rate // 1000) : len(pcm) - 2 * (after_ms * rate // 1000)]


def with_pauses(sentences: Sequence[bytes], ends_paragraph: Sequence[bool], rate: int) -> tuple[bytes, list[list[int]]]:
    """The sentences, trimmed, with their pauses; and where each sounds in it, from and to in milliseconds."""
    parts, places = [], []
    at = 0
    for pcm, ends in zip((trimmed(each, rate) for each in sentences), ends_paragraph, strict=True):
        places.append([1000 * at // rate, 1000 * (at + len(pcm) // 2) // rate])
        pause = rate * (PAUSE_AFTER_PARAGRAPH_MS if ends else PAUSE_AFTER_SENTENCE_MS) // 1000
        parts += [pcm, bytes(2 * pause)]
        at += len(pcm) // 2 + pause
    return b"".join(parts[:-1]), places


def mastered(voice: bytes, rate: int, opening: bytes, closing: bytes, horn_filter: bool = False) -> Iterator[bytes]:
    """Level and join, in blocks: `opening`, the voice (mono 16-bit PCM at `rate` Hz), `closing`; the rest at 48 kHz.

    The length is that of the parts to the sample. Raises NothingToHear.
    """
    said = _levelled(_for_horns(voice, rate) if horn_filter else voice, rate)
    yield _levelled_chime(opening)
    yield _pause(PAUSE_AFTER_CHIME_MS)
    yield from said
    yield _pause(CLOSING_PAUSE_MS)
    yield _levelled_chime(closing)


@lru_cache(maxsize=8)
def _levelled_chime(chime: bytes) -> bytes:
    return b"".join(_levelled(chime, RATE))


def _for_horns(voice: bytes, rate: int) -> bytes:
    """The voice behind the filter, at most at half of full scale: what falls away may have held a peak down."""
    peak = AudioSegment(data=voice, sample_width=2, frame_rate=rate, channels=1).max
    lower: Filter = ("volume", f"{min(1.0, _HALF / max(peak, 1)):.4f}:precision=float")
    low: Filter = ("highpass", f"f={_HORN_LOW_HZ}:poles=1")
    high: Filter = ("lowpass", f"f={_HORN_HIGH_HZ}:poles=1")
    filters = (lower, low, high) if rate > 2 * _HORN_HIGH_HZ else (lower, low)
    return b"".join(map(pcm_of, filtered(frames_of(voice, rate), *filters, _TO_16_BITS)))


def _levelled(part: bytes, rate: int) -> Iterator[bytes]:
    """The part at 48 kHz and its loudness, its peaks held; metered before the first block."""
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
    frames = filtered(frames_of(part, rate), _gain(gain_db), *to_limit, TO_PCM, _SECONDS)
    return map(pcm_of, frames)


def _gain(gain_db: float) -> Filter:
    return "volume", f"{gain_db:.3f}dB:precision=double"


def _loudness(pcm: bytes, rate: int, *filters: Filter) -> float:
    """Integrated loudness in LUFS behind the filters; minus infinity where nothing passes the gate."""
    loudness = "-inf"
    for frame in filtered(frames_of(pcm, rate), *filters, _METER):
        loudness = frame.metadata.get("lavfi.r128.I", loudness)
    return float(loudness)


def _pause(length_ms: int) -> bytes:
    return bytes(2 * (RATE * length_ms // 1000))
