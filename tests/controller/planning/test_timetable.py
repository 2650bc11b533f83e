"""The timetable makes the broadcasts that schedules ask for, each once."""

from collections import Counter
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Unpack

import pytest
from sqlmodel import Session, col, delete, select

from controller.announcements.drafts import change_announcement
from controller.broadcasts.lifecycle import add_broadcast, cancel_broadcast
from controller.broadcasts.lists import broadcasts_between, newest_broadcasts
from controller.broadcasts.revisions import last_revision
from controller.database.tables import Area, Broadcast, BroadcastRevision, Delivery, Schedule
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.places.areas import AreaFields, change_area
from controller.planning.approvals import withdraw_approval
from controller.planning.holidays import holidays_of_year, set_year
from controller.planning.schedule_orders import (
    ScheduleFields,
    ScheduleOrder,
    add_schedule,
    change_occurrence,
    change_schedule,
    end_schedule,
)
from controller.planning.submission import submit_announcement
from controller.planning.timetable import Timetable
from controller.station.facts import write
from tests.people import Commune, approve_all, manifests_waiting
from wire.model import BulletinClass

EACH_WEEKDAY = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
EACH_DAY = "FREQ=DAILY"
wall = datetime.fromisoformat
"""A local time, naive."""
TUESDAY_AT_FIVE = wall("2026-11-24 05:00")


def _order(commune: Commune, *areas: str, **more: Any) -> ScheduleOrder:
    given: dict[str, Any] = {
        "announcement": more.pop("announcement", None) or commune.approved(),
        "areas": tuple(commune.areas[name] for name in areas or ("xã",)),
        "speakers": (),
        "first_start": TUESDAY_AT_FIVE,
        "time_zone": "Asia/Ho_Chi_Minh",
        "rrule": EACH_DAY,
    }
    return ScheduleOrder(**given | more)


def _add(commune: Commune, *areas: str, **more: Any) -> str:
    order = _order(commune, *areas, **more)
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, commune.officers["tham"], order).schedule
        _approve(session, commune, order.announcement)
        return schedule


def _approve(session: Session, commune: Commune, announcement: str) -> None:
    """Approve what waits of an announcement that was made by `Commune.approved`."""
    if announcement in commune.approvers:
        approve_all(session, commune.now, commune.officers[commune.approvers[announcement]], announcement)


def test_every_field_of_an_order_can_be_changed() -> None:
    assert set(ScheduleFields.__annotations__) == {each.name for each in fields(ScheduleOrder)}


def _change(commune: Commune, schedule: str, **changes: Unpack[ScheduleFields]) -> None:
    with commune.writing() as session:
        row = change_schedule(session, commune.now, commune.officers["tham"], schedule, changes)
        _approve(session, commune, row.announcement)


def _broadcasts(commune: Commune, schedule: str, *, all_of_them: bool = False) -> list[Broadcast]:
    with commune.database.reading() as session:
        query = select(Broadcast).where(Broadcast.schedule == schedule).order_by(col(Broadcast.starts_at))
        rows = session.exec(query).all()
    return [row for row in rows if all_of_them or row.cancelled_at is None]


def _local(row: Broadcast) -> str:
    assert row.starts_at
    return (row.starts_at + timedelta(hours=7)).strftime("%a %d/%m %H:%M")


def _look(commune: Commune) -> int:
    """Look at all schedules that are due; returns how many."""
    timetable, looked = Timetable(commune.database), 0
    while timetable.step(commune.now):
        looked += 1
    return looked


def _revisions(commune: Commune) -> Counter[str]:
    with commune.database.reading() as session:
        return Counter(session.exec(select(BroadcastRevision.broadcast)).all())


def test_the_occurrences_of_the_next_fourteen_days_are_broadcasts_at_once(commune: Commune) -> None:
    schedule = _add(commune, rrule=EACH_WEEKDAY)
    rows = _broadcasts(commune, schedule)
    assert [_local(row) for row in rows] == [
        f"{day} 05:00" for day in ("Tue 24/11", "Wed 25/11", "Thu 26/11", "Fri 27/11", "Mon 30/11", "Tue 01/12",
                                   "Wed 02/12", "Thu 03/12", "Fri 04/12", "Mon 07/12")
    ]  # fmt: skip
    assert all(row.planned_at for row in rows)
    with commune.database.reading() as session:
        deliveries = session.exec(select(Delivery).where(Delivery.broadcast == rows[0].broadcast)).all()
        assert {each.speaker for each in deliveries} == {"loa-1a", "loa-1b", "loa-2", "loa-xa"}
        assert last_revision(session, rows[0].broadcast)


