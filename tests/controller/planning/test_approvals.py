"""Approval: a second person approves the very sound that was submitted."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from controller.announcements.drafts import change_announcement
from controller.announcements.lists import require_announcement
from controller.broadcasts.lists import waiting_broadcasts
from controller.database.tables import Approval, Broadcast
from controller.errors import Conflict, Forbidden, Invalid
from controller.orders.one_officer_rule import allow_one_officer, end_one_officer
from controller.orders.standings import standing_of
from controller.planning.approvals import approve, refuse, waiting_for_approval, withdraw_approval
from controller.planning.submission import submit_announcement
from tests.people import Commune


def _submitted(commune: Commune) -> str:
    announcement = commune.announcement()
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    return announcement


def _state(commune: Commune, announcement: str) -> str:
    with commune.database.reading() as session:
        return standing_of(session, commune.row(announcement)).state


def test_a_second_person_approves(commune: Commune) -> None:
    announcement = _submitted(commune)
    assert _state(commune, announcement) == "submitted"
    with commune.writing() as session:
        approve(session, commune.now, commune.officers["quang"], announcement)
    assert _state(commune, announcement) == "approved"


def test_the_author_may_not_approve(commune: Commune) -> None:
    announcement = _submitted(commune)
    with pytest.raises(Forbidden), commune.writing() as session:
        approve(session, commune.now, commune.officers["tham"], announcement)
    assert _state(commune, announcement) == "submitted"


def test_the_database_itself_refuses_an_author_who_approves(either_commune: Commune) -> None:
    commune = either_commune
    announcement = _submitted(commune)
    with commune.database.reading() as session:
        submission = standing_of(session, commune.row(announcement)).submission
    assert submission is not None
    row = {
        "submission": submission.submission,
        "author": submission.author,
        "approver": submission.author,
        "clip": submission.clip,
        "at": commune.now,
    }
    with pytest.raises(IntegrityError), commune.writing() as session:
        session.connection().execute(insert(Approval), row)


def test_the_database_refuses_an_approval_with_a_wrong_author(either_commune: Commune) -> None:
    commune = either_commune
    announcement = _submitted(commune)
    with commune.database.reading() as session:
        submission = standing_of(session, commune.row(announcement)).submission
    assert submission is not None
    row = {
        "submission": submission.submission,
        "author": commune.officers["quang"].officer,
        "approver": submission.author,
        "clip": submission.clip,
        "at": commune.now,
    }
    with pytest.raises(IntegrityError), commune.writing() as session:
        session.connection().execute(insert(Approval), row)


def test_an_author_approves_only_under_the_written_rule_of_one_officer(commune: Commune) -> None:
    announcement = _submitted(commune)
    tham = commune.officers["tham"]
    with pytest.raises(Invalid), commune.writing() as session:
        allow_one_officer(session, commune.now, tham, "vì thế")
    with commune.writing() as session:
        allow_one_officer(session, commune.now, tham, "Đài chỉ có một cán bộ, theo quyết định 12/QĐ-UBND.")
    with commune.writing() as session:
        approve(session, commune.now, tham, announcement)
    assert _state(commune, announcement) == "approved"


def test_the_rule_of_one_officer_ends(commune: Commune) -> None:
    announcement = _submitted(commune)
    tham = commune.officers["tham"]
    with commune.writing() as session:
        allow_one_officer(session, commune.now, tham, "Đài chỉ có một cán bộ.")
        end_one_officer(session, commune.now, tham)
    with pytest.raises(Forbidden), commune.writing() as session:
        approve(session, commune.now, tham, announcement)


def test_any_change_makes_an_approved_announcement_a_draft(commune: Commune) -> None:
    announcement = commune.approved()
    with commune.writing() as session:
        change_announcement(session, commune.now, commune.officers["tham"], announcement, {"text": "Lời khác."})
    assert _state(commune, announcement) == "draft"


def test_the_officer_who_changed_it_last_is_its_author(commune: Commune) -> None:
    announcement = commune.announcement()
    quang = commune.officers["quang"]
    with commune.writing() as session:
        row = change_announcement(session, commune.now, quang, announcement, {"text": "Lời của ông Quang."})
        commune.give_sound(session, row)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    with pytest.raises(Forbidden), commune.writing() as session:
        approve(session, commune.now, quang, announcement)


def test_an_approval_for_another_sound_is_refused(commune: Commune) -> None:
    announcement = _submitted(commune)
    with pytest.raises(Conflict), commune.writing() as session:
        approve(session, commune.now, commune.officers["quang"], announcement, clip="0" * 64)


def test_an_approval_does_not_cover_a_sound_that_was_replaced(commune: Commune) -> None:
    announcement = commune.approved()
    with commune.writing() as session:
        row = session.merge(commune.row(announcement))
        commune.give_sound(session, row, b"another sound")
    assert _state(commune, announcement) != "approved"


def test_a_refusal_needs_a_reason_and_is_read_by_the_author(commune: Commune) -> None:
    announcement = _submitted(commune)
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


def test_a_withdrawn_approval_cancels_its_planned_broadcasts(commune: Commune) -> None:
    announcement = commune.approved()
    broadcast = commune.order(announcement, "xã", starts_in_s=3600)
    with commune.writing() as session:
        withdraw_approval(session, commune.now, commune.officers["quang"], announcement)
    assert _state(commune, announcement) == "submitted"
    with commune.database.reading() as session:
        assert session.get_one(Broadcast, broadcast.broadcast).cancelled_at is not None


def test_a_withdrawn_approval_can_be_given_again(commune: Commune) -> None:
    announcement = commune.approved()
    quang = commune.officers["quang"]
    with commune.writing() as session:
        withdraw_approval(session, commune.now, quang, announcement)
    with commune.writing() as session:
        approve(session, commune.now, quang, announcement)
    assert _state(commune, announcement) == "approved"


def test_a_submission_in_the_same_millisecond_as_a_refusal_counts(commune: Commune) -> None:
    announcement = _submitted(commune)
    for _ in range(10):  # ids that are made within one millisecond have no order
        with commune.writing() as session:
            refuse(session, commune.now, commune.officers["quang"], announcement, "sai ngày họp")
            assert standing_of(session, commune.row(announcement)).state == "refused"
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        assert _state(commune, announcement) == "submitted"


def test_a_sound_that_was_made_anew_is_submitted_again_and_approved(commune: Commune) -> None:
    announcement = _submitted(commune)
    commune.later(seconds=1)
    with commune.writing() as session:
        commune.give_sound(session, require_announcement(session, announcement), b"another voice spoke")
    assert _state(commune, announcement) == "draft"
    with commune.database.reading() as session:
        assert waiting_for_approval(session, commune.now) == []
    with pytest.raises(Conflict, match="gửi lại"), commune.writing() as session:
        approve(session, commune.now, commune.officers["quang"], announcement)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    with commune.database.reading() as session:
        assert len(waiting_for_approval(session, commune.now)) == 1
    with commune.writing() as session:
        approve(session, commune.now, commune.officers["quang"], announcement)
    assert _state(commune, announcement) == "approved"


@pytest.mark.parametrize("latest_start_in_min", [5, 120])
def test_a_waiting_order_leaves_the_list_when_it_lapses(either_commune: Commune, latest_start_in_min: int) -> None:
    """A “now” lapses ten minutes after its order, or at an earlier `latest_start`; a later one keeps nothing listed."""
    commune = either_commune
    commune.in_charge_of("quang", "ấp 1")
    announcement = commune.approved()
    commune.order(announcement, "ấp 2", latest_start=commune.now + timedelta(minutes=latest_start_in_min))
    lapses_in = timedelta(minutes=min(latest_start_in_min, 10))
    listed = {}
    with commune.database.reading() as session:
        for after in (timedelta(), lapses_in, lapses_in + timedelta(milliseconds=1)):
            waiting = waiting_broadcasts(session, commune.now + after, announcement)
            listed[after] = len(waiting), len(waiting_for_approval(session, commune.now + after))
    assert list(listed.values()) == [(1, 1), (1, 1), (0, 0)]
