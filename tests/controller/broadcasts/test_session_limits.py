"""How often and how long broadcasts may sound in an area; a setting says whether a breach is refused or only shown."""

from typing import Any, Unpack

import pytest

from controller.broadcasts.session_limits import breaches
from controller.database.column_types import SessionLimitsFields
from controller.database.tables import Broadcast
from controller.errors import Invalid
from controller.places.areas import AreaFields, change_area
from controller.station.area_tree import area_tree
from controller.station.facts import write
from controller.words.phrases import Phrase
from tests.people import Commune


def _limit(commune: Commune, area: str, mode: str = "refuse", **limits: Unpack[SessionLimitsFields]) -> None:
    with commune.writing() as session:
        write(session, "session_limits", mode)
        changes: AreaFields = {"session_limits": limits or None}
        change_area(session, commune.now, commune.officers["tham"], commune.areas[area], changes)


def _breaches(commune: Commune, row: Broadcast) -> list[Phrase]:
    with commune.database.reading() as session:
        return breaches(session, commune.now, area_tree(session), row)


def test_too_many_sessions_are_refused_and_broadcasts_close_together_are_one_session(commune: Commune) -> None:
    _limit(commune, "xã", sessions_a_day=2)
    announcement = commune.approved()
    commune.order(announcement, "xã", starts_in_s=60)
    commune.order(announcement, "xã", starts_in_s=60 + 29 * 60)
    commune.order(announcement, "xã", starts_in_s=3 * 3600)
    with pytest.raises(Invalid, match="Quá 2 buổi phát trong ngày 23/11 ở Xã Phú Lâm"):
        commune.order(announcement, "xã", starts_in_s=5 * 3600)


def test_the_minutes_of_a_session_are_the_sum_of_its_broadcasts(commune: Commune) -> None:
    _limit(commune, "xã", minutes_a_session=1)
    announcement = commune.approved()
    commune.order(announcement, "xã", starts_in_s=60, times=10, gap_ms=2000)  # 28 s
    commune.order(announcement, "ấp 1", starts_in_s=120, times=10, gap_ms=2000)
    with pytest.raises(Invalid, match="Buổi phát này ở Ấp 1 dài 2 phút, nhiều nhất 1 phút"):
        commune.order(announcement, "ấp 1", starts_in_s=180, times=10, gap_ms=2000)
    commune.order(announcement, "ấp 2", starts_in_s=180, times=10, gap_ms=2000)


def test_an_order_for_a_weekday_without_broadcasts_is_refused(commune: Commune) -> None:
    _limit(commune, "xã", weekdays=[0, 1, 2, 3, 4])
    announcement = commune.approved()
    with pytest.raises(Invalid, match="Thứ Bảy không phải ngày phát"):
        commune.order(announcement, "xã", starts_in_s=5 * 86_400)
    commune.order(announcement, "xã", starts_in_s=4 * 86_400)


def test_a_hamlets_own_limits_replace_the_communes(commune: Commune) -> None:
    _limit(commune, "xã", weekdays=[0])
    _limit(commune, "ấp 1", weekdays=[1])
    announcement = commune.approved()
    commune.order(announcement, "ấp 1", starts_in_s=86_400)
    with pytest.raises(Invalid, match="của Ấp 1"):
        commune.order(announcement, "ấp 1", starts_in_s=60)
    with pytest.raises(Invalid, match="của Ấp 2"):
        commune.order(announcement, "ấp 2", starts_in_s=86_400)


def test_an_emergency_is_exempt_and_is_not_counted(commune: Commune) -> None:
    _limit(commune, "xã", sessions_a_day=1, minutes_a_session=1, weekdays=[0])
    commune.order(commune.approved("emergency"), "xã", times=20)
    commune.order(commune.approved("emergency"), "xã", starts_in_s=86_400)
    commune.order(commune.approved(), "xã", starts_in_s=7200)


def test_with_the_setting_warn_a_breach_is_shown_and_not_refused(commune: Commune) -> None:
    _limit(commune, "xã", "warn", weekdays=[1])
    row = commune.order(commune.approved(), "xã", starts_in_s=60)
    assert _breaches(commune, row)
    _limit(commune, "xã", "warn")
    assert _breaches(commune, row) == []


@pytest.mark.parametrize("limits", [{"weekdays": []}, {"weekdays": [7]}, {"sessions_a_day": 0}, {"weeks": 1}])
def test_impossible_limits_are_refused(commune: Commune, limits: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        _limit(commune, "xã", **limits)
