"""Broadcasts: order one, plan it once it is approved, cancel it. Each decision is a row; plan_delivery sends them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.announcements.drafts import AnnouncementStanding, require_announcement, standing
from controller.broadcasts.deliveries import add_deliveries
from controller.broadcasts.instants import expire_at, wanted_start
from controller.broadcasts.lists import require_broadcast, waiting_broadcasts
from controller.broadcasts.orders import (
    Order,
    check_quiet_hours,
    default_expiry,
    default_latest_start,
    draw_up,
    named_areas,
    set_instants,
)
from controller.broadcasts.priority_order import say_what_is_cut, settle_priorities
from controller.broadcasts.revisions import add_revision
from controller.broadcasts.session_limits import check_limits
from controller.broadcasts.states import may_still_sound, state_of, tallies, tally
from controller.database.tables import (
    Announcement,
    Approval,
    Broadcast,
    Clip,
    OccurrenceChange,
    Officer,
    Schedule,
    Submission,
)
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid
from controller.station import audit
from controller.station.area_tree import AreaTree, area_tree
from controller.station.facts import time_zone
from controller.words.phrases import Phrase
from wire.instants import cut_to_milliseconds

NOW_STARTS_AFTER = timedelta(seconds=5)
"""How far ahead “now” lies for a normal or priority bulletin: its clip has to reach the poles, which begin together."""


def order_broadcast(session: Session, now: datetime, officer: Officer, order: Order) -> Broadcast:
    """Order a broadcast: it is planned at once where its announcement is approved for all its places, else it waits.

    Raises as draw_up.
    """
    row = draw_up(session, now, officer, order)
    check_limits(session, now, area_tree(session), row)
    announcement = require_announcement(session, order.announcement)
    enter(session, now, row, announcement, standing(session, announcement), area_tree(session))
    audit.record(session, now, officer.officer, "broadcast ordered", row.broadcast, areas=row.areas)
    cut = say_what_is_cut(session, settle_around(session, now, row, new=True))
    if cut is not None:
        raise Invalid("starts_at", cut)
    return row


def enter(
    session: Session,
    now: datetime,
    row: Broadcast,
    announcement: Announcement,
    stands: AnnouncementStanding,
    tree: AreaTree,
) -> None:
    """Write a drawn up broadcast down, and plan it where its announcement is approved for all its places."""
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    if stands.submission is not None and is_approved_for(session, stands, row, tree):
        _plan(session, now, row, announcement, stands.submission, tree)


def change_entered(
    session: Session,
    now: datetime,
    row: Broadcast,
    order: Order,
    announcement: Announcement,
    stands: AnnouncementStanding,
    tree: AreaTree,
) -> bool:
    """What has not begun is to be at another instant, in other places or so often: a new revision says it.

    False, and nothing is changed, where its approval doesn't hold for the new places.
    """
    places = named_areas(session, order)
    if row.submission is not None and not _approval_holds(session, row.submission, places, tree):
        return False
    row.areas, row.speakers = list(order.areas), list(order.speakers)
    row.times, row.gap_ms = order.times, order.gap_ms
    row.starts_at, row.wanted_start = order.starts_at, None
    set_instants(row, order, now)
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    if row.planned_at is not None:
        add_deliveries(session, row, tree)
        add_revision(session, now, row, state="planned")
    elif stands.submission is not None and is_approved_for(session, stands, row, tree):
        _plan(session, now, row, announcement, stands.submission, tree)
    return True


def is_approved_for(
    session: Session, stands: AnnouncementStanding, row: Broadcast, tree: AreaTree | None = None
) -> bool:
    """Whether its announcement's approval was given by somebody in charge of every place that it names."""
    if stands.state != "approved" or stands.approval is None:
        return False
    approver = session.get_one(Officer, stands.approval.approver)
    return (tree or area_tree(session)).is_in_charge(approver, named_areas(session, row))


def plan_waiting(session: Session, now: datetime, announcement: Announcement, submission: Submission) -> None:
    """Its announcement is approved: plan what waited for that and hasn't lapsed."""
    tree = area_tree(session)
    for row in waiting_broadcasts(session, now, announcement.announcement):
        _plan(session, now, row, announcement, submission, tree)
        settle_around(session, now, row, new=True)
    older = says_older_words(session, now, announcement, submission)
    renewed = [row for row in older if _renew(session, now, row, submission, tree)]
    settle_priorities(session, now, [wanted_start(row) for row in renewed if row.bulletin_class == "priority"])


