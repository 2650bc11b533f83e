"""The lunar calendar, compared with astronomy: new moons and the sun's position by an astronomy library, at UTC+7."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import ephem
import pytest

from schedules.lunar_days import LunarDay, NoLunarDay, lunar_day, lunar_months

VIETNAM = timedelta(hours=7)
CHINA = timedelta(hours=8)


def day_of(moment: ephem.Date, ahead: timedelta) -> date:
    utc: datetime = moment.datetime().replace(tzinfo=UTC)
    return (utc + ahead).date()


def new_moons(first: date, last: date, ahead: timedelta) -> Iterator[date]:
    moment = ephem.previous_new_moon(first.isoformat())
    while day_of(moment, ahead) <= last:
        yield day_of(moment, ahead)
        moment = ephem.next_new_moon(moment)


def suns_twelfth(day: date, ahead: timedelta) -> int:
    """The twelfth of the sun's yearly path at the beginning of a day (equinox of date); 9 begins at winter solstice."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - ahead
    sun = ephem.Sun(begins.strftime("%Y/%m/%d %H:%M:%S"))
    return int(math.degrees(ephem.Ecliptic(sun, epoch=ephem.Date(begins.strftime("%Y/%m/%d %H:%M:%S"))).lon) // 30)


def by_the_sky(first_year: int, last_year: int, ahead: timedelta) -> Iterator[tuple[date, int, bool]]:
    """First day, number and leap of each month.

    The published rules: a month begins on the day of the new moon; the eleventh holds the winter solstice; where
    thirteen begin from one eleventh to the next, the first in which the sun enters no new twelfth is the leap month.
    """
    begins = list(new_moons(date(first_year - 1, 10, 1), date(last_year + 1, 3, 1), ahead))
    months = [
        (first, suns_twelfth(first, ahead), suns_twelfth(following, ahead)) for first, following in pairwise(begins)
    ]
    elevenths = [place for place, (_, before, behind) in enumerate(months) if before < 9 <= behind]
    for eleventh, following in pairwise(elevenths):
        number, leap_wanted = 11, following - eleventh == 13
        for place in range(eleventh, following):
            first, before, behind = months[place]
            leap = leap_wanted and before == behind
            leap_wanted = leap_wanted and not leap
            if place > eleventh and not leap:
                number = number % 12 + 1
            yield first, number, leap


def test_every_month_from_1990_to_2050_agrees_with_astronomy() -> None:
    ours = [(month.first, month.month, month.leap) for month in lunar_months(date(1990, 1, 1))]
    sky = [month for month in by_the_sky(1989, 2051, VIETNAM) if month[0] >= ours[0][0]]
    until = date(2051, 1, 1)
    assert [month for month in ours if month[0] < until] == [month for month in sky if month[0] < until]
    assert len([month for month in ours if month[0] < until]) > 750
    assert len([month for month in ours if month[0] < until and month[2]]) in (22, 23)


# The days of Tết. The tests of the package `holidays` have the same days for 2008 to 2022; 2007 and
# 2030 are the years in which, by Hồ Ngọc Đức's published calendar, it isn't China's day.
TET = """
1990-01-27 1991-02-15 1992-02-04 1993-01-23 1994-02-10 1995-01-31 1996-02-19 1997-02-07 1998-01-28 1999-02-16
2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-17 2008-02-07 2009-01-26
2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05
2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13
2030-02-02
"""


@pytest.mark.parametrize("tet", TET.split())
def test_tet_falls_on_the_published_days(tet: str) -> None:
    day = date.fromisoformat(tet)
    assert lunar_day(day) == LunarDay(1, 1, day.year, leap=False)


def test_tet_differs_from_chinas_only_in_2007_and_2030() -> None:
    china = {first.year: first for first, number, leap in by_the_sky(1989, 2051, CHINA) if (number, leap) == (1, False)}
    ours = {
        month.first.year: month.first
        for month in lunar_months(date(1990, 1, 1))
        if (month.month, month.leap) == (1, False)
    }
    assert [year for year in range(1990, 2051) if ours[year] != china[year]] == [2007, 2030]


def test_each_lunar_day_follows_the_one_before() -> None:
    months = [month for month in lunar_months(date(2020, 1, 1)) if month.first.year < 2040]
    for month in months:
        for number in range(month.length):
            found = lunar_day(month.first + timedelta(days=number))
            assert (found.day, found.month, found.leap) == (number + 1, month.month, month.leap)
    for earlier, later in pairwise(months):
        assert earlier.first + timedelta(days=earlier.length) == later.first


@pytest.mark.parametrize("day", [date(1967, 12, 31), date(2100, 1, 1), date.min, date.max])
def test_a_year_outside_the_known_calendar_is_refused(day: date) -> None:
    with pytest.raises(NoLunarDay, match="1968 to 2099"):
        lunar_day(day)


def test_the_months_end_with_the_known_calendar() -> None:
    assert list(lunar_months(date(2098, 12, 31)))
    assert [month for month in lunar_months(date(2099, 12, 31)) if month.first > date(2099, 12, 31)] == []
