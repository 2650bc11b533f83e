"""The status of a speaker, its last will, and the digest of its plan."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.golden_messages import STATUS
from wire.model import Malformed
from wire.status import SILENT_AFTER_S, STATUS_EVERY_S, Status, plan_digest

FIELDS = STATUS.fields()


def read(fields: dict[str, Any]) -> Status:
    return Status.from_json(json.dumps(fields).encode())


def test_a_status_is_read_as_it_was_written() -> None:
    assert Status.from_json(STATUS.to_json()) == STATUS


def test_the_last_will_says_only_which_connection_has_ended() -> None:
    assert json.loads(STATUS.last_will()) == {"online": False, "boot": STATUS.boot, "session": STATUS.session}
    will = Status.from_json(STATUS.last_will())
    assert (will.online, will.boot, will.session) == (False, STATUS.boot, STATUS.session)


@pytest.mark.parametrize("field", ["online", "boot", "session"])
def test_a_status_without_its_connection_is_malformed(field: str) -> None:
    with pytest.raises(Malformed):
        read({name: value for name, value in FIELDS.items() if name != field})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("online", 1),
        ("online", None),
        ("boot", "b" * 65),
        ("boot", 5),
        ("boot", "a\x00b"),
        ("session", True),
        ("session", -1),
        ("session", "4"),
        ("at", "now"),
        ("agent", "a" * 65),
        ("journal", "x"),
        ("clock", "trusted"),
        ("clock", {"state": "right"}),
        ("clock", {"offset_ms": 3.1}),
        ("agent", "\x00"),
        ("plan", {"count": 1}),
        ("plan", {"count": 1, "digest": "\x00"}),
        ("plan", {"count": True, "digest": ""}),
        ("settings_revision", 1.5),
        ("disk_free_bytes", -1),
        ("unacknowledged", "3"),
        ("refused", []),
        ("refused", {"bad_signature": "2"}),
        ("refused", {"bad_signature": -2}),
    ],
)
def test_a_status_that_misuses_a_field_is_malformed(field: str, value: Any) -> None:
    with pytest.raises(Malformed, match=field):
        read({**FIELDS, field: value})


def test_a_status_may_leave_out_optional_fields() -> None:
    small = read({"online": True, "boot": "b", "session": 1})
    assert (small.plan, small.clock, small.refused) == (None, None, {})


def test_fields_of_a_later_version_are_ignored() -> None:
    assert read({**FIELDS, "mood": {"of": ["the", "day"]}}) == STATUS


def test_a_speaker_counts_as_silent_only_after_two_lost_statuses() -> None:
    assert (STATUS_EVERY_S, SILENT_AFTER_S) == (60, 150)


def test_the_digest_is_the_sha256_of_the_sorted_lines() -> None:
    kept = [("01KYB9E1R3H5K7N9P1Q3S5T7V9", 12), ("01KYB5T8G0ZX7M2Q4R6S8T0V1W", 1_795_345_200_000)]
    lines = b"01KYB5T8G0ZX7M2Q4R6S8T0V1W:1795345200000\n01KYB9E1R3H5K7N9P1Q3S5T7V9:12\n"
    assert plan_digest(kept) == hashlib.sha256(lines).hexdigest()


def test_the_digest_of_an_empty_plan_is_the_sha256_of_no_bytes() -> None:
    assert plan_digest([]) == hashlib.sha256(b"").hexdigest()


ulids = st.from_regex("[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True)


@given(st.dictionaries(ulids, st.integers(0, 2**53), max_size=6), st.data())
def test_the_digest_ignores_the_order_and_differs_after_every_change(plan: dict[str, int], data: st.DataObject) -> None:
    kept = list(plan.items())
    digest = plan_digest(kept)
    assert plan_digest(data.draw(st.permutations(kept))) == digest
    for number, (broadcast, revision) in enumerate(kept):
        other = [*kept[:number], (broadcast, revision + 1), *kept[number + 1 :]]
        assert plan_digest(other) != digest
        assert plan_digest(kept[:number] + kept[number + 1 :]) != digest