def says_older_words(
    session: Session, now: datetime, announcement: Announcement, submission: Submission
) -> list[Broadcast]:
    """What recurs and is planned with an earlier version: it says the new words from their approval on.

    What was ordered for once says what was approved for it.
    """
    return [
        row
        for row in not_begun(session, now, announcement)
        if row.schedule is not None and row.submission != submission.submission
    ]


def _renew(session: Session, now: datetime, row: Broadcast, submission: Submission, tree: AreaTree) -> bool:
    """Whether it now says the new words. Where they would run into quiet hours it goes on saying the old ones."""
    announcement = require_announcement(session, submission.announcement)
    if row.bulletin_class != announcement.bulletin_class:
        take_back(session, now, row)  # to a speaker it is another broadcast
        return False
    earlier = row.duration_ms
    row.duration_ms = session.get_one(Clip, submission.clip).duration_ms
    try:
        check_quiet_hours(tree, ZoneInfo(time_zone(session)), row, wanted_start(row), named_areas(session, row))
    except Invalid as error:
        row.duration_ms = earlier
        schedule = session.get_one(Schedule, row.schedule)
        schedule.trouble = Phrase("older_words_kept", why=error.phrase)
        session.add(schedule)
        return False
    _plan(session, now, row, announcement, submission, tree)
    return True


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
    note_change(session, "broadcast", row.broadcast)


def withdraw_planned(session: Session, now: datetime, officer: Officer, announcement: Announcement) -> None:
    """Its approval was taken back: cancel what was planned by it and has not begun. What recurs waits for another."""
    for row in not_begun(session, now, announcement):
        if row.schedule is None:
            withdraw(session, now, officer, row)
        else:
            take_back(session, now, row)


def not_begun(session: Session, now: datetime, announcement: Announcement) -> list[Broadcast]:
    """What is planned of an announcement and sounds nowhere yet."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.announcement == announcement.announcement,
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
        )
    ).all()
    counted = tallies(session, [row.broadcast for row in rows])
    return [row for row in rows if state_of(row, counted[row.broadcast], now) == "planned"]


def cancel_broadcast(session: Session, now: datetime, officer: Officer, broadcast: str) -> Broadcast:
    """Cancel it: what has not begun will not, what sounds is stopped. Twice is the same order.

    Raises NotFound, Forbidden (not in charge of all its places), Conflict (nothing left to cancel, or not ours).
    """
    row = require_broadcast(session, broadcast)
    require_charge_of(session, officer, row)
    if row.cancelled_at is None:
        counted = tally(session, broadcast)
        if row.announcement is None and state_of(row, counted, now) != "ended":
            raise Conflict("broadcast_not_ours")
        if not may_still_sound(row, counted, now):
            raise Conflict("broadcast_ended")
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
    note_change(session, "broadcast", row.broadcast)
    settle_around(session, now, row)


def take_back(session: Session, now: datetime, row: Broadcast) -> None:
    """A schedule no longer has it so: it is cancelled, and its occurrence may be made anew."""
    row.replaced, row.cancelled_at = True, now
    session.add(row)
    session.flush()
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    note_change(session, "broadcast", row.broadcast)


def require_charge_of(session: Session, officer: Officer, row: Broadcast) -> None:
    """That the officer is in charge of every place that a broadcast names; raises Forbidden."""
    area_tree(session).require_charge(officer, named_areas(session, row))


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
    if expiry_follows or row.expires_at is None:
        expire_at(row, default_expiry(row, begins))
    if row.starts_now and row.bulletin_class != "emergency":
        row.starts_at = min(begins + NOW_STARTS_AFTER, row.latest_start or begins)
    session.add(row)
    session.flush()
    add_deliveries(session, row, tree)
    add_revision(session, now, row, state="planned")


def settle_around(session: Session, now: datetime, row: Broadcast, *, new: bool = False) -> list[Broadcast]:
    """A priority bulletin came, or went: those around it find their places anew. Answers those that were moved."""
    if row.bulletin_class != "priority" or row.starts_at is None:
        return []
    return settle_priorities(session, now, [wanted_start(row)], [row.broadcast] if new else ())


def _approval_holds(session: Session, submission: str, places: set[str], tree: AreaTree) -> bool:
    """Whether what was approved may sound in these places."""
    approval = session.get(Approval, submission)
    if approval is None or approval.withdrawn_at is not None:
        return False
    return tree.is_in_charge(session.get_one(Officer, approval.approver), places)
