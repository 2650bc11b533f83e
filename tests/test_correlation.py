"""The test for "was recorded whole" finds each kind of loss."""

import numpy as np
import pytest

from tests.correlation import RATE, Samples, likeness, samples
from tests.sounds import noise

CLIP = samples(noise(2 * RATE))
SILENCE = np.zeros(RATE // 3)


def recording_of(*parts: Samples) -> Samples:
    return np.concatenate([SILENCE, *parts, SILENCE])


def test_a_whole_recording_is_found_at_its_place() -> None:
    found = likeness(recording_of(CLIP / 2), CLIP)
    assert found.is_all_there
    assert found.found_at == len(SILENCE)


@pytest.mark.parametrize("lost_ms", [50, 100, 500])
def test_a_lost_end_is_found(lost_ms: int) -> None:
    cut = CLIP[: -lost_ms * RATE // 1000]
    assert not likeness(recording_of(cut), CLIP).is_all_there
    assert not likeness(np.concatenate([SILENCE, cut]), CLIP).is_all_there


def test_a_lost_beginning_is_found() -> None:
    assert not likeness(recording_of(CLIP[RATE // 10 :]), CLIP).is_all_there


def test_a_pause_in_the_middle_is_found() -> None:
    middle = len(CLIP) // 2
    assert not likeness(recording_of(CLIP[:middle], np.zeros(RATE // 10), CLIP[middle:]), CLIP).is_all_there


def test_silence_and_another_sound_are_found() -> None:
    assert not likeness(recording_of(), CLIP).is_all_there
    assert not likeness(recording_of(samples(noise(2 * RATE, seed=9))), CLIP).is_all_there


def test_an_end_that_should_be_silent_is_no_loss() -> None:
    fading = np.concatenate([CLIP, np.zeros(RATE // 10)])
    assert likeness(recording_of(CLIP), fading).is_all_there
    assert not likeness(recording_of(CLIP, CLIP), fading).is_all_there
