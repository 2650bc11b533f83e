"""The tree province → commune → hamlet, of any depth, as it is at one moment."""

from collections.abc import Iterable

from sqlmodel import Session, select

from controller.errors import Forbidden, Invalid, NotFound
from controller.tables import Area, Officer, Speaker


class AreaTree:
    """All areas at one moment. A commune has tens, a province some thousands: they are read whole."""

    def __init__(self, session: Session) -> None:
        rows = session.exec(select(Area).order_by(Area.name, Area.area)).all()
        self.by_id: dict[str, Area] = {row.area: row for row in rows}
        self.children: dict[str | None, list[Area]] = {}
        for row in rows:
            self.children.setdefault(row.parent, []).append(row)

    def chain(self, area: str) -> list[str]:
        """From the root down to the area itself."""
        chain: list[str] = []
        step: str | None = area
        while step is not None:
            chain.append(step)
            step = self.by_id[step].parent
        return chain[::-1]

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

    def quiet_hours(self, area: str) -> list[dict[str, str]]:
        """The area's own, else the nearest ancestor's, else none."""
        for step in reversed(self.chain(area)):
            own = self.by_id[step].quiet_hours
            if own is not None:
                return own
        return []

    def require(self, area: str) -> Area:
        """The area of a path; raises NotFound."""
        if area not in self.by_id:
            raise NotFound(f"Không có địa bàn “{area}”. Xem danh sách địa bàn.")
        return self.by_id[area]

    def require_named(self, area: str, field: str) -> Area:
        """The area that a request's body names; raises Invalid."""
        if area not in self.by_id:
            raise Invalid(field, f"Không có địa bàn “{area}”. Xem danh sách địa bàn.")
        return self.by_id[area]

    def require_charge(self, officer: Officer, areas: Iterable[str]) -> None:
        """That the officer is in charge of these areas; raises Forbidden."""
        if officer.area is not None and not set(areas) <= self.subtree([officer.area]):
            raise Forbidden(f"Địa bàn này không do {officer.name} phụ trách. Nhờ cán bộ phụ trách địa bàn đó.")

    def speakers_in(self, session: Session, areas: Iterable[str]) -> list[Speaker]:
        """The speakers that hear these areas, in the order of their names."""
        within = self.subtree(areas)
        rows = session.exec(select(Speaker).order_by(Speaker.name, Speaker.speaker)).all()
        return [row for row in rows if row.area in within]
