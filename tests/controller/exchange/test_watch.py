"""The watch notices what happens by time alone, once: silent speakers, overdue reports, lapsed orders."""

import pytest

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.database.tables import Delivery, Speaker
from controller.database.transactions import Change
from controller.exchange.outgoing.publisher import Publisher
from controller.exchange.watch import Watch
from tests.fakes.link import FakeLink
from tests.people import OFFICE_KEYS, Commune


class Watched:
    """A watch over the small commune, and the changes that its commits announced."""

    def __init__(self, commune: Commune) -> None:
        publisher = Publisher(commune.database, commune.store, OFFICE_KEYS, FakeLink())  # type: ignore[arg-type]  # a fake
        self.commune = commune
        self.watch = Watch(commune.database, publisher)
        self.told: list[Change] = []
        commune.database.add_listener(self.told.extend)

    def look(self, **later: float) -> set[tuple[str, str]]:
        """Let time pass, look, and return the announced changes."""
        self.told.clear()
        self.watch.step(self.commune.later(**later))
        return {(each.kind, each.subject) for each in self.told}


@pytest.fixture
def watched(commune: Commune) -> Watched:
    """A watch that has looked once."""
    made = Watched(commune)
    made.look()
    return made


def test_a_speaker_that_says_nothing_is_offline_once(watched: Watched) -> None:
    commune = watched.commune
    with commune.writing() as session:
        speaker = session.get_one(Speaker, "loa-2")
        speaker.silent_after = commune.later(seconds=150)
        session.add(speaker)
        commune.later(seconds=-150)
    assert watched.look(seconds=149.999) == set()
    assert watched.look(milliseconds=1) == {("speaker", "loa-2")}
    assert watched.look(seconds=1) == set()
    with commune.database.reading() as session:
        assert not session.get_one(Speaker, "loa-2").is_online


def test_a_missing_report_is_announced_once_when_it_is_due(watched: Watched) -> None:
    commune = watched.commune
    row = commune.order(commune.approved(), "ấp 1", starts_in_s=60)
    with commune.writing() as session:
        played = session.get_one(Delivery, (row.broadcast, "loa-1a"))
        played.state = "played"
        session.add(played)
    assert row.report_due is not None
    until_due_s = (row.report_due - commune.now).total_seconds()
    assert ("delivery", f"{row.broadcast}/loa-1b") not in watched.look(seconds=until_due_s - 0.001)
    assert watched.look(milliseconds=1) == {("delivery", f"{row.broadcast}/loa-1b")}
    assert watched.look(seconds=1) == set()
    with commune.database.reading() as session:
        states = [session.get_one(Delivery, (row.broadcast, each)).state for each in ("loa-1a", "loa-1b")]
    assert states == ["played", "no_report"]


def test_a_report_that_became_due_while_the_office_was_off_is_announced_at_the_first_look(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60)
    commune.later(days=30)
    assert ("delivery", f"{row.broadcast}/loa-2") in Watched(commune).look()


def test_the_end_of_a_broadcast_is_announced_by_time_alone(watched: Watched) -> None:
    commune = watched.commune
    row = commune.order(commune.approved(), "ấp 1", starts_in_s=60)
    assert row.expires_at is not None
    assert watched.look(seconds=(row.expires_at - commune.now).total_seconds()) == {("broadcast", row.broadcast)}


@pytest.mark.parametrize("starts_in_s", [None, 480])
def test_a_lapsed_order_is_announced_by_time_alone(watched: Watched, starts_in_s: float | None) -> None:
    commune = watched.commune
    row = commune.order(commune.announcement(), "ấp 1", starts_in_s=starts_in_s)
    assert watched.look(minutes=9, seconds=59) == set()
    assert watched.look(seconds=1) == {("broadcast", row.broadcast)}


def test_a_cancelled_broadcast_without_a_report_is_no_report_too(watched: Watched) -> None:
    commune = watched.commune
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60)
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], row.broadcast)
    watched.look(hours=1)
    with commune.database.reading() as session:
        assert session.get_one(Delivery, (row.broadcast, "loa-2")).state == "no_report"
