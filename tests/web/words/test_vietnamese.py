"""Numbers, durations and instants in Vietnamese words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.web.words.vietnamese import StationClock, about, duration, listed
from controller.words.numbers import decimal, number

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CLOCK = StationClock(datetime(2026, 11, 23, 10, 6, tzinfo=UTC), ZONE)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0 giây"),
        (1, "1 giây"),
        (59_400, "59 giây"),
        (60_000, "1 phút"),
        (263_000, "4 phút 23 giây"),
        (3_600_000, "1 giờ"),
        (5_415_000, "1 giờ 30 phút 15 giây"),
        (3_600_000_000, "1.000 giờ"),
    ],
)
def test_a_duration_is_in_hours_minutes_and_seconds(milliseconds: int, words: str) -> None:
    assert duration(milliseconds) == words


@given(st.integers(min_value=0, max_value=10**9))
def test_a_duration_is_right_to_half_a_second(milliseconds: int) -> None:
    units = {"giờ": 3600, "phút": 60, "giây": 1}
    parts = duration(milliseconds).split(" ")
    seconds = sum(int(n.replace(".", "")) * units[unit] for n, unit in zip(parts[::2], parts[1::2], strict=True))
    assert abs(seconds * 1000 - milliseconds) <= (500 if milliseconds >= 500 else 1000)


def test_numbers_have_vietnamese_separators() -> None:
    assert number(1234567) == "1.234.567"
    assert decimal(11.2) == "11,2"
    assert decimal(1234.5) == "1.234,5"


@pytest.mark.parametrize(
    ("names", "words"),
    [([], ""), (["ấp 3"], "ấp 3"), (["ấp 3", "ấp 4"], "ấp 3 và ấp 4"), (["a", "b", "c"], "a, b và c")],
)
def test_a_list_of_names_has_and_before_the_last(names: list[str], words: str) -> None:
    assert listed(names) == words


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "17:06 hôm nay"),
        (12, "05:06 ngày mai"),
        (-20, "21:06 hôm qua"),
        (-70, "19:06 thứ Sáu 20/11"),
        (24 * 60, "17:06 thứ Sáu 22/01/2027"),
    ],
)
def test_an_instant_names_the_day_as_people_do(hours: int, words: str) -> None:
    assert CLOCK.when(CLOCK.now + timedelta(hours=hours)) == words


def test_a_sentence_has_weekday_and_date_in_full() -> None:
    assert CLOCK.when_in_full(datetime(2026, 11, 23, 10, 15, tzinfo=UTC)) == "17:15 hôm nay, thứ Hai 23/11/2026"
    assert CLOCK.when_in_full(datetime(2026, 11, 29, 10, 15, tzinfo=UTC)) == "17:15, Chủ nhật 29/11/2026"
    assert CLOCK.long_date(CLOCK.now) == "Thứ Hai, 23 tháng 11 năm 2026"


def test_the_day_is_that_of_the_stations_time_zone() -> None:
    before_dawn = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert CLOCK.when(before_dawn) == "05:00 ngày mai"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "chưa đến 1 phút"),
        (timedelta(minutes=32), "32 phút"),
        (timedelta(hours=5, minutes=50), "5 giờ"),
        (timedelta(days=2, hours=22), "gần 3 ngày"),
        (timedelta(days=3, hours=1), "3 ngày"),
        (timedelta(seconds=-5), "chưa đến 1 phút"),
    ],
)
def test_a_time_ago_is_rounded(passed: timedelta, words: str) -> None:
    assert about(passed) == words
