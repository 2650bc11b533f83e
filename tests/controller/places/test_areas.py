"""Areas are a tree without loops; each officer changes only the areas in their charge."""

from typing import Unpack

import pytest
from sqlmodel import select

from controller.database.tables import Delivery, Officer
from controller.errors import Forbidden, Invalid, NotFound
from controller.places.areas import AreaFields, add_area, change_area
from controller.station.area_tree import area_tree
from controller.station.speaker_settings import last_settings
from tests.people import Commune
from wire.settings import Settings


def _add(commune: Commune, name: str, parent: str | None, officer: Officer | None = None) -> str:
    with commune.writing() as session:
        row = add_area(session, commune.now, officer.officer if officer else None, name=name, kind="ấp", parent=parent)
    return row.area


def _change(commune: Commune, area: str, officer: str = "tham", **changes: Unpack[AreaFields]) -> None:
    with commune.writing() as session:
        change_area(session, commune.now, commune.officers[officer], area, changes)


def _areas_told(commune: Commune, speaker: str) -> tuple[str, ...]:
    with commune.database.reading() as session:
        told = last_settings(session, speaker)
    assert told is not None
    return Settings.from_fields(told.content).areas


def test_a_speaker_listens_to_its_area_and_all_above(commune: Commune) -> None:
    with commune.database.reading() as session:
        tree = area_tree(session)
    assert tree.chain(commune.areas["ấp 1"]) == [commune.areas["xã"], commune.areas["ấp 1"]]
    assert tree.subtree([commune.areas["xã"]]) == set(commune.areas.values())
    assert tree.levels_below(commune.areas["xã"]) == 2


@pytest.mark.parametrize("below", ["xã", "ấp 1"])
def test_an_area_cannot_lie_in_itself(commune: Commune, below: str) -> None:
    with pytest.raises(Invalid) as refused:
        _change(commune, commune.areas["xã"], parent=commune.areas[below])
    assert refused.value.field == "parent"


def test_an_area_that_does_not_exist_is_named(commune: Commune) -> None:
    with pytest.raises(NotFound):
        _change(commune, "a-nowhere", name="X")
    with pytest.raises(Invalid) as refused:
        _change(commune, commune.areas["ấp 1"], parent="a-nowhere")
    assert refused.value.field == "parent"


def test_an_area_is_not_moved_deeper_than_settings_can_list(commune: Commune) -> None:
    def chain_of(levels: int) -> list[str]:
        areas: list[str] = []
        for level in range(levels):
            areas.append(_add(commune, f"bậc {level}", areas[-1] if areas else None))
        return areas

    upper, lower = chain_of(20), chain_of(13)
    with pytest.raises(Invalid, match="nhiều nhất 32 cấp") as refused:
        _change(commune, lower[0], parent=upper[-1])
    assert refused.value.field == "parent"
    _change(commune, lower[0], parent=upper[-2])
    with pytest.raises(Invalid):
        _add(commune, "một bậc nữa", lower[-1])


def test_the_speakers_of_a_moved_area_get_new_settings_and_its_planned_broadcasts(commune: Commune) -> None:
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=600)
    _change(commune, commune.areas["ấp 1"], parent=commune.areas["ấp 2"])
    assert _areas_told(commune, "loa-1a") == tuple(commune.areas[name] for name in ("xã", "ấp 2", "ấp 1"))
    with commune.database.reading() as session:
        hears = session.exec(select(Delivery.speaker).where(Delivery.broadcast == row.broadcast)).all()
    assert sorted(hears) == ["loa-1a", "loa-1b", "loa-2"]


def test_a_change_of_coordinates_sends_no_settings(commune: Commune) -> None:
    with commune.database.reading() as session:
        before = last_settings(session, "loa-1a")
    _change(commune, commune.areas["ấp 1"], latitude=10.9, longitude=106.8)
    with commune.database.reading() as session:
        assert last_settings(session, "loa-1a") == before


def test_an_areas_own_quiet_hours_replace_its_parents(commune: Commune) -> None:
    _change(commune, commune.areas["xã"], quiet_hours=[{"from": "21:30", "to": "05:00"}])
    _change(commune, commune.areas["ấp 1"], quiet_hours=[])
    with commune.database.reading() as session:
        tree = area_tree(session)
    assert tree.quiet_hours(commune.areas["ấp 2"]) == [{"from": "21:30", "to": "05:00"}]
    assert tree.quiet_hours(commune.areas["ấp 1"]) == []


class TestAnOfficerOfOneHamlet:
    """In charge of ấp 1 alone."""

    @pytest.fixture
    def hamlet(self, commune: Commune) -> Officer:
        return commune.in_charge_of("tham", "ấp 1")

    @pytest.mark.usefixtures("hamlet")
    def test_changes_that_hamlet_alone(self, commune: Commune) -> None:
        _change(commune, commune.areas["ấp 1"], name="Ấp Một")
        with pytest.raises(Forbidden):
            _change(commune, commune.areas["ấp 2"], name="Ấp Hai")
        with pytest.raises(Forbidden):
            _change(commune, commune.areas["xã"], name="Xã khác")

    def test_adds_areas_in_that_hamlet_alone(self, commune: Commune, hamlet: Officer) -> None:
        _add(commune, "Tổ 1", commune.areas["ấp 1"], hamlet)
        for parent in (commune.areas["ấp 2"], None):
            with pytest.raises(Forbidden):
                _add(commune, "Tổ 2", parent, hamlet)

    def test_cannot_move_the_hamlet(self, commune: Commune, hamlet: Officer) -> None:
        inner = _add(commune, "Tổ 1", commune.areas["ấp 1"], hamlet)
        for parent in (commune.areas["ấp 2"], None):
            with pytest.raises(Forbidden):
                _change(commune, inner, parent=parent)
