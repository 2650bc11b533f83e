"""Rules of recurrence: compared with dateutil for random rules and zones; and the sentences for bad rules."""

# ruff: noqa: DTZ001  # a rule reads wall times, which have no zone

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rruleset, rrulestr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schedules.limits import MAX_RULE_CHARACTERS
from schedules.lunar_days import lunar_day
from schedules.recurrence import BadRule, Rule, next_occurrences, occurrences, read_rule

HA_NOI = "Asia/Ho_Chi_Minh"
BERLIN = "Europe/Berlin"  # 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00
ZONES = [HA_NOI, BERLIN, "America/New_York", "Australia/Lord_Howe"]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FIVE = datetime(2026, 11, 23, 5)  # a Monday


def rule(
    text: str,
    first_start: datetime = FIVE,
    zone: str = HA_NOI,
    until: datetime | None = None,
    exceptions: tuple[date, ...] = (),
) -> Rule:
    return read_rule(first_start=first_start, time_zone=zone, rrule=text, until=until, exception_dates=exceptions)


def walls(of: Rule, begin: datetime, end: datetime) -> list[datetime]:
    """The wall times of the occurrences between two wall times of its zone."""
    zone = of.zone
    return [each.wall for each in occurrences(of, begin.replace(tzinfo=zone), end.replace(tzinfo=zone))]


def first_walls(text: str, n: int, first_start: datetime = FIVE, zone: str = HA_NOI) -> list[str]:
    read = rule(text, first_start, zone)
    found = next_occurrences(read, first_start.replace(tzinfo=UTC) - timedelta(days=2), n)
    return [each.wall.isoformat(sep=" ", timespec="minutes") for each in found]


# Against dateutil


