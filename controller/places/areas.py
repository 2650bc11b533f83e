"""Adding and changing areas. Area ids are random: communes merge and are renamed, so an id carries no name."""

import secrets
from datetime import datetime
from typing import TypedDict, Unpack

from sqlmodel import Session

from controller.broadcasts.deliveries import add_missing_deliveries
from controller.broadcasts.session_limits import SessionLimits
from controller.database.column_types import ApprovalPolicyFields, QuietHoursFields, SessionLimitsFields
from controller.database.tables import Area, Officer
from controller.errors import Invalid
from controller.station import audit
from controller.station.area_tree import AreaTree, area_tree, reread_area_tree
from controller.station.charges import areas_of, require
from controller.station.names import require_name
from controller.station.speaker_settings import refresh_settings
from wire.settings import MAX_QUIET_HOURS

_MAX_TREE_DEPTH = 32


class AreaOptions(TypedDict, total=False):
    """Optional fields of an area; see `Area`."""

    latitude: float | None
    longitude: float | None
    quiet_hours: list[QuietHoursFields] | None
    session_limits: SessionLimitsFields | None
    approval_policy: ApprovalPolicyFields


class AreaFields(AreaOptions, total=False):
    """The fields of an area that an officer can change."""

    name: str
    kind: str
    parent: str | None


def add_area(
    session: Session,
    now: datetime,
    officer: str | None,
    *,
    name: str,
    kind: str,
    parent: str | None,
    **options: Unpack[AreaOptions],
) -> Area:
    """Add an area. `officer` None: the command line. Raises Invalid (name, parent, tree too deep), Forbidden."""
    name, kind = require_name("name", name), require_name("kind", kind)
    _check_quiet_hours(options.get("quiet_hours"))
    _check_parent(area_tree(session), parent, levels=1)
    if officer is not None:
        by = session.get_one(Officer, officer)
        require(session, now, by, "administrator", areas_of(parent))
    area = Area(area=f"a-{secrets.token_hex(5)}", name=name, kind=kind, parent=parent, created_at=now, **options)
    session.add(area)
    session.flush()
    reread_area_tree(session)
    audit.record(session, now, officer, "area added", area.area, name=name)
    return area


def change_area(session: Session, now: datetime, officer: Officer, area: str, changes: AreaFields) -> Area:
    """Change some fields. Raises NotFound, Invalid (name, a loop, tree too deep), Forbidden.

    All speakers in the area's subtree get new settings. If the area moves, they also get the planned broadcasts of
    their new ancestors.
    """
    tree = area_tree(session)
    row = tree.require(area)
    require(session, now, officer, "administrator", [area])
    changes = changes.copy()
    for field in ("name", "kind"):
        if field in changes:
            changes[field] = require_name(field, changes[field])
    _check_quiet_hours(changes.get("quiet_hours"))
    moved = changes.get("parent", row.parent) != row.parent
    if moved:
        parent = changes["parent"]
        _check_parent(tree, parent, levels=tree.levels_below(area))
        require(session, now, officer, "administrator", areas_of(parent))
        if parent in tree.subtree([area]):
            raise Invalid("parent", "area_within_itself")
    limits = changes.get("session_limits")
    if limits is not None:
        SessionLimits.read(limits)
    policy = row.approval_policy
    row.sqlmodel_update(dict(changes))
    session.add(row)
    session.flush()
    if "approval_policy" in changes and _ticked(changes["approval_policy"]) == _ticked(policy):
        del changes["approval_policy"]  # the audit tells of a policy where it changed
    audit.record(session, now, officer.officer, "area changed", area, **changes)
    refreshed = reread_area_tree(session)
    speakers = refreshed.speakers_in(session, [area])
    refresh_settings(session, now, speakers, refreshed)
    if moved:
        add_missing_deliveries(session, now, refreshed, speakers)
    return row


def _ticked(policy: ApprovalPolicyFields) -> set[str]:
    return {name for name, holds in policy.items() if holds}


def _check_quiet_hours(periods: list[QuietHoursFields] | None) -> None:
    """Raises Invalid for more periods than a speaker's settings can carry."""
    if periods is not None and len(periods) > MAX_QUIET_HOURS:
        raise Invalid("quiet_hours", "quiet_hours_too_many", most=MAX_QUIET_HOURS)


def _check_parent(tree: AreaTree, parent: str | None, levels: int) -> None:
    """Raises Invalid unless the parent exists and `levels` more levels fit below it."""
    if parent is not None:
        tree.require_named(parent, "parent")
        if len(tree.chain(parent)) + levels > _MAX_TREE_DEPTH:
            raise Invalid("parent", "area_too_deep", most=_MAX_TREE_DEPTH)
