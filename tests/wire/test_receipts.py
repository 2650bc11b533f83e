"""Receipts are read one by one: an unreadable one loses no other."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.golden_messages import JOURNAL, STEPS
from wire.model import Malformed
from wire.outcomes import FINAL, REASONS, ReceiptState
from wire.receipts import MAX_RECEIPTS, Receipts, UnreadReceipt, read_receipts, write_receipts

FIRST = STEPS[0]
GOOD = FIRST.fields()


def message(*receipts: Any, **fields: Any) -> bytes:
    return json.dumps({"journal": JOURNAL, "first": 1, "receipts": receipts, **fields}).encode()


def test_good_receipts_are_read() -> None:
    assert read_receipts(message(GOOD)) == Receipts(JOURNAL, 1, (FIRST,))


def test_an_empty_message_still_names_the_journal_and_its_first_receipt() -> None:
    assert read_receipts(message(first=40)) == Receipts(JOURNAL, 40, ())


@pytest.mark.parametrize(
    "change",
    [
        {"broadcast": "ca-sang"},
        {"revision": None},
        {"state": "sung"},
        {"at": "10:00"},
        {"clock": "right"},
        {"reason": 5},
        {"reason": "x" * 65},
        {"heard_ms": -1},
        {"heard_ms": 1.5},
        {"heard_ms": True},
        {"start_error_ms": "0.4"},
        {"volume": 101},
    ],
)
def test_a_receipt_with_only_a_readable_number_is_kept_as_it_came(change: dict[str, Any]) -> None:
    strange = {**GOOD, "seq": 16, **change}
    read = read_receipts(message(GOOD, strange, {**GOOD, "seq": 17}))
    assert [receipt.seq for receipt in read.receipts] == [15, 16, 17]
    unread = read.receipts[1]
    assert isinstance(unread, UnreadReceipt)
    assert json.loads(unread.as_it_came) == strange


@pytest.mark.parametrize("field", [name for name in GOOD if name != "seq"])
def test_a_receipt_that_lacks_a_field_is_kept_as_it_came(field: str) -> None:
    strange = {name: value for name, value in GOOD.items() if name != field}
    assert read_receipts(message(strange)).receipts == (
        UnreadReceipt(15, json.dumps(strange, separators=(",", ":")).encode()),
    )


def test_a_receipt_nested_as_deep_as_the_wire_allows_is_kept_as_it_came() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    assert isinstance(read_receipts(message({"seq": 1, "deep": deep})).receipts[0], UnreadReceipt)


@pytest.mark.parametrize(
    "item", [None, 5, "x", [], {}, {"seq": 0}, {"seq": -1}, {"seq": True}, {"seq": "1"}, {"seq": 1.0}]
)
def test_a_receipt_without_a_readable_number_is_left_out_and_the_rest_is_read(item: Any) -> None:
    assert read_receipts(message(item, GOOD)).receipts == (FIRST,)


@pytest.mark.parametrize("first", [None, 0, -1, "1", True, 1.0])
def test_an_unreadable_first_is_unknown_and_loses_no_receipt(first: Any) -> None:
    assert read_receipts(message(GOOD, first=first)) == Receipts(JOURNAL, None, (FIRST,))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        message(GOOD, journal=None),
        message(GOOD, journal=5),
        message(GOOD, journal=JOURNAL.lower()),
        message(receipts=None),
        message(receipts={"seq": 1}),
        message(GOOD)[:-1],
        b'{"journal":"' + JOURNAL.encode() + b'","first":1,"first":2,"receipts":[]}',
    ],
)
def test_only_a_message_without_journal_or_receipts_is_dropped(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_receipts(data)


def test_fields_of_a_later_version_are_ignored() -> None:
    assert read_receipts(message({**GOOD, "mood": "good"}, more=[1])) == Receipts(JOURNAL, 1, (FIRST,))


def test_more_than_a_hundred_receipts_are_read_but_never_written() -> None:
    many = [FIRST.model_copy(update={"seq": number}) for number in range(1, MAX_RECEIPTS + 2)]
    assert MAX_RECEIPTS == 100
    assert read_receipts(write_receipts(JOURNAL, 1, many[:100])).receipts == tuple(many[:100])
    assert len(read_receipts(message(*(receipt.fields() for receipt in many))).receipts) == 101
    with pytest.raises(ValueError, match="at most 100"):
        write_receipts(JOURNAL, 1, many)


def test_the_states_and_reasons_equal_the_protocols() -> None:
    assert {state: {reason for reason in reasons if reason} for state, reasons in REASONS.items()} == {
        "accepted": set(),
        "ready": set(),
        "started": set(),
        "played": set(),
        "partial": {"pre_empted", "cancelled", "quiet_hours", "muted", "power_lost", "device_failed"},
        "missed": {
            "late",
            "busy",
            "no_audio",
            "corrupt_audio",
            "clock_untrusted",
            "quiet_hours",
            "muted",
            "device_failed",
        },
        "cancelled": {"cancelled", "moved"},
        "rejected": {
            "bad_signature",
            "unknown_key",
            "not_allowed",
            "expired",
            "wrong_target",
            "conflicting_revision",
            "malformed",
            "unsupported",
        },
    }
    assert set(get_args(ReceiptState)) == set(REASONS)
    assert {"played", "partial", "missed", "cancelled", "rejected"} == FINAL


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, json_values)), max_size=5))
def test_every_receipt_with_a_readable_number_is_kept_in_any_list(items: list[Any]) -> None:
    data = json.dumps({"journal": JOURNAL, "first": 1, "receipts": items}).encode()
    try:
        read = read_receipts(data)
    except Malformed:
        return  # a number or a letter that the wire refuses
    numbers = [item.get("seq") for item in items if isinstance(item, dict)]
    assert [each.seq for each in read.receipts] == [seq for seq in numbers if type(seq) is int and seq >= 1]
