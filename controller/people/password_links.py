"""Links by which officers set their own passwords: for a new account, and after a password was forgotten.

Whoever has the link may use it once. So it is shown once, to the administrator who made it, and the database keeps
only the hash of its token. A link changes nothing until it is used.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, and_, col, or_, select, update

from controller.database.tables import Officer, PasswordLink
from controller.errors import Conflict, NotFound
from controller.people.passkeys import drop_passkeys
from controller.people.second_factor import drop_second_factor
from controller.people.sessions import end_all_sessions, token_hash
from controller.station import audit
from controller.station.charges import Charges, may_anywhere

VALID_FOR = timedelta(days=3)
OWNER_NOTICES_WITHIN = timedelta(hours=24)
"""In that time an officer notices that somebody else has used the link to the own account."""
TOLD_FOR = timedelta(days=7)
"""Administrators are told of a reset for so long."""
TOLD_TO_OFFICER_FOR = timedelta(days=90)
"""The officer is told of it until it is acknowledged, at most for so long."""


class MadeLink(NamedTuple):
    """A new link, and its token, which the database never holds."""

    token: str
    row: PasswordLink


def add_link(session: Session, now: datetime, by: Officer, row: Officer, *, holds: bool) -> MadeLink:
    """Make a link for an officer who was checked; earlier ones end. `holds` False: it waits for a weighty deed."""
    end_links(session, now, row)
    token = secrets.token_urlsafe(32)
    made = PasswordLink(
        token_hash=token_hash(token),
        officer=row.officer,
        kind="reset" if row.password_hash else "invitation",
        made_by=by.officer,
        made_at=now,
        holds_from=now if holds else None,
        expires_at=now + VALID_FOR,
    )
    session.add(made)
    session.flush()
    audit.record(
        session, now, by.officer, "reset link made" if made.kind == "reset" else "invitation made", row.officer
    )
    return MadeLink(token, made)


def end_links(session: Session, now: datetime, row: Officer) -> None:
    """End the links that an officer has."""
    session.exec(
        update(PasswordLink)
        .where(col(PasswordLink.officer) == row.officer, col(PasswordLink.ended_at).is_(None))
        .values(ended_at=now)
    )


def standing_link(session: Session, now: datetime, token: str) -> tuple[PasswordLink, Officer]:
    """The link of a token, and whose it is. Raises NotFound, Conflict (used, replaced, waits, too late, disabled)."""
    link = session.get(PasswordLink, token_hash(token))
    if link is None:
        raise NotFound("link_unknown")
    if link.used_at is not None:
        raise Conflict("link_used")
    if link.ended_at is not None:
        raise Conflict("link_replaced")
    if link.holds_from is None:
        raise Conflict("link_waits")
    if link.expires_at <= now:
        raise Conflict("link_expired")
    officer = session.get_one(Officer, link.officer)
    if officer.disabled:
        raise Conflict("link_of_disabled", officer=officer.name)
    return link, officer


def use_link(session: Session, now: datetime, token: str, password_hash: str) -> Officer:
    """Set the officer's password, end the officer's sessions, and forget the second factor and passkeys.

    Raises what `standing_link` raises.
    """
    link, officer = standing_link(session, now, token)
    link.used_at = link.ended_at = now
    officer.password_hash = password_hash
    session.add_all((link, officer))
    end_all_sessions(session, officer.officer)
    if drop_second_factor(session, officer.officer):  # the telephone may be what was lost
        audit.record(session, now, officer.officer, "second factor off", officer.officer)
    if drop_passkeys(session, officer.officer):  # who knew the password may have added one
        audit.record(session, now, officer.officer, "passkey removed", officer.officer)
    audit.record(session, now, officer.officer, "password set by link", officer.officer)
    return officer


def link_makers(session: Session, now: datetime) -> dict[str, set[str]]:
    """{officer: who made the links by which the password was set within OWNER_NOTICES_WITHIN}."""
    query = select(PasswordLink.officer, PasswordLink.made_by)
    makers: dict[str, set[str]] = {}
    for officer, maker in session.exec(query.where(col(PasswordLink.used_at) > now - OWNER_NOTICES_WITHIN)).all():
        makers.setdefault(officer, set()).add(maker)
    return makers


class ToldLink(NamedTuple):
    """A link to tell of. `own`: the reader is the officer, who acknowledges it; else an administrator."""

    row: PasswordLink
    officer: Officer
    by: Officer
    own: bool


def links_to_tell(session: Session, now: datetime, reader: Officer, charges: Charges) -> list[ToldLink]:
    """The links of which the reader is told, the newest first: resets of the own account; all of others' accounts.

    Invitations too, for a day: an administrator could invite a person who doesn't exist, and write by that account.
    """
    kind, made_at = col(PasswordLink.kind), col(PasswordLink.made_at)
    told = and_(
        col(PasswordLink.officer) == reader.officer,
        kind == "reset",
        col(PasswordLink.told_at).is_(None),
        made_at > now - TOLD_TO_OFFICER_FOR,
    )
    if may_anywhere(charges, "administrator"):
        yesterday = now - OWNER_NOTICES_WITHIN
        invited = and_(kind == "invitation", or_(made_at > yesterday, col(PasswordLink.used_at) > yesterday))
        of_others = and_(col(PasswordLink.officer) != reader.officer, col(PasswordLink.made_by) != reader.officer)
        told = or_(told, and_(of_others, or_(invited, and_(kind == "reset", made_at > now - TOLD_FOR))))
    counts = or_(col(PasswordLink.used_at).is_not(None), col(PasswordLink.ended_at).is_(None))
    counts &= col(PasswordLink.holds_from).is_not(None)
    query = select(PasswordLink).where(counts, told)
    rows = session.exec(query.order_by(col(PasswordLink.made_at).desc())).all()
    people = _officers(session, rows)
    return [ToldLink(row, people[row.officer], people[row.made_by], own=row.officer == reader.officer) for row in rows]


def acknowledge(session: Session, now: datetime, officer: Officer) -> None:
    """The officer has read of all resets of the own account."""
    session.exec(
        update(PasswordLink)
        .where(col(PasswordLink.officer) == officer.officer, col(PasswordLink.told_at).is_(None))
        .values(told_at=now)
    )


def _officers(session: Session, rows: Sequence[PasswordLink]) -> dict[str, Officer]:
    ids = {each for row in rows for each in (row.officer, row.made_by)}
    if not ids:
        return {}
    return {each.officer: each for each in session.exec(select(Officer).where(col(Officer.officer).in_(ids))).all()}
