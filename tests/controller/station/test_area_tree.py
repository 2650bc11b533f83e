"""The tree of areas is read once in a transaction, and again after an area has changed."""

from sqlalchemy import event

from controller.places.areas import add_area
from controller.station.area_tree import area_tree
from tests.people import Commune


def test_an_order_reads_the_tree_once(commune: Commune) -> None:
    approved = commune.approved()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(commune.database.engine, "before_cursor_execute", note)
    commune.order(approved, "ấp 1", starts_in_s=600)
    assert len([each for each in asked if "FROM area" in each]) == 1


def test_an_area_that_was_just_added_is_in_the_tree(commune: Commune) -> None:
    with commune.writing() as session:
        before = area_tree(session)
        row = add_area(session, commune.now, None, name="Ấp 3", kind="ấp", parent=commune.areas["xã"])
        assert row.area not in before.by_id
        assert row.area in area_tree(session).by_id
