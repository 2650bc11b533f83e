"""Accounts: who is added and disabled. Everybody sets the own password, and nobody another's."""

import re
from datetime import datetime

from sqlmodel import Session, select

from controller.database.column_types import Role
from controller.database.tables import Officer, WeightyDeed
from controller.errors import Conflict, Invalid, NotFound
from controller.people.deputies import deputies_yet
from controller.people.password_links import MadeLink, add_link, end_links
from controller.people.sessions import end_all_sessions
from controller.people.weighty_deeds import ask, set_charge, waits_for_charge, withdraw_earlier
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import Charge, areas_of, makes_approver, own_charge, require
from controller.station.names import require_name, require_name_if_any
from controller.station.officers import hash_officer_password, require_long
from wire.ids import new_ulid

_USERNAME = re.compile(r"[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])?")
"""ASCII alone: no letter that looks like another one, and none that a Vietnamese keyboard changes."""


def add_officer(
    session: Session,
    now: datetime,
    *,
    username: str,
    password: str,
    name: str,
    role: Role,
    position: str = "",
    area: str | None = None,
) -> Officer:
    """Add an officer with a password, as a technician at the command line. Raises Invalid, Conflict."""
    require_long(password)
    officer = _new_officer(session, now, username=username, name=name, role=role, position=position, area=area)
    officer.password_hash = hash_officer_password(password)
    return _add(session, now, None, officer)


def invite_officer(
    session: Session,
    now: datetime,
    by: Officer,
    *,
    username: str,
    name: str,
    role: Role,
    position: str = "",
    area: str | None = None,
) -> tuple[Officer, MadeLink]:
    """Add an officer, who sets the password by a link. Raises Invalid, Conflict, Forbidden.

    An approver or an administrator is an editor at first (`change_charge`), and the link ends with the day of waiting.
    """
    wanted = Charge(role, area)
    weighty = makes_approver(None, wanted, area_tree(session))
    officer = _new_officer(
        session,
        now,
        username=username,
        name=name,
        role="editor" if weighty else role,
        position=position,
        area=area,
    )
    require(session, now, by, "administrator", areas_of(area))
    _add(session, now, by.officer, officer)
    made = add_link(session, now, by, officer, holds=True)
    if weighty:
        # It must open no approver's account that nobody else has vouched for: it ends when the role begins by itself.
        made.row.expires_at = ask(session, now, by, "charge", officer, role=role, area=area).due_at
        session.add(made.row)
    return officer, made


def change_charge(
    session: Session, now: datetime, by: Officer, officer: str, role: Role, area: str | None
) -> WeightyDeed | None:
    """Give an officer another role or area; what is weighty is only asked, and returned.

    Raises NotFound, Invalid (area), Forbidden (not in charge of both areas), Conflict (one's own).
    """
    row = _require_officer(session, now, by, officer)
    tree = area_tree(session)
    if area is not None:
        tree.require_named(area, "area")
    require(session, now, by, "administrator", areas_of(area))
    if officer == by.officer:
        raise Conflict("own_charge")
    withdraw_earlier(session, now, by, "charge", row)
    wanted = Charge(role, area)
    if makes_approver(own_charge(row), wanted, tree):
        withdraw_earlier(session, now, by, "link", row)
        end_links(session, now, row)  # one that was made for an editor would open an approver's account
        return ask(session, now, by, "charge", row, role=role, area=area)
    if wanted != own_charge(row):
        set_charge(session, now, by, row, wanted)
    return None


def make_link(session: Session, now: datetime, by: Officer, officer: str) -> MadeLink:
    """Make a link by which an officer sets a password; earlier ones end.

    That of an approver, a deputy or an administrator waits. Raises NotFound, Forbidden, Conflict (own account,
    disabled).
    """
    row = _require_officer(session, now, by, officer)
    if row.officer == by.officer:  # else an open session would do in place of the present password
        raise Conflict("own_link")
    if row.disabled:
        raise Conflict("link_of_disabled", officer=row.name)
    withdraw_earlier(session, now, by, "link", row)
    weighty = _may_come_to_approve(session, now, row)
    made = add_link(session, now, by, row, holds=not weighty)
    if weighty:
        ask(session, now, by, "link", row, link=made.row)
    return made


def _may_come_to_approve(session: Session, now: datetime, row: Officer) -> bool:
    """Whether the account is an approver's, by its role or in another's place, or is to be."""
    is_deputy = any(each.officer == row.officer for each in deputies_yet(session, now))
    return own_charge(row).holds("approver") or is_deputy or waits_for_charge(session, row)


def _new_officer(
    session: Session, now: datetime, *, username: str, name: str, role: Role, position: str, area: str | None
) -> Officer:
    if not _USERNAME.fullmatch(username):
        raise Invalid("username", "username_form")
    if area is not None:
        area_tree(session).require_named(area, "area")
    return Officer(
        officer=new_ulid(now),
        username=username,
        name=require_name("name", name),
        position=require_name_if_any("position", position),
        role=role,
        area=area,
        password_hash="",
        created_at=now,
    )


def _add(session: Session, now: datetime, by: str | None, officer: Officer) -> Officer:
    if session.exec(select(Officer).where(Officer.username == officer.username)).first():
        raise Conflict("username_taken", username=officer.username)
    session.add(officer)
    session.flush()
    audit.record(session, now, by, "officer added", officer.officer, username=officer.username, role=officer.role)
    return officer


def set_disabled(session: Session, now: datetime, by: Officer, officer: str, *, disabled: bool) -> WeightyDeed | None:
    """Disable an account and end its sessions, or enable it. Raises NotFound, Forbidden, Conflict (one's own).

    To enable that of an approver, a deputy or an administrator is weighty: it is only asked, and returned.
    """
    row = _require_officer(session, now, by, officer)
    if officer == by.officer:
        raise Conflict("own_account")
    withdraw_earlier(session, now, by, "enable", row)
    if not disabled and row.disabled and _may_come_to_approve(session, now, row):
        return ask(session, now, by, "enable", row)
    if row.disabled == disabled:
        return None
    row.disabled = disabled
    session.add(row)
    if disabled:
        end_all_sessions(session, officer)
    audit.record(session, now, by.officer, "officer disabled" if disabled else "officer enabled", officer)
    return None


def change_own_password(session: Session, now: datetime, checked: Officer, password_hash: str, kept: str) -> None:
    """Change the password of an officer whose present one was checked, and end all sessions but one.

    `checked`: the row as it was then; `kept`: the hash of a token. Raises Conflict: the password was changed, or the
    account disabled, in between.
    """
    row = session.get_one(Officer, checked.officer)
    if row.password_hash != checked.password_hash or row.disabled:
        raise Conflict("password_changed_meanwhile")
    row.password_hash = password_hash
    session.add(row)
    end_all_sessions(session, row.officer, kept)
    audit.record(session, now, row.officer, "password changed", row.officer)


def _require_officer(session: Session, now: datetime, by: Officer, officer: str) -> Officer:
    row = session.get(Officer, officer)
    if row is None:
        raise NotFound("officer_unknown")
    require(session, now, by, "administrator", areas_of(row.area))
    return row
