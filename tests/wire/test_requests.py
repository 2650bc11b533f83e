"""A speaker's requests: the plan, missing chunks, the time. `kind` says which; it is never guessed."""

import json
from typing import Any

import pytest

from tests.wire.golden_messages import ALARM, CLIP, MORNING
from wire.model import Malformed
from wire.requests import MAX_HAVE, MAX_MISSING, AudioRequest, PlanRequest, TimeRequest, read_request

NONCE = "n" * 22


def read(**fields: Any) -> Any:
    return read_request(json.dumps(fields).encode())


def test_each_kind_is_read() -> None:
    assert read(kind="plan", have=[[MORNING, 7], [ALARM, 0]]) == PlanRequest(have=((MORNING, 7), (ALARM, 0)))
    assert read(kind="plan", have=[]) == PlanRequest(have=())
    assert read(kind="audio", sha256=CLIP.sha256, missing=[0, 4]) == AudioRequest(sha256=CLIP.sha256, missing=(0, 4))
    assert read(kind="time", nonce=NONCE) == TimeRequest(nonce=NONCE)


def test_a_request_is_written_with_its_kind() -> None:
    assert json.loads(TimeRequest(nonce=NONCE).to_json()) == {"kind": "time", "nonce": NONCE}
    assert json.loads(PlanRequest(have=((MORNING, 7),)).to_json()) == {"kind": "plan", "have": [[MORNING, 7]]}


def test_fields_of_a_later_version_are_ignored() -> None:
    assert read(kind="time", nonce=NONCE, why="the chip is empty") == TimeRequest(nonce=NONCE)


@pytest.mark.parametrize("kind", [None, "", "Plan", "reboot", 5, ["plan"], {"plan": 1}])
def test_an_unknown_kind_is_refused_and_not_guessed(kind: Any) -> None:
    with pytest.raises(Malformed, match="kind"):
        read(kind=kind, have=[])
    with pytest.raises(Malformed, match="kind"):
        read(have=[])


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "plan"},
        {"kind": "plan", "have": None},
        {"kind": "plan", "have": {}},
        {"kind": "plan", "have": [MORNING]},
        {"kind": "plan", "have": [[MORNING]]},
        {"kind": "plan", "have": [[MORNING, 7, 8]]},
        {"kind": "plan", "have": [[MORNING, "7"]]},
        {"kind": "plan", "have": [[MORNING, True]]},
        {"kind": "plan", "have": [[MORNING, 7.0]]},
        {"kind": "plan", "have": [["x", 7]]},
        {"kind": "audio", "sha256": CLIP.sha256},
        {"kind": "audio", "missing": [0]},
        {"kind": "audio", "sha256": "x", "missing": [0]},
        {"kind": "audio", "sha256": CLIP.sha256, "missing": []},
        {"kind": "audio", "sha256": CLIP.sha256, "missing": 0},
        {"kind": "audio", "sha256": CLIP.sha256, "missing": ["0"]},
        {"kind": "audio", "sha256": CLIP.sha256, "missing": [True]},
        {"kind": "audio", "sha256": CLIP.sha256, "missing": [-1]},
        {"kind": "audio", "sha256": CLIP.sha256, "missing": [1024]},
        {"kind": "time"},
        {"kind": "time", "nonce": "n" * 21},
        {"kind": "time", "nonce": "n" * 129},
        {"kind": "time", "nonce": 5},
    ],
)
def test_a_request_that_lacks_or_misuses_a_field_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(**fields)


def test_lists_longer_than_their_limits_are_refused() -> None:
    assert len(read(kind="plan", have=[[MORNING, 1]] * MAX_HAVE).have) == MAX_HAVE == 1000
    assert len(read(kind="audio", sha256=CLIP.sha256, missing=list(range(1024))).missing) == MAX_MISSING == 1024
    with pytest.raises(Malformed):
        read(kind="plan", have=[[MORNING, 1]] * (MAX_HAVE + 1))
    with pytest.raises(Malformed):
        read(kind="audio", sha256=CLIP.sha256, missing=[0] * (MAX_MISSING + 1))
