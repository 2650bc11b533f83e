"""Ordering a broadcast, planning it once approved, cancelling it. Each step writes rows; the publisher sends them."""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.announcements.lists import require_announcement
from controller.announcements.standings import AnnouncementStanding, standing_of
from controller.broadcasts.deliveries import add_deliveries
from controller.broadcasts.instants import expire_at, ordered_start, wanted_start
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
from controller.broadcasts.priority_order import quiet_hours_conflict, settle_priorities
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

log = logging.getLogger(__name__)

NOW_STARTS_AFTER = timedelta(seconds=5)
"""How far ahead a “now” that is no emergency starts: all speakers begin together, after they have its clip."""


def order_broadcast(session: Session, now: datetime, officer: Officer, order: Order) -> Broadcast:
    """Order a broadcast. It is planned at once if its announcement is approved for all its places, else it waits.

    Raises what `draw_up` raises, and Invalid for session limits or quiet hours.
    """
    row = draw_up(session, now, officer, order)
    check_limits(session, now, area_tree(session), row)
    announcement = require_announcement(session, order.announcement)
    add_broadcast(session, now, row, announcement, standing_of(session, announcement), area_tree(session))
    audit.record(session, now, officer.officer, "broadcast ordered", row.broadcast, areas=row.areas)
    conflict = quiet_hours_conflict(session, settle_around(session, now, row, new=True))
    if conflict is not None:
        raise Invalid("starts_at", conflict)
    return row


def add_broadcast(
    session: Session,
    now: datetime,
    row: Broadcast,
    announcement: Announcement,
    standing: AnnouncementStanding,
    tree: AreaTree,
) -> None:
    """Store a drawn up broadcast, and plan it if its announcement is approved for all its places."""
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    if standing.submission is not None and is_approved_for(session, standing, row, tree):
        _plan_broadcast(session, now, row, announcement, standing.submission, tree)


def change_broadcast(
    session: Session,
    now: datetime,
    row: Broadcast,
    order: Order,
    announcement: Announcement,
    standing: AnnouncementStanding,
    tree: AreaTree,
) -> bool:
    """Change instant, places or repetitions of a broadcast that has not begun; a planned one gets a new revision.

    Returns False, with nothing changed, if its approval doesn't hold for the new places.
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
    elif standing.submission is not None and is_approved_for(session, standing, row, tree):
        _plan_broadcast(session, now, row, announcement, standing.submission, tree)
    return True


def is_approved_for(
    session: Session, standing: AnnouncementStanding, row: Broadcast, tree: AreaTree | None = None
) -> bool:
    """Whether the approval was given by an officer who is in charge of all places of the broadcast."""
    if standing.state != "approved" or standing.approval is None:
        return False
    approver = session.get_one(Officer, standing.approval.approver)
    return (tree or area_tree(session)).is_in_charge(approver, named_areas(session, row))


def plan_waiting(session: Session, now: datetime, announcement: Announcement, submission: Submission) -> None:
    """After an approval: plan the broadcasts that waited for it, and let recurring ones say the new words."""
    tree = area_tree(session)
    for row in waiting_broadcasts(session, now, announcement.announcement):
        _plan_broadcast(session, now, row, announcement, submission, tree)
        settle_around(session, now, row, new=True)
    older = broadcasts_with_older_words(session, now, announcement, submission)
    renewed = [row for row in older if _renew_words(session, now, row, submission, tree)]
    settle_priorities(session, now, [wanted_start(row) for row in renewed if row.bulletin_class == "priority"])


def broadcasts_with_older_words(
    session: Session, now: datetime, announcement: Announcement, submission: Submission
) -> list[Broadcast]:
    """Broadcasts of schedules that are planned with another submission: after this approval they say its words.

    A broadcast that was ordered singly keeps the words that were approved for it.
    """
    return [
        row
        for row in planned_not_begun(session, now, announcement)
        if row.schedule is not None and row.submission != submission.submission
    ]


def _renew_words(session: Session, now: datetime, row: Broadcast, submission: Submission, tree: AreaTree) -> bool:
    """Plan a broadcast with the new words. Returns False if it keeps the old ones, or was taken back.

    It keeps the old words where the new ones would run into quiet hours; its schedule's `trouble` says so.
    """
    announcement = require_announcement(session, submission.announcement)
    if row.bulletin_class != announcement.bulletin_class:
        take_back(session, now, row)  # speakers take another class for another broadcast
        return False
    old_duration_ms = row.duration_ms
    row.duration_ms = session.get_one(Clip, submission.clip).duration_ms
    try:
        check_quiet_hours(tree, ZoneInfo(time_zone(session)), row, wanted_start(row), named_areas(session, row))
    except Invalid as error:
        row.duration_ms = old_duration_ms
        schedule = session.get_one(Schedule, row.schedule)
        schedule.trouble = Phrase("older_words_kept", why=error.phrase)
        session.add(schedule)
        return False
    _plan_broadcast(session, now, row, announcement, submission, tree)
    return True


def note_planned_elsewhere(session: Session, now: datetime, row: Broadcast) -> None:
    """Mark as planned a broadcast that a speaker reports and this database never planned.

    It was planned by a newer copy of this database, so it is on the wire. If it was cancelled here since, a cancelling
    revision is sent.
    """
    row.planned_at = now
    if row.starts_at is None and row.bulletin_class != "emergency":
        # The speaker's copy has a starts_at; the order's instant is the nearest guess.
        row.starts_at = cut_to_milliseconds(ordered_start(row))
    session.add(row)
    session.flush()
    if row.cancelled_at is not None and row.expires_at is not None and row.expires_at > now:
        add_revision(session, now, row, state="cancelled")
    note_change(session, "broadcast", row.broadcast)


def cancel_planned(session: Session, now: datetime, officer: Officer, announcement: Announcement) -> None:
    """After an approval was withdrawn: cancel what was planned by it and has not begun.

    Broadcasts of schedules are taken back instead, so that they can be planned again after another approval.
    """
    for row in planned_not_begun(session, now, announcement):
        if row.schedule is None:
            cancel_unchecked(session, now, officer, row)
        else:
            take_back(session, now, row)


def planned_not_begun(session: Session, now: datetime, announcement: Announcement) -> list[Broadcast]:
    """The broadcasts of an announcement that are planned and sound nowhere yet."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.announcement == announcement.announcement,
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
        )
    ).all()
    tallied = tallies(session, [row.broadcast for row in rows])
    return [row for row in rows if state_of(row, tallied[row.broadcast], now) == "planned"]


