"""Approval: a second person approves the very sound, place, time and number of an order."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select

from controller.announcements.corrections import read_again
from controller.announcements.drafts import change_announcement, take_up_version
from controller.announcements.lexicon import Wording, set_entry
from controller.announcements.lists import require_announcement
from controller.announcements.sound import drop_recording, keep_recording
from controller.announcements.templates import take_up_again
from controller.broadcasts.lifecycle import MOST_PLANNED_AT_ONCE
from controller.broadcasts.silence import silence_area
from controller.database.tables import Approval, Area, Broadcast, BroadcastRevision, Delivery, Officer
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.orders.standings import standing_of
from controller.people.accounts import change_charge, make_link, set_disabled
from controller.people.one_officer_rule import allow_one_officer, end_one_officer
from controller.people.password_links import use_link
from controller.people.weighty_deeds import agree
from controller.places.areas import change_area
from controller.planning.approvals import approve, refuse, refuse_order, withdraw_approval
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence, change_schedule
from controller.planning.submission import submit_announcement
from controller.planning.timetable import Timetable
from controller.planning.waiting import WaitingOrder, waiting_orders
from controller.station.charges import charges_of
from tests.people import Commune, approve_all, manifests_waiting, password_hash
from wire.ids import new_ulid


def _submitted(commune: Commune, author: str = "tham", **fields: Any) -> str:
    announcement = commune.announcement(author=author, **fields)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers[author], announcement, [])
    return announcement


def _ordered(commune: Commune, author: str = "tham", **fields: Any) -> tuple[str, str]:
    """(announcement, broadcast) that wait for approval, written and ordered by one officer."""
    announcement = _submitted(commune, author, **fields)
    return announcement, commune.order(announcement, "ấp 1", starts_in_s=1200, by=author).broadcast


def _approve(commune: Commune, officer: str, announcement: str) -> None:
    with commune.writing() as session:
        approve_all(session, commune.now, commune.officers[officer], announcement)


def _state(commune: Commune, announcement: str) -> str:
    with commune.database.reading() as session:
        return standing_of(session, commune.row(announcement)).state


def _row(commune: Commune, broadcast: str) -> Broadcast:
    with commune.database.reading() as session:
        return session.get_one(Broadcast, broadcast)


def _planned(commune: Commune) -> set[str]:
    with commune.database.reading() as session:
        return set(session.exec(select(Broadcast.broadcast).where(col(Broadcast.planned_at).is_not(None))).all())


@pytest.fixture
def two_for_emergency(commune: Commune) -> Commune:
    """The commune wants two approvers for emergencies, and has another one."""
    commune.officer("p2", "approver")
    with commune.writing() as session:
        policy = {"approval_policy": {"two_for_emergency": True}}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], policy)  # type: ignore[arg-type]
    return commune


def _daily(commune: Commune, announcement: str, by: str) -> str:
    """Order it each day at five for ấp 1; returns the schedule."""
    start = datetime.fromisoformat("2026-11-24T05:00:00")
    order = ScheduleOrder(announcement, (commune.areas["ấp 1"],), (), start, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
    with commune.writing() as session:
        return add_schedule(session, commune.now, commune.officers[by], order).schedule


def _live(commune: Commune) -> list[Broadcast]:
    """What is planned and not cancelled."""
    planned = col(Broadcast.planned_at).is_not(None), col(Broadcast.cancelled_at).is_(None)
    with commune.database.reading() as session:
        return list(session.exec(select(Broadcast).where(*planned)).all())


def _waiting(commune: Commune, announcement: str) -> list[WaitingOrder]:
    with commune.database.reading() as session:
        return waiting_orders(session, commune.now, announcement)


class TestTheSecondPerson:
    """Who wrote or ordered any part of it doesn't approve it: by the deed, and by the database itself."""

    def test_approves(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        assert _state(commune, announcement) == "submitted"
        _approve(commune, "quang", announcement)
        assert _state(commune, announcement) == "approved"
        assert _row(commune, broadcast).planned_at == commune.now

    def test_is_not_the_author(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        with pytest.raises(Forbidden):
            _approve(commune, "tham", announcement)
        assert _planned(commune) == set()

    def test_is_not_who_ordered_it(self, commune: Commune) -> None:
        announcement = _submitted(commune, "editor")
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="quang")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)
        _approve(commune, "tham", announcement)
        assert len(_planned(commune)) == 1

    @pytest.mark.parametrize("part", ["wrote", "ordered"])
    def test_has_not_just_made_the_link_by_which_a_writer_signs_in(self, commune: Commune, part: str) -> None:
        commune.officer("second", "administrator")
        with commune.writing() as session:
            token = make_link(session, commune.now, commune.officers["tham"], commune.officers["editor"].officer).token
            use_link(session, commune.later(hours=1), token, password_hash())
        announcement = _submitted(commune, "editor" if part == "wrote" else "quang")
        by = "editor" if part == "ordered" else "quang"
        start = timedelta(days=3).total_seconds()
        commune.order(announcement, "ấp 1", starts_in_s=start, by=by)
        with commune.database.reading() as session:
            [waiting] = waiting_orders(session, commune.now, announcement)
            tham = commune.officers["tham"]
            assert waiting.hindrance(session, tham, charges_of(session, commune.now, tham)) == "link"
        with pytest.raises(Forbidden, match="đường dẫn"):
            _approve(commune, "tham", announcement)
        assert _planned(commune) == set()
        commune.later(hours=24)
        _approve(commune, "tham", announcement)
        assert len(_planned(commune)) == 1
        other = _submitted(commune, "editor", title="Bài khác")
        commune.order(other, "ấp 1", starts_in_s=start, by="editor")
        _approve(commune, "second", other)
        assert len(_planned(commune)) == 2

    @pytest.mark.parametrize("part", ["wrote", "ordered", "made the writer's link"])
    def test_has_not_just_got_the_password_by_a_link_of_who_may_be_a_writer(self, commune: Commune, part: str) -> None:
        second, tham = commune.officer("second", "administrator"), "tham"
        quang, editor = commune.officers["quang"].officer, commune.officers["editor"].officer
        with commune.writing() as session:
            change_charge(session, commune.now, commune.officers[tham], quang, "editor", None)
            token = make_link(session, commune.now, commune.officers[tham], quang).token
            use_link(session, commune.now, token, password_hash())
            deed = change_charge(session, commune.now, commune.officers[tham], quang, "approver", None)
            assert deed is not None
            agree(session, commune.later(minutes=5), second, deed.deed)
            if part == "made the writer's link":
                token = make_link(session, commune.now, commune.officers[tham], editor).token
                use_link(session, commune.now, token, password_hash())
        announcement = _submitted(commune, tham if part == "wrote" else "editor")
        by = tham if part == "ordered" else "editor"
        commune.order(announcement, "ấp 1", starts_in_s=timedelta(days=3).total_seconds(), by=by)
        with commune.database.reading() as session:
            [waiting] = waiting_orders(session, commune.now, announcement)
            officer = session.get_one(Officer, quang)
            assert waiting.hindrance(session, officer, charges_of(session, commune.now, officer)) == "own link"
        with pytest.raises(Forbidden, match="đường dẫn"):
            _approve(commune, "quang", announcement)
        commune.later(hours=24)
        _approve(commune, "quang", announcement)
        assert len(_planned(commune)) == 1

    @pytest.mark.parametrize(
        "changed", [{"text": "Lời của ông Quang."}, {"bulletin_class": "priority"}, {"voice": "south"}, {"speed": 1.2}]
    )
    def test_has_changed_nothing_that_sounds_since_the_last_approval(
        self, commune: Commune, changed: dict[str, Any]
    ) -> None:
        announcement = commune.announcement()
        quang, editor = commune.officers["quang"], commune.officers["editor"]
        with commune.writing() as session:
            row = change_announcement(session, commune.now, quang, announcement, changed)  # type: ignore[arg-type]
            commune.give_sound(session, row)
        with commune.writing() as session:  # the last change is another's, and makes nobody the only author
            row = change_announcement(session, commune.now, editor, announcement, {"title": "Tựa khác"})
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, editor, announcement, [])
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor")
        for writer in ("quang", "tham", "editor"):
            with pytest.raises(Forbidden):
                _approve(commune, writer, announcement)

    def test_may_have_changed_the_title_which_is_not_heard(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        with commune.writing() as session:
            quang = commune.officers["quang"]
            row = change_announcement(session, commune.now, quang, announcement, {"title": "Tựa khác"})
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
        with pytest.raises(Forbidden):
            _approve(commune, "tham", announcement)
        _approve(commune, "quang", announcement)

    def test_has_added_no_words_through_the_lexicon(self, commune: Commune) -> None:
        quang = commune.officers["quang"]
        with commune.writing() as session:
            set_entry(session, commune.now, quang, None, Wording("bà con", "bà con xin nghe ông Quang nói thêm"))
        announcement, _ = _ordered(commune)
        assert "ông Quang" in commune.row(announcement).spoken_text
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)
        commune.in_charge_of("editor", "xã")
        with commune.writing() as session:
            commune.officers["editor"].role = "approver"
            session.add(commune.officers["editor"])
        _approve(commune, "editor", announcement)
        again, _ = _ordered(commune, title="Lần sau")
        _approve(commune, "quang", again)  # the entry has been heard and approved by another
        assert _state(commune, again) == "approved"

    def test_has_added_no_words_that_nobody_heard_beside_others_that_are_spoken_alike(self, commune: Commune) -> None:
        quang = commune.officers["quang"]
        with commune.writing() as session:
            for written in ("kph", "không phải"):
                set_entry(session, commune.now, quang, None, Wording(written, "phải"))
        heard, _ = _ordered(commune, "quang", text="Bà con kph dọn vệ sinh.")
        _approve(commune, "tham", heard)
        turned, _ = _ordered(commune, "editor", text="Bà con không phải sơ tán.")
        assert commune.row(turned).spoken_text == "Bà con phải sơ tán."
        with pytest.raises(Forbidden):
            _approve(commune, "quang", turned)
        again, _ = _ordered(commune, "editor", text="Bà con kph sơ tán.")
        _approve(commune, "quang", again)

    def test_has_not_had_it_read_by_other_entries(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        _approve(commune, "quang", announcement)
        quang = commune.officers["quang"]
        with commune.writing() as session:
            set_entry(session, commune.now, commune.officers["tham"], None, Wording("bà con", "bà con cô bác"))
            row = read_again(session, commune.now, quang, commune.row(announcement))
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        commune.order(announcement, "ấp 2", starts_in_s=1200, by="tham")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    def test_has_not_written_the_text_under_a_recording_that_was_dropped(self, commune: Commune) -> None:
        announcement = commune.announcement()
        quang, editor = commune.officers["quang"], commune.officers["editor"]
        with commune.writing() as session:
            row = keep_recording(session, commune.now, commune.officers["tham"], announcement, "ab" * 32)
            commune.give_sound(session, row, b"recorded")
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="tham")
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            row = change_announcement(session, commune.now, quang, announcement, {"text": "Lời của ông Quang."})
            commune.give_sound(session, row, b"recorded")
            submit_announcement(session, commune.now, quang, announcement, [])
        with commune.writing() as session:
            row = drop_recording(session, commune.now, editor, announcement)
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, editor, announcement, [])
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    def test_has_not_ordered_it_before_another_changed_it_back(self, commune: Commune) -> None:
        announcement = _submitted(commune, "editor")
        schedule = _daily(commune, announcement, "tham")
        _approve(commune, "quang", announcement)
        for who, times in (("quang", 2), ("editor", 3), ("editor", 2)):
            with commune.writing() as session:
                change_schedule(session, commune.now, commune.officers[who], schedule, {"times": times})
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    def test_has_not_ordered_what_another_changed_a_little(self, commune: Commune) -> None:
        announcement = _submitted(commune, "editor")
        schedule = _daily(commune, announcement, "editor")
        for who, changes in (("quang", {"times": 20}), ("tham", {"exception_dates": (date(2026, 12, 25),)})):
            commune.later(seconds=1)
            with commune.writing() as session:
                change_schedule(session, commune.now, commune.officers[who], schedule, changes)  # type: ignore[arg-type]
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    @pytest.mark.parametrize("handed_in_once", [False, True])
    def test_has_not_ordered_what_another_changed_a_little_before_it_was_handed_in(
        self, commune: Commune, *, handed_in_once: bool
    ) -> None:
        commune.officer("p2", "approver")
        editor, announcement = commune.officers["editor"], commune.announcement(author="editor")
        schedule = _daily(commune, announcement, "editor")

        def hand_in(title: str) -> None:
            with commune.writing() as session:
                row = change_announcement(session, commune.later(hours=1), editor, announcement, {"title": title})
                commune.give_sound(session, row)
                submit_announcement(session, commune.now, editor, announcement, [])

        if handed_in_once:
            hand_in("Bản đầu")
            _approve(commune, "p2", announcement)
            with commune.writing() as session:
                withdraw_approval(session, commune.now, commune.officers["p2"], announcement)
                row = change_announcement(session, commune.now, editor, announcement, {"title": "Bản nháp"})
                commune.give_sound(session, row)
        for who, areas in (("quang", ["xã"]), ("tham", ["xã", "ấp 1"])):
            changes = {"areas": tuple(commune.areas[name] for name in areas)}
            with commune.writing() as session:
                change_schedule(session, commune.later(hours=1), commune.officers[who], schedule, changes)  # type: ignore[arg-type]
        hand_in("Bản gửi")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)
        _approve(commune, "p2", announcement)
        with commune.writing() as session:
            change_schedule(session, commune.later(hours=1), editor, schedule, {"times": 2})
        _approve(commune, "quang", announcement)

    def test_has_not_moved_the_occurrence_before_it_was_handed_in(self, commune: Commune) -> None:
        announcement = commune.announcement(author="editor")
        schedule = _daily(commune, announcement, "editor")
        day = datetime.fromisoformat("2026-11-24T05:00:00")
        for hour, who in ((8, "quang"), (9, "tham")):
            with commune.writing() as session:
                mover, to = commune.officers[who], day.replace(hour=hour)
                change_occurrence(session, commune.now, mover, schedule, day, moved_to=to)
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
        [moved] = [each for each in _waiting(commune, announcement) if each.kind == "broadcast"]
        with pytest.raises(Forbidden), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], [moved.manifest])

    def test_has_not_ordered_what_came_back_and_was_then_changed_in_nothing(self, commune: Commune) -> None:
        commune.officer("p2", "approver")
        announcement = _submitted(commune, "editor")
        schedule = _daily(commune, announcement, "editor")
        _approve(commune, "p2", announcement)
        for who, hour in (("editor", 9), ("quang", 5), ("tham", 5)):
            commune.later(seconds=1)
            with commune.writing() as session:
                start = datetime.fromisoformat(f"2026-11-24T{hour:02}:00:00")
                change_schedule(session, commune.now, commune.officers[who], schedule, {"first_start": start})
            if who == "editor":
                _approve(commune, "p2", announcement)
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    @pytest.mark.parametrize("movers", [["quang"], ["tham", "quang"], ["quang", "tham"]])
    def test_has_not_moved_the_occurrence(self, commune: Commune, movers: list[str]) -> None:
        commune.officer("p2", "approver")
        announcement = _submitted(commune, "editor")
        schedule = _daily(commune, announcement, "editor")
        _approve(commune, "p2", announcement)
        day = datetime.fromisoformat("2026-11-24T05:00:00")
        for hour, who in enumerate(movers, start=8):
            commune.later(seconds=1)
            with commune.writing() as session:
                mover, to = commune.officers[who], day.replace(hour=hour)
                change_occurrence(session, commune.now, mover, schedule, day, moved_to=to)
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)
        _approve(commune, "p2", announcement)

    def test_has_not_approved_it_before_it_was_something_else(self, two_for_emergency: Commune) -> None:
        commune = two_for_emergency
        announcement = _submitted(commune, "editor", bulletin_class="emergency")
        schedule = _daily(commune, announcement, "editor")
        for hour in (5, 9, 5):
            commune.later(seconds=5)
            with commune.writing() as session:
                start = datetime.fromisoformat(f"2026-11-24T{hour:02}:00:00")
                change_schedule(session, commune.now, commune.officers["editor"], schedule, {"first_start": start})
            [before] = _waiting(commune, announcement)
            assert (before.needed, before.given) == (2, ())
            _approve(commune, "quang", announcement)
            [waits] = _waiting(commune, announcement)
            assert [each.approver for each in waits.given] == [commune.officers["quang"].officer]
            _approve(commune, "p2", announcement)
            assert _waiting(commune, announcement) == []

    def test_counts_only_while_still_an_approver(self, two_for_emergency: Commune) -> None:
        commune = two_for_emergency
        announcement = _submitted(commune, "editor", bulletin_class="emergency")
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor")
        _approve(commune, "p2", announcement)
        with commune.writing() as session:
            p2 = commune.officers["p2"].officer
            set_disabled(session, commune.now, commune.officers["tham"], p2, disabled=True)
        _approve(commune, "quang", announcement)
        assert [each.needed - len(each.given) for each in _waiting(commune, announcement)] == [1]

    def test_counts_no_more_once_the_approver_is_a_writer(self, two_for_emergency: Commune) -> None:
        commune = two_for_emergency
        commune.officer("p3", "approver")
        announcement, _ = _ordered(commune, "quang", bulletin_class="emergency")
        _approve(commune, "p2", announcement)
        _approve(commune, "p3", announcement)
        editor = commune.officers["editor"]
        with commune.writing() as session:
            row = change_announcement(session, commune.now, editor, announcement, {"speed": 1.2})
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, editor, announcement, [])
        order = commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor").broadcast
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            withdraw_approval(session, commune.now, commune.officers["p2"], announcement)
        _approve(commune, "p2", announcement)
        assert _row(commune, order).planned_at is None, "quang wrote a part of it"
        _approve(commune, "p3", announcement)
        assert _row(commune, order).planned_at is not None
        with commune.database.reading() as session:
            approvers = session.exec(select(Approval.approver).where(Approval.of_order == order)).all()
        assert set(approvers) == {commune.officers[name].officer for name in ("p2", "p3")}, "as is signed"

    def test_has_not_written_what_was_approved_once_and_is_no_more(self, commune: Commune) -> None:
        commune.officer("p2", "approver")
        announcement, _ = _ordered(commune, "quang")
        _approve(commune, "p2", announcement)
        editor = commune.officers["editor"]
        with commune.writing() as session:
            row = change_announcement(session, commune.now, editor, announcement, {"speed": 1.2})
            withdraw_approval(session, commune.now, commune.officers["p2"], announcement)
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, editor, announcement, [])
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    def test_has_not_written_what_was_agreed_under_a_later_title(self, commune: Commune) -> None:
        commune.officer("p2", "approver")
        announcement, _ = _ordered(commune, "quang")
        _approve(commune, "p2", announcement)
        quang = commune.officers["quang"]
        for title in ("Tựa khác", "Tựa khác nữa"):
            with commune.writing() as session:
                row = change_announcement(session, commune.later(minutes=1), quang, announcement, {"title": title})
                commune.give_sound(session, row)
                submit_announcement(session, commune.now, quang, announcement, [])
        with commune.writing() as session:
            withdraw_approval(session, commune.now, commune.officers["p2"], announcement)
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    def test_has_not_written_what_a_copy_says(self, commune: Commune) -> None:
        by_quang = commune.announcement(author="quang")
        with commune.writing() as session:
            copy = take_up_again(session, commune.now, commune.officers["editor"], by_quang)
            commune.give_sound(session, copy)
            submit_announcement(session, commune.now, commune.officers["editor"], copy.announcement, [])
        commune.order(copy.announcement, "ấp 1", starts_in_s=1200, by="editor")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", copy.announcement)

    def test_may_approve_what_another_changed_after_an_approval(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            editor = commune.officers["editor"]
            row = change_announcement(session, commune.now, editor, announcement, {"text": "Lời mới."})
            commune.give_sound(session, row, b"OggS new words")
            submit_announcement(session, commune.now, editor, announcement, [])
        commune.order(announcement, "ấp 2", starts_in_s=1200, by="editor")
        _approve(commune, "tham", announcement)
        assert _state(commune, announcement) == "approved"

    def test_has_not_written_what_was_approved_by_the_rule_of_one_officer_alone(self, commune: Commune) -> None:
        tham, editor = commune.officers["tham"], commune.officers["editor"]
        with commune.writing() as session:
            allow_one_officer(session, commune.now, tham, "Đài chỉ có một cán bộ, theo quyết định 12/QĐ-UBND.")
        announcement, _ = _ordered(commune, "quang")
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            end_one_officer(session, commune.now, tham)
            row = change_announcement(session, commune.now, editor, announcement, {"title": "Tựa đã sửa"})
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, editor, announcement, [])
        commune.order(announcement, "xã", starts_in_s=1200, by="editor")
        with pytest.raises(Forbidden):
            _approve(commune, "quang", announcement)

    def test_approves_alone_only_under_the_written_rule_of_one_officer(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        tham = commune.officers["tham"]
        with pytest.raises(Invalid), commune.writing() as session:
            allow_one_officer(session, commune.now, tham, "vì thế")
        with commune.writing() as session:
            allow_one_officer(session, commune.now, tham, "Đài chỉ có một cán bộ, theo quyết định 12/QĐ-UBND.")
        _approve(commune, "tham", announcement)
        assert _state(commune, announcement) == "approved"
        other, _ = _ordered(commune, title="Sau đó")
        with commune.writing() as session:
            end_one_officer(session, commune.now, tham)
        with pytest.raises(Forbidden):
            _approve(commune, "tham", other)

    @pytest.mark.parametrize("who", ["author", "orderer"])
    def test_is_asked_for_by_the_database_itself(self, either_commune: Commune, who: str) -> None:
        commune = either_commune
        announcement = _submitted(commune, "editor")
        commune.order(announcement, "ấp 1", starts_in_s=1200, by="tham")
        with commune.database.reading() as session:
            [waiting] = waiting_orders(session, commune.now, announcement)
        officer = commune.officers["editor" if who == "author" else "tham"].officer
        forged = {"of_order": waiting.of_order, "manifest": waiting.manifest, "approver": officer, "at": commune.now}
        with pytest.raises(DatabaseError, match="may not approve"), commune.writing() as session:
            session.connection().execute(insert(Approval), forged)
        honest = {**forged, "approver": commune.officers["quang"].officer}
        with commune.writing() as session:
            session.connection().execute(insert(Approval), honest)
        with pytest.raises(DatabaseError, match="may not approve"), commune.writing() as session:
            session.connection().execute(update(Approval).values(approver=officer))


class TestOneApprovalIsForOneOrder:
    """What was approved for one place and hour is no permission for another."""

    def test_the_same_words_elsewhere_and_now_wait(self, commune: Commune) -> None:
        announcement = _submitted(commune, "editor", bulletin_class="emergency")
        first = commune.order(announcement, "ấp 1", starts_in_s=20 * 86400, by="editor").broadcast
        _approve(commune, "quang", announcement)
        for more in ({}, {"starts_in_s": 1200}, {"times": 20}):
            commune.order(announcement, "xã", by="editor", **more)
        commune.order(announcement, "ấp 1", starts_in_s=20 * 86400, by="editor")  # the very same once more
        assert _planned(commune) == {first}
        assert len(manifests_waiting(commune, announcement)) == 4

    def test_every_night_at_two_waits(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            at_two = datetime.fromisoformat("2026-11-24T02:00:00")
            places = (commune.areas["xã"],)
            rule = ScheduleOrder(announcement, places, (), at_two, "Asia/Ho_Chi_Minh", "FREQ=DAILY", times=20)
            add_schedule(session, commune.now, commune.officers["tham"], rule)
        assert _planned(commune) == {broadcast}

    def test_an_order_placed_between_look_and_click_stays_waiting(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        seen = manifests_waiting(commune, announcement)
        commune.order(announcement, "xã", starts_in_s=1200)
        with commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], seen, announcement)
        assert _planned(commune) == {broadcast}

    def test_two_alike_are_approved_one_by_one(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        commune.order(announcement, "ấp 1", starts_in_s=1200)
        seen = manifests_waiting(commune, announcement)
        assert seen[0] == seen[1]
        for planned in (1, 2):
            with commune.writing() as session:
                approve(session, commune.now, commune.officers["quang"], seen[:1])
            assert len(_planned(commune)) == planned

    def test_a_now_lapses_after_ten_minutes_whatever_it_says(self, commune: Commune) -> None:
        announcement = _submitted(commune)
        row = commune.order(announcement, "ấp 1", latest_start=commune.now + timedelta(days=360))
        assert row.latest_start == commune.now + timedelta(minutes=10)
        seen = manifests_waiting(commune, announcement)
        commune.later(minutes=10, milliseconds=1)
        assert manifests_waiting(commune, announcement) == []
        with pytest.raises(Conflict), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], seen)

    def test_a_late_approval_of_a_now_sounds_no_later_than_was_approved(self, commune: Commune) -> None:
        announcement = _submitted(commune)
        row = commune.order(announcement, "ấp 1")
        commune.later(minutes=9)
        _approve(commune, "quang", announcement)
        planned = _row(commune, row.broadcast)
        assert planned.starts_at is not None
        assert planned.starts_at <= (planned.latest_start or commune.now) == row.latest_start

    def test_silencing_a_part_asks_nobody(self, commune: Commune) -> None:
        announcement = _submitted(commune)
        row = commune.order(announcement, "xã", starts_in_s=1200)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            silence_area(session, commune.now, commune.officers["editor"], commune.areas["ấp 1"], hold=False)
        assert manifests_waiting(commune, announcement) == []
        with commune.database.reading() as session:
            newest = session.exec(select(BroadcastRevision).order_by(col(BroadcastRevision.revision).desc())).first()
        assert newest is not None
        assert newest.content["state"] == "planned"
        assert commune.areas["xã"] not in newest.content["areas"]
        assert _row(commune, row.broadcast).cancelled_at is None


