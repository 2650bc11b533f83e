"""Silence stops the broadcasts of an area, lets those for further areas go on elsewhere; a hold mutes until lifted."""

from datetime import timedelta

from sqlalchemy import func
from sqlmodel import select

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.revisions import last_revision
from controller.broadcasts.silence import lift_silence, silence_answers, silence_area, would_stop
from controller.database.tables import Broadcast, BroadcastRevision, Delivery
from controller.places.areas import add_area, change_area
from controller.places.speakers import admit_speaker, change_speaker
from controller.planning.timetable import Timetable
from controller.station.area_tree import area_tree
from controller.station.held_silent import silences_in_force
from controller.station.speaker_settings import last_settings
from tests.people import Commune
from wire.broadcast import MAX_NAMES


def _travels(commune: Commune, broadcast: Broadcast) -> tuple[str, set[str], set[str]]:
    with commune.database.reading() as session:
        revision = last_revision(session, broadcast.broadcast)
    assert revision is not None
    content = revision.content
    return content["state"], set(content["areas"]), set(content["speakers"])


def _silence(commune: Commune, area: str, *, hold: bool = False) -> tuple[set[str], set[str]]:
    with commune.writing() as session:
        done = silence_area(session, commune.now, commune.officers["quang"], commune.areas[area], hold=hold)
    return set(done.cancelled), set(done.reduced)


def _revisions(commune: Commune, broadcast: Broadcast) -> int:
    with commune.database.reading() as session:
        of_it = select(func.count()).where(BroadcastRevision.broadcast == broadcast.broadcast)
        return session.exec(of_it).one()


def _muted(commune: Commune, speaker: str) -> bool:
    with commune.database.reading() as session:
        told = last_settings(session, speaker)
    assert told is not None
    return bool(told.content["muted"])


def test_a_broadcast_for_the_silenced_area_alone_is_cancelled(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 1", starts_in_s=600)
    assert _silence(commune, "ấp 1") == ({row.broadcast}, set())
    assert _travels(commune, row)[0] == "cancelled"


def test_a_broadcast_for_further_areas_goes_on_there(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=600)
    assert _silence(commune, "ấp 1") == (set(), {row.broadcast})
    assert _travels(commune, row) == ("planned", {commune.areas["ấp 2"]}, {"loa-xa"})


def test_a_bulletin_that_gave_way_to_many_is_settled_once_for_all_that_a_silence_stops(commune: Commune) -> None:
    stopped = set()
    for _ in range(5):
        order = commune.order(commune.approved("priority"), "ấp 1", starts_in_s=3300, times=20, gap_ms=2000)
        stopped.add(order.broadcast)
    commune.later(seconds=1)
    last = commune.order(commune.approved("priority"), "ấp 1", starts_in_s=3601, times=20, gap_ms=2000)
    with commune.database.reading() as session:
        assert session.get_one(Broadcast, last.broadcast).wanted_start
    before = _revisions(commune, last)
    assert _silence(commune, "ấp 1") == (stopped, set())
    Timetable(commune.database).settle_cancelled(commune.now)
    assert _revisions(commune, last) == before + 1
    with commune.database.reading() as session:
        assert session.get_one(Broadcast, last.broadcast).wanted_start is None


def test_a_bulletin_that_gave_way_beyond_the_hour_does_not_come_back_into_the_silence(commune: Commune) -> None:
    first = commune.order(commune.approved("priority"), "ấp 1", starts_in_s=1200, times=20, gap_ms=180_000)
    commune.later(seconds=1)
    second = commune.order(commune.approved("priority"), "ấp 1", starts_in_s=1500)
    with commune.database.reading() as session:
        starts_at = session.get_one(Broadcast, second.broadcast).starts_at
    assert starts_at
    assert starts_at > commune.now + timedelta(hours=1)
    assert _silence(commune, "ấp 1") == ({first.broadcast, second.broadcast}, set())
    Timetable(commune.database).settle_cancelled(commune.now)
    assert _travels(commune, second)[0] == "cancelled"


def test_a_broadcast_for_another_area_does_not_change(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=600)
    before = _travels(commune, row)
    assert _silence(commune, "ấp 1") == (set(), set())
    assert _travels(commune, row) == before


def test_a_broadcast_that_begins_after_more_than_an_hour_does_not_change(commune: Commune) -> None:
    commune.order(commune.approved(), "ấp 1", starts_in_s=3601)
    assert _silence(commune, "ấp 1") == (set(), set())


def test_a_broadcast_that_waits_for_approval_is_cancelled_too(commune: Commune) -> None:
    row = commune.order(commune.announcement(), "ấp 1", starts_in_s=600)
    assert _silence(commune, "ấp 1") == ({row.broadcast}, set())


def test_a_second_silence_changes_nothing_more(commune: Commune) -> None:
    commune.order(commune.approved(), "xã", starts_in_s=600)
    _silence(commune, "ấp 1", hold=True)
    assert _silence(commune, "ấp 1", hold=True) == (set(), set())
    with commune.database.reading() as session:
        assert len(silences_in_force(session)) == 1


def test_a_hold_mutes_every_speaker_below_until_it_is_lifted(commune: Commune) -> None:
    _silence(commune, "xã", hold=True)
    assert [_muted(commune, speaker) for speaker in ("loa-1a", "loa-2", "loa-xa")] == [True, True, True]
    with commune.writing() as session:
        lift_silence(session, commune.now, commune.officers["quang"], commune.areas["xã"])
    assert not _muted(commune, "loa-1a")


def test_a_named_speaker_is_silenced_with_its_area(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", speakers=("loa-1a", "loa-xa"), starts_in_s=600)
    _silence(commune, "ấp 1")
    assert _travels(commune, row) == ("planned", {commune.areas["ấp 2"]}, {"loa-xa"})


def test_an_officer_of_the_only_hamlet_that_a_broadcast_reaches_silences_it(commune: Commune) -> None:
    hamlet = commune.in_charge_of("quang", "ấp 1")
    with commune.writing() as session:
        village = add_area(session, commune.now, None, name="Cụm ấp", kind="cụm", parent=commune.areas["xã"])
        change_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], {"parent": village.area})
    commune.areas["cụm"] = village.area
    row = commune.order(commune.approved(author="editor", approver="tham"), "cụm", starts_in_s=600)
    with commune.writing() as session:
        done = silence_area(session, commune.now, hamlet, commune.areas["ấp 1"], hold=False)
    assert done.cancelled == (row.broadcast,)