def test_a_second_look_writes_nothing(commune: Commune) -> None:
    schedule = _add(commune)
    before, revisions = _broadcasts(commune, schedule), _revisions(commune)
    commune.later(hours=6)
    assert _look(commune) == 1
    after = _broadcasts(commune, schedule)
    assert [row.broadcast for row in after] == [row.broadcast for row in before]
    assert _revisions(commune) == revisions
    assert _look(commune) == 0


def test_new_days_are_added_as_they_come_within_the_horizon(commune: Commune) -> None:
    schedule = _add(commune)
    before = _broadcasts(commune, schedule)
    commune.later(days=1)
    _look(commune)
    added = _broadcasts(commune, schedule)[len(before) :]
    assert [_local(row) for row in added] == ["Tue 08/12 05:00"]


def test_the_horizon_is_a_setting(commune: Commune) -> None:
    with commune.writing() as session:
        write(session, "horizon_days", "30")
    assert len(_broadcasts(commune, _add(commune))) == 30


def test_the_broadcasts_of_an_unapproved_announcement_wait_for_its_approval(commune: Commune) -> None:
    announcement = commune.announcement()
    schedule = _add(commune, announcement=announcement)
    assert all(row.planned_at is None for row in _broadcasts(commune, schedule))
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    assert all(row.planned_at is not None for row in _broadcasts(commune, schedule))


def test_a_changed_hour_takes_the_planned_broadcasts_back_and_waits_for_its_approval(commune: Commune) -> None:
    schedule = _add(commune)
    before = _broadcasts(commune, schedule)
    commune.later(minutes=1)
    with commune.writing() as session:
        changed: ScheduleFields = {"first_start": TUESDAY_AT_FIVE.replace(hour=6)}
        row = change_schedule(session, commune.now, commune.officers["tham"], schedule, changed)
    waiting = _broadcasts(commune, schedule)
    assert {_local(each)[-5:] for each in waiting} == {"06:00"}
    assert all(each.planned_at is None for each in waiting)
    with commune.database.reading() as session:
        newest = [last_revision(session, each.broadcast) for each in before]
    assert {each.content["state"] for each in newest if each} == {"cancelled"}
    with commune.writing() as session:
        _approve(session, commune, row.announcement)
    after = _broadcasts(commune, schedule)
    assert [each.broadcast for each in after] == [each.broadcast for each in waiting]
    assert all(each.planned_at for each in after)
    assert {each.latest_start - each.starts_at for each in after if each.latest_start and each.starts_at} == {
        timedelta(minutes=2)
    }


def test_hours_that_are_added_to_a_rule_leave_what_is_approved_as_it_is(commune: Commune) -> None:
    schedule = _add(commune)
    before = _broadcasts(commune, schedule)
    commune.later(minutes=1)
    with commune.writing() as session:
        changed: ScheduleFields = {"rrule": "FREQ=DAILY;BYHOUR=5,6"}
        change_schedule(session, commune.now, commune.officers["tham"], schedule, changed)
    both = _broadcasts(commune, schedule)
    assert len(both) == 2 * len(before)
    assert [row.broadcast for row in both if row.planned_at] == [row.broadcast for row in before]
    assert {_local(row)[-5:] for row in both if row.planned_at is None} == {"06:00"}


def test_lists_leave_out_broadcasts_that_the_timetable_withdrew(commune: Commune) -> None:
    schedule = _add(commune)
    _change(commune, schedule, rrule="FREQ=DAILY;INTERVAL=2")
    with commune.database.reading() as session:
        listed = [row.broadcast for row in newest_broadcasts(session, 100, None)]
        week = broadcasts_between(session, commune.now, commune.now + timedelta(days=7))
    there = [row.broadcast for row in _broadcasts(commune, schedule)]
    assert listed == there[::-1]
    assert [_local(row)[:3] for row in week] == ["Tue", "Thu", "Sat", "Mon"]


