"""Instants have one form: UTC, cut to milliseconds; a naive one is refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.instants import cut_to_milliseconds, format_instant, milliseconds_between, parse_instant, unix_milliseconds

MS = timedelta(milliseconds=1)
NAIVE = datetime(2026, 11, 23, 10)  # noqa: DTZ001  the naive instant that must be refused
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1971, 1, 1), datetime(2998, 12, 31), timezones=zones)  # noqa: DTZ001  bounds as asked


def test_an_instant_is_written_in_utc_to_the_millisecond() -> None:
    ha_noi = timezone(timedelta(hours=7))
    assert format_instant(datetime(2026, 11, 23, 17, 0, 0, 5999, ha_noi)) == "2026-11-23T10:00:00.005Z"


def test_an_instant_is_cut_and_not_rounded() -> None:
    assert format_instant(datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC)) == "2026-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00.0Z",
        "2026-11-23T10:00:00.000000Z",
        "2026-11-23T10:00:00,000Z",
        "2026-11-23T10:00:00.000",
        "2026-11-23T10:00:00.000z",
        "2026-11-23t10:00:00.000Z",
        "2026-11-23 10:00:00.000Z",
        "2026-11-23T10:00:00.000+00:00",
        "2026-11-23T17:00:00.000+07:00",
        "20261123T100000.000Z",
        "2026-W48-1T10:00:00.000Z",
        " 2026-11-23T10:00:00.000Z",
        "2026-11-23T10:00:00.000Z\n",
        "2026-13-01T10:00:00.000Z",
        "2026-02-29T10:00:00.000Z",
        "2026-11-23T24:00:00.000Z",
        "2026-11-23T23:60:00.000Z",
        "2026-12-31T23:59:60.000Z",
        "٢٠٢٦-11-23T10:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "3000-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00.000Z",
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|range|month|day|second|minute|hour"):
        parse_instant(text)


@pytest.mark.parametrize("value", [None, 0, 1795345200000, 1.5, True, b"2026-11-23T10:00:00.000Z", [], {}])
def test_a_value_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="an instant"):
        parse_instant(value)


def test_a_naive_instant_is_refused_wherever_it_appears() -> None:
    for refuses in (format_instant, parse_instant, cut_to_milliseconds):
        with pytest.raises(ValueError, match="naive"):
            refuses(NAIVE)


def test_instants_from_1970_to_2999_are_read() -> None:
    for text in ("1970-01-01T00:00:00.000Z", "2999-12-31T23:59:59.999Z"):
        assert format_instant(parse_instant(text)) == text


@given(instants)
def test_a_written_instant_is_read_again_cut_to_the_millisecond(instant: datetime) -> None:
    again = parse_instant(format_instant(instant))
    assert again == cut_to_milliseconds(instant)
    assert again.tzinfo is UTC
    assert timedelta() <= instant - again < MS


@given(instants, instants)
def test_written_instants_sort_as_the_instants_do(a: datetime, b: datetime) -> None:
    if cut_to_milliseconds(a) != cut_to_milliseconds(b):
        assert (format_instant(a) < format_instant(b)) == (a < b)


@given(instants, st.integers(0, 10**9))
def test_milliseconds_between_are_whole_and_cut_towards_the_past(instant: datetime, microseconds: int) -> None:
    later = instant + timedelta(microseconds=microseconds)
    assert milliseconds_between(instant, later) == microseconds // 1000
    assert milliseconds_between(later, instant) == -microseconds // 1000


def test_unix_milliseconds_count_from_1970() -> None:
    assert unix_milliseconds(parse_instant("2026-11-22T11:00:00.000Z")) == 1_795_345_200_000
