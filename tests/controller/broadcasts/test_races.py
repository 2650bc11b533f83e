"""Two requests at once: the second one finds what the first has done, on either database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlmodel import Session, col, select

from controller.announcements.drafts import change_announcement
from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.revisions import last_revision
from controller.broadcasts.silence import silence_area
from controller.database.tables import Approval, BroadcastRevision, Speaker
from controller.errors import Conflict, OfficeError
from controller.orders.standings import standing_of
from controller.places.speakers import admit_speaker
from controller.planning.approvals import approve
from controller.planning.submission import submit_announcement
from tests.people import Commune, approve_all, manifests_waiting
from wire.broadcast import Broadcast as WireBroadcast

ROUNDS = 5


def _at_once(commune: Commune, *deeds: Callable[[Session], object]) -> list[OfficeError | None]:
    start = Barrier(len(deeds))

    def do(deed: Callable[[Session], object]) -> OfficeError | None:
        start.wait(10)
        try:
            with commune.writing() as session:
                deed(session)
        except OfficeError as error:
            return error
        return None

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


def _submitted(commune: Commune) -> str:
    announcement = commune.announcement(author="editor")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
    return announcement


def test_two_approvals_at_once_plan_a_waiting_broadcast_once(either_commune: Commune) -> None:
    commune = either_commune
    announcement = _submitted(commune)
    row = commune.order(announcement, "xã", starts_in_s=600, by="editor")
    refused = _at_once(
        commune,
        *(
            lambda session, officer=officer: approve_all(session, commune.now, commune.officers[officer], announcement)
            for officer in ("tham", "quang")
        ),
    )
    assert refused == [None, None]
    with commune.database.reading() as session:
        assert len(session.exec(select(Approval)).all()) == 1
        revisions = session.exec(select(BroadcastRevision).where(BroadcastRevision.broadcast == row.broadcast)).all()
    assert len(revisions) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_an_approval_never_covers_a_change_that_is_made_at_the_same_time(either_commune: Commune, _round: int) -> None:
    commune = either_commune
    announcement = _submitted(commune)
    row = commune.order(announcement, "xã", starts_in_s=600)
    seen = manifests_waiting(commune, announcement)
    approved, changed = _at_once(
        commune,
        lambda session: approve(session, commune.now, commune.officers["quang"], seen),
        lambda session: change_announcement(
            session, commune.now, commune.officers["editor"], announcement, {"title": "Tựa khác"}
        ),
    )
    assert changed is None
    assert approved is None or isinstance(approved, Conflict)
    with commune.database.reading() as session:
        assert standing_of(session, commune.row(announcement)).state == "draft"
        travels = last_revision(session, row.broadcast)
    assert (travels is not None) == (approved is None)
    assert travels is None or WireBroadcast.from_fields(travels.content).title == "Họp dân"


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_broadcast_that_is_cancelled_and_silenced_at_once_is_cancelled_everywhere(
    either_commune: Commune, _round: int
) -> None:
    commune = either_commune
    row = commune.order(commune.approved(), "xã", starts_in_s=600)
    tham = commune.officers["tham"]
    refused = _at_once(
        commune,
        lambda session: cancel_broadcast(session, commune.now, tham, row.broadcast),
        lambda session: silence_area(session, commune.now, tham, commune.areas["ấp 1"], hold=False),
    )
    assert refused == [None, None]
    with commune.database.reading() as session:
        last = session.exec(
            select(BroadcastRevision)
            .where(BroadcastRevision.broadcast == row.broadcast)
            .order_by(col(BroadcastRevision.revision).desc())
        ).all()
    assert last[0].content["state"] == "cancelled"
    assert len({each.revision for each in last}) == len(last)


def test_a_reading_transaction_sees_one_state_while_others_commit(either_commune: Commune) -> None:
    commune = either_commune
    with commune.database.reading() as reader:
        before = reader.exec(select(Speaker.speaker).order_by(Speaker.speaker)).all()
        with commune.writing() as session:
            admit_speaker(session, commune.now, None, speaker="loa-9", name="Mới", area=commune.areas["xã"])
        assert reader.exec(select(Speaker.speaker).order_by(Speaker.speaker)).all() == before
    with commune.database.reading() as reader:
        assert len(reader.exec(select(Speaker)).all()) == len(before) + 1