def cancel_broadcast(session: Session, now: datetime, officer: Officer, broadcast: str) -> Broadcast:
    """Cancel a broadcast everywhere; where it sounds it is stopped. Cancelling it twice changes nothing.

    Raises NotFound, Forbidden (not in charge of all its places), Conflict (already over, or not made by this office).
    """
    row = require_broadcast(session, broadcast)
    require_charge_of(session, officer, row)
    if row.cancelled_at is None:
        tallied = tally(session, broadcast)
        if row.announcement is None and state_of(row, tallied, now) != "ended":
            raise Conflict("broadcast_not_ours")
        if not may_still_sound(row, tallied, now):
            raise Conflict("broadcast_ended")
        cancel_unchecked(session, now, officer, row)
    return row


def cancel_unchecked(session: Session, now: datetime, officer: Officer, row: Broadcast) -> None:
    """Cancel a broadcast without asking whether the officer is in charge of its places."""
    row.cancelled_at = now
    row.cancelled_by = officer.officer
    session.add(row)
    if row.schedule is not None and row.occurrence is not None:
        # So its schedule doesn't make the occurrence again; an officer can restore it there.
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
    """Cancel a broadcast that its schedule no longer wants so; its occurrence may get a new broadcast."""
    row.replaced, row.cancelled_at = True, now
    session.add(row)
    session.flush()
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    note_change(session, "broadcast", row.broadcast)
    log.info("taken back broadcast=%s schedule=%s occurrence=%s", row.broadcast, row.schedule, row.occurrence)


def require_charge_of(session: Session, officer: Officer, row: Broadcast) -> None:
    """Raises Forbidden unless the officer is in charge of all places of the broadcast."""
    area_tree(session).require_charge(officer, named_areas(session, row))


def _plan_broadcast(
    session: Session,
    now: datetime,
    row: Broadcast,
    announcement: Announcement,
    submission: Submission,
    tree: AreaTree,
) -> None:
    clip = session.get_one(Clip, submission.clip)
    ordered_from = cut_to_milliseconds(ordered_start(row))
    latest_start_follows = row.latest_start == default_latest_start(row, ordered_from)
    expiry_follows = row.expires_at == default_expiry(row, ordered_from)
    row.title, row.bulletin_class = announcement.title, announcement.bulletin_class
    row.duration_ms, row.submission, row.planned_at = clip.duration_ms, submission.submission, now
    begins = row.starts_at or cut_to_milliseconds(now)
    # Deadlines that the order left to their defaults follow the instant, duration and class of now.
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
    """Settle the priority bulletins around one that came or went. Returns the broadcasts that were moved."""
    if row.bulletin_class != "priority" or row.starts_at is None:
        return []
    return settle_priorities(session, now, [wanted_start(row)], [row.broadcast] if new else ())


def _approval_holds(session: Session, submission: str, places: set[str], tree: AreaTree) -> bool:
    """Whether the submission's approval stands and was given by an officer in charge of these areas."""
    approval = session.get(Approval, submission)
    if approval is None or approval.withdrawn_at is not None:
        return False
    return tree.is_in_charge(session.get_one(Officer, approval.approver), places)