def test_a_rule_with_fewer_days_cancels_the_other_days_alone(commune: Commune) -> None:
    schedule = _add(commune)
    before = {_local(row): row.broadcast for row in _broadcasts(commune, schedule)}
    revisions = _revisions(commune)
    commune.later(minutes=1)
    _change(commune, schedule, rrule=EACH_WEEKDAY)
    after = {_local(row): row.broadcast for row in _broadcasts(commune, schedule)}
    assert after == {day: broadcast for day, broadcast in before.items() if day[:3] not in ("Sat", "Sun")}
    changed = {broadcast for broadcast, count in _revisions(commune).items() if count != revisions[broadcast]}
    assert changed == set(before.values()) - set(after.values())


def test_a_narrower_place_is_a_new_revision_of_the_same_broadcast_and_asks_nobody(commune: Commune) -> None:
    schedule = _add(commune, "xã")
    before = _broadcasts(commune, schedule)
    commune.later(minutes=1)
    with commune.writing() as session:
        changed: ScheduleFields = {"areas": (commune.areas["ấp 2"],)}
        row = change_schedule(session, commune.now, commune.officers["tham"], schedule, changed)
    assert manifests_waiting(commune, row.announcement) == []
    after = _broadcasts(commune, schedule)
    assert [row.broadcast for row in after] == [row.broadcast for row in before]
    with commune.database.reading() as session:
        newest = last_revision(session, after[0].broadcast)
        assert newest
        assert newest.content["areas"] == [commune.areas["ấp 2"]]
        assert len(newest.topics) == 2  # it is withdrawn where it was


def test_a_rule_that_is_changed_back_makes_its_days_again_under_new_ids(commune: Commune) -> None:
    schedule = _add(commune)
    before = _broadcasts(commune, schedule)
    _change(commune, schedule, rrule=EACH_WEEKDAY)
    _change(commune, schedule, rrule=EACH_DAY)
    after = _broadcasts(commune, schedule)
    assert [_local(row) for row in after] == [_local(row) for row in before]
    assert Counter(row.occurrence for row in after).most_common(1)[0][1] == 1


def test_an_ended_schedule_cancels_its_future_broadcasts_and_keeps_the_past(commune: Commune) -> None:
    schedule = _add(commune)
    commune.later(hours=13)  # 06:00 on Tuesday
    with commune.writing() as session:
        end_schedule(session, commune.now, commune.officers["tham"], schedule)
    assert [_local(row) for row in _broadcasts(commune, schedule)] == ["Tue 24/11 05:00"]
    assert _look(commune) == 0
    with commune.writing() as session, pytest.raises(NotFound):
        end_schedule(session, commune.now, commune.officers["tham"], schedule)


def test_one_occurrence_is_dropped_and_restored_without_a_change_of_others(commune: Commune) -> None:
    schedule = _add(commune)
    before = _broadcasts(commune, schedule)
    officer = commune.officers["tham"]
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(session, commune.now, officer, schedule, wall("2026-11-26 05:00"), dropped=True)
    assert [_local(row) for row in _broadcasts(commune, schedule)] == [
        _local(row) for row in before if not _local(row).startswith("Thu 26/11")
    ]
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(session, commune.now, officer, schedule, wall("2026-11-26 05:00"))
    assert [_local(row) for row in _broadcasts(commune, schedule)] == [_local(row) for row in before]


def test_one_occurrence_is_moved_within_its_day_without_asking_where_the_area_allows_it(commune: Commune) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        session.get_one(Area, commune.areas["xã"]).approval_policy = {"same_day_moves": True}
    before = {row.occurrence: row.broadcast for row in _broadcasts(commune, schedule)}
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["tham"],
            schedule,
            wall("2026-11-26 05:00"),
            moved_to=wall("2026-11-26 18:30"),
        )
    rows = _broadcasts(commune, schedule)
    assert {row.occurrence: row.broadcast for row in rows} == before
    assert [_local(row) for row in rows if row.occurrence == "2026-11-26T05:00:00"] == ["Thu 26/11 18:30"]
    commune.later(hours=6)
    _look(commune)
    assert {row.occurrence: row.broadcast for row in _broadcasts(commune, schedule)} == before


@pytest.mark.parametrize("bulletin_class", ["normal", "emergency"])
def test_an_occurrence_is_not_moved_into_quiet_hours_without_asking(
    commune: Commune, bulletin_class: BulletinClass
) -> None:
    schedule = _add(commune, announcement=commune.approved(bulletin_class))
    with commune.writing() as session:
        area = session.get_one(Area, commune.areas["xã"])
        area.approval_policy = {"same_day_moves": True}
        area.quiet_hours = [{"from": "21:00", "to": "04:30"}]
    day, moved_to = wall("2026-11-26 05:00"), wall("2026-11-26 02:00")
    with commune.writing() as session, suppress(Invalid):
        change_occurrence(session, commune.now, commune.officers["tham"], schedule, day, moved_to=moved_to)
    [row] = [row for row in _broadcasts(commune, schedule) if row.occurrence == day.isoformat()]
    assert row.planned_at is None or _local(row) == "Thu 26/11 05:00"


