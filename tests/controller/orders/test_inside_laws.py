"""Laws of what lies inside a manifest: exactly what was agreed does, less does, anything else doesn't."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.database.column_types import (
    BroadcastManifestFields,
    ScheduleManifestFields,
    StandingManifestFields,
)
from controller.orders.inside import Wish, lies_inside, narrows, rule_of
from schedules.recurrence import occurrences
from wire.instants import format_instant

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
PLACES = ("ấp 1", "ấp 2", "ấp 3", "tổ 4")


def _reach(
    areas: Collection[str], speakers: Collection[str], of_areas: Collection[str], of_speakers: Collection[str]
) -> bool:
    return set(areas) <= set(of_areas) and set(speakers) <= set(of_speakers)


places = st.lists(st.sampled_from(PLACES), min_size=1, unique=True)
sounds = st.sampled_from(["a" * 64, "b" * 64])


@st.composite
def broadcasts(draw: st.DrawFn) -> tuple[BroadcastManifestFields, Wish]:
    """A manifest of one broadcast, and the very broadcast that it describes."""
    is_now = draw(st.booleans())
    starts_at = MONDAY + timedelta(minutes=draw(st.integers(1, 500_000)))
    latest = (MONDAY if is_now else starts_at) + timedelta(minutes=draw(st.integers(0, 10)))
    wish = Wish(
        clip=draw(sounds),
        bulletin_class=draw(st.sampled_from(["normal", "priority", "emergency"])),
        areas=draw(places),
        speakers=draw(st.lists(st.sampled_from(["loa-1", "loa-2"]), unique=True)),
        times=draw(st.integers(1, 20)),
        gap_ms=draw(st.integers(0, 600_000)),
        ordered_at=MONDAY,
        is_now=is_now,
        starts_at=None if is_now else starts_at,
        latest_start=latest,
    )
    content: BroadcastManifestFields = {
        "clip": wish.clip,
        "bulletin_class": wish.bulletin_class,
        "areas": sorted(wish.areas),
        "speakers": sorted(wish.speakers),
        "times": wish.times,
        "gap_ms": wish.gap_ms,
        "starts_at": None if is_now else format_instant(starts_at),
        "latest_start": format_instant(latest),
    }
    return content, wish


@given(broadcasts(), st.data())
def test_what_was_agreed_lies_inside_and_so_does_less_of_it(
    agreed: tuple[BroadcastManifestFields, Wish], data: st.DataObject
) -> None:
    content, wish = agreed
    less = replace(
        wish,
        areas=data.draw(st.lists(st.sampled_from(sorted(wish.areas)), unique=True)),
        times=data.draw(st.integers(1, wish.times)),
        latest_start=wish.latest_start - timedelta(minutes=data.draw(st.integers(0, 5))),
    )
    for each in (wish, less):
        assert lies_inside(each, content, _reach, ZONE)


_MORE: dict[str, Any] = {
    "another sound": lambda wish: replace(wish, clip="c" * 64),
    "another class": lambda wish: replace(wish, bulletin_class="other"),
    "another place": lambda wish: replace(wish, areas=[*wish.areas, "xã bên"]),
    "another speaker": lambda wish: replace(wish, speakers=[*wish.speakers, "loa-9"]),
    "once more": lambda wish: replace(wish, times=wish.times + 1),
    "another pause": lambda wish: replace(wish, times=max(2, wish.times), gap_ms=wish.gap_ms + 1),
    "a millisecond longer": lambda wish: replace(wish, latest_start=wish.latest_start + timedelta(milliseconds=1)),
    "another start": lambda wish: replace(
        wish, is_now=False, starts_at=(wish.starts_at or MONDAY) + timedelta(milliseconds=1)
    ),
    "a start in place of now, or the other way": lambda wish: replace(
        wish, is_now=not wish.is_now, starts_at=MONDAY if wish.is_now else None
    ),
}


@pytest.mark.parametrize("more", _MORE)
@given(broadcasts())
def test_anything_more_or_other_lies_outside(more: str, agreed: tuple[BroadcastManifestFields, Wish]) -> None:
    content, wish = agreed
    assert not lies_inside(_MORE[more](wish), content, _reach, ZONE)


rules = st.sampled_from(
    ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=DAILY;BYHOUR=5,17;BYMINUTE=30"]
)


@st.composite
def schedules(draw: st.DrawFn) -> ScheduleManifestFields:
    days = draw(st.lists(st.integers(1, 20), unique=True, max_size=5))
    return {
        "clip": "a" * 64,
        "bulletin_class": "normal",
        "areas": sorted(draw(places)),
        "speakers": [],
        "times": draw(st.integers(1, 3)),
        "gap_ms": 3000,
        "first_start": "2026-11-24T05:00:00",
        "time_zone": "Asia/Ho_Chi_Minh",
        "rrule": draw(rules),
        "exception_dates": sorted(f"2026-12-{day:02d}" for day in days),
        "skip_holidays": draw(st.booleans()),
        "until": draw(st.sampled_from([None, "2026-12-20T05:00:00"])),
    }


HOLIDAY = date(2026, 12, 2)


def _wish(content: ScheduleManifestFields, starts_at: datetime, occurrence: str) -> Wish:
    return Wish(
        content["clip"],
        content["bulletin_class"],
        content["areas"],
        (),
        content["times"],
        content["gap_ms"],
        MONDAY,
        is_now=False,
        starts_at=starts_at,
        latest_start=starts_at + timedelta(minutes=2),
        occurrence=occurrence,
    )


@given(schedules(), st.integers(0, 60 * 24 * 30))
def test_of_a_schedule_its_own_occurrences_lie_inside_and_no_other_instant(
    content: ScheduleManifestFields, minutes: int
) -> None:
    until = MONDAY + timedelta(days=31)
    holidays = [HOLIDAY] if content["skip_holidays"] else []
    found = {each.starts_at: each for each in occurrences(rule_of(content), MONDAY, until, holidays)}
    for starts_at, each in found.items():
        wish = _wish(content, starts_at, each.wall.isoformat())
        assert lies_inside(wish, content, _reach, ZONE, [HOLIDAY]) == (each.skipped is None)
    other = MONDAY + timedelta(minutes=minutes)
    if other not in found:
        wall = other.astimezone(ZONE).replace(tzinfo=None)
        for occurrence in (wall.isoformat(), next(iter(found.values())).wall.isoformat()):
            assert not lies_inside(_wish(content, other, occurrence), content, _reach, ZONE, [HOLIDAY])


@given(schedules(), st.integers(0, 1439))
def test_an_occurrence_moves_within_its_day_only_where_the_area_allows_it(
    content: ScheduleManifestFields, minute: int
) -> None:
    each = next(iter(occurrences(rule_of(content), MONDAY, MONDAY + timedelta(days=40))))
    midnight = each.wall.replace(hour=0, minute=0, tzinfo=ZONE).astimezone(UTC)
    moved = _wish(content, midnight + timedelta(minutes=minute), each.wall.isoformat())
    stays = moved.starts_at == each.starts_at
    agreed = each.skipped is None
    assert lies_inside(moved, content, _reach, ZONE) == (stays and agreed)
    assert lies_inside(moved, content, _reach, ZONE, same_day_moves=True) == agreed
    next_day = _wish(content, each.starts_at + timedelta(days=1), each.wall.isoformat())
    assert not lies_inside(next_day, content, _reach, ZONE, same_day_moves=True)


@given(schedules())
def test_a_schedule_that_takes_away_asks_nobody_and_one_that_adds_asks(content: ScheduleManifestFields) -> None:
    less: ScheduleManifestFields = {
        **content,
        "areas": content["areas"][:1],
        "times": 1,
        "exception_dates": sorted({*content["exception_dates"], "2026-12-31"}),
        "skip_holidays": True,
        "until": "2026-12-01T05:00:00",
    }
    assert narrows(less, content, _reach)
    for field, value in less.items():
        alone: Any = {**content, field: value}
        if alone != content:
            assert narrows(alone, content, _reach), field
            assert not narrows(content, alone, _reach), field
    other: ScheduleManifestFields = {**content, "rrule": "FREQ=HOURLY"}
    assert not narrows(other, content, _reach)


@given(st.integers(0, 1439), st.integers(0, 11))
def test_a_standing_text_is_set_off_in_its_hours_alone(minute: int, late_by: int) -> None:
    content: StandingManifestFields = {
        "clip": "a" * 64,
        "bulletin_class": "emergency",
        "areas": ["ấp 1"],
        "speakers": [],
        "times": 2,
        "gap_ms": 3000,
        "hours": [{"from": "21:00", "to": "05:00"}],
        "most_times": 3,
        "until": "2026-12-20T12:00:00.000Z",
    }
    at = datetime(2026, 11, 24, tzinfo=ZONE).astimezone(UTC) + timedelta(minutes=minute)
    latest = at + timedelta(minutes=late_by)
    wish = Wish("a" * 64, "emergency", ["ấp 1"], (), 1, 0, at, is_now=True, starts_at=None, latest_start=latest)
    is_night = minute >= 21 * 60 or minute < 5 * 60
    assert lies_inside(wish, content, _reach, ZONE) == (is_night and late_by <= 10)
    assert not lies_inside(replace(wish, is_now=False, starts_at=at), content, _reach, ZONE)
    after_the_end = replace(wish, ordered_at=datetime(2026, 12, 20, 12, 0, 1, tzinfo=UTC))
    assert not lies_inside(after_the_end, content, _reach, ZONE)
