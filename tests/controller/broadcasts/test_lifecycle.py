"""Ordering, waiting, planning, cancelling: only approved broadcasts are on the wire."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from controller.announcements.drafts import AnnouncementFields, change_announcement
from controller.broadcasts import lifecycle
from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.lists import addressed_speakers
from controller.broadcasts.revisions import last_revision
from controller.broadcasts.states import state_of, tally
from controller.database.tables import Broadcast, BroadcastRevision, Delivery, Officer
from controller.errors import Conflict, Forbidden, Invalid
from controller.places.areas import AreaFields, change_area
from controller.places.speakers import SpeakerFields, admit_speaker, change_speaker
from controller.planning.approvals import refuse, withdraw_approval
from controller.planning.submission import submit_announcement
from tests.people import Commune, approve_all
from wire.broadcast import Broadcast as WireBroadcast


def _state(commune: Commune, broadcast: str) -> str:
    with commune.database.reading() as session:
        row = session.get_one(Broadcast, broadcast)
        return state_of(row, tally(session, broadcast), commune.now)


def _travels(commune: Commune, broadcast: str) -> WireBroadcast | None:
    with commune.database.reading() as session:
        revision = last_revision(session, broadcast)
    return WireBroadcast.from_fields(revision.content) if revision else None


def test_an_approved_announcement_is_planned_at_once(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 1", starts_in_s=600, times=2)
    assert _state(commune, row.broadcast) == "planned"
    travels = _travels(commune, row.broadcast)
    assert travels is not None
    assert travels.areas == (commune.areas["ấp 1"],)
    assert travels.starts_at == commune.now + timedelta(seconds=600)
    assert travels.latest_start == travels.starts_at + timedelta(minutes=2)
    assert travels.length_ms == 2 * 1000 + 3000
    assert travels.expires_at == travels.latest_start + timedelta(minutes=10, milliseconds=5000)
    assert travels.approvals[0].officer == "Lê Minh Quang"
    with commune.database.reading() as session:
        assert session.exec(select(Delivery.speaker).order_by(Delivery.speaker)).all() == ["loa-1a", "loa-1b"]


def test_nothing_of_an_unapproved_broadcast_is_on_the_wire(commune: Commune) -> None:
    row = commune.order(commune.announcement(), "xã", starts_in_s=600)
    assert _state(commune, row.broadcast) == "waiting_for_approval"
    with commune.database.reading() as session:
        assert session.exec(select(BroadcastRevision)).all() == []
        assert session.exec(select(Delivery)).all() == []
        assert addressed_speakers(session, row) == ["loa-1a", "loa-1b", "loa-2", "loa-xa"]


def test_an_approval_plans_the_waiting_broadcast(commune: Commune) -> None:
    announcement = commune.announcement()
    row = commune.order(announcement, "xã", starts_in_s=600)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    with commune.writing() as session:
        approve_all(session, commune.later(seconds=60), commune.officers["quang"], announcement)
    assert _state(commune, row.broadcast) == "planned"


def test_a_broadcast_that_waits_too_long_lapses_for_good(commune: Commune) -> None:
    announcement = commune.announcement()
    row = commune.order(announcement, "xã", starts_in_s=600)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    commune.later(seconds=600 + 120, milliseconds=1)
    assert _state(commune, row.broadcast) == "lapsed"
    with commune.writing() as session:
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    assert _state(commune, row.broadcast) == "lapsed"
    assert _travels(commune, row.broadcast) is None


def test_an_approval_of_now_plans_one_instant_a_little_ahead(commune: Commune) -> None:
    announcement = commune.announcement()
    row = commune.order(announcement, "xã")
    assert row.starts_at is None
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    with commune.writing() as session:
        approve_all(session, commune.later(minutes=3), commune.officers["quang"], announcement)
    travels = _travels(commune, row.broadcast)
    assert travels is not None
    assert travels.starts_at is not None
    assert timedelta() < travels.starts_at - commune.now < timedelta(seconds=10)
    assert travels.latest_start == commune.now + timedelta(minutes=10 - 3), "that was approved"


def test_an_order_for_now_lapses_after_ten_minutes(commune: Commune) -> None:
    row = commune.order(commune.announcement(), "xã")
    commune.later(minutes=10)
    assert _state(commune, row.broadcast) == "waiting_for_approval"
    commune.later(milliseconds=1)
    assert _state(commune, row.broadcast) == "lapsed"


def test_an_emergency_for_now_has_no_instant_and_expires_after_an_hour(commune: Commune) -> None:
    row = commune.order(commune.approved("emergency"), "xã")
    travels = _travels(commune, row.broadcast)
    assert travels is not None
    assert travels.starts_at is None
    assert travels.expires_at >= commune.now + timedelta(hours=1)


def test_a_cancelled_broadcast_is_cancelled_on_the_wire_by_a_higher_revision(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=600)
    planned = _travels(commune, row.broadcast)
    for _ in range(2):
        with commune.writing() as session:
            cancel_broadcast(session, commune.now, commune.officers["tham"], row.broadcast)
    cancelled = _travels(commune, row.broadcast)
    assert planned is not None
    assert cancelled is not None
    assert (cancelled.state, cancelled.revision > planned.revision) == ("cancelled", True)
    assert _state(commune, row.broadcast) == "cancelled"
    with commune.database.reading() as session:
        assert len(session.exec(select(BroadcastRevision)).all()) == 2


def test_a_broadcast_that_is_over_cannot_be_cancelled(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=600)
    commune.later(hours=2)
    assert _state(commune, row.broadcast) == "ended"
    with pytest.raises(Conflict), commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], row.broadcast)


def test_a_past_hour_is_refused_with_a_sentence(commune: Commune) -> None:
    with pytest.raises(Invalid, match=r"16:59 đã qua\. Bây giờ là 17:00\.") as refused:
        commune.order(commune.approved(), "xã", starts_in_s=-60)
    assert refused.value.field == "starts_at"


def test_an_order_without_a_place_is_refused_with_a_sentence(commune: Commune) -> None:
    with pytest.raises(Invalid, match="Chọn ít nhất một nơi"):
        commune.order(commune.approved(), starts_in_s=60)


def test_an_hour_inside_quiet_hours_is_refused_with_a_sentence(commune: Commune) -> None:
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "21:30", "to": "05:00"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], quiet)
    announcement = commune.approved()
    with pytest.raises(Invalid, match="giờ yên tĩnh"):
        commune.order(announcement, "ấp 1", starts_in_s=5 * 3600)
    commune.order(announcement, "ấp 1", starts_in_s=12 * 3600)  # 05:00 itself
    commune.order(commune.approved("emergency"), "ấp 1", starts_in_s=5 * 3600)


def test_a_speaker_that_is_admitted_later_gets_the_planned_broadcasts(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=600)
    with commune.writing() as session:
        admit_speaker(session, commune.now, None, speaker="loa-2b", name="Mới", area=commune.areas["ấp 2"])
    with commune.writing() as session:
        moved: SpeakerFields = {"area": commune.areas["ấp 2"]}
        change_speaker(session, commune.now, commune.officers["tham"], "loa-1a", moved)
    with commune.database.reading() as session:
        assert addressed_speakers(session, row) == ["loa-1a", "loa-2", "loa-2b"]


def test_revisions_rise_even_when_the_clock_is_set_back(commune: Commune) -> None:
    row = commune.order(commune.approved(), "xã", starts_in_s=600)
    first = _travels(commune, row.broadcast)
    commune.later(hours=-1)
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], row.broadcast)
    second = _travels(commune, row.broadcast)
    assert first is not None
    assert second is not None
    assert second.revision == first.revision + 1


def test_a_late_approval_keeps_the_expiry_that_the_order_set(commune: Commune) -> None:
    announcement = commune.announcement()
    expires_at = commune.now + timedelta(minutes=20)
    row = commune.order(announcement, "xã", expires_at=expires_at)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    with commune.writing() as session:
        approve_all(session, commune.later(minutes=3), commune.officers["quang"], announcement)
    travels = _travels(commune, row.broadcast)
    assert travels is not None
    assert travels.expires_at == expires_at
    assert travels.latest_start == commune.now + timedelta(minutes=10 - 3)


def test_an_order_for_now_with_its_own_latest_start_lapses_then(commune: Commune) -> None:
    row = commune.order(commune.announcement(), "xã", latest_start=commune.now + timedelta(minutes=2))
    commune.later(minutes=2)
    assert _state(commune, row.broadcast) == "waiting_for_approval"
    commune.later(milliseconds=1)
    assert _state(commune, row.broadcast) == "lapsed"


def test_a_broadcast_that_became_an_emergency_before_its_approval_expires_after_an_hour(commune: Commune) -> None:
    announcement = commune.announcement()
    row = commune.order(announcement, "xã", starts_in_s=60)
    with commune.writing() as session:
        changed: AnnouncementFields = {"bulletin_class": "emergency"}
        changed_row = change_announcement(session, commune.now, commune.officers["tham"], announcement, changed)
        commune.give_sound(session, changed_row)
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    travels = _travels(commune, row.broadcast)
    assert travels is not None
    assert travels.bulletin_class == "emergency"
    assert travels.expires_at == commune.now + timedelta(seconds=60, hours=1)


@pytest.mark.parametrize("field", ["latest_start", "expires_at"])
def test_a_deadline_more_than_a_year_ahead_is_refused(commune: Commune, field: str) -> None:
    far = datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        commune.order(commune.approved(), "xã", starts_in_s=60, **{field: far})
    assert refused.value.field == field


def test_a_broadcast_that_sounds_past_its_expiry_can_still_be_cancelled(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60)
    with commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-2"))
        delivery.state, delivery.started_at = "started", commune.now + timedelta(seconds=60)
        session.add(delivery)
    commune.later(minutes=30)
    assert _state(commune, row.broadcast) == "ended"
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], row.broadcast)
    travels = _travels(commune, row.broadcast)
    assert travels is not None
    assert travels.state == "cancelled"
    assert travels.expires_at > commune.now, "a speaker refuses what has expired"


class TestAnOfficerOfOneHamlet:
    """In charge of ấp 1 alone."""

    @pytest.fixture
    def hamlet(self, commune: Commune) -> Officer:
        return commune.in_charge_of("quang", "ấp 1")

    def test_orders_in_that_hamlet_alone(self, commune: Commune, hamlet: Officer) -> None:
        announcement = commune.approved(approver="tham", author="editor")
        commune.order(announcement, "ấp 1", starts_in_s=60, by=hamlet.username)
        for places, speakers in ((("xã",), ()), ((), ("loa-2",))):
            with pytest.raises(Forbidden):
                commune.order(announcement, *places, speakers=speakers, starts_in_s=60, by=hamlet.username)

    def test_cannot_cancel_a_broadcast_for_other_hamlets_too(self, commune: Commune, hamlet: Officer) -> None:
        announcement = commune.approved(approver="tham", author="editor")
        own = commune.order(announcement, "ấp 1", starts_in_s=60)
        everybodys = commune.order(announcement, "xã", starts_in_s=60)
        by_name = commune.order(announcement, speakers=("loa-1a", "loa-2"), starts_in_s=60)
        for row in (everybodys, by_name):
            with pytest.raises(Forbidden), commune.writing() as session:
                cancel_broadcast(session, commune.now, hamlet, row.broadcast)
        with commune.writing() as session:
            cancel_broadcast(session, commune.now, hamlet, own.broadcast)

    def test_cannot_approve_what_was_ordered_for_another_hamlet(self, commune: Commune, hamlet: Officer) -> None:
        announcement = commune.announcement()
        row = commune.order(announcement, "ấp 2", starts_in_s=60)
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        with pytest.raises(Forbidden), commune.writing() as session:
            approve_all(session, commune.now, hamlet, announcement)
        assert _state(commune, row.broadcast) == "waiting_for_approval"

    def _handed_in(self, commune: Commune) -> str:
        announcement = commune.announcement(author="editor")
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
        return announcement

    @pytest.mark.parametrize(("areas", "speakers"), [(("xã",), ()), (("ấp 2",), ()), ((), ("loa-1a", "loa-2"))])
    def test_approves_for_that_hamlet_alone_and_orders_elsewhere_wait_for_an_officer_in_charge(
        self, commune: Commune, hamlet: Officer, areas: tuple[str, ...], speakers: tuple[str, ...]
    ) -> None:
        announcement = self._handed_in(commune)
        here = commune.order(announcement, "ấp 1", starts_in_s=60, by="editor")
        with commune.writing() as session:
            approve_all(session, commune.now, hamlet, announcement)
        row = commune.order(announcement, *areas, speakers=speakers, starts_in_s=60, by="editor")
        assert _state(commune, here.broadcast) == "planned"
        assert _state(commune, row.broadcast) == "waiting_for_approval"
        with pytest.raises(Forbidden), commune.writing() as session:
            approve_all(session, commune.now, hamlet, announcement)
        with commune.writing() as session:
            approve_all(session, commune.now, commune.officers["tham"], announcement)
        assert _state(commune, row.broadcast) == "planned"
        assert _state(commune, here.broadcast) == "planned"

    def test_can_always_withdraw_its_own_approval(self, commune: Commune, hamlet: Officer) -> None:
        announcement = self._handed_in(commune)
        here = commune.order(announcement, "ấp 1", starts_in_s=60, by="editor")
        with commune.writing() as session:
            approve_all(session, commune.now, hamlet, announcement)
        with commune.writing() as session:
            withdraw_approval(session, commune.now, hamlet, announcement)
        assert _state(commune, here.broadcast) == "cancelled"

    def test_cannot_withdraw_anothers_approval_of_a_broadcast_for_other_hamlets(
        self, commune: Commune, hamlet: Officer
    ) -> None:
        announcement = self._handed_in(commune)
        everybodys = commune.order(announcement, "xã", starts_in_s=60, by="editor")
        with commune.writing() as session:
            approve_all(session, commune.now, commune.officers["tham"], announcement)
        with pytest.raises(Forbidden), commune.writing() as session:
            withdraw_approval(session, commune.now, hamlet, announcement)
        assert _state(commune, everybodys.broadcast) == "planned"

    def test_cannot_refuse_what_was_ordered_for_another_hamlet(self, commune: Commune, hamlet: Officer) -> None:
        announcement = commune.announcement()
        row = commune.order(announcement, "ấp 2", starts_in_s=60)
        with commune.writing() as session:
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        with pytest.raises(Forbidden), commune.writing() as session:
            refuse(session, commune.now, hamlet, announcement, "sai ngày họp")
        assert _state(commune, row.broadcast) == "waiting_for_approval"


def test_one_officer_has_no_more_orders_waiting_than_anybody_would_approve(
    commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "MOST_WAITING_OF_ONE", 2)
    announcement = commune.announcement("emergency")
    first, _second = (commune.order(announcement, "ấp 1", starts_in_s=900) for _ in range(2))
    with pytest.raises(Conflict, match="2 lượt chờ phê duyệt"):
        commune.order(announcement, "ấp 1", starts_in_s=900)
    commune.order(announcement, "ấp 1", starts_in_s=900, by="editor")
    text = commune.approved("emergency")
    commune.standing_text(text, "xã")
    commune.set_off(text, "xã")
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], first.broadcast)
    commune.order(announcement, "ấp 1", starts_in_s=900)
