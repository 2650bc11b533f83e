"""Receipts are deleted after the days for which the station keeps them; results and journals stay."""

from datetime import timedelta

from sqlmodel import select

from controller.database.tables import Delivery, Journal, Receipt
from controller.exchange.journals import safe_up_to
from controller.exchange.old_receipts import delete_old_receipts
from controller.station import facts
from tests.controller.exchange.test_publisher import Line
from tests.controller.exchange.test_receipts import JOURNAL, receipt
from tests.people import Commune
from wire.receipts import write_receipts
from wire.topics import RECEIPTS


def _tell(line: Line, *seqs: int) -> str:
    """A broadcast was played at loa-2, and told with each of these numbers."""
    announcement = line.commune.approved()
    row = line.commune.order(announcement, "ấp 2", starts_in_s=60)
    told = [receipt(seq, "played" if seq == seqs[-1] else "accepted", row.broadcast) for seq in seqs]
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, told))
    return row.broadcast


def _seqs(commune: Commune) -> list[int]:
    with commune.database.reading() as session:
        return sorted(session.exec(select(Receipt.seq)).all())


def test_receipts_are_kept_as_long_as_the_station_says_and_results_stay(either_commune: Commune) -> None:
    line = Line(either_commune)
    broadcast = _tell(line, 1, 2, 3)
    either_commune.later(days=300)
    _tell(line, 4)
    assert delete_old_receipts(either_commune.database, either_commune.now) == 0
    either_commune.later(days=101)
    assert delete_old_receipts(either_commune.database, either_commune.now) == 3
    assert _seqs(either_commune) == [4]
    with either_commune.writing() as session:
        assert session.get_one(Delivery, (broadcast, "loa-2")).state == "played"
        assert safe_up_to(session, "loa-2", JOURNAL).upto == 4
        facts.write(session, "receipts_days", "60")
    assert delete_old_receipts(either_commune.database, either_commune.now) == 1


def test_a_receipt_above_a_gap_stays_and_the_journal_goes_on_where_it_was(either_commune: Commune) -> None:
    line = Line(either_commune)
    _tell(line, 1, 2)
    _tell(line, 4)
    either_commune.later(days=500)
    assert delete_old_receipts(either_commune.database, either_commune.now) == 2
    assert _seqs(either_commune) == [4]
    _tell(line, 3)
    with either_commune.database.reading() as session:
        assert session.exec(select(Journal.upto)).one() == 4


def test_many_receipts_are_deleted_in_several_transactions(either_commune: Commune) -> None:
    with either_commune.writing() as session:
        session.add(Journal(speaker="loa-2", journal=JOURNAL, upto=1_200, highest=1_200))
        session.add_all(
            Receipt(speaker="loa-2", journal=JOURNAL, seq=seq, received_at=either_commune.now)
            for seq in range(1, 1_201)
        )
    later = either_commune.now + timedelta(days=401)
    assert delete_old_receipts(either_commune.database, later) == 1_200
    assert _seqs(either_commune) == []
