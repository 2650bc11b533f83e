"""Masters a voice for broadcast: chime, pause, voice, pause, closing note, at −16 LUFS (ITU-R BS.1770, EBU R 128).

One gain sets the loudness of the whole voice; a limiter holds its true peak; further gain makes up for the loudness
that the limiter takes. The same voice gives the same bytes.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from audio.sound.pcm import RATE, TO_PCM, Filter, apply_filters, frames_of, pcm_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub warns that ffmpeg is missing (not used here) and that audioop is deprecated
    from pydub import AudioSegment
    from pydub.silence import detect_leading_silence

LOUDNESS_LUFS = -16.0
# Decoded Opus peaks up to 1.2 dB above its input (measured on espeak-ng's speech): so decoded clips stay below −1 dBTP.
PEAK_DBTP = -2.6
PAUSE_AFTER_SENTENCE_MS, PAUSE_AFTER_PARAGRAPH_MS = 700, 1_100
"""The sound of a loudspeaker 200 m away arrives 0.6 s later: it has passed before the next sentence begins."""
PAUSE_AFTER_CHIME_MS = 500
CLOSING_PAUSE_MS = 300

# A quieter voice is room noise or nothing, and would roar at −16 LUFS. (The gate of BS.1770 itself is at −70.)
_SILENCE_LUFS = -60.0
# Speech that the limiter already holds down gets about two thirds of each dB of further gain, so 1.6 dB for 1 LU.
_GAIN_DB_PER_MISSING_LU = 1.6
# Each correction meters the voice again; ordinary speech needs one.
_MAX_CORRECTIONS = 4
# A correction below this is the last one: it isn't metered again.
_LAST_CORRECTION_LU = 1.2
# level=true would raise everything to full scale again; latency=true removes the delay of the look-ahead.
_LIMITER: Filter = ("alimiter", f"limit={10 ** (PEAK_DBTP / 20):.4f}:level=false:latency=true")
# The limiter sees samples, not the peaks between them. A voice sampled at 24 kHz or less has none at 48 kHz (measured:
# 0.1 dB); any other voice is limited at four times the rate, which takes ten times as long.
_LIMITING_RATE = 4 * RATE
_METER: Filter = ("ebur128", "metadata=1:framelog=quiet")
_METER_WINDOW_MS = 400
_SECONDS: Filter = ("asetnsamples", f"n={RATE}:pad=0")
# 50 dB below its peak a voice only breathes; the margin keeps soft consonants whole.
_QUIET_DB = -50.0
_MARGIN_MS = 40
# The range of a horn loudspeaker: lower sound only loads the amplifier, higher sound is hiss. Filtered at 6 dB/octave.
_HORN_LOW_HZ, _HORN_HIGH_HZ = 300, 8_000
_HALF_SCALE = 16_384
_TO_16_BITS: Filter = ("aformat", "sample_fmts=s16:channel_layouts=mono")


class NothingToHear(ValueError):
    """The voice is quieter than −60 LUFS: silence, or only noise."""


@dataclass(frozen=True)
class SoundOptions:
    """The station's choices: the filter for horn loudspeakers, and the siren in place of the emergency chime."""

    horn_filter: bool = True
    siren: bool = False


DEFAULT_SOUND_OPTIONS = SoundOptions()


