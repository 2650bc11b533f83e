"""The codec of clips: Ogg Opus (RFC 7845, RFC 6716), 24 kbit/s, mono, 48 kHz. The same PCM gives the same bytes.

Decoding gives as many samples as were encoded, at the same positions: pre-skip and end trim are removed.
The loudspeaker imports this too, so it needs only PyAV and the standard library.
"""

import io
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from audio.sound.pcm import RATE, TO_PCM, apply_filters, frames_of, pcm_of

BIT_RATE = 24_000
MEDIA_TYPE = "audio/ogg; codecs=opus"

# A decoder that starts in the middle needs time until its output is the same as from the beginning: 80 ms by RFC 7845,
# up to 340 ms measured with FFmpeg on speech. It starts 1 s early.
_RUN_UP_FRAMES = RATE
# A container can claim any length. A clip's length is added to instants, so a day is the limit.
MAX_FRAMES = 24 * 3_600 * RATE


class NotAudio(ValueError):
    """The bytes aren't a sound that can be decoded; `str()` names no file."""


def encode(pcm: bytes) -> bytes:
    """Encode 48 kHz mono 16-bit PCM; raises ValueError for no sample, and for an odd number of bytes."""
    return encode_blocks([pcm])


def encode_blocks(blocks: Iterable[bytes]) -> bytes:
    """`encode` for PCM in blocks of any size; each block is encoded before the next is taken."""
    clip = io.BytesIO()
    begins = 0
    # Without bitexact FFmpeg gives each Ogg a random serial number, and the same words another SHA-256 each time.
    with av.open(clip, "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono", options={"application": "audio"})
        stream.bit_rate = BIT_RATE
        for pcm in blocks:
            for frame in frames_of(pcm, begins=begins):
                container.mux(stream.encode(frame))
            begins += len(pcm) // 2
        if not begins:
            raise ValueError("nothing to encode: the PCM has no sample")
        container.mux(stream.encode(None))
    return clip.getvalue()


def decode(source: Path | bytes, *, gain_db: float = 0.0, from_ms: int = 0) -> Iterator[bytes]:
    """The clip's PCM from `from_ms` on, in blocks of about 20 ms, with `gain_db` applied (minus infinity: silence).

    It streams: memory doesn't grow with the clip, and starting near the end takes no longer than at the beginning.
    Raises NotAudio; OSError where the file can't be read; ValueError for a negative `from_ms` or a gain of NaN.
    """
    if from_ms < 0 or math.isnan(gain_db):
        raise ValueError(f"cannot begin at {from_ms} ms with a gain of {gain_db} dB")
    start = from_ms * RATE // 1000
    with _open(source) as (container, stream):
        if start > _RUN_UP_FRAMES:
            container.seek(start - _RUN_UP_FRAMES, stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is None:
            return
        to_drop = 2 * (start - (first.pts or 0))
        volume = ("volume", f"{10 ** (gain_db / 20)}:precision=double")
        for frame in apply_filters(chain([first], frames), volume, TO_PCM):
            block = pcm_of(frame)
            if to_drop < len(block):
                yield block[to_drop:]
            to_drop = max(0, to_drop - len(block))


def count_frames(source: Path | bytes) -> int:
    """The number of samples that `decode` gives, read from the container without decoding. Raises NotAudio, OSError."""
    with _open(source) as (_container, stream):
        head = stream.codec_context.extradata
        if stream.duration is None or head is None:
            raise NotAudio("an Ogg Opus without an end")
        pre_skip = int.from_bytes(head[10:12], "little")  # RFC 7845, section 5.1
        if stream.duration - pre_skip > MAX_FRAMES:
            raise NotAudio("an Ogg Opus that claims to last longer than a day")
        return max(0, stream.duration - pre_skip)


def duration_ms(source: Path | bytes) -> int:
    """The length as the protocol counts it: samples / 48, rounded half up. Raises NotAudio, OSError."""
    return frames_to_ms(count_frames(source))


def frames_to_ms(frames: int) -> int:
    """Samples at 48 kHz in milliseconds, rounded half up."""
    return (frames + 24) // 48


@contextmanager
def _open(source: Path | bytes) -> Iterator[tuple[InputContainer, AudioStream]]:
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        # Tags may hold invalid UTF-8; they aren't used.
        with av.open(file, "r", format="ogg", metadata_errors="replace") as container:
            streams = container.streams
            if len(streams) != 1 or len(streams.audio) != 1 or streams.audio[0].codec.canonical_name != "opus":
                raise NotAudio("not an Ogg with one Opus stream")
            yield container, streams.audio[0]
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise NotAudio("not an Ogg Opus that can be decoded") from error
