"""The instants at which frames leave the device, estimated from a driver's noisy answers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from speaker_agent.device.frame_times import FrameTimes, length_of
from speaker_agent.device.port import RATE

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATENCY = 4_000


def answers(times: FrameTimes, errors: list[int], took: list[timedelta] | None = None) -> None:
    """Give one answer each 10 ms of a device on which frame 0 leaves at START; `errors` in frames."""
    for step, error in enumerate(errors):
        asked_at = START + timedelta(milliseconds=10 * step)
        question = timedelta(microseconds=20) if took is None else took[step]
        left = round((asked_at + question / 2 - START).total_seconds() * RATE)
        times.add(asked_at, asked_at + question, left + LATENCY, LATENCY + error)


def test_before_the_first_answer_and_after_an_interruption_there_is_no_estimate() -> None:
    times = FrameTimes()
    assert times.leaves_at(0) is None
    answers(times, [0])
    assert times.frame_at(START) == 0
    times.forget()
    assert times.frame_at(START) is None
    assert not times.settled


@given(st.lists(st.integers(-48, 48), min_size=30, max_size=60))
def test_the_estimate_is_at_least_as_good_as_the_answers(errors: list[int]) -> None:
    times = FrameTimes()
    answers(times, errors)
    found = times.frame_at(START + timedelta(seconds=5))
    assert found is not None
    assert abs(found - 5 * RATE) <= 49
    leaves_at = times.leaves_at(5 * RATE)
    assert leaves_at is not None
    assert abs(leaves_at - START - timedelta(seconds=5)) <= length_of(49)


@given(st.lists(st.integers(0, 48_000), min_size=1, max_size=14))
def test_a_minority_of_wild_answers_is_outvoted(wild: list[int]) -> None:
    times = FrameTimes()
    answers(times, wild + [0] * 15)
    assert times.frame_at(START) in range(-1, 2)


def test_slow_answers_do_not_count_if_there_are_quick_ones() -> None:
    times = FrameTimes()
    slow, quick = timedelta(milliseconds=5), timedelta(microseconds=50)
    answers(times, [9_000, 9_000, 9_000, 0], [slow, slow, slow, quick])
    assert times.frame_at(START) in range(-1, 2)


def test_old_answers_are_forgotten_so_that_drift_is_followed() -> None:
    times = FrameTimes()
    answers(times, [480] * 50 + [0] * 100)
    assert times.frame_at(START) in range(-1, 2)
    assert times.settled