def test_an_occurrence_that_has_sounded_does_not_sound_again_without_asking(commune: Commune) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        session.get_one(Area, commune.areas["xã"]).approval_policy = {"same_day_moves": True}
    day = wall("2026-11-24 05:00")
    [sounding] = [row for row in _broadcasts(commune, schedule) if row.occurrence == day.isoformat()]
    commune.now = sounding.starts_at + timedelta(seconds=2) if sounding.starts_at else commune.now
    officer = commune.officers["tham"]
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, officer, sounding.broadcast)
    commune.later(seconds=1)
    with commune.writing() as session:
        change_occurrence(session, commune.now, officer, schedule, day, moved_to=wall("2026-11-24 05:10"))
    [again] = [row for row in _broadcasts(commune, schedule) if row.occurrence == day.isoformat()]
    assert again.planned_at is None


def test_one_occurrence_gets_another_announcement(commune: Commune) -> None:
    schedule = _add(commune)
    other = commune.approved(title="Lịch tiêm")
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, wall("2026-11-26 05:00"), announcement=other
        )
    rows = _broadcasts(commune, schedule)
    titles = {row.occurrence: row.title for row in rows}
    assert titles["2026-11-26T05:00:00"] == "Lịch tiêm"
    assert set(titles.values()) == {"Lịch tiêm", "Họp dân"}
    assert [row.title for row in rows if row.planned_at is None] == ["Lịch tiêm"], "only this one waits"
    with commune.writing() as session:
        _approve(session, commune, other)
    assert all(row.planned_at for row in _broadcasts(commune, schedule))


@pytest.mark.parametrize("moved_to", ["2026-11-26 18:30", "2026-11-27 05:30"])
def test_a_moved_occurrence_waits_for_its_own_approval(commune: Commune, moved_to: str) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        day = wall("2026-11-26 05:00")
        change_occurrence(session, commune.now, commune.officers["tham"], schedule, day, moved_to=wall(moved_to))
    rows = _broadcasts(commune, schedule)
    moved = next(row for row in rows if row.occurrence == "2026-11-26T05:00:00")
    assert [row.broadcast for row in rows if row.planned_at is None] == [moved.broadcast]
    assert len(manifests_waiting(commune, moved.announcement or "")) == 1
    with commune.writing() as session:
        _approve(session, commune, moved.announcement or "")
    assert all(row.planned_at for row in _broadcasts(commune, schedule))


def test_what_was_taken_back_is_shown_if_a_cut_off_speaker_sounded_it(commune: Commune) -> None:
    schedule = _add(commune)
    day = wall("2026-11-26 05:00")
    [before] = [row.broadcast for row in _broadcasts(commune, schedule) if row.occurrence == day.isoformat()]
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, commune.officers["tham"], schedule, day, moved_to=wall("2026-11-26 18:30")
        )

    def listed() -> set[str]:
        with commune.database.reading() as session:
            begin = datetime(2026, 11, 25, 17, tzinfo=UTC)
            lists = (
                broadcasts_between(session, begin, begin + timedelta(days=1)),
                newest_broadcasts(session, 500, None),
            )
            [one] = {frozenset(row.broadcast for row in rows) & {before} for rows in lists}
            return set(one)

    assert listed() == set()
    with commune.writing() as session:
        sounded = session.exec(select(Delivery).where(Delivery.broadcast == before)).first()
        assert sounded is not None
        sounded.state = "played"
        session.add(sounded)
    assert listed() == {before}


@pytest.mark.parametrize(
    ("occurrence", "more"),
    [
        (wall("2026-11-26 05:00"), {"moved_to": wall("2026-11-23 12:00")}),  # past
        (wall("2026-11-26 05:00"), {"moved_to": wall("2026-12-26 05:00")}),  # a month away
        (wall("2026-11-26 06:00"), {"dropped": True}),  # no such occurrence
        (wall("2026-11-26 05:00"), {"announcement": "nobody"}),
    ],
)
def test_an_impossible_change_of_an_occurrence_is_refused(
    commune: Commune, occurrence: datetime, more: dict[str, Any]
) -> None:
    schedule = _add(commune)
    with commune.writing() as session, pytest.raises((Invalid, NotFound)):
        change_occurrence(session, commune.now, commune.officers["tham"], schedule, occurrence, **more)


