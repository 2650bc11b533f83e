"""Correction of drift by one frame left out or played twice: nothing else changes, and the count stays right."""

from hypothesis import given
from hypothesis import strategies as st

from speaker_agent.device.drift import Lateness, Shifts, with_a_frame_twice, without_a_frame
from tests.sounds import noise


@given(st.integers(2, 480), st.integers(0, 9))
def test_only_one_frame_is_left_out_or_played_twice(frames: int, seed: int) -> None:
    block = noise(frames, seed)
    shorter, at = without_a_frame(block)
    assert block == shorter[: 2 * at] + block[2 * at : 2 * at + 2] + shorter[2 * at :]
    longer, at = with_a_frame_twice(block)
    assert longer[2 * at - 2 : 2 * at] == longer[2 * at : 2 * at + 2]
    assert block == longer[: 2 * at] + longer[2 * at + 2 :]


@given(st.lists(st.tuples(st.integers(1, 50), st.sampled_from([1, -1])), max_size=30), st.integers(0, 2_000))
def test_a_frame_that_was_left_out_counts_after_its_place_alone(steps: list[tuple[int, int]], asked: int) -> None:
    shifts, frame, expected = Shifts(), 0, 0
    for ahead, left_out in steps:
        frame += ahead
        shifts.add(frame, left_out)
        expected += left_out if frame < asked else 0
    assert shifts.before(asked) == expected


def test_a_lasting_drift_is_found_after_five_seconds_and_corrected_once() -> None:
    lateness, shifted_s = Lateness(), 0.0
    known = [lateness.take(0.002 - shifted_s) for _ in range(501)]
    assert known[:500] == [0.0] * 500
    assert abs(known[500] - 0.002) < 1e-9
    lateness.corrected(0.0015)
    shifted_s = 0.0015
    assert abs(lateness.take(0.002 - shifted_s) - 0.0005) < 1e-9


def test_a_clock_that_was_set_is_no_drift() -> None:
    lateness = Lateness()
    assert [lateness.take(3600.0005) for _ in range(502)][-1] == 0.0
