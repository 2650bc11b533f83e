"""Names of holidays in both languages: the whole calendar of the law, and what officers type."""

import pytest

from controller.web.words.holiday_names import SWAP_DAY, holiday_name, kept_name
from controller.words.translation import speaking
from schedules.limits import HOLIDAY_YEARS
from schedules.public_holidays import public_holidays

BY_LAW = sorted({each.name for year in HOLIDAY_YEARS for each in public_holidays(year)})


@pytest.mark.parametrize("name", BY_LAW)
def test_every_holiday_of_the_law_has_an_english_name(name: str) -> None:
    assert holiday_name(name) == name
    with speaking("en"):
        assert holiday_name(name) != name


def test_a_day_in_place_of_another_keeps_its_date() -> None:
    with speaking("en"):
        assert holiday_name("Ngày nghỉ (thay cho ngày 22/08/2026)") == "Day off (in exchange for 22/08/2026)"


@pytest.mark.parametrize("name", ["Ngày hội xã", "Sửa", "Ngày nghỉ (thay cho ngày hội)"])
def test_a_name_of_the_station_s_own_stays_as_it_was_typed(name: str) -> None:
    with speaking("en"):
        assert holiday_name(name) == name
        assert kept_name(name) == name


def test_a_known_name_is_kept_in_vietnamese_whatever_the_officer_reads() -> None:
    assert kept_name(SWAP_DAY) == SWAP_DAY
    with speaking("en"):
        assert holiday_name(SWAP_DAY) == "Day off in exchange"
        assert kept_name("Day off in exchange") == SWAP_DAY
        assert kept_name(SWAP_DAY) == SWAP_DAY