def test_a_broadcast_that_an_officer_cancelled_is_not_made_again(commune: Commune) -> None:
    schedule = _add(commune)
    row = _broadcasts(commune, schedule)[2]
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], row.broadcast)
    commune.later(hours=6)
    _look(commune)
    assert row.occurrence not in {each.occurrence for each in _broadcasts(commune, schedule)}


def test_a_holiday_by_decree_withdraws_the_broadcast_of_that_day_alone(commune: Commune) -> None:
    schedule = _add(commune, skip_holidays=True)
    assert "Fri 27/11 05:00" in [_local(row) for row in _broadcasts(commune, schedule)]
    commune.later(minutes=1)
    with commune.writing() as session:
        days = holidays_of_year(session, 2026).days | {date(2026, 11, 27): "Nghỉ bù"}
        set_year(session, commune.now, commune.officers["tham"], 2026, days, "Quyết định 1/QĐ-TTg")
    _look(commune)
    after = [_local(row) for row in _broadcasts(commune, schedule)]
    assert "Fri 27/11 05:00" not in after
    assert "Thu 26/11 05:00" in after


def test_a_schedule_that_does_not_skip_holidays_sounds_on_them(commune: Commune) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        set_year(session, commune.now, commune.officers["tham"], 2026, {date(2026, 11, 27): "Nghỉ bù"}, None)
    _look(commune)
    assert "Fri 27/11 05:00" in [_local(row) for row in _broadcasts(commune, schedule)]


def test_a_schedule_with_an_hour_in_quiet_hours_is_refused(commune: Commune) -> None:
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "21:30", "to": "05:00"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], quiet)
    order = _order(commune, first_start=wall("2026-11-24 03:15"))
    with pytest.raises(Invalid, match="03:15 nằm trong giờ yên tĩnh") as refused, commune.writing() as session:
        add_schedule(session, commune.now, commune.officers["tham"], order)
    assert refused.value.field == "first_start"
    with commune.database.reading() as session:
        assert session.exec(select(Schedule)).all() == []
    assert _broadcasts(commune, _add(commune))  # 05:00 itself isn't quiet any more


def test_why_an_occurrence_cannot_be_made_is_logged_once(commune: Commune, caplog: pytest.LogCaptureFixture) -> None:
    schedule = _add(commune)
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "21:30", "to": "05:30"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], quiet)
    logged = []
    for _ in range(2 * 24 * 6):
        commune.later(minutes=10)
        _look(commune)
        logged += [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        caplog.clear()
    with commune.database.reading() as session:
        trouble = session.get_one(Schedule, schedule).trouble
    assert "05:00 nằm trong giờ yên tĩnh" in str(trouble)
    assert logged == [
        f"schedule={schedule} occurrence=2026-12-0{day}T05:00:00 can't be made: {trouble}" for day in (8, 9)
    ]


def test_why_another_occurrence_cannot_be_made_is_logged_too(
    commune: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    """The schedule keeps one trouble, the first; the log tells all."""
    schedule = _add(commune, rrule="FREQ=DAILY;BYHOUR=5,17", first_start=wall("2026-11-24 05:00"))
    commune.later(days=2)
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "21:30", "to": "05:30"}, {"from": "16:30", "to": "18:00"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], quiet)
    _look(commune)
    logged = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [line.partition(" nằm trong giờ yên tĩnh")[0] for line in logged] == [
        f"schedule={schedule} occurrence=2026-12-{at}:00 can't be made: {at[3:]}"
        for at in ("07T17:00", "08T05:00", "08T17:00", "09T05:00")
    ]


def test_a_broadcast_that_is_taken_back_is_logged(commune: Commune, caplog: pytest.LogCaptureFixture) -> None:
    schedule = _add(commune)
    first = _broadcasts(commune, schedule)[0]
    with caplog.at_level("INFO"), commune.writing() as session:
        end_schedule(session, commune.now, commune.officers["tham"], schedule)
    assert f"taken back broadcast={first.broadcast} schedule={schedule} occurrence={first.occurrence}" in caplog.text