def test_a_broadcast_that_sounds_past_its_expiry_is_stopped_too(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 1", starts_in_s=60)
    with commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-1a"))
        delivery.state = "started"
        session.add(delivery)
    commune.later(hours=2)
    assert _silence(commune, "ấp 1") == ({row.broadcast}, set())


def test_an_expired_broadcast_goes_on_where_it_sounds_and_begins_nowhere_else(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "xã")
    with commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-2"))
        delivery.state = "started"
        sounding = last_revision(session, row.broadcast)
        assert sounding
        sounding.message = b"signed"
        session.add_all([delivery, sounding])
    commune.later(minutes=63)
    assert _silence(commune, "ấp 1") == (set(), {row.broadcast})
    assert _travels(commune, row) == ("planned", set(), {"loa-2"}), "loa-xa was off all morning"
    commune.later(minutes=11)
    assert _silence(commune, "ấp 2") == ({row.broadcast}, set())


def test_an_expired_broadcast_that_sounds_only_there_is_cancelled_everywhere(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "xã")
    with commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-1a"))
        delivery.state = "started"
        session.add(delivery)
    commune.later(minutes=63)
    assert _silence(commune, "ấp 1") == ({row.broadcast}, set())


def _speakers_in_the_commune_itself(commune: Commune) -> None:
    """So many that a broadcast can't name them all."""
    with commune.writing() as session:
        for number in range(MAX_NAMES):
            admit_speaker(
                session, commune.now, None, speaker=f"loa-{number}x", name=f"Loa {number}", area=commune.areas["xã"]
            )


def test_a_broadcast_that_cannot_name_all_other_places_is_cancelled_whole_and_that_is_said(commune: Commune) -> None:
    _speakers_in_the_commune_itself(commune)
    emergency = commune.order(commune.approved("emergency"), "ấp 1")
    draft = commune.order(commune.announcement(author="editor"), "xã", starts_in_s=600, by="editor")
    planned = commune.order(commune.approved(), "xã", starts_in_s=600)
    with commune.writing() as session:
        done = silence_area(session, commune.now, commune.officers["quang"], commune.areas["ấp 1"], hold=False)
    assert set(done.cancelled) == {emergency.broadcast, draft.broadcast, planned.broadcast}
    assert set(done.unsplit) == {draft.broadcast, planned.broadcast}
    assert _travels(commune, planned)[0] == "cancelled"
    assert _travels(commune, emergency)[0] == "cancelled"


def test_with_a_held_silence_it_stays_as_it_is_because_the_speakers_are_muted(commune: Commune) -> None:
    _speakers_in_the_commune_itself(commune)
    row = commune.order(commune.approved(), "xã", starts_in_s=600)
    assert _silence(commune, "ấp 1", hold=True) == (set(), set())
    assert _travels(commune, row)[:2] == ("planned", {commune.areas["xã"]})
    assert _muted(commune, "loa-1a")
    assert not _muted(commune, "loa-0x")


def _sounds(commune: Commune, broadcast: Broadcast, *speakers: str) -> None:
    with commune.writing() as session:
        for speaker in speakers:
            session.get_one(Delivery, (broadcast.broadcast, speaker)).state = "started"


def _move(commune: Commune, speaker: str, area: str) -> None:
    with commune.writing() as session:
        change_speaker(session, commune.now, commune.officers["tham"], speaker, {"area": commune.areas[area]})


def _own_topics(commune: Commune, broadcast: Broadcast) -> set[str]:
    """The speakers at whose own topics the newest revision goes out."""
    with commune.database.reading() as session:
        revision = last_revision(session, broadcast.broadcast)
    assert revision is not None
    return {topic.split("/")[2] for topic in revision.topics if topic.startswith("office/speakers/")}


def _unanswered(commune: Commune, area: str) -> set[str]:
    with commune.database.reading() as session:
        answers = silence_answers(session, commune.now, area_tree(session), commune.areas[area])
    return {each.speaker for each in answers.unanswered}


def test_a_cancellation_goes_to_a_speaker_that_was_moved_while_it_sounds(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "ấp 1")
    _sounds(commune, row, "loa-1a", "loa-1b")
    _move(commune, "loa-1a", "ấp 2")
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["quang"], row.broadcast)
    assert _own_topics(commune, row) == {"loa-1a"}, "loa-1b hears it on its hamlet's"


