"""The layout of a broadcast, its clips and pauses, and how much of it was heard: laws."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from speaker_agent.playback.layout import Layout

CLIPS = st.lists(st.integers(1, 400), min_size=1, max_size=3).map(tuple)
LAYOUTS = st.builds(Layout, CLIPS, st.integers(1, 3), st.integers(0, 5))


def half_up(frames: int) -> int:
    return (frames + 24) // 48


def pcm_of(layout: Layout, position: int) -> bytes:
    """Each clip is a ramp of its own byte; a pause is zeros."""

    def clip_from(clip: int, from_ms: int) -> Iterator[bytes]:
        whole = bytes([clip + 1]) * (2 * layout.clip_frames[clip])
        rest = whole[from_ms * 96 :]
        yield from (rest[at : at + 200] for at in range(0, len(rest), 200))

    return b"".join(layout.pcm(position, clip_from))


@given(LAYOUTS)
def test_a_whole_broadcast_was_heard_for_exactly_the_sum_of_its_durations(layout: Layout) -> None:
    durations = sum(half_up(frames) for frames in layout.clip_frames)
    assert layout.heard_ms(layout.frames) == layout.times * durations


@given(LAYOUTS, st.data())
def test_the_heard_time_grows_with_the_position_and_never_counts_a_pause(layout: Layout, data: st.DataObject) -> None:
    earlier = data.draw(st.integers(0, layout.frames))
    later = data.draw(st.integers(earlier, layout.frames))
    assert layout.heard_ms(earlier) <= layout.heard_ms(later) <= layout.heard_ms(layout.frames)
    sound = sum(map(bool, pcm_of(layout, 0)[: 2 * later : 2]))
    rounding_ms = layout.times * len(layout.clip_frames)
    assert abs(layout.heard_ms(later) - sound / 48) <= rounding_ms


@given(LAYOUTS, st.data())
def test_going_on_at_a_position_plays_the_rest(layout: Layout, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, layout.frames))
    whole = pcm_of(layout, 0)
    assert len(whole) == 2 * layout.frames
    assert pcm_of(layout, position) == whole[2 * position :]


def test_the_heard_time_inside_a_clip_is_rounded_down() -> None:
    layout = Layout((4_800, 4_824), times=2, gap_ms=10)
    assert [layout.heard_ms(at) for at in (0, 47, 48, 4_799, 4_800)] == [0, 0, 1, 99, 100]
    assert layout.heard_ms(9_624) == 201
    assert layout.heard_ms(9_624 + 480) == 201
    assert layout.heard_ms(9_624 + 480 + 96) == 203
