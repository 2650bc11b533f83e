"""Lists count the same results as the page of one broadcast shows for each speaker."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product

from sqlmodel import select

from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.outlook.results import counts_of, results_of
from controller.outlook.speaker_standing import speakers_now
from controller.station.area_tree import area_tree
from tests.people import Commune, set_online
from wire.model import BulletinClass

STATES: tuple[DeliveryState, ...] = (
    "pending",
    "accepted",
    "ready",
    "started",
    "played",
    "partial",
    "missed",
    "rejected",
    "no_report",
)


def test_a_list_counts_what_the_page_shows(commune: Commune) -> None:
    _compare(commune, STATES)


def test_a_list_counts_what_the_page_shows_on_either_database(either_commune: Commune) -> None:
    _compare(either_commune, ("pending", "started", "partial"))


def _compare(commune: Commune, states: Sequence[DeliveryState]) -> None:
    """Broadcasts of either class, with each pair of these states at two kinds of speakers."""
    classes: tuple[BulletinClass, ...] = ("normal", "emergency")
    kinds = product(classes, states, states)
    approved = {kind: commune.approved(kind) for kind in classes}
    with commune.writing() as session:
        set_online(session, commune.now, "loa-1a", "loa-xa")
    begun = commune.now + timedelta(seconds=60)
    for number, (bulletin_class, online_state, silent_state) in enumerate(kinds):
        broadcast = commune.order(approved[bulletin_class], "xã", starts_in_s=60).broadcast
        with commune.writing() as session:
            for row in session.exec(select(Delivery).where(Delivery.broadcast == broadcast)).all():
                row.state = online_state if row.speaker in ("loa-1a", "loa-xa") else silent_state
                if row.state == "started":
                    row.started_at = begun + timedelta(milliseconds=number if row.speaker < "loa-2" else 500)
                session.add(row)
    for minutes in (0, 1.01, 2, 5, 90):
        now = commune.now + timedelta(minutes=minutes)
        with commune.database.reading() as session:
            tree = area_tree(session)
            speakers = speakers_now(session, now, tree, session.exec(select(Speaker)).all())
            broadcasts = session.exec(select(Broadcast)).all()
            standing = {each.speaker.speaker: each for each in speakers}
            results = results_of(session, now, tree, standing, broadcasts)
            assert counts_of(session, now, broadcasts) == {key: found.counts for key, found in results.items()}
    assert len(results) == 2 * len(states) ** 2
