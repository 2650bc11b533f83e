"""What an officer does with areas. Ids are opaque and made here (communes merge and are renamed); names are data."""

import secrets
from datetime import datetime
from typing import Any

from sqlmodel import Session

from controller import audit
from controller.area_tree import AreaTree
from controller.database import note
from controller.errors import Invalid
from controller.speaker_settings import refresh_settings
from controller.tables import Area, Officer

_DEEPEST = 32


def add_area(
    session: Session,
    now: datetime,
    officer: str | None,
    *,
    name: str,
    kind: str,
    parent: str | None,
    **placed: Any,
) -> Area:
    """Add an area; raises Invalid where the parent doesn't exist or lies too deep. `placed`: see `Area`."""
    tree = AreaTree(session)
    if parent is not None:
        tree.require_named(parent, "parent")
        if len(tree.chain(parent)) >= _DEEPEST:
            raise Invalid("parent", f"Địa bàn lồng nhau nhiều nhất {_DEEPEST} cấp.")
    area = Area(area=f"a-{secrets.token_hex(5)}", name=name, kind=kind, parent=parent, created_at=now, **placed)
    session.add(area)
    session.flush()
    audit.record(session, now, officer, "area added", area.area, name=name)
    return area


def change_area(session: Session, now: datetime, officer: Officer, area: str, changes: dict[str, Any]) -> Area:
    """Change some fields; raises NotFound, Invalid (a loop), Forbidden. Settings of the speakers below follow."""
    tree = AreaTree(session)
    row = tree.require(area)
    tree.require_charge(officer, [area])
    if changes.get("parent") is not None:
        tree.require_named(changes["parent"], "parent")
        if changes["parent"] in tree.subtree([area]):
            raise Invalid("parent", "Một địa bàn không thể nằm trong chính nó.")
    row.sqlmodel_update(changes)
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "area changed", area, **changes)
    refreshed = AreaTree(session)
    for speaker in refreshed.speakers_in(session, [area]):
        refresh_settings(session, now, speaker, refreshed)
        note(session, "speaker", speaker.speaker)
    return row
