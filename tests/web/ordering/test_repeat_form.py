"""Recurrence: an officer's choices become a rule, and a rule is put into words."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import Invalid
from controller.web.ordering.repeat_form import read_days, read_times
from controller.web.words.repeats import ALL_DAYS, MONDAY_TO_FRIDAY, Repeat, in_words, repeat_of, rule_of
from controller.words.translation import speaking
from schedules.recurrence import read_rule

FIRST = datetime.fromisoformat("2026-11-30T17:00:00")
FIVE, EVENING = time(5), time(17, 30)


@pytest.mark.parametrize(
    ("repeat", "rule", "words"),
    [
        (
            Repeat("week", (time(17),), MONDAY_TO_FRIDAY),
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=17;BYMINUTE=0",
            "17:00 từ thứ Hai đến thứ Sáu",
        ),
        (
            Repeat("week", (FIVE, EVENING), ALL_DAYS),
            "FREQ=DAILY;BYHOUR=5;BYMINUTE=0\nFREQ=DAILY;BYHOUR=17;BYMINUTE=30",
            "05:00 và 17:30 hằng ngày",
        ),
        (
            Repeat("two_weeks", (FIVE,), (4,)),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=5;BYMINUTE=0",
            "05:00 thứ Sáu, hai tuần một lần",
        ),
        (
            Repeat("last_of_month", (FIVE,), (6,)),
            "FREQ=MONTHLY;BYDAY=-1SU;BYHOUR=5;BYMINUTE=0",
            "05:00 Chủ nhật cuối tháng",
        ),
        (
            Repeat("first_of_month", (FIVE,), (0,)),
            "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=5;BYMINUTE=0",
            "05:00 thứ Hai đầu tháng",
        ),
        (
            Repeat("month_days", (FIVE,), days=(1, 15)),
            "FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=5;BYMINUTE=0",
            "05:00 ngày 1 và 15 hằng tháng",
        ),
        (
            Repeat("lunar_days", (FIVE,), days=(1, 15)),
            "RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=5;BYMINUTE=0",
            "05:00 mùng 1 và rằm âm lịch",
        ),
    ],
)
def test_choices_become_a_rule_that_reads_back_as_the_same_choices(repeat: Repeat, rule: str, words: str) -> None:
    assert rule_of(repeat) == rule
    assert repeat_of(rule, FIRST) == repeat
    assert in_words(repeat) == words


@pytest.mark.parametrize(
    ("repeat", "words"),
    [
        (Repeat("week", (FIVE,), MONDAY_TO_FRIDAY), "05:00 Monday to Friday"),
        (Repeat("week", (FIVE,), ALL_DAYS), "05:00 every day"),
        (Repeat("last_of_month", (FIVE,), (6,)), "05:00 on the last Sunday of the month"),
        (Repeat("month_days", (FIVE,), days=(1,)), "05:00 on day 1 of every month"),
        (Repeat("lunar_days", (FIVE,), days=(15,)), "05:00 on day 15 of the lunar month"),
    ],
)
def test_a_recurrence_has_english_words_too(repeat: Repeat, words: str) -> None:
    with speaking("en"):
        assert in_words(repeat) == words


weekdays = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
times = st.sets(st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])), min_size=1, max_size=3).map(
    lambda chosen: tuple(sorted(chosen))
)
repeats = st.one_of(
    st.builds(Repeat, st.sampled_from(["week", "two_weeks", "first_of_month", "last_of_month"]), times, weekdays),
    st.builds(
        lambda every, at, days: Repeat(every, at, days=tuple(sorted(days))),
        st.sampled_from(["month_days", "lunar_days"]),
        times,
        st.sets(st.integers(1, 28), min_size=1, max_size=4),
    ),
)


@given(repeats)
def test_any_choice_becomes_a_rule_that_reads_back(repeat: Repeat) -> None:
    rule = rule_of(repeat)
    assert repeat_of(rule, FIRST) == repeat
    read_rule(first_start=FIRST, time_zone="Asia/Ho_Chi_Minh", rrule=rule, until=None, exception_dates=())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=FR,MO,TU,WE,TH", "17:00 từ thứ Hai đến thứ Sáu"),
        ("RRULE:FREQ=DAILY;INTERVAL=1", "17:00 hằng ngày"),
        ("FREQ=WEEKLY", "17:00 thứ Hai hằng tuần"),
        ("FREQ=DAILY;BYHOUR=5,17;BYMINUTE=0", "05:00 và 17:00 hằng ngày"),
    ],
)
def test_a_scripts_rule_has_the_same_words(rule: str, words: str) -> None:
    repeat = repeat_of(rule, FIRST)
    assert repeat is not None
    assert in_words(repeat) == words


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=MONTHLY;BYDAY=2MO",
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY\nFREQ=WEEKLY",
        "x",
    ],
)
def test_a_rule_that_the_form_cannot_show_has_no_choices(rule: str) -> None:
    assert repeat_of(rule, FIRST) is None


def test_hours_are_written_as_people_write_them() -> None:
    assert read_times("05:00, 17h30") == (FIVE, EVENING)
    assert read_times("17h30 và 5h") == (FIVE, EVENING)
    for text in ("", "25:00", "trưa", ",".join(f"{hour}:00" for hour in range(13))):
        with pytest.raises(Invalid):
            read_times(text)


def test_days_of_a_month_are_numbers() -> None:
    assert read_days("15, 1", 31) == (1, 15)
    assert read_days("1 và 15", 30) == (1, 15)
    for text in ("", "0", "32", "mùng 1"):
        with pytest.raises(Invalid):
            read_days(text, 31)
