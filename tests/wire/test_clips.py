"""Clips travel in chunks: all but the last are full, and together they are the clip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.clips import CHUNK_BYTES, MAX_CLIP_BYTES, OGG_OPUS, Clip, chunk, chunk_count, chunk_length
from wire.model import Malformed

sizes = st.one_of(
    st.integers(1, MAX_CLIP_BYTES),
    st.builds(lambda chunks, off: max(1, chunks * CHUNK_BYTES + off), st.integers(0, 4), st.sampled_from([-1, 0, 1])),
)


@given(sizes)
def test_the_lengths_of_all_chunks_add_up_to_the_clips_length(size: int) -> None:
    lengths = [chunk_length(size, index) for index in range(chunk_count(size))]
    assert sum(lengths) == size
    assert all(length == CHUNK_BYTES for length in lengths[:-1])
    assert 1 <= lengths[-1] <= CHUNK_BYTES
    assert chunk_length(size, len(lengths)) == chunk_length(size, -1) == 0


@given(st.integers(1, 3 * CHUNK_BYTES + 1))
def test_the_chunks_in_order_make_the_clip(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    chunks = [chunk(data, index) for index in range(chunk_count(size))]
    assert b"".join(chunks) == data
    assert [len(each) for each in chunks] == [chunk_length(size, index) for index in range(len(chunks))]


def test_the_largest_clip_has_1024_chunks() -> None:
    assert CHUNK_BYTES == 65_536
    assert MAX_CLIP_BYTES == 64 * 1024 * 1024
    assert chunk_count(MAX_CLIP_BYTES) == 1024
    assert chunk_count(1) == chunk_count(CHUNK_BYTES) == 1
    assert chunk_count(CHUNK_BYTES + 1) == 2


GOOD = {"sha256": "0" * 64, "bytes": 184_754, "duration_ms": 60_000, "media_type": OGG_OPUS}


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 63 + "G"},
        {"bytes": 0},
        {"bytes": -1},
        {"bytes": True},
        {"bytes": 1.0},
        {"bytes": "184754"},
        {"bytes": MAX_CLIP_BYTES + 1},
        {"duration_ms": 0},
        {"duration_ms": 60_000.5},
        {"media_type": "audio/mpeg"},
    ],
)
def test_a_clip_that_misuses_a_field_is_malformed(change: dict[str, object]) -> None:
    assert Clip.from_fields(GOOD).fields() == GOOD
    with pytest.raises(Malformed):
        Clip.from_fields({**GOOD, **change})
