"""A page asks the database as often for twenty rows as for two: more rows take longer, and no more questions."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from controller.announcements.drafts import change_announcement, submit_announcement
from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast, Delivery, SpeakerStatus
from controller.planning.approvals import refuse
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from tests.people import Commune, set_online
from tests.web.conftest import Browser, Website, make_website
from wire.ids import new_ulid

AUTHORS = ("tham", "quang", "editor")


def _questions(website: Website, browser: Browser, path: str) -> int:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine = website.office.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        browser.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def _one_more(commune: Commune, number: int) -> None:
    """One more of all that these pages list, in each state."""
    author = AUTHORS[number % len(AUTHORS)]
    approved = commune.approved(title=f"Đã duyệt {number}")
    for starts_in_s in (600.0 + number, 7200.0 + number):
        commune.order(approved, "ấp 1", starts_in_s=starts_in_s)
    sounding = commune.order(approved, "xã", starts_in_s=60.0)
    waiting = commune.announcement(title=f"Chờ duyệt {number}", author=author)
    refused = commune.announcement(title=f"Trả lại {number}")
    changed = commune.announcement(title=f"Đổi sau khi gửi {number}", author=author)
    commune.order(waiting, "ấp 2", starts_in_s=900.0)
    with commune.writing() as session:
        recurring = ScheduleOrder(
            announcement=approved,
            areas=(commune.areas["ấp 1"],),
            speakers=(),
            first_start=datetime.fromisoformat(f"2026-11-24 05:{number:02}"),
            time_zone="Asia/Ho_Chi_Minh",
            rrule="FREQ=DAILY;COUNT=1",
        )
        add_schedule(session, commune.now, commune.officers["tham"], recurring)
        for announcement in (waiting, refused, changed):
            submit_announcement(session, commune.now, commune.officers[author], announcement, [])
        refuse(session, commune.now, commune.officers["quang"], refused, "Sai ngày họp.")
        change_announcement(session, commune.now, commune.officers[author], changed, {"title": "Đã đổi"})
        deliveries = session.exec(select(Delivery).where(Delivery.broadcast == sounding.broadcast)).all()
        states: tuple[DeliveryState, ...] = ("started", "started", "played", "missed")
        for row, state in zip(deliveries, states, strict=True):
            row.state, row.started_at, row.received_at = state, commune.now, commune.now
            session.add(row)
        forged = Broadcast(
            broadcast=new_ulid(commune.now),
            title="",
            bulletin_class=None,
            areas=[],
            speakers=[],
            created_at=commune.now,
        )
        session.add(forged)
        session.flush()
        session.add(
            Delivery(
                broadcast=forged.broadcast,
                speaker=("loa-1a", "loa-1b", "loa-2", "loa-xa")[number % 4],
                state="rejected",
                reason="bad_signature",
                received_at=commune.now,
                found=True,
            )
        )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/phan/trang-dau",
        "/luot-phat",
        "/ban-tin",
        "/phe-duyet",
        "/cum-loa",
        "/im-lang",
        "/im-lang?dia-ban={ấp 1}",
        "/lich",
        "/lich-tuan",
        "/lich-tuan?tuan=30/11/2026&dia-ban={ấp 1}",
        "/lich-ngay",
        "/ngay-nghi",
    ],
)
def test_twenty_rows_take_as_many_questions_as_two(tmp_path: Path, path: str) -> None:
    website = make_website(tmp_path)
    commune, browser = website.commune, website.officer()
    path = path.format_map(commune.areas)
    with commune.writing() as session:
        for status in session.exec(select(SpeakerStatus).where(col(SpeakerStatus.speaker).in_(("loa-1a", "loa-2")))):
            status.received_at = commune.now
            session.add(status)
        set_online(session, commune.now, "loa-1a", "loa-2")
    for number in range(2):
        _one_more(commune, number)
    two = _questions(website, browser, path)
    for number in range(2, 20):
        _one_more(commune, number)
    assert _questions(website, browser, path) == two
    website.office.database.close()
    commune.database.close()
