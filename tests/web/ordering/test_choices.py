"""Reading typed places, dates and times: 23/11/2026 is the 23rd of November."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from controller.errors import Invalid
from controller.station.area_tree import area_tree
from controller.station.speaker_lists import all_speakers
from controller.web.frame.typed_times import instant, read_date, read_time
from controller.web.ordering.choices import Choices, When, order_of, read_choices, without_doubles
from tests.web.conftest import Website

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class Query:
    """An address's fields."""

    def __init__(self, text: str) -> None:
        self._fields = QueryParams(text)

    def texts(self, name: str) -> list[str]:
        return self._fields.getlist(name)


@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2099, 12, 31)))
def test_a_date_is_day_month_year(day: date) -> None:
    assert read_date(f"{day:%d/%m/%Y}") == day
    assert read_date(f"{day.day}-{day.month}-{day.year}") == day


@given(st.times())
def test_a_time_is_read_as_hours_and_minutes(at: time) -> None:
    whole = at.replace(second=0, microsecond=0)
    assert read_time(f"{whole:%H:%M}") == whole
    assert read_time(f"{whole.hour}h{whole:%M}") == whole


@pytest.mark.parametrize(
    ("text", "at"), [("17h", time(17)), ("5 giờ 30", time(5, 30)), ("5g05", time(5, 5)), ("7.15", time(7, 15))]
)
def test_times_are_read_as_people_write_them(text: str, at: time) -> None:
    assert read_time(text) == at


@pytest.mark.parametrize("text", ["", "24:00", "17:60", "5pm", "1715", "17", "17:", "17:5", "lúc 5 giờ"])
def test_any_other_text_is_no_time(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_time(text)
    assert refused.value.field == "gio"


@pytest.mark.parametrize("text", ["", "31/11/2026", "11/23/2026", "23/11", "23/11/26", "2026-11-23", "mai"])
def test_any_other_text_is_no_date(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_date(text)
    assert refused.value.field == "ngay"


def test_a_skipped_hour_is_refused_and_a_repeated_one_means_the_first() -> None:
    new_york = ZoneInfo("America/New_York")
    with pytest.raises(Invalid):
        instant(date(2026, 3, 8), time(2, 30), new_york)
    assert instant(date(2026, 11, 1), time(1, 30), new_york) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@given(
    areas=st.lists(st.text("abc-", min_size=1, max_size=6), max_size=4, unique=True),
    speakers=st.lists(st.text("xyz-", min_size=1, max_size=6), max_size=4, unique=True),
    when=st.sampled_from(["ngay-bay-gio", "gio-dinh"]),
    date_text=st.text(max_size=12).map(str.strip),
    time_text=st.text(max_size=6).map(str.strip),
)
def test_choices_are_read_back_from_an_address(
    areas: list[str], speakers: list[str], when: When, date_text: str, time_text: str
) -> None:
    made = Choices(tuple(areas), tuple(speakers), when, date_text, time_text, "2")
    assert read_choices(Query(made.query()), Choices()) == made


def test_areas_and_speakers_inside_a_chosen_area_are_left_out(website: Website) -> None:
    areas = website.commune.areas
    with website.office.database.reading() as session:
        tree, speakers = area_tree(session), all_speakers(session)
        chosen = Choices((areas["ấp 2"], areas["xã"], areas["ấp 1"]), ("loa-1a", "loa-xa"))
        assert without_doubles(chosen, tree, speakers) == ((areas["xã"],), ())
        some = Choices((areas["ấp 1"],), ("loa-1a", "loa-2"))
        assert without_doubles(some, tree, speakers) == ((areas["ấp 1"],), ("loa-2",))


@pytest.mark.parametrize("times", ["0", "21", "-1", "", "hai", "1.5", "999999999999"])
def test_the_number_of_repetitions_is_one_to_twenty(website: Website, times: str) -> None:
    with website.office.database.reading() as session, pytest.raises(Invalid) as refused:
        order_of("A", Choices(("x",), times=times), area_tree(session), {}, ZONE)
    assert refused.value.field == "lan"


def test_an_order_without_a_place_is_refused(website: Website) -> None:
    with website.office.database.reading() as session, pytest.raises(Invalid, match="Chọn ít nhất một nơi"):
        order_of("A", Choices(date="23/11/2026", time="17:15"), area_tree(session), {}, ZONE)


def test_the_typed_hour_is_in_the_stations_time_zone(website: Website) -> None:
    commune = website.commune
    choices = Choices((commune.areas["ấp 1"],), date="23/11/2026", time="17:15", times="2")
    with website.office.database.reading() as session:
        order = order_of("A", choices, area_tree(session), all_speakers(session), ZONE)
    assert order.starts_at == commune.now + timedelta(minutes=15)
    assert order.times == 2
