"""Who approved what of a broadcast and of a schedule: by REST and pages the same."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlmodel import select

from controller.announcements.drafts import change_announcement
from controller.database.tables import Broadcast, Schedule
from controller.places.areas import change_area
from controller.planning.approvals import approve, withdraw_approval
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_schedule
from controller.planning.submission import submit_announcement
from controller.planning.waiting import waiting_orders
from controller.planning.who_approved import who_approved_broadcasts, who_approved_schedules
from tests.people import Commune, approve_all, manifests_waiting


def _who(commune: Commune, broadcast: str) -> tuple[str | None, list[str]]:
    """The manifest, and who approved it."""
    with commune.database.reading() as session:
        row = session.get_one(Broadcast, broadcast)
        found = who_approved_broadcasts(session, commune.now, [row])[broadcast]
    return found.manifest, [_username(commune, each.approver) for each in found.approvals]


def _who_of_schedule(commune: Commune, schedule: str) -> tuple[str | None, list[str]]:
    with commune.database.reading() as session:
        row = session.get_one(Schedule, schedule)
        found = who_approved_schedules(session, commune.now, [row])[schedule]
    return found.manifest, [_username(commune, each.approver) for each in found.approvals]


def _username(commune: Commune, officer: str) -> str:
    return next(name for name, each in commune.officers.items() if each.officer == officer)


def _second_approver(commune: Commune) -> None:
    """Make the editor an approver too."""
    with commune.writing() as session:
        commune.officers["editor"].role = "approver"
        session.add(commune.officers["editor"])


def _schedule(commune: Commune, announcement: str, *, approver: str | None = "quang") -> str:
    first = datetime.fromisoformat("2026-11-24T05:00:00")
    order = ScheduleOrder(announcement, (commune.areas["ấp 1"],), (), first, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, commune.officers["tham"], order).schedule
        if approver:
            approve_all(session, commune.now, commune.officers[approver], announcement)
    return schedule


class TestABroadcast:
    def test_that_is_planned_names_its_approver_and_what_was_approved(self, commune: Commune) -> None:
        row = commune.order(commune.approved(), "ấp 1", starts_in_s=1200)
        manifest, by = _who(commune, row.broadcast)
        assert (manifest, by) == (row.manifest, ["quang"])
        assert manifest is not None

    def test_that_waits_says_what_it_asks_and_who_has_approved_so_far(self, commune: Commune) -> None:
        _second_approver(commune)
        with commune.writing() as session:
            tham = commune.officers["tham"]
            change_area(session, commune.now, tham, commune.areas["xã"], {"approval_policy": {"two_for_whole": True}})
        announcement = commune.approved()
        del commune.approvers[announcement]
        row = commune.order(announcement, "xã", starts_in_s=1200, by="tham")
        [asked] = manifests_waiting(commune, announcement)
        assert _who(commune, row.broadcast) == (asked, [])
        for number, approver in enumerate(("quang", "editor"), 1):
            commune.later(seconds=1)
            with commune.writing() as session:
                approve(session, commune.now, commune.officers[approver], [asked])
            assert _who(commune, row.broadcast) == (asked, ["quang", "editor"][:number])
        with commune.database.reading() as session:
            assert session.get_one(Broadcast, row.broadcast).manifest == asked

    def test_of_a_draft_has_no_manifest(self, commune: Commune) -> None:
        row = commune.order(commune.announcement(), "ấp 1", starts_in_s=1200)
        assert _who(commune, row.broadcast) == (None, [])

    def test_that_lapsed_has_none(self, commune: Commune) -> None:
        announcement = commune.approved()
        del commune.approvers[announcement]
        row = commune.order(announcement, "ấp 1", starts_in_s=1200)
        commune.later(days=1)
        assert _who(commune, row.broadcast) == (None, [])

    def test_of_a_schedule_is_approved_with_it(self, commune: Commune) -> None:
        announcement = commune.approved()
        schedule = _schedule(commune, announcement, approver=None)
        [asked] = manifests_waiting(commune, announcement)
        with commune.database.reading() as session:
            first = session.exec(select(Broadcast.broadcast).where(Broadcast.schedule == schedule)).first()
        assert _who(commune, str(first)) == (asked, [])
        with commune.writing() as session:
            approve_all(session, commune.now, commune.officers["quang"], announcement)
        assert _who(commune, str(first)) == (asked, ["quang"])

    def test_that_would_begin_later_than_a_standing_text_says_waits_for_approval(self, commune: Commune) -> None:
        announcement = commune.approved("emergency")
        commune.standing_text(announcement, "ấp 1")
        del commune.approvers[announcement]
        row = commune.order(announcement, "ấp 1", by="quang", expires_at=commune.now + timedelta(hours=5))
        assert row.set_off_by is None
        assert row.planned_at is None
        assert commune.set_off(announcement, "ấp 1").planned_at == commune.now

    def test_that_was_set_off_alone_names_who_approved_the_standing_text(self, commune: Commune) -> None:
        announcement = commune.approved("emergency")
        commune.standing_text(announcement, "ấp 1")
        row = commune.set_off(announcement, "ấp 1", by="tham")
        assert _who(commune, row.broadcast) == (row.manifest, ["quang"])

    def test_alike_to_another_is_told_from_it(self, commune: Commune) -> None:
        _second_approver(commune)
        announcement = commune.approved()
        del commune.approvers[announcement]
        rows = [commune.order(announcement, "ấp 1", starts_in_s=1200, by="tham") for _ in range(2)]
        for approver in ("quang", "editor"):
            with commune.writing() as session:
                [one, *_] = [each.manifest for each in waiting_orders(session, commune.now, announcement)]
                approve(session, commune.now, commune.officers[approver], [one])
        assert sorted(tuple(_who(commune, row.broadcast)[1]) for row in rows) == [("editor",), ("quang",)]

    def test_keeps_its_approver_after_a_withdrawal(self, commune: Commune) -> None:
        announcement = commune.approved()
        row = commune.order(announcement, "ấp 1", starts_in_s=1200)
        with commune.writing() as session:
            withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
        assert _who(commune, row.broadcast) == (row.manifest, ["quang"])


class TestASchedule:
    def test_of_a_draft_has_no_manifest(self, commune: Commune) -> None:
        announcement = commune.announcement()
        assert _who_of_schedule(commune, _schedule(commune, announcement)) == (None, [])

    def test_says_what_it_asks_then_who_approved_and_after_a_change_what_it_asks_now(self, commune: Commune) -> None:
        announcement = commune.approved()
        schedule = _schedule(commune, announcement, approver=None)
        [asked] = manifests_waiting(commune, announcement)
        assert _who_of_schedule(commune, schedule) == (asked, [])
        with commune.writing() as session:
            approve_all(session, commune.now, commune.officers["quang"], announcement)
        assert _who_of_schedule(commune, schedule) == (asked, ["quang"])
        with commune.writing() as session:
            change_schedule(session, commune.now, commune.officers["tham"], schedule, {"times": 3})
        [again] = manifests_waiting(commune, announcement)
        assert _who_of_schedule(commune, schedule) == (again, [])

    def test_goes_on_with_the_approved_words_while_a_draft_follows(self, commune: Commune) -> None:
        announcement = commune.approved()
        schedule = _schedule(commune, announcement)
        before = _who_of_schedule(commune, schedule)
        with commune.writing() as session:
            tham = commune.officers["tham"]
            row = change_announcement(session, commune.now, tham, announcement, {"text": "Lời mới."})
            commune.give_sound(session, row, b"OggS new words")
        assert _who_of_schedule(commune, schedule) == before
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        assert _who_of_schedule(commune, schedule) != before


def test_many_rows_take_as_many_queries_as_few(commune: Commune) -> None:
    def add_one_of_each(title: str) -> None:
        announcement, waiting = commune.approved(title=title), commune.announcement(title=f"{title} chờ")
        _schedule(commune, announcement)
        commune.order(announcement, "ấp 1", starts_in_s=1200)
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["tham"], waiting, [])
        _schedule(commune, waiting, approver=None)
        commune.order(waiting, "ấp 2", starts_in_s=1200)

    add_one_of_each("a")
    few = _questions(commune)
    for title in "bcd":
        add_one_of_each(title)
    assert _questions(commune) == few


def _questions(commune: Commune) -> int:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    with commune.database.reading() as session:
        broadcasts, schedules = session.exec(select(Broadcast)).all(), session.exec(select(Schedule)).all()
        event.listen(commune.database.engine, "before_cursor_execute", note)
        who_approved_broadcasts(session, commune.now, broadcasts)
        who_approved_schedules(session, commune.now, schedules)
        event.remove(commune.database.engine, "before_cursor_execute", note)
    return len(asked)
