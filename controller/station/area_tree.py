"""The tree province → commune → hamlet, of any depth, as it is at one moment."""

from collections.abc import Iterable
from functools import cached_property

from sqlmodel import Session, select

from controller.database.column_types import QuietHoursFields
from controller.database.tables import Area, Officer, Speaker
from controller.errors import Invalid, NotFound
from controller.station.name_order import Syllable, by_name


def area_tree(session: Session) -> "AreaTree":
    """The area tree as this transaction sees it; read from the database once per transaction."""
    tree: AreaTree | None = session.info.get("area tree")
    if tree is None:
        tree = session.info["area tree"] = AreaTree(session.exec(select(Area)).all())
    return tree


def reread_area_tree(session: Session) -> "AreaTree":
    """Read the tree again, after this transaction has changed an area and flushed the change."""
    session.info.pop("area tree", None)
    return area_tree(session)


class AreaTree:
    """All areas at one moment. A commune has tens, a province some thousands: small enough to read all of them."""

    def __init__(self, areas: Iterable[Area]) -> None:
        rows = sorted(areas, key=lambda row: (by_name(row.name), row.area))
        self.by_id: dict[str, Area] = {row.area: row for row in rows}
        self.children: dict[str | None, list[Area]] = {}
        for row in rows:
            self.children.setdefault(row.parent, []).append(row)

    def in_order(self) -> list[str]:
        """All area ids, depth first: a parent before its children, siblings by name."""
        ordered: list[str] = []
        todo = [row.area for row in reversed(self.children.get(None, []))]
        while todo:
            area = todo.pop()
            ordered.append(area)
            todo += [child.area for child in reversed(self.children.get(area, []))]
        return ordered

    def chain(self, area: str) -> list[str]:
        """The area and its ancestors, from the root down to the area itself."""
        chain: list[str] = []
        step: str | None = area
        while step is not None:
            chain.append(step)
            step = self.by_id[step].parent
        return chain[::-1]

    def told_apart_by(self, area: str) -> list[Area]:
        """The nearest areas around it that tell it from others of its name, from within; [] where none has its name."""
        path = self.chain(area)[::-1]
        names = self._names_outwards(area)
        others = [self._names_outwards(each) for each in self._of_name[names[0]] if each != area]
        enough = (n for n in range(1, len(path)) if all(each[:n] != names[:n] for each in others))
        return [self.by_id[step] for step in path[1 : next(enough, len(path))]]

    @cached_property
    def _of_name(self) -> dict[tuple[Syllable, ...], list[str]]:
        found: dict[tuple[Syllable, ...], list[str]] = {}
        for row in self.by_id.values():
            found.setdefault(by_name(row.name), []).append(row.area)
        return found

    def _names_outwards(self, area: str) -> list[tuple[Syllable, ...]]:
        return [by_name(self.by_id[step].name) for step in reversed(self.chain(area))]

    def subtree(self, areas: Iterable[str]) -> set[str]:
        """The areas and all below them."""
        found: set[str] = set()
        todo = list(areas)
        while todo:
            area = todo.pop()
            if area not in found:
                found.add(area)
                todo += [child.area for child in self.children.get(area, [])]
        return found

    def levels_below(self, area: str) -> int:
        """The height of the area's subtree: 1 where no area lies in it."""
        return max(len(self.chain(each)) for each in self.subtree([area])) - len(self.chain(area)) + 1

    def quiet_hours(self, area: str) -> list[QuietHoursFields]:
        """The area's own quiet hours, else the nearest ancestor's, else []."""
        for step in reversed(self.chain(area)):
            own = self.by_id[step].quiet_hours
            if own is not None:
                return own
        return []

    def require(self, area: str) -> Area:
        """The area that a request's path names; raises NotFound."""
        if area not in self.by_id:
            raise NotFound("area_unknown", area=area)
        return self.by_id[area]

    def require_named(self, area: str, field: str) -> Area:
        """The area that a request's body names; raises Invalid."""
        if area not in self.by_id:
            raise Invalid(field, "area_unknown", area=area)
        return self.by_id[area]

    def is_in_charge(self, officer: Officer, areas: Iterable[str]) -> bool:
        """Whether the officer is in charge of all these areas; one without an area is in charge of the station."""
        return officer.area is None or set(areas) <= self.subtree([officer.area])

    def tops_of(self, officer: Officer) -> list[str]:
        """The officer's own area, or, for one in charge of the whole station, the roots of the tree."""
        return [officer.area] if officer.area else [row.area for row in self.children.get(None, [])]

    def speakers_in(self, session: Session, areas: Iterable[str]) -> list[Speaker]:
        """The speakers that stand in these areas or in areas below them, by name."""
        within = self.subtree(areas)
        rows = [row for row in session.exec(select(Speaker)).all() if row.area in within]
        return sorted(rows, key=lambda row: (by_name(row.name), row.speaker))