@st.composite
def lines(draw: DrawFn, first_start: datetime) -> str:
    """A valid line: the parts that RFC 5545 allows with each frequency."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.integers(1, 5)))}
    weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True)
    numbered = st.builds("{}{}".format, st.sampled_from(["1", "2", "-1", "-2", "4"]), st.sampled_from(WEEKDAYS))
    month_days = st.lists(st.one_of(st.integers(1, 31), st.integers(-31, -1)), min_size=1, max_size=3, unique=True).map(
        lambda days: ",".join(map(str, days))
    )
    if frequency in ("DAILY", "WEEKLY") and draw(st.booleans()):
        parts["BYDAY"] = ",".join(draw(weekdays))
    if frequency in ("MONTHLY", "YEARLY"):
        chosen = draw(st.sampled_from(["nothing", "BYDAY", "numbered", "BYMONTHDAY", "both"]))
        if chosen in ("BYDAY", "both"):
            parts["BYDAY"] = ",".join(draw(weekdays))
        if chosen == "numbered":
            parts["BYDAY"] = ",".join(draw(st.lists(numbered, min_size=1, max_size=2, unique=True)))
        if chosen in ("BYMONTHDAY", "both"):
            parts["BYMONTHDAY"] = draw(month_days)
        if chosen == "BYDAY" and draw(st.booleans()):
            parts["BYSETPOS"] = draw(st.sampled_from(["1", "-1", "2,-1"]))
    if draw(st.integers(0, 3)) == 0:
        parts["BYMONTH"] = ",".join(map(str, draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))))
    if draw(st.booleans()):
        parts["BYHOUR"] = ",".join(map(str, draw(st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True))))
    if draw(st.booleans()):
        parts["BYMINUTE"] = str(draw(st.sampled_from([0, 30, 59])))
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts["COUNT"] = str(draw(st.integers(1, 40)))
    if end == "UNTIL":
        until = first_start + timedelta(minutes=draw(st.integers(0, 3 * 365 * 24 * 60)))
        parts["UNTIL"] = until.strftime("%Y%m%dT%H%M%S")
    return ";".join(f"{name}={value}" for name, value in parts.items())


@st.composite
def plans(draw: DrawFn) -> tuple[datetime, str, str, frozenset[date]]:
    first_start = draw(
        st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))
    )
    united = draw(st.lists(lines(first_start), min_size=1, max_size=3))
    some_days = st.dates(first_start.date(), first_start.date() + timedelta(days=400))
    return (
        first_start,
        draw(st.sampled_from(ZONES)),
        "\n".join(united),
        frozenset(draw(st.lists(some_days, max_size=20))),
    )


def by_dateutil(first_start: datetime, text: str, end: datetime) -> Iterator[datetime]:
    united = rruleset()
    for line in text.splitlines():
        united.rrule(rrulestr(line, dtstart=first_start))
    return takewhile(lambda wall: wall < end, united)


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


@given(plans(), st.integers(-300, 900), st.integers(0, 700))
def test_a_rule_gives_the_same_instants_as_dateutil_in_any_window(
    plan: tuple[datetime, str, str, frozenset[date]], begins: int, lasts: int
) -> None:
    first_start, zone_name, text, exceptions = plan
    zone = ZoneInfo(zone_name)
    from_ = first_start.replace(tzinfo=zone).astimezone(UTC) + timedelta(days=begins)
    to = from_ + timedelta(days=lasts)
    try:
        read = rule(text, first_start, zone_name, exceptions=tuple(exceptions))
    except BadRule as bad:
        reason: str | None = bad.reason
    else:
        reason = None
    if reason is not None:
        assert reason in ("never", "too_often")
        eight_years_on = first_start + timedelta(days=8 * 366)
        if reason == "never":
            assert any(
                next(by_dateutil(first_start, line.partition(";UNTIL")[0], eight_years_on), None) is None
                or next(by_dateutil(first_start, line, eight_years_on), None) is None
                for line in text.splitlines()
            )
        else:
            pairs = pairwise(by_dateutil(first_start, text, eight_years_on))
            assert any(later - earlier < timedelta(minutes=5) for earlier, later in pairs)
        return
    expected = []
    for wall in by_dateutil(first_start, text, first_start + timedelta(days=1700)):
        at = wall.replace(tzinfo=zone).astimezone(UTC)
        if exists(wall, zone) and from_ <= at < to:
            expected.append((wall, at, "exception" if wall.date() in exceptions else None))
    found = [(each.wall, each.starts_at, each.skipped) for each in occurrences(read, from_, to)]
    assert found == expected


@given(plans())
def test_instants_rise_and_lie_in_their_window(plan: tuple[datetime, str, str, frozenset[date]]) -> None:
    first_start, zone, text, _ = plan
    try:
        read = rule(text, first_start, zone)
    except BadRule:
        return
    begin = first_start.replace(tzinfo=UTC)
    found = [each.starts_at for each in occurrences(read, begin, begin + timedelta(days=400))]
    assert all(earlier < later for earlier, later in pairwise(found))
    assert all(begin <= at < begin + timedelta(days=400) for at in found)


def test_weeks_are_counted_from_the_first_start_in_any_window() -> None:
    every_third = rule("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO")
    near = walls(every_third, datetime(2026, 11, 1), datetime(2027, 6, 1))
    assert {(each - near[0]).days % 21 for each in near} == {0}
    far = walls(every_third, datetime(2080, 1, 1), datetime(2080, 6, 1))
    assert {(each - near[0]).days % 21 for each in far} == {0}


# What the words mean


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("FREQ=DAILY;BYHOUR=5,17;BYMINUTE=0", ["2026-11-23 05:00", "2026-11-23 17:00", "2026-11-24 05:00"]),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", ["2026-11-23 05:00", "2026-11-24 05:00", "2026-11-25 05:00"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["2026-11-23 05:00", "2026-12-07 05:00", "2026-12-21 05:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-12-31 05:00", "2027-01-31 05:00", "2027-03-31 05:00"]),
        ("FREQ=MONTHLY;BYDAY=-1SU", ["2026-11-29 05:00", "2026-12-27 05:00", "2027-01-31 05:00"]),
        ("FREQ=MONTHLY", ["2026-11-23 05:00", "2026-12-23 05:00", "2027-01-23 05:00"]),
        ("FREQ=YEARLY", ["2026-11-23 05:00", "2027-11-23 05:00", "2028-11-23 05:00"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29 05:00", "2032-02-29 05:00"]),
        ("FREQ=DAILY;COUNT=2", ["2026-11-23 05:00", "2026-11-24 05:00"]),
        ("FREQ=DAILY;UNTIL=20261125", ["2026-11-23 05:00", "2026-11-24 05:00", "2026-11-25 05:00"]),
        ("FREQ=DAILY;UNTIL=20261124T050000", ["2026-11-23 05:00", "2026-11-24 05:00"]),
        ("RRULE:FREQ=DAILY;COUNT=1", ["2026-11-23 05:00"]),
        ("freq=daily;count=1", ["2026-11-23 05:00"]),
        ("FREQ=DAILY;COUNT=1\nFREQ=DAILY;COUNT=2", ["2026-11-23 05:00", "2026-11-24 05:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2026-11-30 05:00", "2026-12-31 05:00", "2027-01-29 05:00"]),
        ("FREQ=WEEKLY;BYDAY=TU,SU;WKST=SU;INTERVAL=2", ["2026-11-24 05:00", "2026-12-06 05:00", "2026-12-08 05:00"]),
    ],
)
def test_a_rule_gives_these_dates(text: str, dates: list[str]) -> None:
    assert first_walls(text, 3) == dates


def test_the_first_start_is_an_occurrence_only_if_the_rule_gives_it() -> None:
    assert first_walls("FREQ=WEEKLY;BYDAY=TU", 1) == ["2026-11-24 05:00"]


def test_fractions_of_a_second_in_the_first_start_lose_no_occurrence() -> None:
    assert first_walls("FREQ=DAILY", 1, FIVE.replace(microsecond=1)) == ["2026-11-23 05:00"]


def test_the_window_includes_its_beginning_and_excludes_its_end() -> None:
    daily = rule("FREQ=DAILY")
    assert walls(daily, FIVE, FIVE + timedelta(days=1)) == [FIVE]
    assert walls(daily, FIVE + timedelta(seconds=1), FIVE + timedelta(days=1)) == []


def test_until_is_a_local_time_and_included() -> None:
    last = FIVE + timedelta(days=3)
    assert len(walls(rule("FREQ=DAILY", until=last), FIVE, datetime(2027, 1, 1))) == 4
    assert len(walls(rule("FREQ=DAILY", until=last - timedelta(seconds=1)), FIVE, datetime(2027, 1, 1))) == 3


def test_a_local_time_that_does_not_exist_is_left_out() -> None:
    nightly = rule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", datetime(2026, 3, 28), BERLIN)
    assert [each.day for each in walls(nightly, datetime(2026, 3, 28), datetime(2026, 3, 31))] == [28, 30]


def test_the_occurrence_after_a_skipped_local_time_is_not_lost_at_the_end_of_a_window() -> None:
    # 02:30 would be 01:30Z, after 03:10, which is 01:10Z.
    nightly = rule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30\nFREQ=DAILY;BYHOUR=3;BYMINUTE=10", datetime(2026, 3, 28), BERLIN)
    found = occurrences(nightly, datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 1, 20, tzinfo=UTC))
    assert [each.wall for each in found] == [datetime(2026, 3, 29, 3, 10)]


def test_a_local_time_that_comes_twice_is_the_first() -> None:
    nightly = rule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", datetime(2026, 10, 24), BERLIN)
    day = datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert [each.starts_at for each in occurrences(nightly, *day)] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_exceptions_and_holidays_are_marked_and_counted_by_count() -> None:
    three = rule("FREQ=DAILY;COUNT=3", exceptions=(date(2026, 11, 24),))
    window = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    found = occurrences(three, *window, holidays={date(2026, 11, 24), date(2026, 11, 25)})
    assert [(each.wall.day, each.skipped) for each in found] == [(23, None), (24, "exception"), (25, "holiday")]


def test_the_next_occurrences_leave_out_skipped_ones() -> None:
    daily = rule("FREQ=DAILY", exceptions=(date(2026, 11, 24),))
    found = next_occurrences(daily, datetime(2026, 11, 1, tzinfo=UTC), 3, holidays=[date(2026, 11, 25)])
    assert [each.wall.day for each in found] == [23, 26, 27]


def test_the_next_occurrences_of_a_distant_first_start_are_found() -> None:
    later = rule("FREQ=DAILY", datetime(2060, 1, 1, 5))
    assert len(next_occurrences(later, datetime(2026, 11, 1, tzinfo=UTC), 2)) == 2


@pytest.mark.parametrize("year", [1, 1998, 2099, 9999])
def test_a_window_at_the_last_representable_instant_is_empty(year: int) -> None:
    daily = rule("FREQ=DAILY")
    begin = datetime(year, 1, 1, tzinfo=UTC)
    assert list(occurrences(daily, begin, begin + timedelta(days=30))) == []
    assert next_occurrences(daily, datetime.max.replace(tzinfo=UTC), 1) == []


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        list(occurrences(rule("FREQ=DAILY"), datetime(2026, 1, 1), datetime(2027, 1, 1, tzinfo=UTC)))


# Lunar days

lunar_lines = st.builds(
    lambda days, hours, months: (days, hours, months),
    st.lists(st.integers(1, 30), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(0, 23), min_size=1, max_size=2, unique=True),
    st.one_of(st.none(), st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True)),
)


@given(lunar_lines, st.booleans(), st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 500))
def test_a_lunar_rule_gives_the_days_of_the_lunar_calendar(
    line: tuple[list[int], list[int], list[int] | None], yearly: bool, begin: date, days: int
) -> None:
    month_days, hours, months = line
    yearly = yearly and months is not None
    text = f"RSCALE=VIETNAMESE;FREQ={'YEARLY' if yearly else 'MONTHLY'};BYMONTHDAY={','.join(map(str, month_days))}"
    text += f";BYHOUR={','.join(map(str, hours))};BYMINUTE=0"
    if months:
        text += f";BYMONTH={','.join(map(str, months))}"
    try:
        read = rule(text, datetime(2019, 12, 1))
    except BadRule:
        assert set(month_days) == {30}, "any other day comes"
        return
    expected = []
    for number in range(days):
        day = begin + timedelta(days=number)
        lunar = lunar_day(day)
        if lunar.day in month_days and (months is None or lunar.month in months) and not (yearly and lunar.leap):
            expected += [datetime.combine(day, time(hour)) for hour in sorted(hours)]
    midnight = datetime.combine(begin, time())
    assert walls(read, midnight, midnight + timedelta(days=days)) == expected


def test_a_lunar_rule_gives_days_1_and_15_of_each_month_also_of_a_leap_month() -> None:
    # 2025 has a sixth month twice: the leap one begins on 25 July.
    found = first_walls("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1,15", 5, datetime(2025, 6, 20, 5))
    assert [each[:10] for each in found] == ["2025-06-25", "2025-07-09", "2025-07-25", "2025-08-08", "2025-08-23"]
    yearly = first_walls("RSCALE=VIETNAMESE;FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1", 2, datetime(2025, 6, 20, 5))
    assert [each[:10] for each in yearly] == ["2025-06-25", "2026-07-14"]


def test_a_lunar_rule_counts_and_ends_too() -> None:
    assert len(first_walls("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1;COUNT=4", 9)) == 4
    assert len(first_walls("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1;UNTIL=20270301", 9)) == 3


def test_a_long_lunar_window_is_given_whole() -> None:
    monthly = rule("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1", datetime(2026, 1, 1, 5))
    assert len(walls(monthly, datetime(2026, 1, 1), datetime(2056, 1, 1))) in range(371, 373)


# What is refused


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unreadable"),
        ("each day", "unreadable"),
        ("FREQ=DAILY;", "unreadable"),
        ("FREQ=DAILY;FREQ=DAILY", "unreadable"),
        ("FREQ=DAILY;BYEASTER=0", "unreadable"),
        ("FREQ=DAILY;X-COLOUR=RED", "unreadable"),
        ("FREQ=DAILY;DTSTART=20260101T000000", "unreadable"),
        ("DTSTART:20260101T000000\nFREQ=DAILY", "unreadable"),
        ("FREQ=DAILY;COUNT=0", "unreadable"),
        ("FREQ=DAILY;COUNT=-1", "unreadable"),
        ("FREQ=DAILY;COUNT=1,2", "unreadable"),
        ("FREQ=DAILY;INTERVAL=0", "unreadable"),
        ("FREQ=DAILY;BYHOUR=24", "unreadable"),
        ("FREQ=DAILY;BYHOUR=,", "unreadable"),
        ("FREQ=DAILY;BYHOUR=５", "unreadable"),
        ("FREQ=DAILY;WKST=XX", "unreadable"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "unreadable"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "unreadable"),
        ("FREQ=MONTHLY;BYDAY=99MO", "unreadable"),
        ("FREQ=YEARLY;BYDAY=99MO", "unreadable"),
        ("FREQ=WEEKLY;BYDAY=1MO", "unreadable"),
        ("FREQ=MONTHLY;BYDAY=1MO,TU", "unreadable"),
        ("FREQ=YEARLY;BYMONTH=13", "unreadable"),
        ("FREQ=DAILY;BYSETPOS=0", "unreadable"),
        ("FREQ=DAILY;UNTIL=20260230", "unreadable"),
        ("FREQ=DAILY;UNTIL=tomorrow", "unreadable"),
        ("RSCALE=CHINESE;FREQ=MONTHLY;BYMONTHDAY=1", "unreadable"),
        ("RSCALE=VIETNAMESE;FREQ=DAILY", "unreadable"),
        ("RSCALE=VIETNAMESE;FREQ=MONTHLY", "unreadable"),
        ("RSCALE=VIETNAMESE;FREQ=YEARLY;BYMONTHDAY=1", "unreadable"),
        ("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=31", "unreadable"),
        ("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=-1", "unreadable"),
        ("RSCALE=VIETNAMESE;FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1", "unreadable"),
        ("FREQ=SECONDLY", "too_often"),
        ("FREQ=MINUTELY;INTERVAL=30", "too_often"),
        ("FREQ=HOURLY", "too_often"),
        ("FREQ=DAILY;BYMINUTE=0,4", "too_often"),
        ("FREQ=DAILY;BYSECOND=0,1", "too_often"),
        ("FREQ=DAILY;BYHOUR=0,23;BYMINUTE=1,58", "too_often"),
        ("FREQ=DAILY\nFREQ=WEEKLY;BYMINUTE=3", "too_often"),
        ("FREQ=DAILY\nFREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1;BYMINUTE=3", "too_often"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4", "never"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never"),
        ("FREQ=DAILY\nFREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never"),
        ("FREQ=DAILY;BYSETPOS=366", "never"),
        ("FREQ=MONTHLY;INTERVAL=120;BYMONTH=2", "never"),
        ("FREQ=YEARLY;INTERVAL=8;BYMONTH=2;BYMONTHDAY=29", "never"),
        ("FREQ=DAILY;BYHOUR=4;UNTIL=20261123", "never"),
        ("FREQ=DAILY;UNTIL=20251201", "ends_before_it_begins"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20271201", "two_ends"),
        ("FREQ=DAILY;UNTIL=20271201T000000Z", "not_local"),
        ("FREQ=DAILY;UNTIL=20271201T000000+0700", "not_local"),
        ("FREQ=DAILY;INTERVAL=999999", "too_far"),
        ("FREQ=DAILY;UNTIL=99991231", "too_far"),
        ("FREQ=DAILY;COUNT=99999", "too_many"),
        ("\n".join(["FREQ=DAILY"] * 25), "too_many"),
        ("FREQ=DAILY;" * 100_000, "too_many"),
        ("FREQ=DAILY" + "\n" * (MAX_RULE_CHARACTERS - 9), "too_many"),
        (
            "\n".join(f"FREQ=DAILY;BYSETPOS=1;BYHOUR={','.join(map(str, range(24)))};BYMINUTE=0,30" for _ in "ab"),
            "too_many",
        ),
    ],
)
def test_a_bad_rule_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadRule) as bad:
        rule(text)
    assert (bad.value.field, bad.value.reason) == ("rrule", reason)
    assert str(bad.value)
    assert len(str(bad.value)) < 300


@pytest.mark.parametrize(
    ("field", "reason", "changed"),
    [
        ("first_start", "not_local", {"first_start": FIVE.replace(tzinfo=UTC)}),
        ("first_start", "too_far", {"first_start": datetime(9999, 1, 1)}),
        ("first_start", "too_far", {"first_start": datetime(1, 1, 1)}),
        ("until", "ends_before_it_begins", {"until": FIVE - timedelta(seconds=1)}),
        ("until", "not_local", {"until": datetime(2027, 1, 1, tzinfo=UTC)}),
        ("until", "too_far", {"until": datetime(9999, 1, 1)}),
        ("until", "two_ends", {"rrule": "FREQ=DAILY;COUNT=2", "until": datetime(2027, 1, 1)}),
        ("until", "two_ends", {"rrule": "FREQ=DAILY;UNTIL=20270101", "until": datetime(2027, 1, 1)}),
        ("until", "never", {"rrule": "FREQ=DAILY;BYHOUR=4", "until": FIVE + timedelta(hours=1)}),
        ("time_zone", "no_such_zone", {"time_zone": "Asia/Hanoi"}),
        ("time_zone", "no_such_zone", {"time_zone": "../../etc/passwd"}),
        ("time_zone", "no_such_zone", {"time_zone": ""}),
        ("time_zone", "no_such_zone", {"time_zone": "x" * 100_000}),
        ("time_zone", "no_such_zone", {"time_zone": "Asia/\0"}),
        ("exception_dates", "too_many", {"exception_dates": [date.fromordinal(n) for n in range(730_000, 733_661)]}),
    ],
)
def test_a_bad_time_zone_or_date_next_to_the_rule_is_refused_with_its_field(
    field: str, reason: str, changed: dict[str, object]
) -> None:
    asked: dict[str, object] = {
        "first_start": FIVE,
        "time_zone": HA_NOI,
        "rrule": "FREQ=DAILY",
        "until": None,
        "exception_dates": (),
    }
    with pytest.raises(BadRule) as bad:
        read_rule(**{**asked, **changed})  # type: ignore[arg-type]  # one wrong thing at a time
    assert (bad.value.field, bad.value.reason) == (field, reason)


names = "INTERVAL COUNT UNTIL BYSETPOS BYWEEKNO BYYEARDAY BYMONTHDAY BYDAY BYHOUR RSCALE"
values = "MO -1SU 5 31 366 - 20270101 VIETNAMESE"
some_words = st.sampled_from(
    [f"FREQ={frequency}" for frequency in ("DAILY", "WEEKLY", "YEARLY")]
    + [f";{name}=" for name in re.split(" ", names)]
    + re.split(" ", values)
    + [",", ";", "\n"]
)


@given(st.lists(some_words, max_size=14).map("".join))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    try:
        read = rule(text)
    except BadRule:
        return
    assert next(islice(occurrences(read, datetime(2026, 11, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)), 1))
