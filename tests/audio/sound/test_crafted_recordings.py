"""200 files made to harm their reader: each is read or refused; nothing else is raised and no file is written."""

import gzip
import io
import random
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import pytest

from audio.sound.opus import NotAudio
from audio.sound.recording import RecordingTooLarge, RecordingTooLong, decode_recording
from tests.audio.speech.voices import sound_file, tone

REFUSED = (NotAudio, RecordingTooLarge, RecordingTooLong)
HEAD_BYTES = 128
KINDS = {
    "wav": sound_file("wav", "pcm_s16le", tone(300)),
    "mp3": sound_file("mp3", "libmp3lame", tone(300)),
    "m4a": sound_file("ipod", "aac", tone(300)),
    "opus": sound_file("ogg", "libopus", tone(300)),
    "flac": sound_file("flac", "flac", tone(300)),
}


def _wav(rate: int = 48_000, channels: int = 1, bits: int = 16, riff: int = 2_036, data: int = 2_000) -> bytes:
    """A WAV with these values in its header, followed by 2,000 bytes."""
    bytes_per_frame = channels * bits // 8 & 0xFFFF
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * bytes_per_frame & 0xFFFFFFFF, bytes_per_frame, bits)
    return b"".join([b"RIFF", struct.pack("<I", riff), b"WAVEfmt ", form, b"data", struct.pack("<I", data)]) + (
        b"\x10\x20" * 1_000
    )


def _a_day_of_silence() -> bytes:
    file = io.BytesIO()
    rate, block = 1_000, 65_000
    with av.open(file, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=block)
        frame.planes[0].update(bytes(2 * block))
        frame.rate, frame.time_base = rate, Fraction(1, rate)
        for at in range(0, 86_400 * rate, block):
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", bytes(50 * 2**20))
    return file.getvalue()


def _id3(size: bytes) -> bytes:
    return b"ID3\x04\x00\x00" + size + b"TIT2" + b"\xff" * 4 + KINDS["mp3"]


def _named() -> dict[str, bytes]:
    opus, m4a = KINDS["opus"], KINDS["m4a"]
    return {
        "a RIFF of 4 GiB": _wav(riff=0xFFFFFFFF, data=0xFFFFFFFF),
        "a RIFF of nothing": _wav(riff=0, data=0),
        "one sample a second": _wav(rate=1),
        "2^31 samples a second": _wav(rate=2**31),
        "the highest rate that can be written": _wav(rate=2**32 - 1),
        "no rate": _wav(rate=0),
        "64 channels": _wav(channels=64),
        "65,535 channels": _wav(channels=65_535),
        "no channel": _wav(channels=0),
        "no bit": _wav(bits=0),
        "an Ogg that ends in 200,000 years": opus[:6] + b"\xff" * 7 + b"\x7f" + opus[14:],
        "an Ogg whose last page does": _last_granule(opus, b"\xff" * 7 + b"\x7f"),
        "a day of silence": _a_day_of_silence(),
        "boxes in boxes": m4a[:32] + struct.pack(">I4s", 8, b"moov") * 100_000,
        "a box without an end": m4a[:32] + struct.pack(">I4s", 0, b"moov") + struct.pack(">I4s", 0, b"trak") * 10_000,
        "a box of 2^63 bytes": m4a[:32] + struct.pack(">I4sQ", 1, b"moov", 2**63) + bytes(1_000),
        "a box deep within boxes": b"".join(struct.pack(">I4s", 80_008 - 8 * at, b"moov") for at in range(10_000)),
        "a zip bomb": _zip_bomb(),
        "a gzip bomb": gzip.compress(bytes(50 * 2**20)),
        "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        "a list of files": b"ffconcat version 1.0\nfile /etc/hostname\n",
        "an SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/hostname"/></svg>',
        "HTML": b"<!doctype html><audio src='http://127.0.0.1/a.mp3'></audio>",
        "an ID3 of 256 MiB": _id3(b"\x7f" * 4),
        "an ID3 that isn't synchsafe": _id3(b"\xff" * 4),
    }


def _last_granule(ogg: bytes, granule: bytes) -> bytes:
    at = ogg.rindex(b"OggS") + 6
    return ogg[:at] + granule + ogg[at + 8 :]


def _damaged(kind: str, chance: random.Random) -> bytes:
    """The file cut short, with flipped bits, or with a false header."""
    file = bytearray(KINDS[kind])
    way = chance.randrange(3)
    if way == 0:
        return bytes(file[: chance.randrange(len(file))])
    for _ in range(chance.randint(1, 30)):
        file[chance.randrange(len(file) if way == 1 else HEAD_BYTES)] = chance.choice([0, 0x7F, 0x80, 0xFF])
    return bytes(file)


def _files(count: int) -> dict[str, bytes]:
    chance = random.Random(20)
    files = _named()
    kinds = sorted(KINDS)
    for number in range(count - len(files)):
        kind = kinds[number % len(kinds)]
        files[f"{kind}, damaged, {number}"] = _damaged(kind, chance)
    return files


@pytest.mark.parametrize("count", [80, pytest.param(800, marks=pytest.mark.soak)])
def test_crafted_files_are_read_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def outcome(data: bytes) -> str:
        try:
            return "read" if decode_recording(data) else "empty"
        except REFUSED as error:
            return type(error).__name__
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told with the file that raised it
            return repr(error)

    files = _files(count)
    assert len(files) == count
    with ThreadPoolExecutor(2) as two:
        outcomes = dict(zip(files, two.map(outcome, files.values()), strict=True))
    expected = {"read", *(each.__name__ for each in REFUSED)}
    assert {name: each for name, each in outcomes.items() if each not in expected} == {}
    assert outcomes["a day of silence"] == "RecordingTooLong"
    assert set(outcomes.values()) >= {"read", "NotAudio"}, "otherwise these files would show nothing"
    assert list(tmp_path.iterdir()) == []
