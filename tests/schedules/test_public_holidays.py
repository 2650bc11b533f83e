"""The public holidays by law."""

from datetime import date

import pytest

from schedules.lunar_days import lunar_day
from schedules.public_holidays import public_holidays


def days(year: int) -> set[date]:
    return {each.day for each in public_holidays(year)}


@pytest.mark.parametrize("year", range(2021, 2051))
def test_each_year_has_the_holidays_that_the_law_fixes(year: int) -> None:
    fixed = {(1, 1), (4, 30), (5, 1), (9, 2)}
    assert {date(year, month, day) for month, day in fixed} <= days(year)
    assert {date(year, 9, 1), date(year, 9, 3)} & days(year)
    tet = [each.day for each in public_holidays(year) if "Tết" in each.name and each.day.month in (1, 2)]
    assert len([day for day in tet if day != date(year, 1, 1)]) >= 5
    assert any("Hùng Vương" in each.name for each in public_holidays(year))


def test_tet_and_the_hung_kings_day_follow_the_vietnamese_lunar_calendar() -> None:
    assert {date(2007, 2, 17), date(2007, 2, 18), date(2007, 4, 26)} <= days(2007)
    assert {date(2030, 2, 2), date(2030, 4, 12)} <= days(2030)
    names = {each.day: each.name for each in public_holidays(2026)}
    assert names[date(2026, 2, 17)] == "Tết Nguyên Đán"
    assert names[date(2026, 4, 26)] == "Ngày Giỗ Tổ Hùng Vương"


def test_swap_days_of_known_decrees_are_included() -> None:
    assert date(2025, 5, 2) in days(2025)


@pytest.mark.parametrize("year", [2024, 2026, 2033])
def test_the_days_of_a_year_are_sorted_and_unique(year: int) -> None:
    found = [each.day for each in public_holidays(year)]
    assert found == sorted(set(found))
    assert {day.year for day in found} == {year}


def test_tet_and_the_hung_kings_day_equal_the_lunar_calendars_for_sixty_years() -> None:
    for year in range(1990, 2051):
        named = {each.name: lunar_day(each.day) for each in public_holidays(year)}
        assert (named["Tết Nguyên Đán"].day, named["Tết Nguyên Đán"].month) == (1, 1)
        if year >= 2007:
            kings = named["Ngày Giỗ Tổ Hùng Vương"]
            assert (kings.day, kings.month, kings.leap) == (10, 3, False)
