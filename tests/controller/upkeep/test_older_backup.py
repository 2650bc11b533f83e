"""A backup by version 0.2.0 is restored, and the office goes on with it.

`backup_of_0_2_0.tar.gz` was written by that version's own `back_up`, of the small commune of the tests: three approved
or waiting announcements, a broadcast ordered, a daily schedule with its occurrences planned.
"""

import gzip
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from controller.database.tables import Announcement, Area, Broadcast, Delivery, Officer, Schedule, Speaker
from controller.database.transactions import Database
from controller.orders.instants import fixed_start
from controller.planning.timetable import Timetable
from controller.settings import OfficeSettings
from controller.station.officers import all_officers
from controller.upkeep.restore import restore
from controller.web.api.views import announcement_views, broadcast_views, speaker_views

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def restored(request: pytest.FixtureRequest, tmp_path: Path) -> OfficeSettings:
    """The station of that backup, in an empty folder."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql").new_database()
    here = OfficeSettings(data_dir=tmp_path / "office", database_url=url)
    backup = tmp_path / "backup.tar"
    backup.write_bytes(gzip.decompress((Path(__file__).parent / "backup_of_0_2_0.tar.gz").read_bytes()))
    done = restore(here, backup, NOW)
    assert done.made_at == NOW
    return here


def _count(session: Session, table: type[object]) -> int:
    return len(session.exec(select(table)).all())


def test_all_its_rows_are_restored_and_can_be_shown(restored: OfficeSettings) -> None:
    database = Database(restored.database)
    with database.reading() as session:
        counts = {table.__name__: _count(session, table) for table in (Officer, Area, Speaker, Announcement, Schedule)}
        assert counts == {"Officer": 3, "Area": 4, "Speaker": 4, "Announcement": 3, "Schedule": 1}
        assert len(all_officers(session)) == 3
        shown = announcement_views(session, session.exec(select(Announcement)).all())
        assert {each.state for each in shown} == {"approved", "draft"}
        assert all(each.plan_in_step for each in speaker_views(session, session.exec(select(Speaker)).all(), ()))
        broadcasts = broadcast_views(session, session.exec(select(Broadcast)).all(), NOW)
        assert {each.state for each in broadcasts} == {"ended", "lapsed", "planned"}
        assert _count(session, Delivery) > 0
    database.close()
    assert sorted(path.name for path in restored.within("keys").iterdir()) == [
        "broker.password",
        "office.key",
        "public.json",
        "safe.key",
    ]


def test_its_schedule_continues_with_each_day_once(restored: OfficeSettings) -> None:
    database = Database(restored.database)
    timetable = Timetable(database)
    with database.writing() as session:
        for row in session.exec(select(Schedule)).all():
            row.plan_due = NOW
            session.add(row)
    while timetable.step(NOW):
        pass
    with database.reading() as session:
        rows = session.exec(
            select(Broadcast).where(col(Broadcast.schedule).is_not(None), col(Broadcast.replaced).is_(False))
        ).all()
    starts = sorted(fixed_start(row) for row in rows)
    assert len(starts) >= 13
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(days=1)}
    database.close()