def test_one_broken_schedule_does_not_stop_the_others(commune: Commune) -> None:
    broken, sound = _add(commune), _add(commune)
    with commune.writing() as session:
        row = session.get_one(Schedule, broken)
        row.rrule, row.plan_due = "FREQ=NEVER", commune.now
        session.add(row)
    commune.later(days=1)
    assert _look(commune) == 2
    assert len(_broadcasts(commune, sound)) == 15
    with commune.database.reading() as session:
        assert session.get_one(Schedule, broken).trouble
        assert session.get_one(Schedule, sound).trouble is None


def test_an_approved_new_version_recurs_from_then_on(commune: Commune) -> None:
    announcement = commune.approved()
    schedule = _add(commune, announcement=announcement)
    before = _broadcasts(commune, schedule)
    commune.later(minutes=1)
    with commune.writing() as session:
        row = change_announcement(session, commune.now, commune.officers["tham"], announcement, {"text": "Lời mới."})
        commune.give_sound(session, row, b"OggS other bytes")
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    after = _broadcasts(commune, schedule)
    assert [row.broadcast for row in after] == [row.broadcast for row in before]
    assert {row.submission for row in after}.isdisjoint({row.submission for row in before})


def test_a_withdrawn_approval_makes_the_days_wait(commune: Commune) -> None:
    announcement = commune.approved()
    schedule = _add(commune, announcement=announcement)
    days = [row.occurrence for row in _broadcasts(commune, schedule)]
    commune.later(minutes=1)
    with commune.writing() as session:
        withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
    _look(commune)
    waiting = _broadcasts(commune, schedule)
    assert [row.occurrence for row in waiting] == days
    assert all(row.planned_at is None for row in waiting)


def test_only_an_officer_in_charge_of_all_its_places_changes_a_schedule(commune: Commune) -> None:
    schedule = _add(commune, "xã")
    editor = commune.in_charge_of("editor", "ấp 1")
    with commune.writing() as session, pytest.raises(Forbidden):
        change_schedule(session, commune.now, editor, schedule, {"areas": (commune.areas["ấp 1"],)})
    with commune.writing() as session, pytest.raises(Forbidden):
        end_schedule(session, commune.now, editor, schedule)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("rrule", {"rrule": "FREQ=SECONDLY"}),
        ("rrule", {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
        ("rrule", {"rrule": "each day"}),
        ("time_zone", {"time_zone": "Asia/Nowhere"}),
        ("until", {"until": wall("2026-11-23 00:00")}),
        ("until", {"until": wall("2027-01-01 00:00"), "rrule": "FREQ=DAILY;UNTIL=20270101T000000"}),
        ("areas", {"areas": ()}),
        ("announcement", {"announcement": "nobody"}),
    ],
)
def test_an_impossible_schedule_is_refused_with_a_sentence(commune: Commune, field: str, more: dict[str, Any]) -> None:
    order = _order(commune, **more)
    with pytest.raises(Invalid) as refused, commune.writing() as session:
        add_schedule(session, commune.now, commune.officers["tham"], order)
    assert refused.value.field == field


def test_a_schedule_of_an_announcement_without_a_sound_is_refused(commune: Commune) -> None:
    announcement = commune.announcement()
    with commune.writing() as session:
        change_announcement(session, commune.now, commune.officers["tham"], announcement, {"text": "Lời mới."})
    order = _order(commune, announcement=announcement)
    with pytest.raises(Conflict), commune.writing() as session:
        add_schedule(session, commune.now, commune.officers["tham"], order)


def test_the_hours_of_a_rule_are_those_of_its_time_zone(commune: Commune) -> None:
    rows = _broadcasts(commune, _add(commune, time_zone="Europe/Berlin"))
    assert rows[0].starts_at == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_broadcasts_that_a_restored_copy_makes_again_keep_their_ids(commune: Commune) -> None:
    schedule = _add(commune)
    before = [row.broadcast for row in _broadcasts(commune, schedule)]
    found = before[-1]
    with (
        commune.writing() as session
    ):  # the copy is from before the last days were made; a speaker has reported one of them
        for broadcast in before[-3:]:
            for table in (Delivery, BroadcastRevision):
                session.exec(delete(table).where(col(table.broadcast) == broadcast))
            session.exec(delete(Broadcast).where(col(Broadcast.broadcast) == broadcast))
        session.add(
            Broadcast(broadcast=found, title="", bulletin_class=None, areas=[], speakers=[], created_at=commune.now)
        )
        session.flush()
        session.add(Delivery(broadcast=found, speaker="loa-2", state="ready", found=True))
        session.get_one(Schedule, schedule).plan_due = commune.now
    _look(commune)
    after = _broadcasts(commune, schedule)
    assert [row.broadcast for row in after] == before
    with commune.database.reading() as session:
        deliveries = session.exec(select(Delivery).where(Delivery.broadcast == found)).all()
    assert {each.speaker: each.state for each in deliveries} == {
        "loa-1a": "pending", "loa-1b": "pending", "loa-2": "ready", "loa-xa": "pending",
    }  # fmt: skip


