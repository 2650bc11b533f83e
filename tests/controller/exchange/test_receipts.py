"""Receipts are stored once, in any order, and acknowledged up to the first hole; a final state never changes."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import col, select

from controller.broadcasts.deliveries import receipt_changes
from controller.broker.token_bucket import Rate
from controller.database.tables import Broadcast, Delivery, Journal, Receipt
from controller.exchange.quotas import RATES, Quotas
from controller.exchange.receipts import ReceiptMessage, take_receipts
from controller.planning.submission import submit_announcement
from tests.fakes.quotas import counted_quotas, full_quotas
from tests.people import MONDAY, Commune, approve_all
from wire.ids import new_ulid
from wire.outcomes import FINAL, REASONS, ReceiptState
from wire.receipts import Receipt as WireReceipt
from wire.receipts import Receipts, UnreadReceipt, read_receipts, write_receipts

JOURNAL = "01KDWXG0000000000000000001"
BROADCAST = "01KDWXG0000000000000000002"


def receipt(seq: int, state: ReceiptState, broadcast: str = BROADCAST, **more: Any) -> WireReceipt:
    """One receipt of this speaker's journal."""
    reason = next(iter(sorted(each for each in REASONS[state] if each)), None)
    given_fields = {
        "seq": seq,
        "broadcast": broadcast,
        "revision": 1,
        "state": state,
        "at": MONDAY + timedelta(seconds=seq % 86_400),
        "clock": "trusted",
        "reason": reason,
        "heard_ms": 1000 if state == "played" else None,
        "start_error_ms": None,
        "volume": 70,
    }
    return WireReceipt(**{**given_fields, **more})


def _take(
    commune: Commune,
    *receipts: WireReceipt | UnreadReceipt,
    first: int = 1,
    speaker: str = "loa-2",
    quotas: Quotas | None = None,
) -> int:
    with commune.writing() as session:
        message = ReceiptMessage(speaker, Receipts(JOURNAL, first, receipts))
        safe = take_receipts(session, commune.now, [message], quotas or full_quotas())
    return safe[0].upto


def _stored(commune: Commune) -> list[int]:
    with commune.database.reading() as session:
        return list(session.exec(select(Receipt.seq).order_by(col(Receipt.seq))).all())


def _delivery(commune: Commune, broadcast: str, speaker: str = "loa-2") -> Delivery:
    with commune.database.reading() as session:
        return session.get_one(Delivery, (broadcast, speaker))


def test_receipts_become_rows_and_move_the_delivery(either_commune: Commune) -> None:
    commune = either_commune
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60)
    states: tuple[ReceiptState, ...] = ("accepted", "ready", "started", "played")
    upto = _take(commune, *(receipt(n, state, row.broadcast) for n, state in enumerate(states, 1)))
    assert upto == 4
    assert _stored(commune) == [1, 2, 3, 4]
    delivery = _delivery(commune, row.broadcast)
    assert (delivery.state, delivery.heard_ms, delivery.started_at) == (
        "played",
        1000,
        MONDAY + timedelta(seconds=3),
    )


def test_receipts_that_come_twice_are_stored_once(either_commune: Commune) -> None:
    for _ in range(2):
        assert _take(either_commune, receipt(1, "accepted"), receipt(2, "ready")) == 2
    assert _stored(either_commune) == [1, 2]


def test_receipts_after_a_hole_are_not_acknowledged(either_commune: Commune) -> None:
    commune = either_commune
    assert _take(commune, receipt(1, "accepted"), receipt(3, "started")) == 1
    assert _take(commune, receipt(4, "played")) == 1
    assert _take(commune, receipt(2, "ready")) == 4


def test_receipts_that_the_journal_lost_are_counted_and_acknowledged(either_commune: Commune) -> None:
    commune = either_commune
    _take(commune, receipt(1, "accepted"))
    assert _take(commune, receipt(5, "played"), first=5) == 5
    with commune.database.reading() as session:
        assert session.get_one(Journal, ("loa-2", JOURNAL)).lost == 3


def test_an_unread_receipt_is_stored_as_it_came_and_acknowledged(either_commune: Commune) -> None:
    assert _take(either_commune, UnreadReceipt(1, b'{"seq":1,"state":"danced"}')) == 1
    with either_commune.database.reading() as session:
        assert session.get_one(Receipt, ("loa-2", JOURNAL, 1)).unread == b'{"seq":1,"state":"danced"}'


def test_a_receipt_of_an_unknown_broadcast_makes_a_found_delivery(either_commune: Commune) -> None:
    _take(either_commune, receipt(1, "played"))
    delivery = _delivery(either_commune, BROADCAST)
    assert (delivery.state, delivery.found) == ("played", True)
    with either_commune.database.reading() as session:
        assert session.get_one(Broadcast, BROADCAST).announcement is None


