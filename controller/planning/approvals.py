"""Approving orders by a second person, refusing them with a reason, withdrawing an approval."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from controller.announcements.lists import require_announcement
from controller.announcements.versions import approve_entries, pass_on_writers
from controller.broadcasts.lifecycle import cancel_withdrawn, plan_agreed, planned_not_begun
from controller.database.tables import (
    Agreement,
    Announcement,
    Approval,
    Broadcast,
    Manifest,
    Officer,
    OneOfficerRule,
    Schedule,
    Submission,
)
from controller.database.transactions import note_change
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.orders.agreements import approvals_of, ask, forget_approvals
from controller.orders.standing_texts import live_standing_texts
from controller.orders.standings import standing_of
from controller.people.one_officer_rule import rule_in_force
from controller.people.second_factor import lacks_second_factor
from controller.planning.schedule_lists import IS_LIVE_COLUMN
from controller.planning.timetable import plan_after_decision
from controller.planning.waiting import WaitingOrder, waiting_orders
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import Charges, areas_of, charges_of, may, may_anywhere, require
from controller.station.speaker_lists import speakers_named

MAX_REFUSAL_LENGTH = 2_000
"""Characters of the reason of a refusal."""


@dataclass(frozen=True)
class Given:
    """What an approval led to: how many are given of the needed ones; complete: the order is planned."""

    manifest: str
    given: int
    needed: int
    complete: bool


def approve(
    session: Session,
    now: datetime,
    officer: Officer,
    manifests: Sequence[str],
    announcement: str | None = None,
    *,
    by_passkey: bool = False,
) -> list[Given]:
    """Approve what these manifests say, all or none; what is complete by that is planned.

    A name stands for one order: where two orders are alike, it is given once for each. `announcement`: each must be an
    order of it. `by_passkey`: the officer has signed in by a passkey. What the officer has approved already is
    approved. Raises NotFound, Conflict (an order has changed, or doesn't wait any more), Forbidden (the officer wrote a
    part of it or, by a new link, may have; isn't in charge of all its places; or lacks the second factor that the
    station wants).
    """
    if not manifests:
        raise Invalid("manifests", "manifests_missing")
    if not by_passkey and lacks_second_factor(session, officer.officer):
        raise Forbidden("second_factor_required")
    rule = rule_in_force(session)
    waiting = waiting_orders(session, now, *([announcement] if announcement else ()))
    undecided = [each for each in waiting if all(one.approver != officer.officer for one in each.given)]
    given = []
    for name in manifests:
        order = next((each for each in undecided if each.manifest == name), None)
        if order is None:
            given.append(_given_before(session, officer, name, announcement, waiting))
            continue
        undecided.remove(order)
        require(session, now, officer, "approver", order.areas)
        if officer.officer in order.writers and rule is None:
            raise Forbidden("own_announcement")
        if officer.officer in order.link_makers and rule is None:
            raise Forbidden("writers_link_is_new")
        if officer.officer in order.link_users and rule is None:
            raise Forbidden("own_link_is_new")
        given.append(_add_approval(session, now, officer, order, rule))
    return given


def _given_before(
    session: Session, officer: Officer, name: str, announcement: str | None, waiting: Sequence[WaitingOrder]
) -> Given:
    """The answer for a manifest that this officer has approved already; raises NotFound, Conflict for any other."""
    rows = session.exec(
        select(Agreement, Approval)
        .join(Approval, col(Approval.of_order) == col(Agreement.of_order))
        .where(
            col(Approval.manifest) == col(Agreement.manifest),
            Agreement.manifest == name,
            Approval.approver == officer.officer,
            col(Agreement.withdrawn_at).is_(None),
            col(Agreement.refused_at).is_(None),
        )
    ).all()
    for agreement, _approval in rows:
        if announcement is None or agreement.announcement == announcement:
            order = next((each for each in waiting if each.of_order == agreement.of_order), None)
            if order is None:
                count = len(approvals_of(session, [(agreement.of_order, name)])[agreement.of_order, name])
                return Given(name, count, count, agreement.completed_at is not None)
            if order.manifest == name:
                return Given(name, len(order.given), order.needed, complete=False)
            raise Conflict("order_changed_meanwhile")
    raise _not_waiting(session, name)


def _not_waiting(session: Session, manifest: str) -> NotFound | Conflict:
    """The error about a manifest of which nothing waits."""
    asked = session.exec(select(Agreement).where(Agreement.manifest == manifest)).all()
    if not asked:
        return NotFound("manifest_unknown")
    if any(each.completed_at is not None and each.withdrawn_at is None for each in asked):
        return Conflict("no_longer_waiting")
    stands = standing_of(session, require_announcement(session, asked[0].announcement))
    return Conflict("not_submitted" if stands.state in ("draft", "refused") else "order_changed_meanwhile")


def _add_approval(
    session: Session, now: datetime, officer: Officer, order: WaitingOrder, rule: OneOfficerRule | None
) -> Given:
    agreement = ask(session, now, order.of_order, order.content, order.words, order.ordered_by)
    if agreement.withdrawn_at is not None:
        forget_approvals(session, agreement)  # approved anew after a withdrawal: from the beginning
        agreement.withdrawn_at = agreement.withdrawn_by = agreement.completed_at = None
    session.merge(  # it may have been approved so before, and have come back to that
        Approval(
            of_order=agreement.of_order,
            manifest=agreement.manifest,
            approver=officer.officer,
            at=now,
            one_officer_rule=rule.rule if rule and officer.officer in order.writers else None,
        )
    )
    count = len(order.given) + 1
    complete = count >= order.needed
    if complete:
        if agreement.completed_at is None:
            _forget_all_but(session, agreement, {officer.officer, *(each.approver for each in order.given)})
        agreement.completed_at = now
    session.add(agreement)
    session.flush()
    audit.record(
        session,
        now,
        officer.officer,
        "announcement approved",
        agreement.announcement,
        clip=order.content["clip"],
        manifests=[agreement.manifest],
    )
    note_change(session, "announcement", agreement.announcement)
    if complete:
        approve_entries(session, agreement.submission, officer.officer)
        if order.kind == "schedule":
            plan_after_decision(session, now, session.get_one(Schedule, agreement.of_order), agreement)
        else:
            plan_agreed(session, now, agreement)
    return Given(order.manifest, count, order.needed, complete)


def _forget_all_but(session: Session, agreement: Agreement, counted: Collection[str]) -> None:
    """Delete the approvals that didn't count: they would travel signed with those that did. The audit keeps them."""
    key = agreement.of_order, agreement.manifest
    for each in approvals_of(session, [key])[key]:
        if each.approver not in counted:
            session.delete(each)


