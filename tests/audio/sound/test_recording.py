"""A recorded voice is decoded if it is a sound; any other file is refused and does no harm."""

import contextlib
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.sound import recording
from audio.sound.opus import NotAudio
from audio.sound.recording import RecordingTooLarge, RecordingTooLong, decode_recording
from tests.audio.sound.meter import samples
from tests.audio.speech.voices import sound_file, tone

# LAME, with which the tests write MP3, lowers all samples to 0.95.
LEVEL_OF_MP3 = 0.95
KINDS = {
    "wav": ("wav", "pcm_s16le", 44_100),
    "wav of 24 bits": ("wav", "pcm_s24le", 48_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "opus": ("ogg", "libopus", 48_000),
    "flac": ("flac", "flac", 44_100),
}


@pytest.mark.parametrize("kind", KINDS)
def test_formats_of_phones_and_computers_are_read(kind: str) -> None:
    container, codec, rate = KINDS[kind]
    heard = samples(decode_recording(sound_file(container, codec, tone(2_000, 0.5, 48_000, 1_000), stream_rate=rate)))
    assert len(heard) / 48_000 == pytest.approx(2, abs=0.06)
    assert np.abs(np.fft.rfft(heard[24_000:72_000])).argmax() == 1_000
    level = np.sqrt(np.mean(heard[24_000:72_000] ** 2)) / (LEVEL_OF_MP3 if kind == "mp3" else 1)
    assert level == pytest.approx(0.5 * 0.5 / np.sqrt(2), rel=0.02), "half of what was recorded"


def test_both_channels_of_a_stereo_recording_are_heard() -> None:
    left, right = (samples(tone(1_000, 0.5, 48_000, pitch)) for pitch in (500, 2_000))
    interleaved = (np.column_stack([left, right]) * 32_767).astype("<i2").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(interleaved), b"WAVE", b"fmt ", 16, 1, 2, 48_000,
                       192_000, 4, 16, b"data", len(interleaved))  # fmt: skip
    spectrum = np.abs(np.fft.rfft(samples(decode_recording(head + interleaved))))
    assert spectrum[500] == pytest.approx(spectrum[2_000], rel=0.01)
    assert spectrum[500] > 1_000


WAV = sound_file("wav", "pcm_s16le", tone(300))
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
NOT_SOUNDS = {
    "nothing": b"",
    "text": "Thông báo về việc cúp điện".encode() * 100,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1_000),
    "a playlist that names a file": PLAYLIST,
    "a list of files": b"ffconcat version 1.0\nfile /etc/hostname\n",
    "a head alone": WAV[:44],
    "zeros": bytes(200_000),
}


@pytest.mark.parametrize("kind", NOT_SOUNDS)
def test_a_file_that_is_no_sound_is_refused(kind: str) -> None:
    with pytest.raises(NotAudio):
        decode_recording(NOT_SOUNDS[kind])


@settings(max_examples=15, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), cut=st.floats(0, 1), junk=st.binary(max_size=200))
def test_a_broken_file_is_read_or_refused(kind: str, cut: float, junk: bytes) -> None:
    container, codec, rate = KINDS[kind]
    whole = sound_file(container, codec, tone(500), stream_rate=rate)
    at = int(cut * len(whole))
    with contextlib.suppress(NotAudio):
        assert decode_recording(whole[:at] + junk + whole[at + len(junk) :])


def test_a_recording_with_a_tag_that_is_no_text_is_read() -> None:
    whole = sound_file("ipod", "aac", tone(500), stream_rate=44_100)
    tagged = whole.replace(b"Lavf", b"\x80\xff\xfe\x80")
    assert tagged != whole
    assert decode_recording(tagged) == decode_recording(whole)


def test_a_file_of_more_bytes_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_RECORDING_BYTES", len(WAV) - 1)
    with pytest.raises(RecordingTooLarge):
        decode_recording(WAV)


def test_a_sound_that_lasts_longer_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_RECORDING_S", 1)
    assert decode_recording(sound_file("flac", "flac", tone(1_000)))
    with pytest.raises(RecordingTooLong):
        decode_recording(sound_file("flac", "flac", tone(1_001)))


def test_a_file_that_takes_too_much_processor_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_CPU_S", 1)
    monkeypatch.setattr(recording, "MAX_RECORDING_S", 10**6)
    two_hours = sound_file("flac", "flac", bytes(2 * 8_000 * 7_200), 8_000)
    with pytest.raises(NotAudio, match="more time"):
        decode_recording(two_hours)


def test_a_file_that_takes_too_much_memory_is_refused() -> None:
    """The same file with a low and with the usual limit: so it is the limit that refuses it."""
    sound = sound_file("flac", "flac", tone(1_000)) + bytes(60 * 2**20)

    def status(memory_bytes: int) -> int:
        command = [sys.executable, "-I", "-m", "audio.sound.recording_child", "10", str(memory_bytes), "3600"]
        return subprocess.run(command, input=sound, stdout=subprocess.DEVNULL, check=False).returncode

    assert status(150 * 2**20) == 3
    assert decode_recording(sound)


def test_a_decoder_that_hangs_is_killed_and_the_file_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hanging))
    monkeypatch.setattr(recording, "_TIMEOUT_S", 0.3)
    with pytest.raises(NotAudio, match="more time"):
        decode_recording(WAV)