def test_a_look_that_is_interrupted_leaves_nothing_and_is_repeated(
    commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = _add(commune)
    commune.later(days=3)
    calls = count()

    def power_cut(*_given: Any) -> None:
        if next(calls) == 2:
            raise KeyboardInterrupt
        add_broadcast(*_given)

    monkeypatch.setattr("controller.planning.timetable.add_broadcast", power_cut)
    before = _broadcasts(commune, schedule, all_of_them=True)
    with pytest.raises(KeyboardInterrupt):
        _look(commune)
    assert _broadcasts(commune, schedule, all_of_them=True) == before
    monkeypatch.undo()
    _look(commune)
    assert len(_broadcasts(commune, schedule)) == len(before) + 3


def test_a_schedule_works_on_either_database(either_commune: Commune) -> None:
    commune = either_commune
    schedule = _add(commune)
    occurrence = wall("2026-11-26 05:00")
    for dropped in (True, False):
        commune.later(minutes=1)
        with commune.writing() as session:
            change_occurrence(session, commune.now, commune.officers["tham"], schedule, occurrence, dropped=dropped)
    _change(commune, schedule, rrule=EACH_WEEKDAY)
    commune.later(days=1)
    assert _look(commune) == 1
    assert len(_broadcasts(commune, schedule)) == 11


def test_a_day_that_was_dropped_or_cancelled_stays_silent_when_the_hour_changes(commune: Commune) -> None:
    schedule = _add(commune)
    officer = commune.officers["tham"]
    with commune.writing() as session:
        change_occurrence(session, commune.now, officer, schedule, wall("2026-11-26 05:00"), dropped=True)
        change_occurrence(
            session, commune.now, officer, schedule, wall("2026-11-28 05:00"), moved_to=wall("2026-11-28 18:00")
        )
        cancelled = next(row for row in _broadcasts(commune, schedule) if _local(row).startswith("Fri 27/11"))
        cancel_broadcast(session, commune.now, officer, cancelled.broadcast)
    _change(commune, schedule, first_start=TUESDAY_AT_FIVE.replace(hour=6))
    days = [_local(row) for row in _broadcasts(commune, schedule)]
    assert "Wed 25/11 06:00" in days
    assert not [day for day in days if (day[:3] in ("Thu", "Fri") and "26/11" in day) or "27/11" in day]
    assert [day for day in days if "28/11" in day] == ["Sat 28/11 18:00"]


def test_a_cancelled_occurrence_can_be_restored(commune: Commune) -> None:
    schedule = _add(commune)
    row = _broadcasts(commune, schedule)[2]
    officer = commune.officers["tham"]
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, officer, row.broadcast)
    commune.later(seconds=1)
    with commune.writing() as session:
        change_occurrence(session, commune.now, officer, schedule, wall("2026-11-26 05:00"))
    again = [each for each in _broadcasts(commune, schedule) if each.occurrence == row.occurrence]
    assert [_local(each) for each in again] == ["Thu 26/11 05:00"]
    assert again[0].broadcast != row.broadcast


def test_a_changed_place_is_counted_once_against_the_limits(commune: Commune) -> None:
    with commune.writing() as session:
        write(session, "session_limits", "refuse")
        limits: AreaFields = {"session_limits": {"sessions_a_day": 1, "minutes_a_session": 1}}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], limits)
    schedule = _add(commune, "ấp 1", times=12, gap_ms=2000)  # 34 s
    _change(commune, schedule, areas=(commune.areas["xã"],))
    _change(commune, schedule, first_start=TUESDAY_AT_FIVE.replace(hour=6))
    with pytest.raises(Invalid, match="nhiều nhất 1 phút"):
        _change(commune, schedule, times=20, gap_ms=3000)