def trim(pcm: bytes, rate: int) -> bytes:
    """Remove silence from both ends of mono 16-bit PCM at `rate` Hz; PCM of zeros alone stays unchanged."""
    voice = AudioSegment(data=pcm, sample_width=2, frame_rate=rate, channels=1)
    if voice.max == 0:
        return pcm
    quiet_db = voice.max_dBFS + _QUIET_DB
    before_ms = max(0, detect_leading_silence(voice, quiet_db) - _MARGIN_MS)
    after_ms = max(0, detect_leading_silence(voice.reverse(), quiet_db) - _MARGIN_MS)
    return pcm[2 * (before_ms * rate // 1000) : len(pcm) - 2 * (after_ms * rate // 1000)]


def join_with_pauses(
    sentences: Sequence[bytes], ends_paragraph: Sequence[bool], rate: int
) -> tuple[bytes, list[list[int]]]:
    """Trim sentences (mono 16-bit PCM at `rate` Hz) and join them with pauses.

    Returns the PCM, and the [from, to] of each sentence in it, in milliseconds.
    """
    parts, places = [], []
    at = 0
    for pcm, ends in zip((trim(each, rate) for each in sentences), ends_paragraph, strict=True):
        places.append([1000 * at // rate, 1000 * (at + len(pcm) // 2) // rate])
        pause = rate * (PAUSE_AFTER_PARAGRAPH_MS if ends else PAUSE_AFTER_SENTENCE_MS) // 1000
        parts += [pcm, bytes(2 * pause)]
        at += len(pcm) // 2 + pause
    return b"".join(parts[:-1]), places


def master(voice: bytes, rate: int, opening: bytes, closing: bytes, horn_filter: bool = False) -> Iterator[bytes]:
    """Level opening, voice and closing, and join them with pauses; yields blocks of 48 kHz PCM.

    `voice`: mono 16-bit PCM at `rate` Hz; `opening` and `closing` at 48 kHz. The length is exact to the sample. Raises
    NothingToHear.
    """
    said = _level(_filter_for_horns(voice, rate) if horn_filter else voice, rate)
    yield _level_chime(opening)
    yield _pause(PAUSE_AFTER_CHIME_MS)
    yield from said
    yield _pause(CLOSING_PAUSE_MS)
    yield _level_chime(closing)


@lru_cache(maxsize=8)
def _level_chime(chime: bytes) -> bytes:
    return b"".join(_level(chime, RATE))


def _filter_for_horns(voice: bytes, rate: int) -> bytes:
    """Filter the voice for horns, its peak first lowered to half of full scale, because filtering can raise peaks."""
    peak = AudioSegment(data=voice, sample_width=2, frame_rate=rate, channels=1).max
    lower: Filter = ("volume", f"{min(1.0, _HALF_SCALE / max(peak, 1)):.4f}:precision=float")
    low: Filter = ("highpass", f"f={_HORN_LOW_HZ}:poles=1")
    high: Filter = ("lowpass", f"f={_HORN_HIGH_HZ}:poles=1")
    filters = (lower, low, high) if rate > 2 * _HORN_HIGH_HZ else (lower, low)
    return b"".join(map(pcm_of, apply_filters(frames_of(voice, rate), *filters, _TO_16_BITS)))


def _level(part: bytes, rate: int) -> Iterator[bytes]:
    """Bring a part to 48 kHz and −16 LUFS, its peaks limited. Metering, and NothingToHear, come before the iterator."""
    # Metered at its own rate: half the work for speech. One word can be shorter than the meter's 400 ms window.
    window = bytes(2 * (rate * _METER_WINDOW_MS // 1000))
    to_meter = part if len(part) > 10 * len(window) else window + part + window
    loudness = _loudness(to_meter, rate)
    if loudness < _SILENCE_LUFS:
        raise NothingToHear("the voice is silent, or nearly so")
    gain_db = LOUDNESS_LUFS - loudness
    has_peaks_between_samples = rate > RATE // 2
    limited = (
        (("aresample", str(_LIMITING_RATE)), _LIMITER, ("aresample", str(RATE)))
        if has_peaks_between_samples
        else (_LIMITER,)
    )
    for _ in range(_MAX_CORRECTIONS):
        short_lu = LOUDNESS_LUFS - _loudness(to_meter, rate, _gain(gain_db), *limited)
        gain_db += short_lu * _GAIN_DB_PER_MISSING_LU
        if abs(short_lu) < _LAST_CORRECTION_LU:
            break
    to_limit = limited if has_peaks_between_samples else (("aresample", str(RATE)), _LIMITER)
    frames = apply_filters(frames_of(part, rate), _gain(gain_db), *to_limit, TO_PCM, _SECONDS)
    return map(pcm_of, frames)


def _gain(gain_db: float) -> Filter:
    return "volume", f"{gain_db:.3f}dB:precision=double"


def _loudness(pcm: bytes, rate: int, *filters: Filter) -> float:
    """Integrated loudness in LUFS after the filters; minus infinity where all of it is below the meter's gate."""
    loudness = "-inf"
    for frame in apply_filters(frames_of(pcm, rate), *filters, _METER):
        loudness = frame.metadata.get("lavfi.r128.I", loudness)
    return float(loudness)


def _pause(length_ms: int) -> bytes:
    return bytes(2 * (RATE * length_ms // 1000))
