"""The office's short answers count only from a key that may sign all classes, and only for their speaker."""

from typing import Any

import pytest

from tests.wire.golden_messages import JOURNAL, KEYS, SPEAKER
from tests.wire.raw_jws import HEADER, jws
from wire.envelope import Keys, OfficeKey, Rejected
from wire.instants import parse_instant
from wire.receipts import Acknowledgement, read_acknowledgement
from wire.requests import TimeAnswer, read_time

TIME = {"nonce": "n" * 22, "now": "2026-11-22T12:00:00.123Z"}
ACKNOWLEDGEMENT = {"speaker": SPEAKER, "journal": JOURNAL, "upto": 17}


def opened(typ: str, fields: dict[str, Any], may: list[str] | None = None) -> Any:
    all_three = ["normal", "priority", "emergency"]
    key = OfficeKey.from_fields({**KEYS[0].fields(), "may": all_three if may is None else may})
    return Keys([key]).open(jws(fields, {**HEADER, "typ": typ}), typ)


def time_reason(fields: dict[str, Any], may: list[str] | None = None) -> str:
    with pytest.raises(Rejected) as caught:
        read_time(opened("time", fields, may))
    return caught.value.rejected_reason


def acknowledgement_reason(fields: dict[str, Any], may: list[str] | None = None) -> str:
    with pytest.raises(Rejected) as caught:
        read_acknowledgement(opened("acknowledgement", fields, may), SPEAKER)
    return caught.value.rejected_reason


def test_good_answers_are_read() -> None:
    assert read_time(opened("time", TIME)) == TimeAnswer(nonce="n" * 22, now=parse_instant("2026-11-22T12:00:00.123Z"))
    read = read_acknowledgement(opened("acknowledgement", ACKNOWLEDGEMENT), SPEAKER)
    assert read == Acknowledgement(speaker=SPEAKER, journal=JOURNAL, upto=17)


def test_an_acknowledgement_of_zero_means_that_nothing_is_committed() -> None:
    assert read_acknowledgement(opened("acknowledgement", {**ACKNOWLEDGEMENT, "upto": 0}), SPEAKER).upto == 0


@pytest.mark.parametrize("may", [[], ["emergency"], ["normal", "priority"]])
def test_answers_count_only_from_a_key_that_may_sign_all_three_classes(may: list[str]) -> None:
    assert time_reason(TIME, may) == "not_allowed"
    assert acknowledgement_reason(ACKNOWLEDGEMENT, may) == "not_allowed"


def test_an_acknowledgement_of_another_speaker_is_refused() -> None:
    assert acknowledgement_reason({**ACKNOWLEDGEMENT, "speaker": "thon-tay-1"}) == "wrong_target"


@pytest.mark.parametrize(
    "change",
    [{"upto": -1}, {"upto": True}, {"upto": "17"}, {"upto": 17.0}, {"upto": None}, {"journal": "x"}, {"speaker": "X"}],
)
def test_an_acknowledgement_that_misuses_a_field_is_malformed(change: dict[str, Any]) -> None:
    assert acknowledgement_reason({**ACKNOWLEDGEMENT, **change}) == "malformed"


@pytest.mark.parametrize("change", [{"nonce": ""}, {"nonce": 5}, {"now": "now"}, {"now": 0}])
def test_a_time_answer_that_misuses_a_field_is_malformed(change: dict[str, Any]) -> None:
    assert time_reason({**TIME, **change}) == "malformed"
    for field in TIME:
        assert time_reason({name: value for name, value in TIME.items() if name != field}) == "malformed"
