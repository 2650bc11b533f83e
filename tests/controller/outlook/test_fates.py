"""Foresees what will sound at each speaker."""

from collections import Counter
from datetime import datetime, timedelta

from controller.database.tables import Broadcast, Delivery, Speaker
from controller.outlook.fates import Fate, fates, outlook_of
from controller.places.areas import AreaFields, change_area
from controller.places.speakers import change_speaker
from tests.people import Commune


def _fates(commune: Commune, *rows: Broadcast) -> list[Counter[Fate]]:
    with commune.database.reading() as session:
        found = fates(session, commune.now, commune.now + timedelta(days=7))
    return [found[row.broadcast] for row in rows]


def _at(commune: Commune, seconds: float) -> datetime:
    return commune.now + timedelta(seconds=seconds)


def test_an_unhindered_broadcast_sounds_on_time_everywhere(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=60)
    assert _fates(commune, row) == [Counter({Fate("on_time"): 4})]


def test_a_normal_broadcast_waits_for_another_at_speakers_that_both_reach(commune: Commune) -> None:
    first = commune.order(commune.approved(), "xã", starts_in_s=60, times=10, gap_ms=2000)
    second = commune.order(commune.approved(), "ấp 1", starts_in_s=70)
    assert _fates(commune, first, second) == [
        Counter({Fate("on_time"): 4}),
        Counter({Fate("waits", at=_at(commune, 88)): 2}),
    ]


def test_an_emergency_interrupts_and_the_other_goes_on(commune: Commune) -> None:
    normal = commune.order(commune.approved(), "xã", starts_in_s=60, times=10, gap_ms=2000)
    drill = commune.order(commune.approved("emergency"), "ấp 1", starts_in_s=70)
    interrupted = Fate("interrupted", at=_at(commune, 70), until=_at(commune, 71))
    assert _fates(commune, normal, drill) == [
        Counter({interrupted: 2, Fate("on_time"): 2}),
        Counter({Fate("on_time"): 2}),
    ]


def test_quiet_hours_of_one_hamlet_and_a_muted_speaker_are_foreseen(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=60)
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "17:00", "to": "18:00"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], quiet)
        change_speaker(session, commune.now, commune.officers["tham"], "loa-2", {"muted": True})
    assert _fates(commune, row) == [
        Counter(
            {
                Fate("missed", reason="quiet_hours"): 2,
                Fate("missed", reason="muted"): 1,
                Fate("on_time"): 1,
            }
        )
    ]


def test_a_sounding_broadcast_goes_on_from_its_present_position(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60, times=10, gap_ms=2000)
    waiting = commune.order(commune.approved(), "ấp 2", starts_in_s=65)
    commune.later(seconds=63)
    with commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-2"))
        delivery.state, delivery.started_at = "started", commune.now - timedelta(seconds=3)
        session.add(delivery)
    assert _fates(commune, waiting) == [Counter({Fate("waits", at=_at(commune, 25)): 1})]


def test_a_broadcast_that_is_over_has_no_fate(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=60)
    commune.later(days=1)
    with commune.database.reading() as session:
        assert row.broadcast not in fates(session, commune.now, commune.now + timedelta(days=7))


def test_one_speakers_outlook_has_its_stretches(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60, times=2, gap_ms=1000)
    commune.order(commune.approved(), "ấp 1", starts_in_s=60)
    with commune.database.reading() as session:
        speaker = session.get_one(Speaker, "loa-2")
        outlook = outlook_of(session, commune.now, speaker, commune.now + timedelta(days=1))
    [stretch] = outlook.stretches
    assert (stretch.broadcast, stretch.from_, stretch.to) == (row.broadcast, row.starts_at, _at(commune, 63))
