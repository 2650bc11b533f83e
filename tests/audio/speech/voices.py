"""For tests: engines with a set behaviour, and sound files as people upload them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import av
import numpy as np
from av.audio.stream import AudioStream

from audio.sound.pcm import frames_of
from audio.speech.espeak import Espeak
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice

WORDS = "Kính thưa bà con, sáng mai điện lực sửa đường dây, cả thôn cúp điện từ bảy giờ."


@cache
def spoken(words: str = WORDS) -> Speech:
    """The default engine's speech of the words."""
    return Espeak().speak([words], "north", 1.0)


@dataclass(frozen=True)
class FailingEngine:
    """An engine that fails for `reason`."""

    reason: FailureReason
    name: str = "Giọng hỏng"
    identity: str = "hỏng"

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        del sentences, voice, speed
        raise SpeechFailed(self.name, self.reason)


@dataclass(frozen=True)
class ToneEngine:
    """An engine that speaks every sentence as the same tone; `peak` is a fraction of full scale."""

    peak: float = 0.3
    name: str = "Một nốt"
    identity: str = "một nốt"

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        del voice
        return Speech((tone(1_500 / speed, self.peak, 22_050),) * len(sentences), 22_050, self.name)


def tone(length_ms: float, peak: float = 0.3, rate: int = 48_000, frequency: float = 440.0) -> bytes:
    at = np.arange(round(length_ms * rate / 1000)) / rate
    return (np.sin(2 * np.pi * frequency * at) * peak * 32_767).astype("<i2").tobytes()


def sound_file(container: str, codec: str, pcm: bytes, rate: int = 48_000, *, stream_rate: int | None = None) -> bytes:
    """The PCM as an uploaded file."""
    data = io.BytesIO()
    with av.open(data, "w", format=container) as file:
        stream = file.add_stream(codec, rate=stream_rate or rate, layout="mono")
        assert isinstance(stream, AudioStream)
        resampler = av.AudioResampler(stream.format.name, "mono", stream.rate, frame_size=stream.frame_size or None)
        for frame in (*frames_of(pcm, rate), None):
            for piece in resampler.resample(frame):
                file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return data.getvalue()
