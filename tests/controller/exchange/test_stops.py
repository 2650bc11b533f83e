"""What stops sound is signed and sent apart from all else, once."""

import pytest
from sqlmodel import select

from controller.broadcasts.silence import lift_silence, silence_area
from controller.database.tables import BroadcastRevision
from controller.places.speakers import change_speaker
from controller.station.audit import SystemUser
from tests.controller.exchange.test_publisher import KEYS, Line
from tests.people import Commune
from wire.settings import read_settings
from wire.topics import AREA_BROADCAST, SETTINGS


@pytest.fixture
def line(commune: Commune) -> Line:
    """A line that has just been connected."""
    made = Line(commune)
    made.publisher.start_connection(commune.now)
    return made


def _silence(line: Line, area: str, *, hold: bool = False) -> None:
    commune = line.commune
    with commune.writing() as session:
        silence_area(session, commune.now, commune.officers["quang"], commune.areas[area], hold=hold)


def _states(line: Line, area: str) -> list[str]:
    return [each.state for each in line.broadcasts(area)]


def test_a_stop_goes_out_while_all_else_still_waits(line: Line) -> None:
    announcement = line.commune.approved()
    line.commune.order(announcement, "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.commune.order(line.commune.approved(title="Khác"), "ấp 1", starts_in_s=600)
    _silence(line, "ấp 2")
    line.link.published.clear()
    assert line.publisher.send_stops(line.commune.now)
    assert _states(line, "ấp 2") == ["cancelled"]
    assert len(line.link.published) == 1
    line.publisher.step(line.commune.now)
    assert _states(line, "ấp 2") == ["cancelled"], "sent once"
    assert _states(line, "ấp 1") == ["planned"]
    assert not line.publisher.send_stops(line.commune.now)


def test_silence_in_a_part_of_its_places_goes_out_as_fast(line: Line) -> None:
    line.commune.order(line.commune.approved(), "xã", starts_in_s=60)
    line.publisher.step(line.commune.now)
    _silence(line, "ấp 2")
    line.link.published.clear()
    assert line.publisher.send_stops(line.commune.now)
    topics = {each.topic.split("/")[4] for each in line.link.of(AREA_BROADCAST)}
    assert {line.commune.areas["xã"], line.commune.areas["ấp 1"]} <= topics, "also where it was before"


def test_held_silence_and_mutes_go_out_as_fast_and_the_lift_in_order(line: Line) -> None:
    line.link.published.clear()
    _silence(line, "ấp 1", hold=True)
    with line.commune.writing() as session:
        change_speaker(session, line.commune.now, line.commune.officers["tham"], "loa-2", {"muted": True})
    line.publisher.send_stops(line.commune.now)
    told = [
        read_settings(KEYS.open(each.payload, "settings"), each.topic.split("/")[4]) for each in line.link.of(SETTINGS)
    ]
    assert sorted((each.speaker, each.muted) for each in told) == [("loa-1a", True), ("loa-1b", True), ("loa-2", True)]
    line.link.published.clear()
    with line.commune.writing() as session:
        lift_silence(session, line.commune.now, SystemUser("root"), line.commune.areas["ấp 1"])
    assert not line.publisher.send_stops(line.commune.now)
    line.publisher.step(line.commune.now)
    assert len(line.link.of(SETTINGS)) == 2


def test_a_stop_waits_for_the_line_and_is_its_first_message(line: Line) -> None:
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.link.up = False
    _silence(line, "ấp 2")
    line.commune.order(line.commune.approved(title="Khác"), "ấp 2", starts_in_s=600)
    line.publisher.step(line.commune.now)
    with line.commune.database.reading() as session:
        assert all(
            (each.message is None) == (each.content["state"] == "cancelled")
            for each in session.exec(select(BroadcastRevision)).all()
        )
    line.link.up = True
    line.link.published.clear()
    line.publisher.start_connection(line.commune.now)
    assert _states(line, "ấp 2") == ["cancelled", "planned"]
    assert "/broadcasts/" in line.link.published[0].topic


def test_a_broadcast_is_published_as_cancelled_before_any_other_after_a_restart(line: Line) -> None:
    for title in ("Một", "Hai", "Ba"):
        line.commune.order(line.commune.approved(title=title), "ấp 2", starts_in_s=60)
        line.publisher.step(line.commune.now)
        if title == "Hai":
            _silence(line, "ấp 2")
            line.publisher.step(line.commune.now)
    restarted = Line(line.commune)
    restarted.publisher.start_connection(line.commune.now)
    assert _states(restarted, "ấp 2") == ["cancelled", "cancelled", "planned"]