class TestBadInput:
    """An approver who is disabled, an area that moves, a policy that is tightened, names that stand for nothing."""

    def test_no_manifest_approves_nothing(self, commune: Commune) -> None:
        with pytest.raises(Invalid), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], [])

    def test_an_unknown_manifest_is_not_found_and_a_stale_one_a_conflict(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        [stale] = manifests_waiting(commune, announcement)
        with commune.writing() as session:
            row = session.get_one(Broadcast, broadcast)
            row.times = 2
            session.add(row)
        with pytest.raises(NotFound), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], ["0" * 64])
        with pytest.raises(Conflict), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], [stale])

    def test_all_or_none(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        seen = manifests_waiting(commune, announcement)
        with pytest.raises(NotFound), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], [*seen, "0" * 64])
        assert _planned(commune) == set()

    def test_a_manifest_of_another_announcement_is_refused(self, commune: Commune) -> None:
        one, _ = _ordered(commune)
        other = _submitted(commune, title="Khác")
        commune.order(other, "ấp 2", starts_in_s=1200)
        with pytest.raises((Conflict, NotFound)), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], manifests_waiting(commune, other), one)

    def test_approving_twice_is_the_same_as_once(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        seen = manifests_waiting(commune, announcement)
        for _round in range(2):
            with commune.writing() as session:
                [given] = approve(session, commune.now, commune.officers["quang"], seen)
            assert (given.given, given.needed, given.complete) == (1, 1, True)
        with commune.database.reading() as session:
            assert len(session.exec(select(Approval)).all()) == 1
            assert len(session.exec(select(BroadcastRevision)).all()) == 1

    def test_an_approver_who_left_the_area_between_look_and_click_is_refused(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        seen = manifests_waiting(commune, announcement)
        commune.in_charge_of("quang", "ấp 2")
        with pytest.raises(Forbidden), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], seen)

    def test_an_area_that_moved_out_of_the_approvers_charge_is_refused(self, commune: Commune) -> None:
        announcement = _submitted(commune)
        quang = commune.in_charge_of("quang", "ấp 1")
        with commune.writing() as session:
            tham = commune.officers["tham"]
            change_area(session, commune.now, tham, commune.areas["ấp 2"], {"parent": commune.areas["ấp 1"]})
        commune.order(announcement, "ấp 2", starts_in_s=1200)
        seen = manifests_waiting(commune, announcement)
        with commune.writing() as session:
            change_area(session, commune.now, tham, commune.areas["ấp 2"], {"parent": commune.areas["xã"]})
        with pytest.raises(Forbidden), commune.writing() as session:
            approve(session, commune.now, quang, seen)

    def test_approvals_of_a_disabled_officer_hold_for_what_was_ordered_and_for_nothing_new(
        self, commune: Commune
    ) -> None:
        announcement, broadcast = _ordered(commune)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            tham, quang = commune.officers["tham"], commune.officers["quang"]
            set_disabled(session, commune.now, tham, quang.officer, disabled=True)
        commune.order(announcement, "ấp 2", starts_in_s=1200)
        assert _planned(commune) == {broadcast}

    def test_a_policy_that_is_tightened_while_an_order_waits_counts(self, commune: Commune) -> None:
        announcement = _submitted(commune, "editor", bulletin_class="emergency")
        row = commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor")
        with commune.writing() as session:
            session.get_one(Area, commune.areas["xã"]).approval_policy = {"two_for_emergency": True}
        _approve(commune, "quang", announcement)
        assert _planned(commune) == set()
        with commune.database.reading() as session:
            [waiting] = waiting_orders(session, commune.now, announcement)
        assert (len(waiting.given), waiting.needed) == (1, 2)
        _approve(commune, "quang", announcement)  # the same officer once more is no second one
        assert _planned(commune) == set()
        _approve(commune, "tham", announcement)
        assert _planned(commune) == {row.broadcast}

    @pytest.mark.parametrize(("area", "needed"), [("xã", 2), ("ấp 1", 1)])
    def test_a_whole_commune_may_want_two_approvers(self, commune: Commune, area: str, needed: int) -> None:
        with commune.writing() as session:
            session.get_one(Area, commune.areas["xã"]).approval_policy = {"two_for_whole": True}
        announcement = _submitted(commune)
        commune.order(announcement, area, starts_in_s=1200)
        with commune.database.reading() as session:
            [waiting] = waiting_orders(session, commune.now, announcement)
        assert waiting.needed == needed

    def test_a_whole_commune_in_pieces_wants_two_approvers_too(self, commune: Commune) -> None:
        with commune.writing() as session:
            session.get_one(Area, commune.areas["xã"]).approval_policy = {"two_for_whole": True}
        announcement = _submitted(commune, "editor")
        commune.order(announcement, "ấp 1", "ấp 2", starts_in_s=1200, by="editor")
        commune.order(announcement, "ấp 1", "ấp 2", speakers=("loa-xa",), starts_in_s=2400, by="editor")
        assert sorted(each.needed for each in _waiting(commune, announcement)) == [1, 2]

    def test_a_waiting_order_leaves_the_list_when_it_lapses(self, either_commune: Commune) -> None:
        commune = either_commune
        announcement = _submitted(commune)
        commune.order(announcement, "ấp 2", latest_start=commune.now + timedelta(minutes=5))
        with commune.database.reading() as session:
            for after, listed in ((timedelta(minutes=5), 1), (timedelta(minutes=5, milliseconds=1), 0)):
                assert len(waiting_orders(session, commune.now + after)) == listed


