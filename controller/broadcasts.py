"""Broadcasts: order one, plan it once it is approved, cancel it. Each decision is a row; plan_delivery sends them."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from controller import audit
from controller.announcements import Standing, require_announcement, standing
from controller.area_tree import AreaTree
from controller.broadcast_lists import require_broadcast, waiting_broadcasts
from controller.broadcast_orders import (
    REPORT_DUE_AFTER,
    Order,
    default_expiry,
    default_latest_start,
    draw_up,
    named_areas,
    set_instants,
)
from controller.broadcast_revisions import add_revision
from controller.broadcast_states import may_still_sound, state_of, tally
from controller.database import note
from controller.deliveries import add_deliveries
from controller.errors import Conflict
from controller.priority_order import settle_priorities
from controller.schedule_lists import plan_again
from controller.session_limits import check_limits
from controller.tables import Announcement, Broadcast, Clip, OccurrenceChange, Officer, Submission
from wire.instants import cut_to_milliseconds

NOW_STARTS_AFTER = timedelta(seconds=5)
"""How far ahead “now” lies for a normal or priority bulletin: its clip has to reach the poles, which begin together."""


def order_broadcast(session: Session, now: datetime, officer: Officer, order: Order) -> Broadcast:
    """Order a broadcast: it is planned at once where its announcement is approved for all its places, else it waits.

    Raises as draw_up.
    """
    row = draw_up(session, now, officer, order)
    check_limits(session, now, AreaTree(session), row)
    announcement = require_announcement(session, order.announcement)
    enter(session, now, row, announcement, standing(session, announcement), AreaTree(session))
    audit.record(session, now, officer.officer, "broadcast ordered", row.broadcast, areas=row.areas)
    _settle(session, now, row)
    return row


def enter(
    session: Session, now: datetime, row: Broadcast, announcement: Announcement, stands: Standing, tree: AreaTree
) -> None:
    """Write a drawn up broadcast down, and plan it where its announcement is approved for all its places."""
    session.add(row)
    session.flush()
    note(session, "broadcast", row.broadcast)
    if stands.submission is not None and is_approved_for(session, stands, row, tree):
        _plan(session, now, row, announcement, stands.submission, tree)


def change_planned(session: Session, now: datetime, row: Broadcast, order: Order, tree: AreaTree) -> None:
    """What has not begun is to be at another instant, in other places or so often: a new revision says it."""
    row.areas, row.speakers = list(order.areas), list(order.speakers)
    row.times, row.gap_ms = order.times, order.gap_ms
    row.starts_at, row.wanted_start = order.starts_at, None
    set_instants(row, order, now)
    session.add(row)
    session.flush()
    note(session, "broadcast", row.broadcast)
    if row.planned_at is not None:
        add_deliveries(session, row, tree)
        add_revision(session, now, row, state="planned")


def is_approved_for(session: Session, stands: Standing, row: Broadcast, tree: AreaTree | None = None) -> bool:
    """Whether its announcement's approval was given by somebody in charge of every place that it names."""
    if stands.state != "approved" or stands.approval is None:
        return False
    approver = session.get_one(Officer, stands.approval.approver)
    return (tree or AreaTree(session)).is_in_charge(approver, named_areas(session, row))


def plan_waiting(session: Session, now: datetime, announcement: Announcement, submission: Submission) -> None:
    """Its announcement is approved: plan what waited for that and hasn't lapsed."""
    tree = AreaTree(session)
    for row in waiting_broadcasts(session, now, announcement.announcement):
        _plan(session, now, row, announcement, submission, tree)
        _settle(session, now, row)
    # What recurs says the new words from now on; what was ordered for once says what was approved for it.
    for row in not_begun(session, now, announcement):
        if row.schedule is None or row.submission == submission.submission:
            continue
        if row.bulletin_class == announcement.bulletin_class:
            _plan(session, now, row, announcement, submission, tree)
        else:
            take_back(session, now, row)
            plan_again(session, now, schedule=row.schedule)


def note_planned_elsewhere(session: Session, now: datetime, row: Broadcast) -> None:
    """A speaker tells of what was never planned here: a newer copy of this database had it approved. It is on the wire.

    What was cancelled here meanwhile is called off at the speakers.
    """
    row.planned_at = now
    if row.starts_at is None and row.bulletin_class != "emergency":
        row.starts_at = cut_to_milliseconds(row.created_at)  # it has one there; the order's is the nearest to it
    session.add(row)
    session.flush()
    if row.cancelled_at is not None and row.expires_at is not None and row.expires_at > now:
        add_revision(session, now, row, state="cancelled")
    note(session, "broadcast", row.broadcast)


