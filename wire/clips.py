"""Clips: finished sounds, named by their SHA-256, that travel in chunks."""

from typing import Annotated, Final, Literal

from pydantic import Field

from wire.ids import Sha256
from wire.model import WireModel

CHUNK_BYTES = 65_536
MAX_CLIP_BYTES = 64 * 1024 * 1024
OGG_OPUS: Final = "audio/ogg; codecs=opus"

ClipBytes = Annotated[int, Field(gt=0, le=MAX_CLIP_BYTES)]


class Clip(WireModel):
    """One sound. `duration_ms` = samples at 48 kHz after removal of pre-skip and end trim, / 48, rounded half up."""

    sha256: Sha256
    bytes: ClipBytes
    duration_ms: Annotated[int, Field(gt=0, le=24 * 3_600_000)]
    media_type: Literal["audio/ogg; codecs=opus"]


def chunk_count(clip_bytes: int) -> int:
    """The number of chunks of at most 65,536 bytes that a clip travels in."""
    return -(-clip_bytes // CHUNK_BYTES)


def chunk_length(clip_bytes: int, index: int) -> int:
    """The exact length of one chunk in bytes; 0 for an index that the clip doesn't have."""
    return max(0, min(CHUNK_BYTES, clip_bytes - index * CHUNK_BYTES)) if index >= 0 else 0


def chunk(data: bytes, index: int) -> bytes:
    return data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
