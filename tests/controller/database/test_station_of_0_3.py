"""A station of version 0.3 is brought up to date: what was approved stays planned, and nothing else is planned by it.

The station is made by today's program, and taken back to the step before manifests, where one approval is of an
announcement's submission and of all that is ordered of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine, insert, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from controller.announcements.drafts import change_announcement
from controller.announcements.lexicon import Wording, set_entry
from controller.announcements.versions import all_writers
from controller.broadcasts.silence import silence_area
from controller.database.migrations import alembic_config, bring_up_to_date
from controller.database.tables import Agreement, Approval, Broadcast, BroadcastRevision, LexiconEntry, Submission
from controller.database.transactions import Database
from controller.orders.agreed import agreement_for
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence
from controller.planning.submission import submit_announcement
from controller.planning.timetable import Timetable
from controller.planning.waiting import waiting_orders
from controller.station import audit
from tests.people import Commune, approve_all, make_commune
from wire.model import BulletinClass

BEFORE_MANIFESTS = "0004"
DAILY = datetime.fromisoformat("2026-11-24T05:30:00")


@dataclass
class Station:
    """`approved`: submissions with their author and approver, as 0.3 knew them. `waiting`: announcements that wait."""

    commune: Commune
    url: str
    approved: list[tuple[str, str, str]]
    waiting: set[str]


@pytest.fixture(params=["sqlite", "postgresql"])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path / 'office.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").new_database()
    made = Station(make_commune(url, tmp_path), url, [], set())
    _fill(made)
    yield made
    made.commune.database.close()


def _daily(commune: Commune, announcement: str, *areas: str) -> ScheduleOrder:
    return ScheduleOrder(
        announcement=announcement,
        areas=tuple(commune.areas[name] for name in areas),
        speakers=(),
        first_start=DAILY,
        time_zone="Asia/Ho_Chi_Minh",
        rrule="FREQ=DAILY",
    )


def _fill(station: Station) -> None:
    """Normal and emergency; once, now and each day; approved, waiting, refused, cancelled, and changed afterwards."""
    commune = station.commune
    tham, quang = commune.officers["tham"], commune.officers["quang"]
    bulletin = commune.approved(title="Bản tin ngày")
    commune.order(bulletin, "xã", starts_in_s=2400)
    commune.order(bulletin, "ấp 1", starts_in_s=86_400, times=3, gap_ms=5_000)
    commune.order(bulletin, starts_in_s=7_200, speakers=("loa-2",))
    flood = commune.approved("emergency", title="Lũ lên")
    commune.order(flood, "ấp 2")
    commune.order(flood, "xã", starts_in_s=4_000)
    first, second = (commune.approved("priority", title=title) for title in ("Cắt điện", "Cắt nước"))
    for each in (first, second):
        commune.order(each, "ấp 1", starts_in_s=9_000)
    changed = commune.approved(title="Đã sửa sau khi phê duyệt")
    commune.order(changed, "ấp 1", starts_in_s=10_000)
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, tham, _daily(commune, bulletin, "ấp 1", "ấp 2")).schedule
        approve_all(session, commune.now, quang, bulletin)
        change_occurrence(session, commune.now, tham, schedule, DAILY + timedelta(days=1), dropped=True)
        change_occurrence(
            session, commune.now, tham, schedule, DAILY + timedelta(days=2), moved_to=DAILY + timedelta(days=2, hours=4)
        )
        approve_all(session, commune.now, quang, bulletin)
        change_announcement(session, commune.now, tham, changed, {"text": "Lời mới."})
        for row in session.exec(select_rows(Submission)).all():
            station.approved.append((row.submission, tham.officer, quang.officer))
    kinds: tuple[BulletinClass, ...] = ("normal", "emergency")
    for bulletin_class in kinds:
        waiting = commune.announcement(bulletin_class, title=f"Chờ {bulletin_class}")
        commune.order(waiting, "xã", starts_in_s=3_000)
        commune.order(waiting, "ấp 1", starts_in_s=90_000)
        with commune.writing() as session:
            submit_announcement(session, commune.now, tham, waiting, [])
            add_schedule(
                session, commune.now, tham, replace(_daily(commune, waiting, "xã"), rrule="FREQ=DAILY;INTERVAL=2")
            )
        station.waiting.add(waiting)


def _take_back(station: Station) -> None:
    """To the schema of 0.3, with the approvals as it kept them."""
    station.commune.database.close()
    command.downgrade(alembic_config(station.url), BEFORE_MANIFESTS)
    engine = create_engine(station.url)
    tables = MetaData()
    tables.reflect(engine)
    submission, approval = tables.tables["submission"], tables.tables["approval"]
    with engine.begin() as connection:
        clips = {row.submission: (row.clip, row.submitted_at) for row in connection.execute(select(submission))}
        for name, author, approver in station.approved:
            clip, at = clips[name]
            row = {"submission": name, "author": author, "approver": approver, "clip": clip, "at": at}
            connection.execute(insert(approval).values(row))
    engine.dispose()


def _bring_up_to_date(station: Station) -> Commune:
    bring_up_to_date(station.url)
    station.commune.database = Database(station.url)
    return station.commune


def _planned(session: Session) -> set[tuple[Any, ...]]:
    """What sounds or will: everything that decides it, and how many revisions there are of it."""
    rows = session.exec(
        select_rows(Broadcast).where(col(Broadcast.planned_at).is_not(None), col(Broadcast.replaced).is_(False))
    ).all()
    revisions = list(session.exec(select_rows(BroadcastRevision.broadcast)).all())
    return {
        (
            row.broadcast,
            row.submission,
            row.bulletin_class,
            row.starts_at,
            row.latest_start,
            row.expires_at,
            tuple(row.areas),
            tuple(row.speakers),
            row.times,
            row.gap_ms,
            row.cancelled_at,
            revisions.count(row.broadcast),
        )
        for row in rows
    }


def _waits(session: Session, now: datetime) -> set[tuple[str, str]]:
    return {(each.kind, each.of_order) for each in waiting_orders(session, now)}


def _plan_for_an_hour(commune: Commune) -> None:
    timetable = Timetable(commune.database)
    for _minute in range(60):
        commune.later(minutes=1)
        while timetable.step(commune.now):
            pass
        timetable.close_decisions(commune.now)


def test_what_was_approved_stays_planned_what_waits_waits_and_an_hour_plans_nothing_else(station: Station) -> None:
    with station.commune.database.reading() as session:
        planned, waited = _planned(session), _waits(session, station.commune.now)
    assert len(planned) > 20
    assert {kind for kind, _ in waited} == {"broadcast", "schedule"}
    _take_back(station)
    commune = _bring_up_to_date(station)
    with commune.database.reading() as session:
        assert _planned(session) == planned
        assert _waits(session, commune.now) == waited
    _plan_for_an_hour(commune)
    with commune.database.reading() as session:
        undecided = {row[:-2] for row in planned}
        assert {row[:-2] for row in _planned(session)} == undecided
        unapproved = session.exec(select_rows(Broadcast).where(col(Broadcast.announcement).in_(station.waiting))).all()
        assert unapproved
        assert all(row.planned_at is None and row.manifest is None for row in unapproved)


def test_each_planned_broadcast_has_the_manifest_of_what_is_planned_and_its_approver(station: Station) -> None:
    _take_back(station)
    commune = _bring_up_to_date(station)
    with commune.database.reading() as session:
        rows = session.exec(select_rows(Broadcast).where(col(Broadcast.planned_at).is_not(None))).all()
        for row in rows:
            agreement = agreement_for(session, row)
            assert agreement is not None, f"{row.title} {row.starts_at}"
            assert agreement.manifest == row.manifest
            approvers = session.exec(
                select_rows(Approval.approver).where(
                    Approval.of_order == agreement.of_order, Approval.manifest == agreement.manifest
                )
            ).all()
            assert approvers == [commune.officers["quang"].officer]
        approved = {submission for submission, *_ in station.approved}
        agreements = session.exec(select_rows(Agreement)).all()
        assert {each.submission for each in agreements} == approved, "what waited is agreed to by nobody"


def test_what_is_planned_can_still_be_made_less(station: Station) -> None:
    _take_back(station)
    commune = _bring_up_to_date(station)
    with commune.writing() as session:
        silenced = silence_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], hold=False)
    assert silenced
    with commune.database.reading() as session:
        [row] = [
            each
            for each in session.exec(select_rows(Broadcast).where(Broadcast.title == "Bản tin ngày")).all()
            if each.starts_at == datetime.fromisoformat("2026-11-23T10:40:00+00:00")
        ]
        assert commune.areas["xã"] not in row.areas
        assert row.cancelled_at is None


def test_words_of_the_lexicon_that_nobody_heard_are_their_authors_and_so_is_each_change_of_a_waiting_text(
    station: Station,
) -> None:
    commune, quang, tham = station.commune, station.commune.officers["quang"], station.commune.officers["tham"]
    with commune.writing() as session:
        heard, by_approver, unheard = (
            set_entry(session, commune.now, officer, None, Wording(written, "một lời khác")).entry
            for officer, written in ((tham, "kính mời"), (quang, "bà con"), (tham, "hội trường"))
        )
    commune.later(minutes=1)
    commune.approved(text="Kính mời bà con.")
    with commune.database.reading() as session:
        newest = session.exec(select_rows(Submission.submission).order_by(col(Submission.submission).desc())).first()
    station.approved.append((newest or "", tham.officer, quang.officer))
    waiting = min(station.waiting)
    with commune.writing() as session:
        audit.record(session, commune.now, quang.officer, "reading corrected", waiting)
    _take_back(station)
    commune = _bring_up_to_date(station)
    with commune.database.reading() as session:
        approved = {row.entry for row in session.exec(select_rows(LexiconEntry)).all() if row.approved}
        assert approved == {heard}, (by_approver, unheard)
        assert all_writers(session, waiting) == {tham.officer, quang.officer}
