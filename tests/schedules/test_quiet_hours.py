"""Quiet hours: local times of day, `from` ≤ t < `to`, across midnight, across a change of the zone's offset."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.quiet_hours import Hindrance, hindrance, next_quiet, quiet_until
from wire.settings import QuietHours

HA_NOI = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")  # 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # changes by half an hour
ZONES = [HA_NOI, BERLIN, LORD_HOWE, ZoneInfo("America/St_Johns"), UTC]
MS = timedelta(milliseconds=1)


def hours(*spans: str) -> list[QuietHours]:
    return [QuietHours(from_=span[:5], to=span[6:]) for span in spans]


def ha_noi(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HA_NOI)


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def is_quiet(at: datetime, periods: Sequence[QuietHours], zone: ZoneInfo) -> bool:
    """The definition itself: whether local time lies in a period."""
    wall = at.astimezone(zone).time()
    spans = [(time.fromisoformat(period.from_), time.fromisoformat(period.to)) for period in periods]
    return any(a <= wall < b if a <= b else wall >= a or wall < b for a, b in spans)


NIGHT = hours("21:30-05:00")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-23T21:29:59.999", None),
        ("2026-11-23T21:30:00.000", "2026-11-24T05:00"),
        ("2026-11-23T23:59:59.999", "2026-11-24T05:00"),
        ("2026-11-24T00:00:00.000", "2026-11-24T05:00"),
        ("2026-11-24T04:59:59.999", "2026-11-24T05:00"),
        ("2026-11-24T05:00:00.000", None),
        ("2026-11-24T12:00:00.000", None),
    ],
)
def test_a_span_over_midnight_holds_from_its_first_millisecond_to_the_last_before_its_end(
    at: str, until: str | None
) -> None:
    assert quiet_until(ha_noi(at), NIGHT, HA_NOI) == (until and ha_noi(until))


def test_a_span_within_a_day_includes_its_beginning_and_excludes_its_end() -> None:
    noon = hours("11:30-13:00")
    assert quiet_until(ha_noi("2026-11-23T11:30"), noon, HA_NOI) == ha_noi("2026-11-23T13:00")
    assert quiet_until(ha_noi("2026-11-23T11:30") - MS, noon, HA_NOI) is None
    assert quiet_until(ha_noi("2026-11-23T13:00"), noon, HA_NOI) is None


def test_a_span_that_ends_at_midnight() -> None:
    assert quiet_until(ha_noi("2026-11-23T23:00"), hours("22:00-00:00"), HA_NOI) == ha_noi("2026-11-24T00:00")


def test_equal_ends_are_an_empty_span_and_not_a_whole_day() -> None:
    empty = hours("05:00-05:00", "00:00-00:00")
    assert quiet_until(ha_noi("2026-11-23T05:00"), empty, HA_NOI) is None
    assert quiet_until(ha_noi("2026-11-23T00:00"), empty, HA_NOI) is None
    assert next_quiet(ha_noi("2026-11-23T00:00"), empty, HA_NOI) is None


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert quiet_until(ha_noi("2026-11-23T03:00"), [], HA_NOI) is None
    assert next_quiet(ha_noi("2026-11-23T03:00"), [], HA_NOI) is None


def test_spans_that_touch_or_overlap_are_one() -> None:
    touching = hours("21:00-23:00", "23:00-05:00")
    overlapping = hours("21:00-23:00", "22:30-01:00", "00:30-05:00")
    for periods in (touching, overlapping):
        assert quiet_until(ha_noi("2026-11-23T21:10"), periods, HA_NOI) == ha_noi("2026-11-24T05:00")
        assert next_quiet(ha_noi("2026-11-23T20:00"), periods, HA_NOI) == ha_noi("2026-11-23T21:00")


def test_spans_with_a_gap_of_a_minute_stay_two() -> None:
    periods = hours("21:00-22:59", "23:00-05:00")
    assert quiet_until(ha_noi("2026-11-23T21:10"), periods, HA_NOI) == ha_noi("2026-11-23T22:59")
    assert next_quiet(ha_noi("2026-11-23T22:59"), periods, HA_NOI) == ha_noi("2026-11-23T23:00")


def test_quiet_hours_without_a_gap_last_longer_than_any_broadcast_waits() -> None:
    at = ha_noi("2026-11-23T10:00")
    end = quiet_until(at, hours("00:00-12:00", "12:00-00:00"), HA_NOI)
    assert end is not None
    assert end - at > timedelta(days=1)


def test_the_next_quiet_instant_is_now_where_it_is_quiet_now() -> None:
    assert next_quiet(ha_noi("2026-11-23T22:00"), NIGHT, HA_NOI) == ha_noi("2026-11-23T22:00")
    assert next_quiet(ha_noi("2026-11-24T05:00"), NIGHT, HA_NOI) == ha_noi("2026-11-24T21:30")
    assert next_quiet(ha_noi("2026-11-23T21:30") - MS, NIGHT, HA_NOI) == ha_noi("2026-11-23T21:30")


def test_a_night_that_loses_an_hour_ends_by_the_wall_clock() -> None:
    assert quiet_until(berlin("2026-03-28T22:00"), NIGHT, BERLIN) == berlin("2026-03-29T05:00")


def test_a_night_that_has_an_hour_twice_ends_by_the_wall_clock() -> None:
    assert quiet_until(berlin("2026-10-24T22:00"), NIGHT, BERLIN) == berlin("2026-10-25T05:00")


def test_a_span_that_begins_at_a_time_the_day_skips_begins_where_the_clock_jumps_into_it() -> None:
    jump = berlin("2026-03-29T03:00").astimezone(UTC)
    assert next_quiet(jump - timedelta(hours=1), hours("02:30-04:00"), BERLIN) == jump


def test_a_span_that_ends_at_a_time_the_day_skips_ends_where_the_clock_jumps_over_it() -> None:
    jump = berlin("2026-03-29T03:00").astimezone(UTC)
    assert quiet_until(jump - timedelta(hours=1), hours("00:00-02:30"), BERLIN) == jump


def test_a_span_that_the_day_skips_whole_does_not_happen() -> None:
    before = berlin("2026-03-29T01:00")
    assert next_quiet(before, hours("02:10-02:50"), BERLIN) == berlin("2026-03-30T02:10")


def test_a_span_inside_an_hour_that_comes_twice_is_quiet_twice() -> None:
    periods = hours("02:10-02:50")
    assert quiet_until(berlin("2026-10-25T02:20"), periods, BERLIN) == berlin("2026-10-25T02:50").astimezone(UTC)
    second = quiet_until(berlin("2026-10-25T02:20", fold=1), periods, BERLIN)
    assert second == berlin("2026-10-25T02:50", fold=1).astimezone(UTC)
    between = berlin("2026-10-25T02:50").astimezone(UTC)
    assert next_quiet(between, periods, BERLIN) == berlin("2026-10-25T02:10", fold=1).astimezone(UTC)


@pytest.mark.parametrize(
    ("starts", "latest_start", "minutes", "expected"),
    [
        ("2026-11-23T17:00", "2026-11-23T17:02", 10, None),
        ("2026-11-23T21:20", "2026-11-23T21:22", 10, None),  # it ends as the quiet hours begin
        ("2026-11-23T21:25", "2026-11-23T21:27", 10, ("2026-11-23T21:25", "2026-11-23T21:30")),
        ("2026-11-23T22:00", "2026-11-23T22:02", 10, ("2026-11-24T05:00", None)),
        ("2026-11-23T04:59", "2026-11-23T05:01", 10, None),  # it waits a minute
        ("2026-11-23T22:00", None, 10, None),
        ("2026-11-23T04:59", "2026-11-23T05:01", 20 * 60, ("2026-11-23T05:00", "2026-11-23T21:30")),
    ],
)
def test_quiet_hours_prevent_a_broadcast_or_cut_it(
    starts: str, latest_start: str | None, minutes: int, expected: tuple[str, str | None] | None
) -> None:
    found = hindrance(
        ha_noi(starts), ha_noi(latest_start) if latest_start else None, timedelta(minutes=minutes), NIGHT, HA_NOI
    )
    if expected is None:
        assert found is None
    else:
        assert found == Hindrance(ha_noi(expected[0]), ha_noi(expected[1]) if expected[1] else None)


minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
spans = st.lists(st.builds(lambda a, b: QuietHours(from_=a, to=b), minutes, minutes), max_size=4)
near_a_change = st.sampled_from(
    [
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 10, 24, 12, tzinfo=UTC),
        datetime(2026, 4, 4, 3, tzinfo=UTC),
        datetime(2026, 10, 3, 3, tzinfo=UTC),
        datetime(2026, 11, 23, tzinfo=UTC),
    ]
)
instants = st.builds(lambda day, ms: day + ms * MS, near_a_change, st.integers(0, 36 * 3_600_000))


def whole_minutes(after: datetime, before: datetime) -> list[datetime]:
    first = (after + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return [first + timedelta(minutes=n) for n in range(int((before - first) / timedelta(minutes=1)) + 1)]


@given(instants, spans, st.sampled_from(ZONES))
def test_until_is_the_first_instant_that_the_wall_clock_calls_not_quiet(
    at: datetime, periods: list[QuietHours], zone: ZoneInfo
) -> None:
    end = quiet_until(at, periods, zone)
    if not is_quiet(at, periods, zone):
        assert end is None
        return
    assert end is not None
    assert end > at
    horizon = min(end, at + timedelta(days=2))
    assert all(is_quiet(t, periods, zone) for t in whole_minutes(at, horizon) if at < t < horizon)
    assert is_quiet(end - MS, periods, zone) or end - at > timedelta(days=2)
    assert not is_quiet(end, periods, zone) or end - at > timedelta(days=2)


@given(instants, spans, st.sampled_from(ZONES))
def test_next_is_the_first_instant_that_the_wall_clock_calls_quiet(
    at: datetime, periods: list[QuietHours], zone: ZoneInfo
) -> None:
    begin = next_quiet(at, periods, zone)
    if is_quiet(at, periods, zone):
        assert begin == at
        return
    horizon = min(begin or at + timedelta(days=2), at + timedelta(days=2))
    assert not any(is_quiet(t, periods, zone) for t in whole_minutes(at, horizon) if at < t < horizon)
    if begin is not None:
        assert begin > at
        assert is_quiet(begin, periods, zone)
        assert not is_quiet(begin - MS, periods, zone)
