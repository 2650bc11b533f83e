"""Charges: each role may do what the ones before it may, in its area and all below it, and nowhere else."""

import itertools

import pytest

from controller.database.column_types import ROLES, Role
from controller.database.tables import Area, Officer
from controller.errors import Forbidden
from controller.places.areas import add_area
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import WHOLE_STATION, Charge, charges_of, may, require, require_held, tops
from controller.words.translation import speaking
from tests.people import MONDAY, Commune


def _area(name: str, parent: str | None) -> Area:
    return Area(area=name, name=name, kind="ấp", parent=parent, created_at=MONDAY)


TREE = AreaTree(
    [_area("xã", None), _area("ấp 1", "xã"), _area("tổ 1", "ấp 1"), _area("ấp 2", "xã"), _area("xã khác", None)]
)
REACHES: dict[str | None, set[str]] = {
    None: {"xã", "ấp 1", "tổ 1", "ấp 2", "xã khác"},
    "xã": {"xã", "ấp 1", "tổ 1", "ấp 2"},
    "ấp 1": {"ấp 1", "tổ 1"},
    "tổ 1": {"tổ 1"},
    "ấp 2": {"ấp 2"},
    "xã khác": {"xã khác"},
}
"""What lies in an area or below it."""


@pytest.mark.parametrize("place", REACHES)
@pytest.mark.parametrize("role", ROLES)
def test_a_charge_gives_its_role_and_all_before_it_in_its_area_and_below(role: Role, place: str | None) -> None:
    charges = [Charge(role, place)]
    for wanted, areas in itertools.product(ROLES, itertools.combinations(REACHES[None], 2)):
        enough = ROLES.index(wanted) <= ROLES.index(role)
        assert may(charges, wanted, areas, TREE) == (enough and set(areas) <= REACHES[place])
        assert may(charges, wanted, areas[:1], TREE) == (enough and areas[0] in REACHES[place])
        assert may(charges, wanted, WHOLE_STATION, TREE) == (enough and place is None)


def test_all_areas_together_are_not_the_whole_station() -> None:
    """The station's own settings are no area's, and a further root may be added tomorrow."""
    charges = [Charge("administrator", root) for root in ("xã", "xã khác")]
    assert may(charges, "administrator", REACHES[None], TREE)
    assert not may(charges, "administrator", WHOLE_STATION, TREE)


def test_several_charges_add_up_but_a_lower_role_does_not_lift_another() -> None:
    charges = [Charge("approver", "ấp 1"), Charge("viewer", "xã")]
    assert may(charges, "viewer", ["ấp 1", "ấp 2"], TREE)
    assert may(charges, "approver", ["tổ 1"], TREE)
    assert not may(charges, "approver", ["ấp 2"], TREE)
    assert not may(charges, "approver", ["ấp 1", "ấp 2"], TREE)
    assert may([*charges, Charge("editor", "ấp 2")], "editor", ["ấp 1", "ấp 2"], TREE)


def test_whoever_has_no_charge_may_do_nothing() -> None:
    for role, areas in itertools.product(ROLES, (["ấp 1"], WHOLE_STATION)):
        assert not may([], role, areas, TREE)


@pytest.mark.parametrize(
    ("charges", "role", "found"),
    [
        ([Charge("editor", None)], "viewer", ["xã", "xã khác"]),
        ([Charge("editor", "ấp 1")], "editor", ["ấp 1"]),
        ([Charge("viewer", "ấp 1")], "editor", []),
        ([Charge("editor", "tổ 1"), Charge("viewer", "xã"), Charge("viewer", "ấp 2")], "viewer", ["xã"]),
        ([Charge("editor", "ấp 2"), Charge("editor", "tổ 1")], "editor", ["tổ 1", "ấp 2"]),
        ([], "viewer", []),
    ],
)
def test_the_tops_are_the_highest_areas_in_the_order_of_the_tree(
    charges: list[Charge], role: Role, found: list[str]
) -> None:
    assert tops(charges, role, TREE) == found


def _moved(commune: Commune, username: str, role: Role, area: str | None, *, disabled: bool = False) -> Officer:
    """Give the officer another charge; returns the row as it was read before, like a request that is under way."""
    before = commune.officers[username]
    with commune.writing() as session:
        row = session.get_one(Officer, before.officer)
        row.role, row.area, row.disabled = role, commune.areas[area] if area else None, disabled
        session.add(row)
    return before


def _refusal(commune: Commune, officer: Officer, role: Role, *areas: str) -> str:
    """What the officer is told; empty: nothing is lacking."""
    with commune.writing() as session:
        try:
            require(session, commune.now, officer, role, [commune.areas[area] for area in areas])
        except Forbidden as error:
            return str(error)
    return ""


def test_a_refusal_says_which_role_is_lacking_in_which_area(commune: Commune) -> None:
    editor = _moved(commune, "editor", "editor", "ấp 1")
    assert _refusal(commune, editor, "editor", "ấp 1") == ""
    assert _refusal(commune, editor, "approver", "ấp 1").startswith("Việc này cần vai trò lãnh đạo phê duyệt ở Ấp 1. ")
    assert _refusal(commune, editor, "editor", "ấp 1", "ấp 2").startswith("Việc này cần vai trò biên tập ở Ấp 2. ")
    assert _refusal(commune, editor, "administrator").startswith("Việc này cần vai trò quản trị của toàn đài. ")
    with speaking("en"):
        assert _refusal(commune, editor, "approver", "ấp 2").startswith("This needs the role “approver” in Ấp 2. ")


def test_an_officer_who_was_moved_or_disabled_since_the_request_came_in_is_refused(commune: Commune) -> None:
    quang = commune.officers["quang"]
    assert _refusal(commune, quang, "approver", "ấp 2") == ""
    assert _refusal(commune, _moved(commune, "quang", "approver", "ấp 1"), "approver", "ấp 2")
    assert _refusal(commune, _moved(commune, "quang", "editor", None), "approver", "ấp 2")
    assert _refusal(commune, _moved(commune, "quang", "administrator", None, disabled=True), "viewer", "ấp 2")
    with commune.writing() as session:
        assert charges_of(session, commune.now, quang) == ()


def test_an_area_that_was_just_added_is_known(commune: Commune) -> None:
    editor = _moved(commune, "editor", "editor", "ấp 1")
    with commune.writing() as session:
        new = add_area(session, commune.now, None, name="Tổ 1", kind="tổ", parent=commune.areas["ấp 1"]).area
        require(session, commune.now, editor, "editor", [new])
        assert new in area_tree(session).by_id


@pytest.mark.parametrize(
    ("area", "role", "in_station", "may_enter"),
    [
        (None, "editor", True, True),
        (None, "editor", False, True),
        ("ấp 1", "editor", True, False),
        ("ấp 1", "editor", False, True),
        ("ấp 1", "viewer", False, True),
        (None, "approver", False, False),
        (None, "approver", True, False),
    ],
)
def test_a_door_refuses_whoever_has_the_role_nowhere(
    commune: Commune, area: str | None, role: Role, in_station: bool, may_enter: bool
) -> None:
    charges = [Charge("editor", area)]
    if may_enter:
        require_held(charges, commune.officers["editor"], role, in_station=in_station)
    else:
        with pytest.raises(Forbidden):
            require_held(charges, commune.officers["editor"], role, in_station=in_station)
