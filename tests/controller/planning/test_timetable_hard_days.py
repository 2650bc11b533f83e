"""The timetable on hard days: a change at an unlucky moment loses, doubles and widens no broadcast."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Unpack

import pytest
from sqlmodel import Session, col, select

from controller.announcements.drafts import change_announcement
from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.revisions import last_revision
from controller.broadcasts.silence import silence_area
from controller.database.column_types import BroadcastFields, SessionLimitsFields
from controller.database.tables import Broadcast, Clip, Delivery
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.orders.instants import fixed_start
from controller.outlook.fates import Fate, fates
from controller.places.areas import AreaFields, change_area
from controller.planning.approvals import withdraw_approval
from controller.planning.schedule_orders import (
    ScheduleOrder,
    add_schedule,
    change_occurrence,
    change_schedule,
    end_schedule,
)
from controller.planning.submission import submit_announcement
from controller.planning.timetable import Timetable
from controller.station.facts import write
from tests.people import Commune, approve_all
from wire.model import BulletinClass

wall = datetime.fromisoformat
"""A local time, naive; with its offset an instant."""
TUESDAY = wall("2026-11-24 05:00")


def _add(commune: Commune, *areas: str, cls: BulletinClass = "normal", **more: Any) -> str:
    given: dict[str, Any] = {
        "announcement": more.pop("announcement", None) or commune.approved(cls),
        "areas": tuple(commune.areas[name] for name in areas or ("xã",)),
        "speakers": (),
        "first_start": TUESDAY,
        "time_zone": "Asia/Ho_Chi_Minh",
        "rrule": "FREQ=DAILY",
    }
    with commune.writing() as session:
        row = add_schedule(session, commune.now, commune.officers["tham"], ScheduleOrder(**given | more))
        approver = commune.approvers.get(row.announcement)
        if approver is not None and commune.may_approve(approver, *areas or ("xã",)):
            approve_all(session, commune.now, commune.officers[approver], row.announcement)
        return row.schedule


def _rows(commune: Commune, schedule: str) -> list[Broadcast]:
    with commune.database.reading() as session:
        query = select(Broadcast).where(Broadcast.schedule == schedule, col(Broadcast.cancelled_at).is_(None))
        return list(session.exec(query.order_by(col(Broadcast.starts_at))).all())


def _row(commune: Commune, broadcast: str) -> Broadcast:
    with commune.database.reading() as session:
        return session.get_one(Broadcast, broadcast)


def _look(commune: Commune) -> None:
    while Timetable(commune.database).step(commune.now):
        pass


def _local(row: Broadcast) -> str:
    assert row.starts_at
    return (row.starts_at + timedelta(hours=7)).strftime("%d/%m %H:%M:%S")


def _name(row: Broadcast) -> str:
    assert row.occurrence
    return row.occurrence


def _content(session: Session, row: Broadcast) -> BroadcastFields:
    revision = last_revision(session, row.broadcast)
    assert revision
    return revision.content


def _fate(commune: Commune, broadcast: str) -> Counter[Fate]:
    with commune.database.reading() as session:
        return fates(session, commune.now, commune.now + timedelta(days=20))[broadcast]


def test_a_silenced_area_stays_silenced_when_another_day_is_dropped(commune: Commune) -> None:
    schedule = _add(commune, "ấp 1", "ấp 2")
    commune.now = wall("2026-11-23 21:30+00:00")  # 04:30
    with commune.writing() as session:
        silence_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], hold=False)
    first = _rows(commune, schedule)[0]
    assert first.areas == [commune.areas["ấp 2"]]
    commune.later(minutes=10)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-28 05:00"), dropped=True
        )
    assert _row(commune, first.broadcast).areas == [commune.areas["ấp 2"]]


@pytest.mark.parametrize("name", ["0001-01-05 00:00", "9999-12-25 00:00"])
def test_an_occurrence_of_a_year_without_rules_is_unknown(commune: Commune, name: str) -> None:
    schedule, tham = _add(commune), commune.officers["tham"]
    with pytest.raises(NotFound), commune.writing() as session:
        change_occurrence(session, commune.now, tham, schedule, wall(name), dropped=True)
    with pytest.raises(Invalid), commune.writing() as session:
        change_occurrence(session, commune.now, tham, schedule, TUESDAY, moved_to=wall(name))


def test_a_silenced_area_stays_silenced_when_the_schedule_sounds_once_instead_of_twice(commune: Commune) -> None:
    schedule = _add(commune, "ấp 1", "ấp 2", times=2)
    commune.now = wall("2026-11-23 21:30+00:00")  # 04:30
    with commune.writing() as session:
        silence_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], hold=False)
    commune.later(minutes=10)
    with commune.writing() as session:
        change_schedule(session, commune.now, commune.officers["editor"], schedule, {"times": 1})
    after = _rows(commune, schedule)
    assert [row.times for row in after[:2]] == [1, 1]
    assert after[0].areas == [commune.areas["ấp 2"]]
    assert len(after[1].areas) == 2


@pytest.mark.parametrize("how", ["another text", "withdrawn and approved again", "another class"])
def test_a_silenced_area_stays_silenced_when_the_occurrence_is_made_anew(commune: Commune, how: str) -> None:
    announcement, other = commune.approved(), commune.approved(title="Bài khác")
    schedule = _add(commune, "ấp 1", "ấp 2", announcement=announcement)
    commune.now = wall("2026-11-23 21:30+00:00")  # 04:30
    tham = commune.officers["tham"]
    with commune.writing() as session:
        silence_area(session, commune.now, tham, commune.areas["ấp 1"], hold=False)
    before = _rows(commune, schedule)
    commune.later(minutes=10)
    with commune.writing() as session:
        if how == "another text":
            change_occurrence(session, commune.now, tham, schedule, TUESDAY, announcement=other)
        elif how == "another class":
            row = change_announcement(session, commune.now, tham, announcement, {"bulletin_class": "priority"})
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, tham, announcement, [])
            approve_all(session, commune.now, commune.officers["quang"], announcement)
        else:
            withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
    if how == "withdrawn and approved again":
        commune.later(minutes=1)
        with commune.writing() as session:
            approve_all(session, commune.now, commune.officers["quang"], announcement)
    after = _rows(commune, schedule)
    assert after[0].broadcast != before[0].broadcast
    assert after[0].areas == [commune.areas["ấp 2"]]
    assert after[1].areas == [commune.areas["ấp 1"], commune.areas["ấp 2"]], "the next day is as ordered"


def test_an_ended_schedule_cancels_a_delayed_broadcast_that_has_not_begun(commune: Commune) -> None:
    a = commune.approved("priority")
    commune.later(seconds=1)
    commune.order(
        a, "xã", starts_in_s=(wall("2026-11-23 22:00+00:00") - commune.now).total_seconds(), times=20, gap_ms=30000
    )
    commune.later(seconds=1)
    schedule = _add(commune, cls="priority")
    first = _rows(commune, schedule)[0]
    assert first.wanted_start
    assert fixed_start(first) > first.wanted_start
    commune.now = first.wanted_start + timedelta(seconds=30)
    with commune.writing() as session:
        end_schedule(session, commune.now, commune.officers["tham"], schedule)
    assert _row(commune, first.broadcast).cancelled_at is not None


def test_two_daily_priorities_a_minute_apart_stay_apart(commune: Commune) -> None:
    a = _add(commune, cls="priority", times=20, gap_ms=10000)  # 210 s
    commune.later(seconds=1)
    b = _add(commune, cls="priority", first_start=wall("2026-11-24 05:00:30"), times=2)
    for _ in range(12):
        commune.later(hours=6)
        _look(commune)
    bad = []
    ra = {_name(x)[:10]: x for x in _rows(commune, a)}
    for x in _rows(commune, b):
        y = ra.get(_name(x)[:10])
        if (
            y
            and fixed_start(x) < fixed_start(y) + timedelta(seconds=210)
            and fixed_start(y) < fixed_start(x) + timedelta(seconds=5)
        ):
            bad.append(
                (_local(y), _local(x), dict(_fate(commune, x.broadcast)) if fixed_start(x) > commune.now else None)
            )
    assert bad == []


def test_an_order_for_a_day_later_moves_no_planned_broadcast(commune: Commune) -> None:
    commune.order(commune.approved("priority"), "xã", starts_in_s=3600, times=20, gap_ms=30000)  # ~590 s
    commune.later(seconds=1)
    x = commune.order(commune.approved("priority"), "xã", starts_in_s=3659)
    before = _row(commune, x.broadcast).starts_at
    commune.later(seconds=1)
    commune.order(commune.approved("priority"), "xã", starts_in_s=86400 + 3628)
    assert _row(commune, x.broadcast).starts_at == before, (before, _fate(commune, x.broadcast))


def test_a_priority_bulletin_for_now_makes_no_planned_one_miss(commune: Commune) -> None:
    x = commune.order(commune.approved("priority"), "xã", starts_in_s=30, times=2)
    commune.later(seconds=1)
    n = commune.order(commune.approved("priority"), "xã", times=20, gap_ms=10000)  # 210 s, "now"
    commune.later(milliseconds=10)
    got = _fate(commune, x.broadcast), _fate(commune, n.broadcast)
    assert not any(f.kind == "missed" for g in got for f in g), got


def test_a_moved_occurrence_of_an_older_schedule_waits_for_the_sounding_broadcast(commune: Commune) -> None:
    schedule = _add(commune, cls="priority")
    commune.later(minutes=1)
    long = commune.order(commune.approved("priority"), "xã", starts_in_s=60, times=20, gap_ms=30000)  # ~590 s
    commune.later(seconds=120)
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["tham"],
            schedule,
            TUESDAY,
            moved_to=(commune.now + timedelta(hours=7, seconds=60)).replace(tzinfo=None),
        )
    m = next(r for r in _rows(commune, schedule) if _name(r).startswith("2026-11-24"))
    assert fixed_start(m) >= fixed_start(long) + timedelta(seconds=590), (_local(long), _local(m))


def test_an_order_that_would_be_delayed_into_quiet_hours_is_refused(commune: Commune) -> None:
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "17:30", "to": "18:30"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], quiet)
    commune.order(commune.approved("priority"), "xã", starts_in_s=20 * 60, times=20, gap_ms=29000)  # 17:20 to 17:29:31
    commune.later(seconds=1)
    announcement = commune.approved("priority")
    with pytest.raises(Invalid, match="phải nhường bản tin ưu tiên khác"):
        commune.order(announcement, "xã", starts_in_s=20 * 60 - 1, times=20, gap_ms=2000)  # 58 s


def _limit(commune: Commune, **limits: Unpack[SessionLimitsFields]) -> None:
    with commune.writing() as session:
        write(session, "session_limits", "refuse")
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], {"session_limits": limits})


def test_moving_the_only_session_of_a_day_keeps_one_session(commune: Commune) -> None:
    _limit(commune, sessions_a_day=1)
    schedule = _add(commune)
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["tham"],
            schedule,
            wall("2026-11-26 05:00"),
            moved_to=wall("2026-11-26 18:30"),
        )


def test_minutes_are_not_counted_twice_when_places_change(commune: Commune) -> None:
    _limit(commune, minutes_a_session=1)
    schedule = _add(commune, "ấp 1", times=20, gap_ms=1000)  # 39 s
    commune.later(minutes=1)
    with commune.writing() as session:
        change_schedule(session, commune.now, commune.officers["tham"], schedule, {"areas": (commune.areas["xã"],)})


def test_an_occurrence_that_has_sounded_cannot_be_moved(commune: Commune) -> None:
    schedule = _add(commune)
    first = _rows(commune, schedule)[0]
    assert first.starts_at
    commune.now = first.starts_at + timedelta(hours=1)
    with pytest.raises(Conflict, match="đã đến giờ phát"), commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, TUESDAY, moved_to=wall("2026-11-24 18:00")
        )


def test_an_occurrence_that_was_moved_later_can_be_dropped_after_its_first_instant(commune: Commune) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, TUESDAY, moved_to=wall("2026-11-26 18:00")
        )
    commune.now = wall("2026-11-25 00:00+00:00")
    with commune.writing() as session:
        change_occurrence(session, commune.now, commune.officers["tham"], schedule, TUESDAY, dropped=True)


def test_a_wider_place_needs_approval_by_an_officer_in_charge_of_it(commune: Commune) -> None:
    commune.in_charge_of("quang", "ấp 1")
    schedule = _add(commune, "ấp 1")
    assert all(r.planned_at for r in _rows(commune, schedule))
    commune.later(minutes=1)
    with commune.writing() as session:
        change_schedule(session, commune.now, commune.officers["tham"], schedule, {"areas": (commune.areas["xã"],)})
    with commune.database.reading() as session:
        on_wire = [_content(session, r) for r in _rows(commune, schedule) if r.planned_at]
    wide = [c for c in on_wire if commune.areas["xã"] in c["areas"] and c["state"] == "planned"]
    assert not wide, (
        f"{len(wide)} on the wire for the whole commune, approved only by {wide[0]['approvals']} of one hamlet"
    )


def test_an_approver_of_a_hamlet_does_not_change_the_communes_broadcasts(commune: Commune) -> None:
    announcement = commune.approved()
    schedule = _add(commune, "xã", announcement=announcement)
    old = {r.submission for r in _rows(commune, schedule)}
    commune.later(minutes=1)
    commune.in_charge_of("quang", "ấp 1")
    with commune.writing() as session:
        r = change_announcement(session, commune.now, commune.officers["tham"], announcement, {"text": "Lời mới."})
        commune.give_sound(session, r, b"OggS other bytes")
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    with pytest.raises(Forbidden), commune.writing() as session:
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    assert {r.submission for r in _rows(commune, schedule) if r.planned_at} <= old


def test_a_narrower_place_with_an_approval_is_planned(commune: Commune) -> None:
    commune.in_charge_of("quang", "ấp 1")
    schedule = _add(commune, "xã")
    assert not any(r.planned_at for r in _rows(commune, schedule))
    commune.later(minutes=1)
    with commune.writing() as session:
        row = change_schedule(
            session, commune.now, commune.officers["tham"], schedule, {"areas": (commune.areas["ấp 1"],)}
        )
        approve_all(session, commune.now, commune.officers["quang"], row.announcement)
    commune.later(hours=7)
    _look(commune)
    assert all(r.planned_at for r in _rows(commune, schedule))


def test_an_occurrence_can_be_dropped_where_other_days_fall_into_new_quiet_hours(commune: Commune) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        change_area(
            session,
            commune.now,
            commune.officers["tham"],
            commune.areas["xã"],
            {"quiet_hours": [{"from": "21:30", "to": "05:30"}]},
        )
    commune.later(days=1)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-27 05:00"), dropped=True
        )


def test_days_are_planned_again_after_the_clock_was_a_year_ahead_for_a_moment(commune: Commune) -> None:
    schedule = _add(commune)
    real = commune.now
    commune.now = real + timedelta(days=400)
    _look(commune)
    commune.now = real + timedelta(days=20)
    _look(commune)
    assert any(commune.now < fixed_start(r) < commune.now + timedelta(days=14) for r in _rows(commune, schedule))


def test_a_longer_new_version_moves_the_bulletin_after_it(commune: Commune) -> None:
    ann = commune.approved("priority")
    _add(commune, announcement=ann)
    commune.later(seconds=1)
    b = _add(commune, cls="priority", first_start=wall("2026-11-24 05:01:00"))
    commune.later(minutes=1)
    with commune.writing() as session:
        r = change_announcement(session, commune.now, commune.officers["tham"], ann, {"text": "Lời mới."})
        commune.give_sound(session, r, b"OggS other bytes")
        clip = session.get_one(Clip, r.clip)
        clip.duration_ms = 300_000
        session.add(clip)
        session.flush()
        submit_announcement(session, commune.now, commune.officers["tham"], ann, [])
        approve_all(session, commune.now, commune.officers["quang"], ann)
    got = [_fate(commune, x.broadcast) for x in _rows(commune, b)[:2]]
    assert not any(f.kind == "missed" for g in got for f in g), got


def test_a_horizon_that_is_shortened_and_lengthened_makes_each_day_once(commune: Commune) -> None:
    schedule = _add(commune)
    [r.broadcast for r in _rows(commune, schedule)]
    with commune.writing() as session:
        write(session, "horizon_days", "3")
    commune.later(hours=7)
    _look(commune)
    with commune.writing() as session:
        write(session, "horizon_days", "14")
    commune.later(hours=7)
    _look(commune)
    after = _rows(commune, schedule)
    assert len({r.occurrence for r in after}) == len(after) == 15


def test_dropping_a_morning_keeps_the_evening(commune: Commune) -> None:
    schedule = _add(commune, rrule="FREQ=DAILY;BYHOUR=5,17;BYMINUTE=0")
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-26 05:00"), dropped=True
        )
    commune.later(minutes=1)
    assert "26/11 17:00:00" in [_local(r) for r in _rows(commune, schedule)]
    with commune.writing() as session:
        change_schedule(
            session, commune.now, commune.officers["tham"], schedule, {"rrule": "FREQ=DAILY;BYHOUR=17;BYMINUTE=0"}
        )
    assert "26/11 17:00:00" in [_local(r) for r in _rows(commune, schedule)]


def test_silencing_a_morning_keeps_the_evening(commune: Commune) -> None:
    schedule = _add(commune, "ấp 1", rrule="FREQ=DAILY;BYHOUR=5,17;BYMINUTE=0")
    commune.now = wall("2026-11-23 21:30+00:00")
    with commune.writing() as session:
        silence_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], hold=False)
    commune.later(hours=4)
    with commune.writing() as session:
        change_schedule(
            session, commune.now, commune.officers["tham"], schedule, {"rrule": "FREQ=DAILY;BYHOUR=17;BYMINUTE=0"}
        )
    assert "24/11 17:00:00" in [_local(r) for r in _rows(commune, schedule)]


def test_two_changes_of_one_day_stay_two(commune: Commune) -> None:
    schedule = _add(commune, rrule="FREQ=DAILY;BYHOUR=5,17;BYMINUTE=0")
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["tham"],
            schedule,
            wall("2026-11-26 17:00"),
            moved_to=wall("2026-11-26 18:00"),
        )
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-26 05:00"), dropped=True
        )
    commune.later(minutes=1)
    with commune.writing() as session:
        change_schedule(
            session, commune.now, commune.officers["tham"], schedule, {"rrule": "FREQ=DAILY;BYHOUR=17;BYMINUTE=0"}
        )
    assert "26/11 18:00:00" in [_local(r) for r in _rows(commune, schedule)]


def test_an_hour_that_is_changed_and_changed_back_keeps_the_announcement_of_a_day(commune: Commune) -> None:
    schedule = _add(commune)
    other = commune.approved(title="Khác")
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-26 05:00"), announcement=other
        )
    for h in (6, 5):
        commune.later(minutes=1)
        with commune.writing() as session:
            change_schedule(
                session, commune.now, commune.officers["tham"], schedule, {"first_start": wall(f"2026-11-24 0{h}:00")}
            )
    assert [r.title for r in _rows(commune, schedule) if _name(r).startswith("2026-11-26")] == ["Khác"]


def test_a_changed_hour_keeps_the_announcement_of_a_day(commune: Commune) -> None:
    schedule = _add(commune)
    other = commune.approved(title="Khác")
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-26 05:00"), announcement=other
        )
    commune.later(minutes=1)
    with commune.writing() as session:
        change_schedule(
            session, commune.now, commune.officers["tham"], schedule, {"first_start": wall("2026-11-24 06:00")}
        )
    assert [r.title for r in _rows(commune, schedule) if _name(r).startswith("2026-11-26")] == ["Khác"]


def test_a_cancelled_moved_occurrence_stays_cancelled_after_its_rules_instant(commune: Commune) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["tham"],
            schedule,
            wall("2026-11-24 05:00"),
            moved_to=wall("2026-11-25 18:00"),
        )
    commune.now = wall("2026-11-25 00:00+00:00")
    r = next(r for r in _rows(commune, schedule) if _name(r).startswith("2026-11-24"))
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], r.broadcast)
    commune.later(hours=7)
    _look(commune)
    assert not [x for x in _rows(commune, schedule) if _name(x).startswith("2026-11-24")]


def test_a_sounding_broadcast_keeps_its_place_and_a_moved_occurrence_is_not_lost(commune: Commune) -> None:
    schedule = _add(commune, cls="priority")
    commune.later(minutes=1)
    long = commune.order(commune.approved("priority"), "xã", starts_in_s=60, times=20, gap_ms=30000)  # 590 s
    commune.later(seconds=120)  # it has sounded for a minute
    with commune.writing() as session:
        for d in session.exec(select(Delivery).where(Delivery.broadcast == long.broadcast)).all():
            d.state, d.started_at = "started", long.starts_at
            session.add(d)
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["tham"],
            schedule,
            TUESDAY,
            moved_to=(commune.now + timedelta(hours=7, seconds=60)).replace(tzinfo=None),
        )
    m = next(r for r in _rows(commune, schedule) if _name(r).startswith("2026-11-24"))
    got = _fate(commune, m.broadcast)
    assert not any(f.kind == "missed" for f in got), (_local(m), got)
