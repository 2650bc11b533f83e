"""Charges: which role an officer has, and in which area with all below it; and whether that is enough for an act.

viewer < editor < approver < administrator: each may do all that the ones before it may. A deed requires a role in the
areas that it touches, in the transaction that changes them. A door says the role that its deed will require
(`controller.web.frame.access`), so that nothing is uploaded or made for whoever has it nowhere.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from controller.database.column_types import ROLES, Role
from controller.database.tables import Deputy, Officer
from controller.errors import Forbidden
from controller.station.area_tree import AreaTree, area_tree
from controller.station.audit import note_in_place_of
from controller.words.phrases import Phrase

WHOLE_STATION: tuple[str, ...] = ()
"""The areas of an act that concerns the station itself: no single one."""


def areas_of(area: str | None) -> tuple[str, ...]:
    """The areas of an act in one area; None: it concerns the station itself."""
    return WHOLE_STATION if area is None else (area,)


ROLE_WORDS: dict[Role, Phrase] = {
    "viewer": Phrase("role_viewer"),
    "editor": Phrase("role_editor"),
    "approver": Phrase("role_approver"),
    "administrator": Phrase("role_administrator"),
}


@dataclass(frozen=True)
class Charge:
    """A role in an area and in all below it; `area` None: in the whole station.

    `in_place_of`: the officer in whose place a deputy has it; None: it is the officer's own.
    """

    role: Role
    area: str | None
    in_place_of: str | None = None

    def holds(self, role: Role) -> bool:
        """Whether it may do what this role may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def reaches(self, area: str, tree: AreaTree) -> bool:
        """Whether the area is the charge's own or lies below it."""
        return self.area is None or self.area in tree.chain(area)


Charges = Sequence[Charge]


def charges_of(session: Session, now: datetime, officer: Officer) -> Charges:
    """The officer's charges at `now`, as this transaction sees them; none where the account is disabled.

    The row is read again: an officer may have been disabled or moved since the request was let in.
    """
    row = session.get(Officer, officer.officer)
    if row is None or row.disabled:
        return ()
    absent = session.exec(
        select(Officer)
        .join(Deputy, col(Deputy.absent) == col(Officer.officer))
        .where(Deputy.officer == row.officer, is_deputy_at(now), col(Officer.disabled).is_(False))
        .order_by(col(Deputy.deputy))
    ).all()
    lent = (Charge("approver", each.area, each.officer) for each in absent if own_charge(each).holds("approver"))
    return (own_charge(row), *lent)


def own_charge(officer: Officer) -> Charge:
    """The charge that an officer has without being anybody's deputy."""
    return Charge(officer.role, officer.area)


def makes_approver(before: Charge | None, after: Charge, tree: AreaTree) -> bool:
    """Whether this charge makes somebody an approver of places of which that person was none before.

    `before` None: the officer had no charge. Less of the role, or fewer places, doesn't; an administrator is more than
    an approver.
    """
    if not after.holds("approver"):
        return False
    if before is None or not before.holds(after.role):
        return True
    return before.area is not None and (after.area is None or not before.reaches(after.area, tree))


def is_deputy_at(now: datetime) -> ColumnElement[bool]:
    """Whether a row of `Deputy` is in force."""
    return and_(col(Deputy.since) <= now, col(Deputy.ends_at) > now, col(Deputy.ended_at).is_(None))


def may(charges: Charges, role: Role, areas: Collection[str], tree: AreaTree) -> bool:
    """Whether the charges give this role in each of these areas. No area: in the whole station."""
    if not areas:
        return may_in_station(charges, role)
    held = [each for each in charges if each.holds(role)]
    return all(any(each.reaches(area, tree) for each in held) for area in areas)


def may_in_station(charges: Charges, role: Role) -> bool:
    """Whether the charges give this role in the whole station."""
    return any(each.holds(role) and each.area is None for each in charges)


def may_anywhere(charges: Charges, role: Role) -> bool:
    """Whether the charges give this role in any area at all."""
    return any(each.holds(role) for each in charges)


def tops(charges: Charges, role: Role, tree: AreaTree) -> list[str]:
    """The topmost areas in which the charges give this role, as the tree orders them; all roots: the whole station."""
    held = [each for each in charges if each.holds(role)]
    if any(each.area is None for each in held):
        return [row.area for row in tree.children.get(None, [])]
    own = {each.area for each in held if each.area is not None}
    return [area for area in tree.in_order() if area in own and not own & set(tree.chain(area)[:-1])]


def require(session: Session, now: datetime, officer: Officer, role: Role, areas: Iterable[str]) -> None:
    """Raises Forbidden unless the officer has this role in each of these areas. No area: in the whole station.

    So what turns out to touch no area is for those in charge of the whole station. What a deputy does in another
    officer's place is audited so.
    """
    tree, charges, areas = area_tree(session), charges_of(session, now, officer), list(areas)
    if may(charges, role, areas, tree):
        note_in_place_of(session, officer.officer, _in_place_of(charges, role, areas, tree))
        return
    for area in areas:
        if not may(charges, role, [area], tree):
            where = tree.by_id[area].name
            raise Forbidden("role_lacking_in_area", officer=officer.name, role=ROLE_WORDS[role], area=where)
    raise _lacking(officer, role, in_station=True)


def _in_place_of(charges: Charges, role: Role, areas: Collection[str], tree: AreaTree) -> set[str]:
    """The officers without whose charges it wouldn't be enough: none where the officer's own are."""
    own = [each for each in charges if each.in_place_of is None]
    lent = [each for each in charges if each.in_place_of is not None]
    if not areas:
        return set() if may(own, role, areas, tree) else {str(each.in_place_of) for each in lent if each.area is None}
    lacking = [area for area in areas if not may(own, role, [area], tree)]
    return {str(each.in_place_of) for each in lent if any(may([each], role, [area], tree) for area in lacking)}


def require_held(charges: Charges, officer: Officer, role: Role, *, in_station: bool) -> None:
    """Raises Forbidden unless the charges give this role in any area; `in_station`: in the whole station."""
    if not (may_in_station if in_station else may_anywhere)(charges, role):
        raise _lacking(officer, role, in_station=in_station)


def _lacking(officer: Officer, role: Role, *, in_station: bool) -> Forbidden:
    return Forbidden(
        "role_lacking_in_station" if in_station else "role_lacking", officer=officer.name, role=ROLE_WORDS[role]
    )
