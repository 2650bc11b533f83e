"""The codec of clips: Ogg Opus (RFC 7845, RFC 6716), 24 kbit/s, mono, 48 kHz; the same PCM gives the same bytes.

What is decoded has exactly the samples that were encoded, where they stood: pre-skip and end trim are taken off.
Runs on the loudspeaker too: imports PyAV and the standard library alone.
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

from audio.sound.pcm import RATE, TO_PCM, filtered, frames_of, pcm_of

BIT_RATE = 24_000
MEDIA_TYPE = "audio/ogg; codecs=opus"

# A decoder that enters in the middle needs a while until it gives what it would have given from the beginning: RFC 7845
# says 80 ms; measured with FFmpeg's on speech, up to 340 ms.
_RUN_UP_FRAMES = RATE
# A container only claims its length; what is added to an instant must stay one.
LONGEST_FRAMES = 24 * 3_600 * RATE


class NotAudio(ValueError):
    """The bytes are no sound that can be read; the message names no file."""


def encode(pcm: bytes) -> bytes:
    """Ogg Opus of 48 kHz mono 16-bit PCM; raises ValueError where there is no sample, or half a one."""
    return encode_blocks([pcm])


def encode_blocks(blocks: Iterable[bytes]) -> bytes:
    """The same of PCM in blocks of any size, each taken when those before it are encoded."""
    clip = io.BytesIO()
    begins = 0
    # Without bitexact FFmpeg draws a random serial number for each Ogg: the same words would get another address
    # each time.
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
    """The clip's PCM in blocks of about 20 ms, from the sample at `from_ms` on, each sample times `gain_db`.

    Streams: memory stays the same for an hour's programme, and entering near its end costs no more than at its
    beginning. `gain_db` of minus infinity is silence of the same length. Raises NotAudio, and OSError where the file
    cannot be read.
    """
    if from_ms < 0 or math.isnan(gain_db):
        raise ValueError(f"cannot begin at {from_ms} ms with a gain of {gain_db} dB")
    start = from_ms * RATE // 1000
    with _opened(source) as (container, stream):
        if start > _RUN_UP_FRAMES:
            container.seek(start - _RUN_UP_FRAMES, stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is None:
            return
        to_drop = 2 * (start - (first.pts or 0))
        volume = ("volume", f"{10 ** (gain_db / 20)}:precision=double")
        for frame in filtered(chain([first], frames), volume, TO_PCM):
            block = pcm_of(frame)
            if to_drop < len(block):
                yield block[to_drop:]
            to_drop = max(0, to_drop - len(block))


def count_frames(source: Path | bytes) -> int:
    """How many samples `decode` gives, read from the container without decoding. Raises as `decode` does."""
    with _opened(source) as (_container, stream):
        head = stream.codec_context.extradata
        if stream.duration is None or head is None:
            raise NotAudio("an Ogg Opus without an end")
        pre_skip = int.from_bytes(head[10:12], "little")  # RFC 7845, section 5.1
        if stream.duration - pre_skip > LONGEST_FRAMES:
            raise NotAudio("an Ogg Opus that claims to last longer than a day")
        return max(0, stream.duration - pre_skip)


def duration_ms(source: Path | bytes) -> int:
    """The length as the protocol counts it: decoded samples / 48, rounded half up. Raises as `decode` does."""
    return frames_to_ms(count_frames(source))


def frames_to_ms(frames: int) -> int:
    """Samples at 48 kHz in milliseconds, rounded half up."""
    return (frames + 24) // 48


@contextmanager
def _opened(source: Path | bytes) -> Iterator[tuple[InputContainer, AudioStream]]:
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        # A tag need not be text: nobody reads it.
        with av.open(file, "r", format="ogg", metadata_errors="replace") as container:
            streams = container.streams
            if len(streams) != 1 or len(streams.audio) != 1 or streams.audio[0].codec.canonical_name != "opus":
                raise NotAudio("not an Ogg with one Opus stream")
            yield container, streams.audio[0]
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise NotAudio("not an Ogg Opus that can be decoded") from error