def refuse_order(session: Session, now: datetime, officer: Officer, manifest: str, reason: str) -> None:
    """Refuse what this manifest says; `reason` says what to change.

    The announcement is given back whole if none of its orders is approved or waits any more, and the officer is an
    approver in its own area too. Raises NotFound, Invalid
    (no reason), Conflict (it doesn't wait any more), Forbidden.
    """
    if not reason.strip():
        raise Invalid("reason", "what_to_mend_missing")
    order = next((each for each in waiting_orders(session, now) if each.manifest == manifest), None)
    if order is None:
        raise _not_waiting(session, manifest)
    require(session, now, officer, "approver", order.areas)
    _refuse(session, now, officer, order, reason.strip())
    announcement = require_announcement(session, order.words.announcement)
    stands = standing_of(session, announcement)
    is_last = stands.state == "submitted" and not waiting_orders(session, now, announcement.announcement)
    if is_last and _is_in_charge_of(session, now, officer, announcement):
        _give_back(session, now, officer, stands.submission, reason.strip())
    audit.record(
        session, now, officer.officer, "announcement refused", announcement.announcement, reason=reason.strip()
    )
    note_change(session, "announcement", announcement.announcement)


def refuse(session: Session, now: datetime, officer: Officer, announcement: str, reason: str) -> Announcement:
    """Give an announcement back with all its orders that wait.

    Raises NotFound, Invalid (no reason), Conflict (nothing waits), Forbidden.
    """
    row = require_announcement(session, announcement)
    if not reason.strip():
        raise Invalid("reason", "what_to_mend_missing")
    standing = standing_of(session, row)
    waiting = waiting_orders(session, now, announcement)
    if standing.state != "submitted" and not waiting:
        raise Conflict("no_longer_waiting")
    for areas in _areas_to_refuse(row, waiting):
        require(session, now, officer, "approver", areas)
    for each in waiting:
        _refuse(session, now, officer, each, reason.strip())
    if standing.state == "submitted" and _is_in_charge_of(session, now, officer, row):
        _give_back(session, now, officer, standing.submission, reason.strip())
    audit.record(session, now, officer.officer, "announcement refused", announcement, reason=reason.strip())
    note_change(session, "announcement", announcement)
    return row


def may_refuse(session: Session, charges: Charges, row: Announcement, waiting: Sequence[WaitingOrder]) -> bool:
    """Whether the charges are enough to give it back with these orders."""
    tree = area_tree(session)
    return all(may(charges, "approver", areas, tree) for areas in _areas_to_refuse(row, waiting))