def test_a_receipt_of_a_speaker_that_was_not_expected_makes_a_found_delivery(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 1", starts_in_s=60)
    _take(commune, receipt(1, "played", row.broadcast))
    assert _delivery(commune, row.broadcast).found


def test_a_receipt_of_an_order_that_waits_shows_it_as_planned_and_moves_no_approved_bulletin(commune: Commune) -> None:
    words = commune.announcement("priority", author="editor")
    waiting = commune.order(words, "ấp 2", starts_in_s=3600, by="editor", times=20, gap_ms=600_000).broadcast
    _take(commune, receipt(1, "accepted", waiting))
    commune.later(minutes=1)
    approved = commune.order(commune.approved("priority"), "xã", starts_in_s=3541).broadcast
    with commune.writing() as session:
        assert session.get_one(Broadcast, waiting).planned_at, "a newer copy may have planned it"
        assert session.get_one(Broadcast, approved).wanted_start is None
        submit_announcement(session, commune.now, commune.officers["editor"], words, [])
        approve_all(session, commune.now, commune.officers["quang"], words)
        assert session.get_one(Broadcast, waiting).submission, "it could still be approved"


def test_the_database_keeps_two_journals_apart(commune: Commune) -> None:
    other = "01KDWXG0000000000000000009"
    _take(commune, receipt(1, "accepted"), receipt(2, "ready"))
    with commune.writing() as session:
        safe = take_receipts(
            session,
            commune.now,
            [ReceiptMessage("loa-2", Receipts(other, 1, (receipt(1, "accepted"),)))],
            full_quotas(),
        )
    assert safe[0].upto == 1


def test_written_receipts_are_read_again() -> None:
    receipts = [receipt(1, "accepted"), receipt(2, "played", start_error_ms=-0.3)]
    assert read_receipts(write_receipts(JOURNAL, 1, receipts)) == Receipts(JOURNAL, 1, tuple(receipts))


def _walk(states: list[ReceiptState], before: str = "pending") -> str:
    delivery: dict[str, Any] = {
        "state": before,
        "reason": None,
        "accepted_at": None,
        "ready_at": None,
        "started_at": None,
        "ended_at": None,
        "heard_ms": None,
        "start_error_ms": None,
        "received_at": None,
    }
    for seq, state in zip(count(1), states, strict=False):
        delivery.update(receipt_changes(delivery, receipt(seq, state), MONDAY))
    return str(delivery["state"])


def test_no_report_is_replaced_by_a_later_receipt() -> None:
    assert _walk(["ready"], "no_report") == "no_report"
    assert _walk(["ready", "played"], "no_report") == "played"


def test_rejected_is_replaced_by_a_later_receipt() -> None:
    assert _walk(["rejected"]) == "rejected"
    assert _walk(["rejected", "accepted", "played"]) == "played"
    assert _walk(["accepted", "rejected"]) == "accepted"


states_of_one_life = st.sampled_from(
    [
        ["accepted", "ready", "started", "played"],
        ["accepted", "ready", "started", "partial"],
        ["accepted", "missed"],
        ["accepted", "ready", "cancelled"],
        ["rejected"],
        ["rejected", "accepted", "ready", "started", "played"],
    ]
)


@given(states_of_one_life, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_in_the_same_state(states: list[ReceiptState], random: Any) -> None:
    shuffled = states * 2
    random.shuffle(shuffled)
    assert _walk(shuffled) == states[-1]


@given(st.lists(st.sampled_from(sorted(REASONS)), max_size=12))
def test_a_final_state_other_than_rejected_never_changes(states: list[ReceiptState]) -> None:
    final = next((state for state in states if state in FINAL and state != "rejected"), None)
    if final is not None:
        assert _walk(states) == final


def test_the_start_error_of_an_earlier_receipt_is_kept(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60)
    _take(commune, receipt(1, "started", row.broadcast, start_error_ms=0.3), receipt(2, "played", row.broadcast))
    assert _delivery(commune, row.broadcast).start_error_ms == 0.3


def test_a_journal_may_have_lost_nearly_all_receipts(either_commune: Commune) -> None:
    largest = 2**53
    assert _take(either_commune, receipt(largest, "played"), first=largest) == largest
    with either_commune.database.reading() as session:
        assert session.get_one(Journal, ("loa-2", JOURNAL)).lost == largest - 1


def test_a_hole_that_stays_does_not_make_later_messages_slower(commune: Commune) -> None:
    _take(commune, *(receipt(seq, "accepted") for seq in range(2, 1002)))
    asked: list[tuple[str, Any]] = []
    event.listen(
        commune.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, given, *_rest: asked.append((statement, given)),
    )
    assert _take(commune, receipt(1003, "accepted")) == 0
    with commune.database.reading() as session:
        read = sum(
            len(session.connection().exec_driver_sql(statement, given).all())
            for statement, given in list(asked)
            if statement.startswith("SELECT receipt.seq")
        )
    assert read <= 200


def test_receipts_after_a_hole_are_acknowledged_once_it_is_filled(either_commune: Commune) -> None:
    _take(either_commune, *(receipt(seq, "accepted") for seq in [*range(2, 902), 903]))
    assert _take(either_commune, receipt(1, "accepted")) == 901


def test_one_speaker_cannot_fill_the_lists_with_unknown_broadcasts(
    commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RATES, "unknown_broadcasts", Rate(burst=3, per_s=1 / 3600))
    quotas, told = counted_quotas()
    for seq in range(1, 6):
        assert _take(commune, receipt(seq, "rejected", new_ulid(MONDAY), reason="malformed"), quotas=quotas) == seq
    assert _stored(commune) == [1, 2, 3, 4, 5]
    assert told == {"unknown_broadcasts": 2}
    commune.later(hours=1)
    _take(commune, receipt(6, "rejected", new_ulid(MONDAY), reason="malformed"), quotas=quotas)
    with commune.database.reading() as session:
        assert len(session.exec(select(Broadcast)).all()) == 4, "it isn't locked out for ever"


def test_a_reason_that_postgresql_cannot_keep_is_stored_as_it_came(either_commune: Commune) -> None:
    said = write_receipts(JOURNAL, 1, [receipt(1, "missed", reason="no audio"), receipt(2, "missed")])
    said = said.replace(b"no audio", rb"no\u0000audio")
    with either_commune.writing() as session:
        safe = take_receipts(session, either_commune.now, [ReceiptMessage("loa-2", read_receipts(said))], full_quotas())
    assert safe[0].upto == 2
    with either_commune.database.reading() as session:
        assert b"no\\u0000audio" in (session.get_one(Receipt, ("loa-2", JOURNAL, 1)).unread or b"")