def test_silence_where_a_moved_speaker_stands_now_stops_it_there_alone(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "ấp 1")
    _sounds(commune, row, "loa-1a", "loa-1b")
    _move(commune, "loa-1a", "ấp 2")
    with commune.database.reading() as session:
        found = would_stop(session, commune.now, area_tree(session), commune.areas["ấp 2"])
    assert [each.broadcast for each in found] == [row.broadcast]
    assert _silence(commune, "ấp 2") == (set(), {row.broadcast})
    assert _travels(commune, row) == ("planned", {commune.areas["ấp 1"]}, set())
    assert _own_topics(commune, row) == {"loa-1a"}
    assert "loa-1a" in _unanswered(commune, "ấp 2")
    assert _silence(commune, "ấp 2") == (set(), set()), "it has been told"


def test_silence_where_it_was_ordered_stops_a_speaker_that_was_moved_and_waits_for_its_answer(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "ấp 1", "xã")
    _sounds(commune, row, "loa-1a")
    with commune.writing() as session:
        elsewhere = add_area(session, commune.now, None, name="Xã khác", kind="xã", parent=None)
    commune.areas["xã khác"] = elsewhere.area
    commune.later(seconds=20)
    _move(commune, "loa-1a", "xã khác")
    assert _silence(commune, "ấp 1") == (set(), {row.broadcast})
    assert _own_topics(commune, row) == {"loa-1a", "loa-xa"}, "loa-xa: it is named, since its commune was split"
    assert "loa-1a" in _unanswered(commune, "ấp 1")
    assert "loa-1a" not in _unanswered(commune, "ấp 2"), "it never stood there"
    with commune.writing() as session:
        session.get_one(Delivery, (row.broadcast, "loa-1a")).state = "partial"
    assert "loa-1a" not in _unanswered(commune, "ấp 1")


def test_silence_stops_what_sounds_in_a_hamlet_that_was_moved_meanwhile(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "xã")
    _sounds(commune, row, "loa-1a", "loa-1b", "loa-2")
    with commune.writing() as session:
        elsewhere = add_area(session, commune.now, None, name="Xã khác", kind="xã", parent=None)
        change_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], {"parent": elsewhere.area})
    commune.areas["xã khác"] = elsewhere.area
    assert _silence(commune, "xã khác") == (set(), {row.broadcast})
    assert _own_topics(commune, row) == {"loa-1a", "loa-1b"}
    assert {"loa-1a", "loa-1b"} <= _unanswered(commune, "xã")
    assert _travels(commune, row) == ("planned", {commune.areas["xã"]}, set())
