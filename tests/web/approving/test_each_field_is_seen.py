"""What an approver reads is what will sound: a change of any field of a manifest changes the approval's page.

The fields come from the types, so a new one fails here until it has a change.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, get_type_hints

import pytest

from controller.database.column_types import BroadcastManifestFields, ScheduleManifestFields, StandingManifestFields
from controller.database.tables import Broadcast, Schedule, StandingText
from controller.orders.standing_texts import StandingOrder, make_standing_text
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from controller.planning.submission import submit_announcement
from tests.by_sql import Change, set_class, set_clip, set_columns
from tests.people import Commune
from tests.web.conftest import Browser, Website, seen

Order = Callable[[Commune, str], str]
"""(commune, announcement) → the id of the order that was made."""


def _order_broadcast(commune: Commune, announcement: str) -> str:
    row = commune.order(announcement, "ấp 1", starts_in_s=1200, by="editor", speakers=("loa-2",), times=2)
    return row.broadcast


def _order_schedule(commune: Commune, announcement: str, rrule: str = "FREQ=DAILY") -> str:
    order = ScheduleOrder(
        announcement,
        (commune.areas["ấp 1"],),
        ("loa-2",),
        datetime.fromisoformat("2026-11-24T05:00:00"),
        "Asia/Ho_Chi_Minh",
        rrule,
        exception_dates=(date(2026, 12, 12),),
        skip_holidays=True,
        until=datetime.fromisoformat("2027-02-20T05:00:00"),
        times=2,
    )
    with commune.writing() as session:
        return add_schedule(session, commune.now, commune.officers["editor"], order).schedule


def _order_odd_schedule(commune: Commune, announcement: str) -> str:
    """By a rule that can't be said in words, and leaves the time of day to the first start."""
    return _order_schedule(commune, announcement, "FREQ=DAILY;INTERVAL=30")


def _order_standing(commune: Commune, announcement: str) -> str:
    until = commune.now + timedelta(days=30)
    order = StandingOrder(announcement, (commune.areas["ấp 1"],), ({"from": "06:00", "to": "20:00"},), 3, until, 2)
    with commune.writing() as session:
        return make_standing_text(session, commune.now, commune.officers["editor"], order).of_order


def _common(table: Any) -> dict[str, Change]:
    return {
        "clip": set_clip,
        "bulletin_class": set_class("priority"),
        "areas": set_columns(table, areas=lambda commune: [commune.areas["ấp 1"], commune.areas["ấp 2"]]),
        "times": set_columns(table, times=3),
        "gap_ms": set_columns(table, gap_ms=4_000),
    }


_OF_BROADCAST: dict[str, Change] = {
    **_common(Broadcast),
    "speakers": set_columns(Broadcast, speakers=["loa-xa"]),
    "starts_at": set_columns(Broadcast, starts_at=lambda commune: commune.now + timedelta(minutes=21)),
    "latest_start": set_columns(Broadcast, latest_start=lambda commune: commune.now + timedelta(minutes=23)),
    "expires_at": set_columns(Broadcast, expires_at=lambda commune: commune.now + timedelta(minutes=40)),
}
_OF_SCHEDULE: dict[str, Change] = {
    **_common(Schedule),
    "speakers": set_columns(Schedule, speakers=["loa-xa"]),
    "first_start": set_columns(Schedule, first_start="2026-11-24T02:00:00"),
    "time_zone": set_columns(Schedule, time_zone="Asia/Bangkok"),
    "rrule": set_columns(Schedule, rrule="FREQ=WEEKLY"),
    "exception_dates": set_columns(Schedule, exception_dates=["2026-12-13"]),
    "skip_holidays": set_columns(Schedule, skip_holidays=False),
    "until": set_columns(Schedule, until="2027-02-20T04:00:00"),
}
_OF_STANDING: dict[str, Change] = {
    **_common(StandingText),
    "hours": set_columns(StandingText, hours=[{"from": "06:00", "to": "20:01"}]),
    "most_times": set_columns(StandingText, most_times=4),
    "until": set_columns(StandingText, until=lambda commune: commune.now + timedelta(days=30, minutes=1)),
}
_KINDS: list[tuple[Order, str, Change]] = [
    *((_order_broadcast, field, change) for field, change in _OF_BROADCAST.items()),
    *((_order_schedule, field, change) for field, change in _OF_SCHEDULE.items()),
    *((_order_odd_schedule, field, _OF_SCHEDULE[field]) for field in ("first_start", "time_zone", "rrule", "until")),
    *((_order_standing, field, change) for field, change in _OF_STANDING.items()),
]
_IDS = [f"{order.__name__.removeprefix('_order_')}-{field}" for order, field, _change in _KINDS]


def test_each_field_of_each_kind_of_manifest_has_a_change() -> None:
    assert set(_OF_BROADCAST) == set(get_type_hints(BroadcastManifestFields))
    assert set(_OF_SCHEDULE) == set(get_type_hints(ScheduleManifestFields))
    assert set(_OF_STANDING) == set(get_type_hints(StandingManifestFields)) - {"speakers"}, "it names areas alone"


@pytest.mark.parametrize(("order", "field", "change"), _KINDS, ids=_IDS)
def test_a_change_of_a_field_changes_what_an_approver_reads_or_hears(
    website: Website, order: Order, field: str, change: Change
) -> None:
    commune = website.commune
    announcement = commune.announcement(author="editor")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
    made = order(commune, announcement)
    browser = website.officer("quang")
    before = _order_as_read(browser, announcement)
    with commune.writing() as session:
        change(session, commune, announcement, made)
    assert _order_as_read(browser, announcement) != before, f"{field} is hidden"


def _order_as_read(browser: Browser, announcement: str) -> tuple[str, str]:
    """The sentence of the one order on the approval's page, and the sound that the page plays."""
    browser.get(f"/phe-duyet/{announcement}")
    [sentence] = re.findall(r'(?s)<p class="where-line">\s*<strong>(.*?)</strong>', browser.page)
    [sound] = re.findall(r'<audio [^>]*src="([^"]*)"', browser.page)
    return seen(sentence), sound
