"""Text to finished clip, one minute of speech, beside its yardstick: espeak-ng and Opus encoding alone.

The yardstick encodes the same minute, resampled beforehand to 48 kHz. So resampling, chime, joining, loudness, limiter
and the flush to the disk all count as cost of the clip.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from audio.clip_store import ClipStore
from audio.preparation import Manner, prepare
from audio.sound import opus
from audio.sound.pcm import TO_PCM, apply_filters, frames_of, pcm_of
from audio.speech.espeak import Espeak
from bench.lines import ReportLine, at_most
from bench.rounds import take_turns

MAX_RATIO = 1.5
SENTENCE = "Kính thưa bà con, Ủy ban nhân dân xã thông báo lịch tiêm chủng tại nhà văn hóa thôn. "


def measure() -> list[ReportLine]:
    engine = Espeak()
    words = SENTENCE * 13
    speech = engine.speak([words], "north", 1.0)
    spoken_s = len(speech.pcm) / 2 / speech.rate
    frames = apply_filters(frames_of(speech.pcm, speech.rate), ("volume", "0.5"), TO_PCM)
    at_48_khz = b"".join(map(pcm_of, frames))

    with tempfile.TemporaryDirectory() as folder:
        store = ClipStore(Path(folder))

        def clip() -> None:
            prepare(words, Manner("normal", "north", 1.0, [engine]), store)

        def yardstick() -> None:
            engine.speak([words], "north", 1.0)
            opus.encode(at_48_khz)

        clip()  # computes the chime, which is cached from then on
        turns = take_turns(lambda: _seconds(clip), lambda: _seconds(yardstick))
    return [
        ReportLine(
            f"{spoken_s:.0f} s of speech: {turns.ours.summary(' ms', times=1000)}; "
            f"espeak-ng and Opus encoding alone: {turns.yardstick.summary(' ms', times=1000)}"
        ),
        at_most("ratio", turns.ratio, MAX_RATIO, spread=turns.spread),
    ]


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
