"""Clips hold exactly as many samples as were encoded, each at its place."""

import math
import struct
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.sound import opus
from audio.sound.pcm import TO_PCM, apply_filters, frames_of, pcm_of
from tests.audio.sound.meter import samples
from tests.audio.speech.voices import WORDS, sound_file, spoken, tone
from tests.ogg import with_a_tag_that_is_no_text, with_new_checksum


@pytest.fixture(scope="module")
def voice() -> bytes:
    """Some seconds of Vietnamese at 48 kHz."""
    speech = spoken(f"{WORDS} {WORDS}")
    return b"".join(map(pcm_of, apply_filters(frames_of(speech.pcm, speech.rate), ("volume", "0.3"), TO_PCM)))


@pytest.fixture(scope="module")
def clip(voice: bytes) -> bytes:
    return opus.encode(voice)


@given(st.integers(1, 60_000))
def test_every_length_is_kept_to_the_sample(frames: int) -> None:
    clip = opus.encode(tone(1_250)[: 2 * frames])
    assert sum(map(len, opus.decode(clip))) == 2 * frames
    assert opus.count_frames(clip) == frames


@pytest.mark.parametrize(("frames", "ms"), [(1, 0), (23, 0), (24, 1), (71, 1), (72, 2), (48_000, 1_000)])
def test_the_length_in_milliseconds_is_rounded_half_up(frames: int, ms: int) -> None:
    assert opus.duration_ms(opus.encode(tone(1_000)[: 2 * frames])) == ms


def test_decoded_samples_keep_their_places(voice: bytes, clip: bytes) -> None:
    said, heard = samples(voice), samples(b"".join(opus.decode(clip)))
    lags = range(-480, 481)
    middle = slice(48_000, 144_000)
    alike = [float(np.corrcoef(heard[middle], said[48_000 + lag : 144_000 + lag])[0, 1]) for lag in lags]
    assert lags[int(np.argmax(alike))] == 0
    assert max(alike) > 0.95


def test_the_same_sound_gives_the_same_bytes(voice: bytes, clip: bytes) -> None:
    assert opus.encode(voice) == clip


def test_a_clip_takes_24_kbit_a_second(voice: bytes, clip: bytes) -> None:
    assert len(clip) * 8 / (len(voice) / 96_000) == pytest.approx(24_000, rel=0.25)


@pytest.mark.parametrize("from_ms", [0, 1, 6, 7, 19, 20, 999, 1_000, 1_001, 2_345, 5_000])
def test_decoding_from_a_later_time_gives_the_rest_to_the_sample(clip: bytes, from_ms: int) -> None:
    whole = b"".join(opus.decode(clip))
    rest = b"".join(opus.decode(clip, from_ms=from_ms))
    assert len(rest) == len(whole) - 96 * from_ms
    assert np.abs(samples(rest) - samples(whole)[48 * from_ms :]).max() < 0.001


def test_decoding_from_deep_inside_a_long_clip_gives_the_same_sound(voice: bytes) -> None:
    clip = opus.encode(voice * 10)
    whole = b"".join(opus.decode(clip))
    # An Ogg page begins at each full second: shortly after it a decoder that starts there has decoded the least.
    for from_ms in range(5_030, len(whole) // 96, 3_000):
        rest = b"".join(islice(opus.decode(clip, from_ms=from_ms), 100))
        there = whole[96 * from_ms :][: len(rest)]
        assert np.abs(samples(rest) - samples(there)).max() < 0.001, f"from {from_ms} ms"


def test_decoding_from_after_the_end_gives_nothing(clip: bytes) -> None:
    assert b"".join(opus.decode(clip, from_ms=opus.duration_ms(clip) + 1)) == b""


def test_a_time_before_the_beginning_is_refused(clip: bytes) -> None:
    with pytest.raises(ValueError, match="-1 ms"):
        next(opus.decode(clip, from_ms=-1))


def test_gain_is_applied_sample_by_sample(clip: bytes) -> None:
    plain, quieter = (samples(b"".join(opus.decode(clip, gain_db=gain))) for gain in (0.0, -6.0))
    assert np.abs(quieter - plain * 10 ** (-6 / 20)).max() < 2 / 32_768


def test_a_gain_of_minus_infinity_is_silence_of_the_same_length(voice: bytes, clip: bytes) -> None:
    assert b"".join(opus.decode(clip, gain_db=-math.inf)) == bytes(len(voice))


def test_a_file_decodes_like_its_bytes(clip: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip").write_bytes(clip)
    assert list(opus.decode(tmp_path / "clip")) == list(opus.decode(clip))


def test_a_missing_file_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(opus.decode(tmp_path / "gone"))


@pytest.mark.parametrize("data", [b"", b"OggS", b"Xin ch\xc3\xa0o" * 500, bytes(70_000)])
def test_a_file_that_is_no_ogg_opus_is_refused(data: bytes) -> None:
    with pytest.raises(opus.NotAudio):
        next(opus.decode(data))
    with pytest.raises(opus.NotAudio):
        opus.duration_ms(data)


def test_another_codec_in_an_ogg_is_refused() -> None:
    with pytest.raises(opus.NotAudio):
        next(opus.decode(sound_file("ogg", "flac", tone(500))))


def test_an_opus_of_an_unknown_version_or_mapping_is_refused(clip: bytes) -> None:
    family = clip.index(b"OpusHead") + 18  # RFC 7845, section 5.1
    with pytest.raises(opus.NotAudio):
        next(opus.decode(with_new_checksum(clip[:family] + b"\xf0" + clip[family + 1 :], 0)))


@pytest.mark.parametrize("end", [2**62, 24 * 3_600 * 48_000 + 1_000])
def test_a_clip_that_claims_to_end_after_more_than_a_day_is_refused(clip: bytes, end: int) -> None:
    last = clip.rindex(b"OggS")
    with pytest.raises(opus.NotAudio):
        opus.count_frames(with_new_checksum(clip[: last + 6] + struct.pack("<q", end) + clip[last + 14 :], last))


def test_a_tag_that_is_no_text_does_not_change_the_sound(clip: bytes) -> None:
    tagged = with_a_tag_that_is_no_text(clip)
    assert opus.count_frames(tagged) == opus.count_frames(clip)
    assert b"".join(opus.decode(tagged)) == b"".join(opus.decode(clip))


@pytest.mark.parametrize("pcm", [b"", b"\0", b"\0\0\0"])
def test_an_empty_sound_and_half_a_sample_cannot_be_encoded(pcm: bytes) -> None:
    with pytest.raises(ValueError, match=r"sample|even"):
        opus.encode(pcm)


def test_a_long_clip_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """Eight minutes are 46 MB of PCM; a process that decodes block by block needs far less."""
    minute = tone(60_000)
    (tmp_path / "long").write_bytes(opus.encode(minute * 8))
    (tmp_path / "short").write_bytes(opus.encode(minute[:96_000]))
    code = (
        "import sys, resource; from pathlib import Path; from audio.sound import opus\n"
        "for _ in opus.decode(Path(sys.argv[1]), from_ms=10): pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks_kb = [
        int(subprocess.run([sys.executable, "-c", code, tmp_path / name], capture_output=True, check=True).stdout)
        for name in ("short", "long")
    ]
    assert peaks_kb[1] - peaks_kb[0] < 10_000


def test_the_codec_needs_no_library_but_pyav() -> None:
    code = "import sys, audio.sound.opus, audio.clip_store; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert not {"pydub", "gtts", "numpy", "pydantic", "requests", "sqlmodel"} & set(loaded)