class TestVersions:
    """The approved version goes on while the next is written; each is kept, and may be taken up."""

    def test_any_change_makes_a_draft_and_what_is_planned_says_the_approved_one(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        _approve(commune, "quang", announcement)
        said = _row(commune, broadcast).submission
        with commune.writing() as session:
            tham = commune.officers["tham"]
            row = change_announcement(session, commune.now, tham, announcement, {"text": "Lời khác."})
            commune.give_sound(session, row, b"OggS other words")
        assert _state(commune, announcement) == "draft"
        assert _row(commune, broadcast).submission == said
        later = commune.order(announcement, "ấp 2", starts_in_s=1200)
        _approve(commune, "quang", announcement)
        assert _row(commune, later.broadcast).submission == said, "an order goes on with the approved version"

    def test_a_version_that_was_never_approved_is_not_approved_while_the_next_is_written(
        self, commune: Commune
    ) -> None:
        announcement, _ = _ordered(commune)
        seen = manifests_waiting(commune, announcement)
        with commune.writing() as session:
            tham = commune.officers["tham"]
            row = change_announcement(session, commune.now, tham, announcement, {"text": "Lời khác."})
            commune.give_sound(session, row, b"OggS other words")
        with pytest.raises(Conflict, match="gửi lại"), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], seen)

    def test_an_earlier_version_is_taken_up_and_asks_again(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            tham, editor = commune.officers["tham"], commune.officers["editor"]
            change_announcement(session, commune.now, tham, announcement, {"text": "Lời khác."})
            row = take_up_version(session, commune.now, editor, announcement, 1)
            assert (row.version, row.text) == (3, "Kính mời bà con.")
        assert _state(commune, announcement) == "draft"

    def test_a_hamlet_does_not_change_the_communes_announcement(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        _approve(commune, "quang", announcement)
        hamlet = commune.in_charge_of("editor", "ấp 1")
        with pytest.raises(Forbidden), commune.writing() as session:
            change_announcement(session, commune.now, hamlet, announcement, {"text": "Lời của ấp."})
        with commune.writing() as session:
            copy = take_up_again(session, commune.now, hamlet, announcement)
        assert copy.area == commune.areas["ấp 1"]
        assert _state(commune, announcement) == "approved"
        assert _planned(commune) == {broadcast}

    def test_approvals_of_two_hamlets_stand_side_by_side(self, commune: Commune) -> None:
        announcement = _submitted(commune, "editor")
        one, two = commune.in_charge_of("quang", "ấp 1"), commune.in_charge_of("tham", "ấp 2")
        here = commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor").broadcast
        there = commune.order(announcement, "ấp 2", starts_in_s=1200, by="editor").broadcast
        with commune.database.reading() as session:
            waiting = {each.of_order: each.manifest for each in waiting_orders(session, commune.now)}
        for officer, broadcast in ((one, here), (two, there)):
            with commune.writing() as session:
                approve(session, commune.now, officer, [waiting[broadcast]])
        assert _planned(commune) == {here, there}

    def test_a_sound_that_was_made_anew_is_handed_in_again(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        seen = manifests_waiting(commune, announcement)
        commune.later(seconds=1)
        with commune.writing() as session:
            commune.give_sound(session, require_announcement(session, announcement), b"another voice spoke")
        assert _state(commune, announcement) == "draft"
        assert manifests_waiting(commune, announcement) == []
        with pytest.raises(Conflict, match="gửi lại"), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], seen)
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        _approve(commune, "quang", announcement)
        assert _state(commune, announcement) == "approved"


class TestRefusingAndWithdrawing:
    def test_a_refusal_needs_a_reason_and_is_read_by_the_author(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        quang = commune.officers["quang"]
        with pytest.raises(Invalid), commune.writing() as session:
            refuse(session, commune.now, quang, announcement, "  ")
        with commune.writing() as session:
            refuse(session, commune.now, quang, announcement, "Sai ngày họp.")
        with commune.database.reading() as session:
            stands = standing_of(session, commune.row(announcement))
        assert stands.state == "refused"
        assert stands.submission is not None
        assert stands.submission.refusal == "Sai ngày họp."
        assert manifests_waiting(commune, announcement) == []

    def test_one_order_is_refused_and_the_other_goes_on_waiting(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        commune.order(announcement, "ấp 2", starts_in_s=1200)
        first, second = manifests_waiting(commune, announcement)
        with commune.writing() as session:
            refuse_order(session, commune.now, commune.officers["quang"], first, "Ấp 1 không cần.")
        assert manifests_waiting(commune, announcement) == [second]
        with pytest.raises(Conflict), commune.writing() as session:
            approve(session, commune.now, commune.officers["quang"], [first])
        assert _state(commune, announcement) == "submitted"

    def test_what_was_refused_is_asked_again_after_it_was_handed_in_again(self, commune: Commune) -> None:
        announcement, _ = _ordered(commune)
        for _round in range(10):  # ids that are made within one millisecond have no order
            with commune.writing() as session:
                refuse(session, commune.now, commune.officers["quang"], announcement, "sai ngày họp")
                assert standing_of(session, commune.row(announcement)).state == "refused"
            with commune.writing() as session:
                submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
            assert _state(commune, announcement) == "submitted"
            assert len(manifests_waiting(commune, announcement)) == 1
        _approve(commune, "quang", announcement)
        assert _state(commune, announcement) == "approved"

    def test_another_version_with_the_same_sound_is_approved_from_the_beginning(self, commune: Commune) -> None:
        with commune.writing() as session:
            session.get_one(Area, commune.areas["xã"]).approval_policy = {"two_for_whole": True}
        announcement = _submitted(commune, "editor")
        broadcast = commune.order(announcement, "xã", starts_in_s=1200, by="editor").broadcast
        _approve(commune, "quang", announcement)
        quang, seen = commune.officers["quang"], manifests_waiting(commune, announcement)
        with commune.writing() as session:
            row = change_announcement(session, commune.now, quang, announcement, {"title": "Khác", "speed": 1.1})
            commune.give_sound(session, row)
        with commune.writing() as session:
            submit_announcement(session, commune.now, quang, announcement, [])
        assert manifests_waiting(commune, announcement) == seen, "the sound is the same"
        _approve(commune, "tham", announcement)
        assert _planned(commune) == set(), "the first approval was of another version"
        with pytest.raises(Forbidden), commune.writing() as session:
            approve(session, commune.now, quang, seen)
        with commune.writing() as session:
            added = session.get_one(Officer, quang.officer).model_copy(
                update={"officer": new_ulid(commune.now), "username": "second", "name": "Người thứ hai"}
            )
            session.add(Officer(**added.model_dump()))
        commune.officers["second"] = added
        _approve(commune, "second", announcement)
        assert _row(commune, broadcast).title == "Khác"
        assert _state(commune, announcement) == "approved"

    def test_a_withdrawn_approval_cancels_what_it_planned_and_can_be_given_again_for_a_new_order(
        self, commune: Commune
    ) -> None:
        announcement, broadcast = _ordered(commune)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
        assert _state(commune, announcement) == "submitted"
        assert _row(commune, broadcast).cancelled_at is not None
        again = commune.order(announcement, "ấp 1", starts_in_s=1200)
        _approve(commune, "quang", announcement)
        assert _row(commune, again.broadcast).planned_at is not None

    def test_one_speaker_that_says_it_began_too_early_keeps_nothing_planned(self, commune: Commune) -> None:
        announcement = _submitted(commune)
        schedule = _daily(commune, announcement, "tham")
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            for delivery in session.exec(select(Delivery).where(Delivery.speaker == "loa-1a")).all():
                delivery.state = "started"
                session.add(delivery)
        with commune.writing() as session:
            withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
        with commune.database.reading() as session:
            rows = session.exec(select(Broadcast).where(Broadcast.schedule == schedule)).all()
        assert rows
        assert [row.broadcast for row in rows if row.planned_at and not row.cancelled_at] == []

    def test_the_far_ones_of_a_dense_schedule_are_planned_and_taken_back_step_by_step(self, commune: Commune) -> None:
        announcement, timetable = _submitted(commune), Timetable(commune.database)
        start = datetime.fromisoformat("2026-11-24T05:00:00")
        rule = "FREQ=DAILY;BYHOUR=5,6,7,8,9,10"
        order = ScheduleOrder(announcement, (commune.areas["ấp 1"],), (), start, "Asia/Ho_Chi_Minh", rule)
        with commune.writing() as session:
            add_schedule(session, commune.now, commune.officers["tham"], order)
        while timetable.step(commune.now):
            pass
        _approve(commune, "quang", announcement)
        assert len(_live(commune)) == MOST_PLANNED_AT_ONCE, "a stop must not wait for all of them"
        nearest = min(row.starts_at for row in _live(commune) if row.starts_at)
        assert nearest == datetime.fromisoformat("2026-11-24T05:00:00+07:00")
        while timetable.step(commune.now):
            pass
        everything = len(_live(commune))
        assert everything > 3 * MOST_PLANNED_AT_ONCE
        with commune.writing() as session:
            withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
        assert len(_live(commune)) == everything - MOST_PLANNED_AT_ONCE
        assert nearest not in [row.starts_at for row in _live(commune)]
        while timetable.step(commune.now):
            pass
        assert _live(commune) == []

    def test_a_hamlet_gives_back_its_own_order_and_not_what_the_commune_says(self, commune: Commune) -> None:
        commune.officer("hamlet", "approver", "ấp 1")
        announcement = _submitted(commune)
        commune.order(announcement, "ấp 1", starts_in_s=1200)
        with commune.writing() as session:
            refuse(session, commune.now, commune.officers["hamlet"], announcement, "Ấp 1 không cần.")
        assert manifests_waiting(commune, announcement) == []
        assert _state(commune, announcement) == "submitted"
        commune.order(announcement, "ấp 2", starts_in_s=1200)
        _approve(commune, "quang", announcement)
        assert len(_planned(commune)) == 1

    def test_an_approval_is_withdrawn_also_while_the_next_version_is_a_draft(self, commune: Commune) -> None:
        announcement, broadcast = _ordered(commune)
        _approve(commune, "quang", announcement)
        with commune.writing() as session:
            editor = commune.officers["editor"]
            change_announcement(session, commune.now, editor, announcement, {"text": "Lời khác."})
            withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
        assert _row(commune, broadcast).cancelled_at is not None


def _content(session: Session, broadcast: str) -> Any:
    return session.exec(select(BroadcastRevision).where(BroadcastRevision.broadcast == broadcast)).one().content


def test_the_approvals_travel_with_the_manifests_name(commune: Commune) -> None:
    with commune.writing() as session:
        session.get_one(Area, commune.areas["xã"]).approval_policy = {"two_for_whole": True}
    announcement = _submitted(commune, "editor")
    row = commune.order(announcement, "xã", starts_in_s=1200, by="editor")
    [seen] = manifests_waiting(commune, announcement)
    for approver in ("quang", "tham"):
        commune.later(seconds=1)
        _approve(commune, approver, announcement)
    with commune.database.reading() as session:
        approvals = _content(session, row.broadcast)["approvals"]
    assert [each["officer"] for each in approvals] == ["Lê Minh Quang", "Nguyễn Thị Hồng Thắm"]
    assert {each["manifest"] for each in approvals} == {seen}


class TestTwoAnnouncementsWithOneSound:
    """A manifest names the sound and not the announcement: what is agreed of one isn't agreed of the other."""

    def _schedule(self, commune: Commune, announcement: str) -> str:
        first = datetime.fromisoformat("2026-11-24T05:30:00")
        places = (commune.areas["ấp 1"],)
        order = ScheduleOrder(announcement, places, (), first, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
        with commune.writing() as session:
            return add_schedule(session, commune.now, commune.officers["tham"], order).schedule

    def test_a_schedule_that_is_given_the_other_asks_again_and_is_planned_once_approved(self, commune: Commune) -> None:
        one, other = _submitted(commune), _submitted(commune)
        assert commune.row(one).clip == commune.row(other).clip
        schedule = self._schedule(commune, one)
        _approve(commune, "quang", one)
        assert _planned(commune)
        commune.later(minutes=1)
        with commune.writing() as session:
            change_schedule(session, commune.now, commune.officers["tham"], schedule, {"announcement": other})
        assert len(manifests_waiting(commune, other)) == 1
        assert self._planned_of(commune, other) == set()
        _approve(commune, "quang", other)
        assert self._planned_of(commune, other)
        assert manifests_waiting(commune, other) == []

    def test_a_new_title_of_one_leaves_what_is_agreed_of_the_other(self, commune: Commune) -> None:
        one, other = _submitted(commune), _submitted(commune)
        schedule = self._schedule(commune, one)
        _approve(commune, "quang", one)
        commune.later(minutes=1)
        tham = commune.officers["tham"]
        with commune.writing() as session:
            change_schedule(session, commune.now, tham, schedule, {"announcement": other, "times": 2})
        _approve(commune, "quang", other)
        with commune.writing() as session:
            row = change_announcement(session, commune.now, tham, one, {"title": "Tên mới"})
            commune.give_sound(session, row)
            submit_announcement(session, commune.now, tham, one, [])
        assert _state(commune, other) == "approved"
        assert _state(commune, one) == "submitted"

    def _planned_of(self, commune: Commune, announcement: str) -> set[str]:
        with commune.database.reading() as session:
            rows = session.exec(select(Broadcast).where(Broadcast.announcement == announcement)).all()
            return {row.broadcast for row in rows if row.planned_at is not None and not row.replaced}