def withdraw_planned(session: Session, now: datetime, officer: Officer, announcement: Announcement) -> None:
    """Its approval was taken back: cancel what was planned by it and has not begun. What recurs waits for another."""
    for row in not_begun(session, now, announcement):
        if row.schedule is None:
            withdraw(session, now, officer, row)
        else:
            take_back(session, now, row)
            plan_again(session, now, schedule=row.schedule)


def not_begun(session: Session, now: datetime, announcement: Announcement) -> list[Broadcast]:
    """What is planned of an announcement and sounds nowhere yet."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.announcement == announcement.announcement,
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
        )
    ).all()
    return [row for row in rows if state_of(row, tally(session, row.broadcast), now) == "planned"]


def cancel_broadcast(session: Session, now: datetime, officer: Officer, broadcast: str) -> Broadcast:
    """Cancel it: what has not begun will not, what sounds is stopped. Twice is the same order.

    Raises NotFound, Forbidden (not in charge of all its places), Conflict (nothing left to cancel, or not ours).
    """
    row = require_broadcast(session, broadcast)
    require_charge_of(session, officer, row)
    if row.cancelled_at is None:
        counted = tally(session, broadcast)
        if row.announcement is None and state_of(row, counted, now) != "ended":
            raise Conflict(
                "Văn phòng này không có lượt phát này nên không hủy được. "
                "Để cụm loa không phát, giữ im lặng địa bàn đó hoặc tắt tiếng cụm loa."
            )
        if not may_still_sound(row, counted, now):
            raise Conflict("Lượt phát này đã kết thúc, không còn gì để hủy.")
        withdraw(session, now, officer, row)
    return row


def withdraw(session: Session, now: datetime, officer: Officer, row: Broadcast) -> None:
    """Cancel a broadcast, whoever is in charge of its places."""
    row.cancelled_at = now
    row.cancelled_by = officer.officer
    session.add(row)
    if row.schedule is not None and row.occurrence is not None:
        # Its schedule doesn't bring it back at another hour; there it can be wanted again.
        session.merge(
            OccurrenceChange(
                schedule=row.schedule,
                occurrence=row.occurrence,
                dropped=True,
                changed_by=officer.officer,
                changed_at=now,
            )
        )
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    audit.record(session, now, officer.officer, "broadcast cancelled", row.broadcast)
    note(session, "broadcast", row.broadcast)
    _settle(session, now, row)


def take_back(session: Session, now: datetime, row: Broadcast) -> None:
    """A schedule no longer has it so: it is cancelled, and its occurrence may be made anew."""
    row.replaced, row.cancelled_at = True, now
    session.add(row)
    session.flush()
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    note(session, "broadcast", row.broadcast)


def require_charge_of(session: Session, officer: Officer, row: Broadcast) -> None:
    """That the officer is in charge of every place that a broadcast names; raises Forbidden."""
    AreaTree(session).require_charge(officer, named_areas(session, row))


def _plan(
    session: Session,
    now: datetime,
    row: Broadcast,
    announcement: Announcement,
    submission: Submission,
    tree: AreaTree,
) -> None:
    clip = session.get_one(Clip, submission.clip)
    ordered_from = row.starts_at or cut_to_milliseconds(row.created_at)
    latest_start_follows = row.latest_start == default_latest_start(row, ordered_from)
    expiry_follows = row.expires_at == default_expiry(row, ordered_from)
    row.title, row.bulletin_class = announcement.title, announcement.bulletin_class
    row.duration_ms, row.submission, row.planned_at = clip.duration_ms, submission.submission, now
    begins = row.starts_at or cut_to_milliseconds(now)
    # What was not set by the order follows the instant, the length and the class that it has now.
    if latest_start_follows:
        row.latest_start = default_latest_start(row, begins)
    if expiry_follows:
        row.expires_at = default_expiry(row, begins)
    row.report_due = (row.expires_at or begins) + REPORT_DUE_AFTER
    if row.starts_now and row.bulletin_class != "emergency":
        row.starts_at = min(begins + NOW_STARTS_AFTER, row.latest_start or begins)
    session.add(row)
    session.flush()
    add_deliveries(session, row, tree)
    add_revision(session, now, row, state="planned")


def _settle(session: Session, now: datetime, row: Broadcast) -> None:
    """A priority bulletin came, or went: those around it find their places anew."""
    wanted = row.wanted_start or row.starts_at
    if row.bulletin_class == "priority" and wanted is not None:
        settle_priorities(session, now, [wanted])
