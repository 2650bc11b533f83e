"""If one voice fails, the next one speaks, and the speech names the failure."""

import pytest

from audio.speech.port import FailureReason, SpeechEngine, SpeechFailed, speak_or_fall_back
from tests.audio.speech.voices import WORDS, FailingEngine, ToneEngine


def test_the_first_engine_speaks_if_it_can() -> None:
    engines: list[SpeechEngine] = [ToneEngine(), FailingEngine(FailureReason.DIED)]
    speech, failure = speak_or_fall_back(engines, WORDS, "south", 1.0)
    assert (speech.engine, failure) == ("Một nốt", None)


@pytest.mark.parametrize("reason", FailureReason)
def test_after_any_failure_the_next_engine_speaks_and_the_first_failure_is_kept(reason: FailureReason) -> None:
    engines: list[SpeechEngine] = [
        FailingEngine(reason),
        FailingEngine(FailureReason.DIED, "Giọng thứ hai"),
        ToneEngine(),
    ]
    speech, failure = speak_or_fall_back(engines, WORDS, "north", 1.0)
    assert speech.engine == "Một nốt"
    assert failure is not None
    assert (failure.engine, failure.reason) == ("Giọng hỏng", reason)


def test_if_all_fail_the_last_failure_is_raised() -> None:
    engines = [FailingEngine(FailureReason.OFFLINE), FailingEngine(FailureReason.EMPTY, "Giọng cuối")]
    with pytest.raises(SpeechFailed, match="Giọng cuối: empty"):
        speak_or_fall_back(engines, WORDS, "north", 1.0)


@pytest.mark.parametrize("speed", [0.49, 2.01, -1.0, float("nan")])
def test_a_speed_out_of_bounds_is_refused_before_any_engine_speaks(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        speak_or_fall_back([FailingEngine(FailureReason.DIED)], WORDS, "north", speed)


def test_a_call_without_an_engine_raises_an_error() -> None:
    with pytest.raises(ValueError, match="no speech engine"):
        speak_or_fall_back([], WORDS, "north", 1.0)
