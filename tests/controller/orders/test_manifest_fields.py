"""What two people approved is what sounds: each field of a manifest, changed after the look, is not approved with it.

The fields come from the types, so a new one fails here until it has a way to be changed.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from controller.broadcasts.revisions import add_revision
from controller.database.column_types import BroadcastManifestFields, ScheduleManifestFields, StandingManifestFields
from controller.database.tables import (
    Broadcast,
    BroadcastRevision,
    Manifest,
    Schedule,
    StandingText,
)
from controller.errors import Conflict, OfficeError
from controller.exchange.outgoing.publisher import Publisher
from controller.orders.agreed import NotAgreed
from controller.orders.manifest import name_of
from controller.orders.standing_texts import StandingOrder, make_standing_text
from controller.planning.approvals import approve
from controller.planning.schedule_orders import ScheduleFields, ScheduleOrder, add_schedule, change_schedule
from controller.planning.submission import submit_announcement
from controller.planning.waiting import waiting_orders
from tests.by_sql import Change, set_class, set_clip, set_columns
from tests.fakes.link import FakeLink
from tests.people import OFFICE_KEYS, Commune, approve_all, manifests_waiting


def _handed_in(commune: Commune) -> str:
    announcement = commune.announcement(author="editor")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
    return announcement


_PLACES: dict[str, Any] = {
    "areas": lambda commune: [commune.areas["xã"]],
    "speakers": ["loa-2"],
}
OF_BROADCAST: dict[str, Change] = {
    "clip": set_clip,
    "bulletin_class": set_class("emergency"),
    "areas": set_columns(Broadcast, areas=_PLACES["areas"]),
    "speakers": set_columns(Broadcast, speakers=_PLACES["speakers"]),
    "times": set_columns(Broadcast, times=20),
    "gap_ms": set_columns(Broadcast, gap_ms=1, times=2),
    "starts_at": set_columns(Broadcast, starts_at=lambda commune: commune.now + timedelta(minutes=30)),
    "latest_start": set_columns(Broadcast, latest_start=lambda commune: commune.now + timedelta(days=300)),
    "expires_at": set_columns(Broadcast, expires_at=lambda commune: commune.now + timedelta(days=300)),
}
OF_SCHEDULE: dict[str, Change] = {
    "clip": set_clip,
    "bulletin_class": set_class("emergency"),
    "areas": set_columns(Schedule, areas=_PLACES["areas"]),
    "speakers": set_columns(Schedule, speakers=_PLACES["speakers"]),
    "times": set_columns(Schedule, times=20),
    "gap_ms": set_columns(Schedule, gap_ms=1, times=2),
    "first_start": set_columns(Schedule, first_start="2026-11-24T02:00:00"),
    "time_zone": set_columns(Schedule, time_zone="Asia/Tokyo"),
    "rrule": set_columns(Schedule, rrule="FREQ=HOURLY"),
    "exception_dates": set_columns(Schedule, exception_dates=[]),
    "skip_holidays": set_columns(Schedule, skip_holidays=False),
    "until": set_columns(Schedule, until=None),
}
OF_STANDING: dict[str, Change] = {
    "clip": set_clip,
    "bulletin_class": set_class("emergency"),
    "areas": set_columns(StandingText, areas=_PLACES["areas"]),
    "times": set_columns(StandingText, times=20),
    "gap_ms": set_columns(StandingText, gap_ms=1, times=2),
    "hours": set_columns(StandingText, hours=[{"from": "00:00", "to": "23:59"}]),
    "most_times": set_columns(StandingText, most_times=100),
    "until": set_columns(StandingText, until=lambda commune: commune.now + timedelta(days=300)),
}


def test_each_field_of_a_manifest_has_a_change() -> None:
    assert set(OF_BROADCAST) == set(BroadcastManifestFields.__annotations__) | _common()
    assert set(OF_SCHEDULE) == set(ScheduleManifestFields.__annotations__) | _common()
    assert set(OF_STANDING) == (set(StandingManifestFields.__annotations__) | _common()) - {"speakers"}


def _common() -> set[str]:
    return {"clip", "bulletin_class", "areas", "speakers", "times", "gap_ms"}


def _order_broadcast(commune: Commune, announcement: str) -> str:
    return commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor").broadcast


def _order_schedule(commune: Commune, announcement: str) -> str:
    order = ScheduleOrder(
        announcement,
        (commune.areas["ấp 1"],),
        (),
        datetime.fromisoformat("2026-11-24T05:00:00"),
        "Asia/Ho_Chi_Minh",
        "FREQ=DAILY",
        exception_dates=(datetime.fromisoformat("2026-11-28").date(),),
        skip_holidays=True,
        until=datetime.fromisoformat("2026-12-20T05:00:00"),
    )
    with commune.writing() as session:
        return add_schedule(session, commune.now, commune.officers["editor"], order).schedule


def _order_standing(commune: Commune, announcement: str) -> str:
    until = commune.now + timedelta(days=30)
    order = StandingOrder(announcement, (commune.areas["ấp 1"],), ({"from": "06:00", "to": "20:00"},), 3, until)
    with commune.writing() as session:
        return make_standing_text(session, commune.now, commune.officers["editor"], order).of_order


KINDS = [
    *((_order_broadcast, field, change) for field, change in OF_BROADCAST.items()),
    *((_order_schedule, field, change) for field, change in OF_SCHEDULE.items()),
    *((_order_standing, field, change) for field, change in OF_STANDING.items()),
]
_IDS = [f"{order.__name__.removeprefix('_order_')}-{field}" for order, field, _change in KINDS]


@pytest.mark.parametrize(("order", "field", "change"), KINDS, ids=_IDS)
def test_a_field_that_changed_after_the_look_is_not_approved(
    commune: Commune, order: Callable[[Commune, str], str], field: str, change: Change
) -> None:
    announcement = _handed_in(commune)
    made = order(commune, announcement)
    seen = manifests_waiting(commune, announcement)
    assert len(seen) == 1
    with commune.writing() as session:
        change(session, commune, announcement, made)
    assert manifests_waiting(commune, announcement) != seen, f"{field} isn't part of the manifest"
    with pytest.raises(Conflict), commune.writing() as session:
        approve(session, commune.now, commune.officers["quang"], seen)
    with commune.database.reading() as session:
        assert session.exec(select(BroadcastRevision)).all() == []


@pytest.mark.parametrize("field", OF_BROADCAST)
def test_a_field_that_is_changed_in_the_database_after_the_approval_makes_no_revision(
    commune: Commune, field: str
) -> None:
    announcement = _handed_in(commune)
    made = _order_broadcast(commune, announcement)
    with commune.writing() as session:
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    commune.later(seconds=1)
    with commune.writing() as session:
        OF_BROADCAST[field](session, commune, announcement, made)
        if field == "bulletin_class":
            session.connection().execute(
                update(Broadcast).where(col(Broadcast.broadcast) == made).values(bulletin_class="emergency")
            )
    with pytest.raises(NotAgreed), commune.writing() as session:
        add_revision(session, commune.now, session.get_one(Broadcast, made), state="planned")


_WIRE: dict[str, Any] = {
    "clips": [{"sha256": "0" * 64, "bytes": 9, "duration_ms": 9, "media_type": "audio/ogg; codecs=opus"}],
    "bulletin_class": "emergency",
    "areas": ["xã"],
    "speakers": ["loa-2"],
    "times": 20,
    "gain_db": 12.0,
    "starts_at": "2026-11-23T19:00:00.000Z",
    "latest_start": "2027-11-23T19:00:00.000Z",
    "expires_at": "2027-11-23T19:00:00.000Z",
}


@pytest.mark.parametrize("field", _WIRE)
def test_a_revision_that_was_written_into_the_database_alone_is_never_signed(commune: Commune, field: str) -> None:
    announcement = _handed_in(commune)
    made = _order_broadcast(commune, announcement)
    with commune.writing() as session:
        approve_all(session, commune.now, commune.officers["quang"], announcement)
        row = session.exec(select(BroadcastRevision)).one()
        wrong = [commune.areas[each] for each in _WIRE[field]] if field == "areas" else _WIRE[field]
        forged: Any = {**row.content, "revision": row.revision + 1, field: wrong}
        session.add(BroadcastRevision(broadcast=made, revision=row.revision + 1, content=forged, topics=row.topics))
    publisher = Publisher(commune.database, commune.store, OFFICE_KEYS, FakeLink())  # type: ignore[arg-type]  # a fake
    publisher.step(commune.now)
    with commune.database.reading() as session:
        rows = session.exec(select(BroadcastRevision).order_by(col(BroadcastRevision.revision))).all()
    assert [each.message is not None for each in rows] == [True, False]


def test_a_manifest_that_was_changed_in_the_database_holds_for_nothing(commune: Commune) -> None:
    announcement = _handed_in(commune)
    made = _order_broadcast(commune, announcement)
    with commune.writing() as session:
        approve_all(session, commune.now, commune.officers["quang"], announcement)
    commune.later(seconds=1)
    with commune.writing() as session:
        row = session.get_one(Broadcast, made)
        manifest = session.get_one(Manifest, row.manifest)
        forged: Any = {**manifest.content, "times": 20}
        manifest.content = forged
        row.times = 20
        session.add_all([manifest, row])
    with pytest.raises(NotAgreed), commune.writing() as session:
        add_revision(session, commune.now, session.get_one(Broadcast, made), state="planned")


CHANGES_OF_SCHEDULE: dict[str, ScheduleFields] = {
    "areas": {"areas": ()},
    "speakers": {"speakers": ("loa-2",)},
    "times": {"times": 20},
    "gap_ms": {"gap_ms": 1, "times": 2},
    "first_start": {"first_start": datetime.fromisoformat("2026-11-24T02:00:00")},
    "time_zone": {"time_zone": "Asia/Tokyo"},
    "rrule": {"rrule": "FREQ=DAILY;BYHOUR=2,5"},
    "exception_dates": {"exception_dates": ()},
    "skip_holidays": {"skip_holidays": False},
    "until": {"until": None},
}


@pytest.mark.parametrize("field", CHANGES_OF_SCHEDULE)
def test_a_schedule_that_changes_while_it_is_approved_sounds_only_what_was_approved(
    either_commune: Commune, field: str
) -> None:
    commune = either_commune
    announcement = _handed_in(commune)
    schedule = _order_schedule(commune, announcement)
    seen = manifests_waiting(commune, announcement)
    change = CHANGES_OF_SCHEDULE[field] if field != "areas" else {"areas": (commune.areas["xã"],)}

    def deed(act: Callable[[Session], object]) -> OfficeError | None:
        try:
            with commune.database.writing() as session:
                act(session)
        except OfficeError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as threads:
        approved, changed = threads.map(
            deed,
            (
                lambda session: approve(session, commune.now, commune.officers["quang"], seen),
                lambda session: change_schedule(session, commune.now, commune.officers["editor"], schedule, change),
            ),
        )
    assert changed is None
    assert approved is None or isinstance(approved, Conflict)
    with commune.database.reading() as session:
        waiting = waiting_orders(session, commune.now, announcement)
        planned = session.exec(
            select(Broadcast).where(col(Broadcast.planned_at).is_not(None), col(Broadcast.cancelled_at).is_(None))
        ).all()
    assert [each.of_order for each in waiting] == [schedule]
    assert seen != [each.manifest for each in waiting]
    assert {row.manifest for row in planned} <= set(seen if approved is None else ())


def test_the_name_of_a_manifest_is_the_hash_of_its_canonical_json() -> None:
    content: BroadcastManifestFields = {
        "times": 2,
        "gap_ms": 3000,
        "clip": "ab" * 32,
        "bulletin_class": "normal",
        "areas": ["thon-dong"],
        "speakers": [],
        "starts_at": "2026-11-23T10:00:00.000Z",
        "latest_start": "2026-11-23T10:02:00.000Z",
    }
    canonical = (
        '{"areas":["thon-dong"],"bulletin_class":"normal","clip":"' + "ab" * 32 + '","gap_ms":3000,'
        '"latest_start":"2026-11-23T10:02:00.000Z","speakers":[],"starts_at":"2026-11-23T10:00:00.000Z","times":2}'
    )
    assert name_of(content) == hashlib.sha256(canonical.encode()).hexdigest()
