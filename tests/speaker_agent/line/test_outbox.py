"""Receipts are sent until the office acknowledges them."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import broadcast, signed, signed_acknowledgement, sound

MINUTE = timedelta(minutes=1)
SOUND = sound(1_000)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return enrolled_box(tmp_path)


def write(box: Box, count: int) -> None:
    """Write `count` receipts into the journal."""
    for _ in range(count):
        topic, data = signed(broadcast(MONDAY + 60 * MINUTE, SOUND))
        box.parts.inbox.take(topic, data, box.clock.now())
    box.settle()


def sent_seqs(box: Box) -> list[list[int]]:
    return [[receipt.seq for receipt in message.receipts] for message in box.sent()]


def acknowledge(box: Box, upto: int) -> None:
    box.hear(signed_acknowledgement(box.journal.id, upto))


def test_a_new_receipt_is_sent_at_once(box: Box) -> None:
    box.connect()
    write(box, 1)
    write(box, 1)
    assert sent_seqs(box) == [[1], [2]]
    assert box.sent()[0].journal == box.journal.id
    assert box.sent()[0].first == 1


def test_on_connect_unacknowledged_receipts_are_sent_oldest_first_a_hundred_a_message(
    box: Box,
) -> None:
    write(box, 230)
    box.connect()
    everything = [list(range(1, 101)), list(range(101, 201)), list(range(201, 231))]
    assert sent_seqs(box) == everything
    acknowledge(box, 150)
    box.disconnect()
    box.line.said.clear()
    box.connect()
    assert sent_seqs(box) == [list(range(151, 231))]


def test_unacknowledged_receipts_are_sent_again_after_five_seconds_growing_to_five_minutes(box: Box) -> None:
    box.connect()
    write(box, 1)
    times: list[float] = []
    for _ in range(1_500):
        box.run_for(seconds=1)
        if len(box.sent()) > len(times) + 1:
            times.append((box.clock.now() - MONDAY).total_seconds())
    pauses = [later - before for before, later in zip([0.0, *times], times, strict=False)]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_an_acknowledgement_ends_the_sending_and_resets_the_pauses(box: Box) -> None:
    box.connect()
    write(box, 2)
    box.run_for(seconds=60)
    acknowledge(box, 1)
    assert box.status()["unacknowledged"] in (1, 2)
    box.line.said.clear()
    box.run_for(seconds=6)
    assert sent_seqs(box) == [[2]]
    acknowledge(box, 2)
    box.line.said.clear()
    box.run_for(minutes=10)
    assert sent_seqs(box) == []
    assert box.status()["unacknowledged"] == 0


def test_an_acknowledgement_above_the_highest_sent_receipt_is_refused(box: Box) -> None:
    box.connect()
    write(box, 2)
    acknowledge(box, 3)
    assert box.parts.refused == {"acknowledged_unsent": 1}
    assert box.journal.acknowledged() == 0


def test_an_acknowledgement_of_receipts_sent_before_a_restart_counts(box: Box) -> None:
    box.connect()
    write(box, 2)
    box.restart()
    acknowledge(box, 2)
    assert box.journal.acknowledged() == 2
    assert box.parts.refused == {}


def test_an_acknowledgement_of_another_journal_is_refused(box: Box) -> None:
    box.connect()
    write(box, 2)
    box.hear(signed_acknowledgement("01JD0000000000000000000000", 2))
    assert box.journal.acknowledged() == 0
    assert box.parts.refused == {}


def test_an_office_restored_from_an_older_copy_gets_the_lost_receipts_again(box: Box) -> None:
    box.connect()
    write(box, 5)
    acknowledge(box, 5)
    box.line.said.clear()
    acknowledge(box, 2)
    assert sent_seqs(box) == [[3, 4, 5]]


def test_receipts_are_kept_for_thirty_days_after_their_acknowledgement(box: Box) -> None:
    box.connect()
    write(box, 3)
    acknowledge(box, 2)
    box.disconnect()
    box.run_for(days=29)
    assert box.journal.first_seq() == 1
    box.run_for(days=2)
    assert box.journal.first_seq() == 3
    box.connect()
    acknowledge(box, box.journal.last_seq())
    box.disconnect()
    box.run_for(days=31)
    assert box.journal.receipts_after(0, 100) == []
    last = box.journal.last_seq()
    assert box.journal.first_seq() == last + 1
    write(box, 1)
    assert box.journal.last_seq() == last + 1


def test_without_a_connection_receipts_wait_and_are_not_lost(box: Box) -> None:
    write(box, 3)
    box.run_for(hours=1)
    assert box.line.said == []
    assert len(box.receipts()) == 3
