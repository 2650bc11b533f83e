"""Weighty deeds: what one administrator alone doesn't do at once.

To make somebody an approver or an administrator, to open such an account again, to make a link for it, and to let
authors approve: each is asked by one administrator, and carried out when a second one agrees, or by itself after
WAITS. All administrators, and the person whom it is about, are told meanwhile; any administrator in charge may
withdraw it. So one administrator can't be two people without a day in which others see it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from controller.database.column_types import AuditAction, AuditDetail, Role, WeightyKind
from controller.database.tables import Area, Officer, PasswordLink, WeightyDeed
from controller.database.transactions import Database
from controller.errors import Conflict, Forbidden, NotFound
from controller.people.deputies import end_deputyships
from controller.people.one_officer_rule import allow_one_officer, require_reason, rule_in_force
from controller.people.password_links import VALID_FOR
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import (
    WHOLE_STATION,
    Charge,
    Charges,
    areas_of,
    charges_of,
    may,
    may_anywhere,
    own_charge,
    require,
)
from wire.ids import new_ulid

WAITS = timedelta(hours=24)


def waits_for_charge(session: Session, officer: Officer) -> bool:
    """Whether the officer is to become an approver or an administrator."""
    query = _open_deeds().where(WeightyDeed.kind == "charge", col(WeightyDeed.officer) == officer.officer)
    return session.exec(query).first() is not None


def ask(
    session: Session,
    now: datetime,
    by: Officer,
    kind: WeightyKind,
    officer: Officer | None = None,
    *,
    role: Role | None = None,
    area: str | None = None,
    reason: str = "",
    link: PasswordLink | None = None,
) -> WeightyDeed:
    """Ask for a deed; an earlier one of the same kind about the same officer is withdrawn. Raises Forbidden."""
    row = WeightyDeed(
        deed=new_ulid(now),
        kind=kind,
        officer=officer.officer if officer else None,
        role=role,
        area=area,
        reason=reason,
        link=link.token_hash if link else None,
        asked_by=by.officer,
        asked_at=now,
        due_at=now + WAITS,
    )
    _require_in_charge(session, now, by, row)
    withdraw_earlier(session, now, by, kind, officer)
    session.add(row)
    session.flush()
    _record(session, now, by.officer, "weighty deed asked", row)
    return row


def ask_for_one_officer(session: Session, now: datetime, by: Officer, reason: str) -> WeightyDeed | None:
    """Ask that authors may approve; None: they may already. Raises Forbidden, Invalid (reason too short)."""
    require_reason(reason)
    require(session, now, by, "administrator", WHOLE_STATION)
    if rule_in_force(session) is not None:
        return None
    return ask(session, now, by, "one officer", reason=reason.strip())


def withdraw_earlier(
    session: Session, now: datetime, by: Officer, kind: WeightyKind, officer: Officer | None = None
) -> None:
    """Withdraw what was asked of this kind about this officer, because something else was decided."""
    subject = officer.officer if officer else None
    for row in session.exec(_open_deeds().where(WeightyDeed.kind == kind)).all():
        if row.officer == subject:
            _withdraw(session, now, by.officer, row)


def agree(session: Session, now: datetime, by: Officer, deed: str) -> WeightyDeed:
    """Carry a deed out as the second administrator.

    Raises NotFound, Conflict (it doesn't wait, or its asker is no longer in charge), Forbidden (not in charge, the
    asker, or the person whom it is about).
    """
    row = _require_deed(session, deed)
    _require_in_charge(session, now, by, row)
    if by.officer in (row.asked_by, row.officer):
        raise Forbidden("deed_needs_another")
    if not row.waits:
        raise Conflict("deed_settled")
    if not _may_still(session, now, row):
        raise Conflict("deed_askers_charge_ended")
    row.agreed_by = by.officer
    _record(session, now, by.officer, "weighty deed agreed", row)
    _carry_out(session, now, row)
    return row


def withdraw(session: Session, now: datetime, by: Officer, deed: str) -> WeightyDeed:
    """Withdraw a deed; one that was withdrawn stays so. Raises NotFound, Forbidden, Conflict (it was carried out)."""
    row = _require_deed(session, deed)
    if by.officer != row.asked_by:
        _require_in_charge(session, now, by, row)
    if row.done_at is not None:
        raise Conflict("deed_settled")
    if row.waits:
        _withdraw(session, now, by.officer, row)
    return row


def carry_out_due(database: Database, now: datetime) -> None:
    """Carry out what nobody withdrew in time; withdraw what was asked by somebody who is no longer in charge."""
    due = _open_deeds().where(col(WeightyDeed.due_at) <= now)
    with database.reading() as session:
        if session.exec(due).first() is None:
            return
    with database.writing() as session:
        for row in session.exec(due).all():
            if _may_still(session, now, row):
                _carry_out(session, now, row)
            else:
                _withdraw(session, now, None, row)


class Waiting(NamedTuple):
    """A deed that waits. `officer` None: it is the one-officer rule. `area`: of a charge; None: the whole station."""

    row: WeightyDeed
    officer: Officer | None
    by: Officer
    area: Area | None
    may_agree: bool
    may_withdraw: bool


def deeds_to_tell(session: Session, reader: Officer, charges: Charges) -> list[Waiting]:
    """What waits and the reader is told of: every administrator, and the person whom it is about."""
    told = may_anywhere(charges, "administrator")
    rows = [row for row in session.exec(_open_deeds()).all() if told or reader.officer in (row.officer, row.asked_by)]
    if not rows:
        return []
    ids = {each for row in rows for each in (row.officer, row.asked_by)}
    people = {each.officer: each for each in session.exec(select(Officer).where(col(Officer.officer).in_(ids))).all()}
    tree, found = area_tree(session), []
    for row in rows:
        officer = people[row.officer] if row.officer else None
        in_charge = all(may(charges, "administrator", each, tree) for each in _areas(row, officer))
        found.append(
            Waiting(
                row,
                officer,
                people[row.asked_by],
                tree.by_id[row.area] if row.area else None,
                may_agree=in_charge and reader.officer not in (row.asked_by, row.officer),
                may_withdraw=in_charge or reader.officer == row.asked_by,
            )
        )
    return found


def deeds_about(session: Session, officers: Collection[str]) -> dict[str, list[WeightyDeed]]:
    """{officer: what waits about that officer} of each of these."""
    found: dict[str, list[WeightyDeed]] = {each: [] for each in officers}
    for row in session.exec(_open_deeds().where(col(WeightyDeed.officer).in_(officers))).all():
        if row.officer is not None:
            found[row.officer].append(row)
    return found


def _open_deeds() -> SelectOfScalar[WeightyDeed]:
    return (
        select(WeightyDeed)
        .where(col(WeightyDeed.done_at).is_(None), col(WeightyDeed.withdrawn_at).is_(None))
        .order_by(col(WeightyDeed.deed))
    )


def _require_deed(session: Session, deed: str) -> WeightyDeed:
    row = session.get(WeightyDeed, deed)
    if row is None:
        raise NotFound("deed_unknown")
    return row


def _areas(row: WeightyDeed, officer: Officer | None) -> list[Collection[str]]:
    """What a deed touches: each is the areas of one act, as `charges.require` takes them."""
    touched: list[Collection[str]] = [areas_of(officer.area if officer else None)]
    if row.kind == "charge":
        touched.append(areas_of(row.area))
    return touched


def _require_in_charge(session: Session, now: datetime, by: Officer, row: WeightyDeed) -> None:
    officer = session.get_one(Officer, row.officer) if row.officer else None
    for areas in _areas(row, officer):
        require(session, now, by, "administrator", areas)


def _may_still(session: Session, now: datetime, row: WeightyDeed) -> bool:
    """Whether who asked for it is still an administrator in charge of what it touches."""
    officer = session.get_one(Officer, row.officer) if row.officer else None
    charges, tree = charges_of(session, now, session.get_one(Officer, row.asked_by)), area_tree(session)
    return all(may(charges, "administrator", areas, tree) for areas in _areas(row, officer))


def _withdraw(session: Session, now: datetime, by: str | None, row: WeightyDeed) -> None:
    row.withdrawn_at, row.withdrawn_by = now, by
    session.add(row)
    if row.link is not None:
        link = session.get_one(PasswordLink, row.link)
        link.ended_at = link.ended_at or now
        session.add(link)
    session.flush()
    _record(session, now, by, "weighty deed withdrawn", row)


def _carry_out(session: Session, now: datetime, row: WeightyDeed) -> None:
    row.done_at = now
    session.add(row)
    asker = session.get_one(Officer, row.asked_by)
    if row.kind == "one officer":
        allow_one_officer(session, now, asker, row.reason)
        return
    officer = session.get_one(Officer, row.officer)
    if row.kind == "charge" and row.role is not None:
        set_charge(session, now, asker, officer, Charge(row.role, row.area))
    elif row.kind == "enable":
        officer.disabled = False
        audit.record(session, now, asker.officer, "officer enabled", officer.officer)
    elif row.kind == "link" and row.link is not None:
        link = session.get_one(PasswordLink, row.link)
        link.holds_from, link.expires_at = now, now + VALID_FOR
        session.add(link)
    session.add(officer)
    session.flush()


def set_charge(session: Session, now: datetime, by: Officer, officer: Officer, charge: Charge) -> None:
    """Give an officer another charge, which was required before."""
    if own_charge(officer).holds("approver") and not charge.holds("approver"):
        end_deputyships(session, now, by, officer)  # whoever takes the role from them doesn't leave them another's
    officer.role, officer.area = charge.role, charge.area
    session.add(officer)
    session.flush()
    detail: AuditDetail = {"role": charge.role}
    if charge.area:
        detail["area"] = charge.area
    audit.record(session, now, by.officer, "charge changed", officer.officer, **detail)


def _record(session: Session, now: datetime, by: str | None, action: AuditAction, row: WeightyDeed) -> None:
    detail: AuditDetail = {"deed": row.kind}
    if row.role is not None:
        detail["role"] = row.role
    if row.area is not None:
        detail["area"] = row.area
    if row.reason:
        detail["reason"] = row.reason
    audit.record(session, now, by, action, row.officer or "station", **detail)
