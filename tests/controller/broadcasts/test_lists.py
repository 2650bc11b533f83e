"""What one speaker tells of broadcasts that nobody ordered doesn't bury what the office knows."""

from datetime import timedelta

from controller.broadcasts.lists import (
    MAX_UNKNOWN_OF_SPEAKER,
    newest_broadcasts,
    rejected_foreign_orders,
    speakers_with_many_unknown,
)
from controller.database.tables import Delivery
from controller.exchange.receipts import add_found_deliveries
from tests.fakes.quotas import full_quotas
from tests.people import Commune
from wire.ids import new_ulid


def _reject(commune: Commune, speaker: str, broadcast: str) -> None:
    with commune.writing() as session:
        add_found_deliveries(session, commune.now, speaker, [broadcast], full_quotas())
        row = session.get_one(Delivery, (broadcast, speaker))
        row.state, row.reason, row.received_at = "rejected", "bad_signature", commune.now
        session.add(row)


def test_of_unknown_broadcasts_the_newest_of_each_speaker_are_listed(either_commune: Commune) -> None:
    commune = either_commune
    known = commune.order(commune.announcement(), "ấp 1", starts_in_s=1).broadcast
    invented = []
    for _ in range(MAX_UNKNOWN_OF_SPEAKER + 2):
        commune.later(seconds=10)
        invented.append(new_ulid(commune.now))
        _reject(commune, "loa-2", invented[-1])
    _reject(commune, "loa-xa", invented[0])
    shown = [*invented[:1:-1], invented[0], known]
    with commune.database.reading() as session:
        assert [row.broadcast for row in newest_broadcasts(session, 50, None)] == shown
        assert [row.broadcast for row in newest_broadcasts(session, 50, invented[0])] == [known]
        many = [(speaker.speaker, n) for speaker, n in speakers_with_many_unknown(session)]
        assert many == [("loa-2", MAX_UNKNOWN_OF_SPEAKER + 2)]
        told = [
            (each.speaker.speaker, each.last.broadcast, each.orders)
            for each in rejected_foreign_orders(session, commune.now - timedelta(seconds=25))
        ]
        assert sorted(told) == [("loa-2", invented[-1], 3), ("loa-xa", invented[0], 1)]