def _is_in_charge_of(session: Session, now: datetime, officer: Officer, row: Announcement) -> bool:
    """Whether the officer is an approver in the announcement's own area: what it says is others' too."""
    return may(charges_of(session, now, officer), "approver", areas_of(row.area), area_tree(session))


def _areas_to_refuse(row: Announcement, waiting: Sequence[WaitingOrder]) -> list[Collection[str]]:
    """The areas of each order; of an announcement without any, its own."""
    if not waiting:
        return [areas_of(row.area)]
    return [each.areas for each in waiting]


def _refuse(session: Session, now: datetime, officer: Officer, order: WaitingOrder, reason: str) -> None:
    agreement = ask(session, now, order.of_order, order.content, order.words, order.ordered_by)
    agreement.refused_at, agreement.refused_by, agreement.refusal = now, officer.officer, reason
    session.add(agreement)
    session.flush()


def _give_back(session: Session, now: datetime, officer: Officer, submission: Submission | None, reason: str) -> None:
    if submission is None:
        return
    submission.refused_at, submission.refused_by, submission.refusal = now, officer.officer, reason
    session.add(submission)
    session.flush()


def withdraw_approval(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """Withdraw the approvals of an announcement; broadcasts that were planned by them and haven't begun are cancelled.

    Raises NotFound, Conflict (not approved), Forbidden (another's approval, and not in charge of all its places).
    """
    row = require_announcement(session, announcement)
    current = _withdrawable(session, now, row)
    if not current:
        raise Conflict("no_approval_to_withdraw")
    for each in current:
        if not _approved_by(session, each, officer):
            require(session, now, officer, "approver", _areas_of(session, each))
        each.withdrawn_at, each.withdrawn_by = now, officer.officer
        session.add(each)
    session.flush()
    audit.record(session, now, officer.officer, "approval withdrawn", announcement)
    schedules = set[str]()
    for each in current:
        pass_on_writers(session, each.submission)
        cancel_withdrawn(session, now, officer, each)
        broadcast = session.get(Broadcast, each.of_order)
        schedules.add(each.of_order if broadcast is None else broadcast.schedule or "")
    for row_of_schedule in session.exec(select(Schedule).where(col(Schedule.schedule).in_(schedules))).all():
        plan_after_decision(session, now, row_of_schedule)
    note_change(session, "announcement", announcement)
    return row


def may_withdraw(session: Session, now: datetime, officer: Officer, charges: Charges, row: Announcement) -> bool:
    """Whether the officer may withdraw all of its approvals that `withdraw_approval` would."""
    tree = area_tree(session)
    return may_anywhere(charges, "approver") and all(
        _approved_by(session, each, officer) or may(charges, "approver", _areas_of(session, each), tree)
        for each in _withdrawable(session, now, row)
    )


def _withdrawable(session: Session, now: datetime, row: Announcement) -> list[Agreement]:
    """The agreements by which something of it may still sound, and those of its present version."""
    live = {each.broadcast for each in planned_not_begun(session, now, row.announcement)}
    live |= {each.standing for each in live_standing_texts(session, now, row.announcement)}
    of_announcement = select(Schedule.schedule).where(Schedule.announcement == row.announcement, IS_LIVE_COLUMN)
    live |= set(session.exec(of_announcement).all())
    stands = standing_of(session, row)
    present = stands.submission.submission if stands.submission else None
    agreements = session.exec(
        select(Agreement).where(
            Agreement.announcement == row.announcement,
            col(Agreement.completed_at).is_not(None),
            col(Agreement.withdrawn_at).is_(None),
        )
    ).all()
    return [each for each in agreements if each.of_order in live or each.submission == present]


def _approved_by(session: Session, agreement: Agreement, officer: Officer) -> bool:
    return session.get(Approval, (agreement.of_order, agreement.manifest, officer.officer)) is not None


def _areas_of(session: Session, agreement: Agreement) -> set[str]:
    """Its areas, and those in which its single speakers stand."""
    content = session.get_one(Manifest, agreement.manifest).content
    return {*content["areas"], *(each.area for each in speakers_named(session, content["speakers"]).values())}


def was_withdrawn(session: Session, announcement: str) -> bool:
    """Whether an approval of one of its orders was withdrawn."""
    query = select(Agreement.manifest).where(
        Agreement.announcement == announcement, col(Agreement.withdrawn_at).is_not(None)
    )
    return session.exec(query.limit(1)).first() is not None


def last_refusal(session: Session, announcement: str) -> str:
    """Why one of its orders was refused last; empty: none was."""
    query = (
        select(Agreement.refusal)
        .where(Agreement.announcement == announcement, col(Agreement.refused_at).is_not(None))
        .order_by(col(Agreement.refused_at).desc())
    )
    return session.exec(query.limit(1)).first() or ""
