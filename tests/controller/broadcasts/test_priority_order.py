"""Two priority bulletins want the same minutes: neither is lost, and an officer decides which is first."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.priority_order import (
    PAUSE_BETWEEN_BULLETINS,
    Collision,
    collisions,
    decide_priority,
    undecided_collisions,
)
from controller.broadcasts.revisions import last_revision
from controller.database.column_types import ApprovalPolicyFields
from controller.database.tables import Broadcast, PriorityOrder
from controller.errors import Conflict, Forbidden, Invalid
from controller.places.areas import change_area
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence
from controller.planning.submission import submit_announcement
from controller.planning.timetable import Timetable
from tests.people import Commune, approve_all
from wire.model import BulletinClass


def _order(commune: Commune, *areas: str, starts_in_s: float = 3600, bulletin_class: BulletinClass = "priority") -> str:
    announcement = commune.approved(bulletin_class)
    commune.later(seconds=1)
    return commune.order(announcement, *areas, starts_in_s=starts_in_s - 1, times=20, gap_ms=2000).broadcast


def _row(commune: Commune, broadcast: str) -> Broadcast:
    with commune.database.reading() as session:
        return session.get_one(Broadcast, broadcast)


def _starts_in(commune: Commune, broadcast: str) -> timedelta:
    starts_at = _row(commune, broadcast).starts_at
    assert starts_at
    return starts_at - commune.now


def _meeting(commune: Commune) -> tuple[str, str]:
    """Two priority bulletins of 58 s, ordered 10 s apart, that share one hamlet."""
    first = _order(commune, "xã")
    second = _order(commune, "ấp 1", starts_in_s=3600 + 9)
    return first, second


def _decide(commune: Commune, first: str, second: str, username: str = "tham", *, always: bool = False) -> None:
    with commune.writing() as session:
        decide_priority(session, commune.now, commune.officers[username], first, second, always=always)


def _cancel(commune: Commune, broadcast: str) -> None:
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], broadcast)


def _revision(commune: Commune, broadcast: str) -> int:
    with commune.database.reading() as session:
        revision = last_revision(session, broadcast)
    assert revision
    return revision.revision


def _same_day_moves(commune: Commune, *, same_day_moves: bool) -> None:
    policy: ApprovalPolicyFields = {"same_day_moves": True} if same_day_moves else {}
    with commune.writing() as session:
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], {"approval_policy": policy})


def _pile(commune: Commune) -> tuple[str, list[str], str]:
    """An approved bulletin for ấp 1; nine that nobody approved, of half an hour; one for ấp 2 before them."""
    stopped = commune.order(commune.approved("priority"), "ấp 1", starts_in_s=1800, times=20, gap_ms=120_000).broadcast
    waiting = []
    for _ in range(9):
        announcement = commune.announcement("priority", author="tham")
        commune.later(seconds=1)
        order = commune.order(announcement, "xã", starts_in_s=1800, times=20, gap_ms=100_000, by="editor")
        waiting.append(order.broadcast)
    return stopped, waiting, _order(commune, "ấp 2", starts_in_s=1794)


def _undecided(commune: Commune) -> list[Collision]:
    with commune.database.reading() as session:
        return undecided_collisions(session, commune.now)


def test_the_bulletin_made_first_goes_first_and_the_other_begins_after_it(commune: Commune) -> None:
    first, second = _meeting(commune)
    one, other = _row(commune, first), _row(commune, second)
    assert one.starts_at
    assert other.starts_at
    assert one.wanted_start is None
    assert other.starts_at - (one.starts_at + timedelta(seconds=58)) in (
        PAUSE_BETWEEN_BULLETINS,
        PAUSE_BETWEEN_BULLETINS + timedelta(seconds=1),
    )
    assert other.wanted_start
    assert other.latest_start == other.starts_at + timedelta(minutes=2)
    with commune.database.reading() as session:
        revision = last_revision(session, second)
        assert revision
        assert revision.content["starts_at"] == other.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    [collision] = _undecided(commune)
    assert (collision.first.broadcast, collision.second.broadcast) == (first, second)


def test_an_officer_sets_the_order_and_it_goes_on_the_wire(commune: Commune) -> None:
    first, second = _meeting(commune)
    wanted = _row(commune, second).wanted_start
    _decide(commune, second, first)
    assert _row(commune, second).starts_at == wanted
    assert _row(commune, second).wanted_start is None
    assert _starts_in(commune, first) > _starts_in(commune, second) + timedelta(seconds=58)
    assert _undecided(commune) == []
    _decide(commune, first, second)  # decided anew in time
    assert _starts_in(commune, first) < _starts_in(commune, second)


def test_the_order_is_fixed_ten_minutes_before_the_start(commune: Commune) -> None:
    first, second = _meeting(commune)
    timetable = Timetable(commune.database)
    timetable.close_decisions(commune.now)
    assert len(_undecided(commune)) == 1
    commune.later(minutes=50)
    timetable.close_decisions(commune.now)
    assert _undecided(commune) == []
    with commune.database.reading() as session:
        [collision] = collisions(session, commune.now)
    assert collision.decided
    assert collision.decided.decided_by is None
    assert collision.decided.first == first
    with pytest.raises(Conflict, match="không đổi thứ tự được nữa"):
        _decide(commune, second, first)


def test_what_nobody_has_approved_is_neither_paired_nor_written_down(commune: Commune) -> None:
    approved, *_ = _meeting(commune)
    waiting = commune.announcement("priority")
    orders = [commune.order(waiting, "ấp 1", starts_in_s=3600).broadcast for _ in range(5)]
    with commune.database.reading() as session:
        found = [{each.first.broadcast, each.second.broadcast} for each in collisions(session, commune.now)]
    assert all({approved, each} in found for each in orders)
    assert not any(pair <= set(orders) for pair in found)
    commune.later(minutes=51)
    Timetable(commune.database).close_decisions(commune.now)
    with commune.database.reading() as session:
        written = session.exec(select(PriorityOrder)).all()
    assert len(written) == 1
    assert not {written[0].first, written[0].second} & set(orders)


def test_bulletins_that_share_no_speaker_keep_their_instants(commune: Commune) -> None:
    first, second = _order(commune, "ấp 1"), _order(commune, "ấp 2", starts_in_s=3599)
    assert _row(commune, first).wanted_start is None
    assert _row(commune, second).wanted_start is None
    assert _undecided(commune) == []
    with pytest.raises(Conflict):
        _decide(commune, first, second)
    with pytest.raises(Invalid):
        _decide(commune, "nobody", second)


def test_normal_bulletins_keep_their_instants(commune: Commune) -> None:
    _order(commune, "xã")
    normal = _order(commune, "xã", starts_in_s=3609, bulletin_class="normal")
    assert _row(commune, normal).wanted_start is None
    assert _undecided(commune) == []


def test_when_the_first_is_cancelled_the_other_returns_to_its_own_instant(commune: Commune) -> None:
    first, second = _meeting(commune)
    wanted = _row(commune, second).wanted_start
    timetable = Timetable(commune.database)
    _cancel(commune, first)
    timetable.settle_cancelled(commune.now)
    assert _row(commune, second).starts_at == wanted
    third = _order(commune, "ấp 1", starts_in_s=3600)
    _cancel(commune, second)
    timetable.settle_cancelled(commune.now)
    assert _row(commune, third).wanted_start is None


def test_what_is_approved_gives_way_only_to_what_is_approved(commune: Commune) -> None:
    waiting = commune.announcement("priority", author="tham")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], waiting, [])
    first = commune.order(waiting, "xã", starts_in_s=3599, times=20, gap_ms=2000, by="editor").broadcast
    approved = _order(commune, "ấp 1")
    assert _row(commune, approved).wanted_start is None
    assert _starts_in(commune, first) > _starts_in(commune, approved) + timedelta(seconds=58)
    commune.approvers[waiting] = "quang"
    commune.approve_orders(waiting)
    assert _row(commune, first).planned_at
    assert _row(commune, first).wanted_start is None, "it was made first, and may go first now"
    assert _starts_in(commune, approved) > _starts_in(commune, first) + timedelta(seconds=58)


def test_what_nobody_approved_moves_no_other_in_its_last_ten_minutes(commune: Commune) -> None:
    waiting = commune.announcement("priority", author="tham")
    commune.order(waiting, "xã", starts_in_s=540, times=20, gap_ms=2000, by="editor")
    approved = _order(commune, "ấp 1", starts_in_s=541)
    assert _row(commune, approved).wanted_start is None


def test_stopping_one_never_fails_for_bulletins_that_nobody_approved(commune: Commune) -> None:
    stopped, others, approved = _pile(commune)
    _cancel(commune, stopped)
    Timetable(commune.database).settle_cancelled(commune.now)
    assert _row(commune, stopped).cancelled_at == commune.now
    assert _row(commune, approved).wanted_start is None, "it stays where it was approved"
    assert _row(commune, approved).starts_at == commune.now + timedelta(seconds=1793)
    begins = [_starts_in(commune, other) for other in others[:-1]]
    assert begins == sorted(begins)
    assert begins[0] > _starts_in(commune, approved) + timedelta(seconds=58), "what nobody approved goes around it"
    assert _row(commune, others[-1]).wanted_start is None, "over four hours late is too late: it stays"
    later = _order(commune, "ấp 2", starts_in_s=1790)
    assert _row(commune, later).planned_at, "nor do other orders and approvals fail"
    assert timedelta(seconds=58) < _starts_in(commune, later) - _starts_in(commune, approved) < timedelta(minutes=5)


def test_a_bulletin_that_may_no_longer_be_moved_keeps_its_start_and_stops_no_other(commune: Commune) -> None:
    _same_day_moves(commune, same_day_moves=True)
    announcement = commune.approved("priority")
    wall = datetime.fromisoformat("2026-11-23T22:00:00")
    with commune.writing() as session:
        schedule = add_schedule(
            session,
            commune.now,
            commune.officers["tham"],
            ScheduleOrder(announcement, (commune.areas["ấp 1"],), (), wall, "Asia/Ho_Chi_Minh", "FREQ=DAILY"),
        ).schedule
    commune.approve_orders(announcement)
    first = _order(commune, "ấp 1", starts_in_s=1800)
    third = _order(commune, "ấp 1", starts_in_s=1800)
    with commune.writing() as session:
        change_occurrence(
            session,
            commune.now,
            commune.officers["editor"],
            schedule,
            wall,
            moved_to=datetime.fromisoformat("2026-11-23T17:30:00"),
        )
    with commune.database.reading() as session:
        [moved] = session.exec(select(Broadcast).where(Broadcast.occurrence == wall.isoformat())).all()
    _decide(commune, first, moved.broadcast)
    _same_day_moves(commune, same_day_moves=False)
    begins = _row(commune, moved.broadcast).starts_at
    revision = _revision(commune, moved.broadcast)
    _cancel(commune, first)
    Timetable(commune.database).settle_cancelled(commune.now)
    assert _row(commune, first).cancelled_at
    assert _row(commune, moved.broadcast).starts_at == begins
    assert _revision(commune, moved.broadcast) == revision
    assert _starts_in(commune, third) < timedelta(minutes=35)


def test_an_order_that_cannot_be_obeyed_is_refused(commune: Commune) -> None:
    _same_day_moves(commune, same_day_moves=True)
    announcement = commune.approved("priority")
    wall = datetime.fromisoformat("2026-11-23T22:00:00")
    tham = commune.officers["tham"]
    order = ScheduleOrder(announcement, (commune.areas["ấp 1"],), (), wall, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, tham, order).schedule
    commune.approve_orders(announcement)
    with commune.writing() as session:
        change_occurrence(
            session, commune.now, tham, schedule, wall, moved_to=datetime.fromisoformat("2026-11-23T17:30:00")
        )
    with commune.database.reading() as session:
        [moved] = session.exec(select(Broadcast).where(Broadcast.occurrence == wall.isoformat())).all()
    _same_day_moves(commune, same_day_moves=False)
    other = _order(commune, "ấp 1", starts_in_s=1800)
    begins = _starts_in(commune, moved.broadcast), _starts_in(commune, other)
    with pytest.raises(Conflict, match="không thể phát sau"):
        _decide(commune, other, moved.broadcast)
    assert (_starts_in(commune, moved.broadcast), _starts_in(commune, other)) == begins
    assert [each.decided for each in _undecided(commune)] == [None]


def test_only_an_officer_in_charge_of_both_places_decides(commune: Commune) -> None:
    first, second = _meeting(commune)
    commune.in_charge_of("editor", "ấp 1")
    with pytest.raises(Forbidden):
        _decide(commune, second, first, "editor")


def test_two_schedules_that_meet_each_day_are_decided_once_for_all(commune: Commune) -> None:
    made = []
    for title in ("Dịch tả lợn", "Cắt nước"):
        announcement = commune.approved("priority", title=title)
        commune.later(seconds=1)
        with commune.writing() as session:
            row = add_schedule(
                session,
                commune.now,
                commune.officers["tham"],
                ScheduleOrder(
                    announcement,
                    (commune.areas["xã"],),
                    (),
                    datetime.fromisoformat("2026-11-24T05:00:00"),
                    "Asia/Ho_Chi_Minh",
                    "FREQ=DAILY",
                ),
            )
            made.append(row.schedule)
            approve_all(session, commune.now, commune.officers["quang"], announcement)
    waiting = _undecided(commune)
    assert len(waiting) == 14
    assert {each.first.title for each in waiting} == {"Dịch tả lợn"}
    _decide(commune, waiting[0].second.broadcast, waiting[0].first.broadcast, always=True)
    assert _undecided(commune) == []
    with commune.database.reading() as session:
        assert {each.first.title for each in collisions(session, commune.now)} == {"Cắt nước"}
    commune.later(days=1)
    while Timetable(commune.database).step(commune.now):
        pass
    assert _undecided(commune) == []
