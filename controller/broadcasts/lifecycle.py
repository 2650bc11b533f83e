"""Ordering a broadcast, planning it once approved, cancelling it. Each step writes rows; the publisher sends them."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.announcements.lists import require_announcement
from controller.broadcasts.deliveries import add_deliveries
from controller.broadcasts.lists import is_of_order, lacks_approval, require_broadcast, waiting_broadcasts
from controller.broadcasts.priority_order import quiet_hours_conflict, settle_priorities
from controller.broadcasts.revisions import add_revision
from controller.broadcasts.session_limits import check_limits
from controller.broadcasts.states import may_still_sound, state_of, tallies, tally
from controller.database.tables import Agreement, Broadcast, Clip, OccurrenceChange, Officer, Schedule
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid
from controller.orders.agreed import agreement_for, is_inside
from controller.orders.agreements import ask, content_of
from controller.orders.instants import expire_at, ordered_start, wanted_start
from controller.orders.manifest import of_broadcast
from controller.orders.orders import Order, check_quiet_hours, default_expiry, draw_up, named_areas, set_instants
from controller.orders.spoken_version import SpokenVersion, spoken_version, submitted_version
from controller.orders.standing_texts import standing_agreement_for, standing_words
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import require
from controller.station.facts import time_zone
from controller.words.phrases import Phrase
from wire.instants import cut_to_milliseconds

log = logging.getLogger(__name__)

MOST_PLANNED_AT_ONCE = 20
"""Broadcasts that one approval plans in its own transaction: a stop that is pressed meanwhile waits for it."""
MOST_WAITING_OF_ONE = 200
"""Orders of one officer that may wait for approval."""
NOW_STARTS_AFTER = timedelta(seconds=5)
"""How far ahead a “now” that is no emergency starts: all speakers begin together, after they have its clip."""


def order_broadcast(
    session: Session, now: datetime, officer: Officer, order: Order, words: SpokenVersion | None = None
) -> Broadcast:
    """Order a broadcast: it waits for approval, unless an approver sets off a standing text by it.

    `words`: the version that the officer saw; None: that of a standing text that it may set off, else the one that can
    be approved. Raises what `draw_up` raises, Invalid for session limits or quiet hours, Conflict (too many wait).
    """
    words = words or standing_words(session, now, officer, order)
    row = draw_up(session, now, officer, order, words)
    check_limits(session, now, area_tree(session), row)
    words = words or spoken_version(session, require_announcement(session, order.announcement))
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    audit.record(session, now, officer.officer, "broadcast ordered", row.broadcast, areas=row.areas)
    if words.submission is not None:
        ask(session, now, row.broadcast, of_broadcast(row, words), words, officer.officer)
    standing = standing_agreement_for(session, officer, row, words.clip)
    if standing is None:
        _require_room(session, now, officer)
    else:
        row.set_off_by = officer.officer
        plan_broadcast(session, now, row, standing)
        audit.record(session, now, officer.officer, "standing text set off", row.broadcast, areas=row.areas)
    conflict = quiet_hours_conflict(session, settle_around(session, now, row))
    if conflict is not None:
        raise Invalid("starts_at", conflict)
    return row


def _require_room(session: Session, now: datetime, officer: Officer) -> None:
    """Raises Conflict if more orders of this officer wait than anybody would approve: they cost every list and stop."""
    waiting = select(func.count()).where(
        lacks_approval(now), col(Broadcast.schedule).is_(None), Broadcast.created_by == officer.officer
    )
    if session.exec(waiting).one() > MOST_WAITING_OF_ONE:
        raise Conflict("too_many_orders_wait", most=MOST_WAITING_OF_ONE)


def add_broadcast(session: Session, now: datetime, row: Broadcast, holidays: Collection[date] = ()) -> None:
    """Store a drawn up broadcast of a schedule, and plan it if it lies inside what is approved."""
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    agreement = agreement_for(session, row, holidays)
    if agreement is not None:
        plan_broadcast(session, now, row, agreement)


def change_broadcast(
    session: Session, now: datetime, row: Broadcast, order: Order, holidays: Collection[date] = ()
) -> bool:
    """Change instant, places or repetitions of a broadcast that has not begun; a planned one gets a new revision.

    Returns False, with nothing changed, if it is planned and what it would be isn't approved.
    """
    before = row.model_dump()
    row.areas, row.speakers = list(order.areas), list(order.speakers)
    row.times, row.gap_ms = order.times, order.gap_ms
    row.starts_at, row.wanted_start = order.starts_at, None
    set_instants(row, order, now)
    agreement = agreement_for(session, row, holidays)
    if row.planned_at is not None and (agreement is None or agreement.submission != row.submission):
        row.sqlmodel_update(before)
        return False
    session.add(row)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    if agreement is None:
        return True
    if row.planned_at is None:
        plan_broadcast(session, now, row, agreement)
    else:
        row.manifest = agreement.manifest
        session.flush()
        add_deliveries(session, row, area_tree(session))
        add_revision(session, now, row, state="planned")
    return True


@dataclass(frozen=True)
class Planned:
    """`has_more`: there are more, for a later call. `trouble`: why one keeps its older words."""

    has_more: bool
    trouble: Phrase | None


def plan_agreed(session: Session, now: datetime, agreement: Agreement, holidays: Collection[date] = ()) -> Planned:
    """After an agreement is complete: plan what waited for it, and let a schedule's broadcasts say the new words.

    At most MOST_PLANNED_AT_ONCE, the nearest first.
    """
    waiting = waiting_broadcasts(session, now, agreement.announcement, of_order=agreement.of_order)
    older = [
        row
        for row in planned_not_begun(session, now, agreement.announcement, of_order=agreement.of_order)
        if row.schedule == agreement.of_order and row.submission != agreement.submission
    ]
    content = content_of(session, agreement)
    planned: list[Broadcast] = []
    trouble = None
    for row in sorted((*waiting, *older), key=ordered_start):
        if len(planned) == MOST_PLANNED_AT_ONCE:
            break
        if not is_inside(session, row, content, holidays):
            continue  # as a moved occurrence is
        if row.planned_at is None:
            plan_broadcast(session, now, row, agreement)
        elif why := _renew_words(session, now, row, agreement):
            trouble = why
            continue
        planned.append(row)
    priority = [row for row in planned if row.bulletin_class == "priority" and row.starts_at is not None]
    settle_priorities(session, now, [wanted_start(row) for row in priority], [row.broadcast for row in priority])
    return Planned(len(planned) == MOST_PLANNED_AT_ONCE, trouble)


def _renew_words(session: Session, now: datetime, row: Broadcast, agreement: Agreement) -> Phrase | None:
    """Plan a broadcast with the new words, or take it back. Returns why it keeps the old ones: quiet hours; or None."""
    words, tree = submitted_version(session, agreement.submission), area_tree(session)
    if row.bulletin_class != words.bulletin_class:
        take_back(session, now, row)  # speakers take another class for another broadcast
        return None
    old_duration_ms = row.duration_ms
    row.duration_ms = session.get_one(Clip, words.clip).duration_ms
    try:
        check_quiet_hours(tree, ZoneInfo(time_zone(session)), row, wanted_start(row), named_areas(session, row))
    except Invalid as error:
        row.duration_ms = old_duration_ms
        return Phrase("older_words_kept", why=error.phrase)
    plan_broadcast(session, now, row, agreement)
    return None


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


def cancel_withdrawn(session: Session, now: datetime, officer: Officer, agreement: Agreement) -> None:
    """After the agreement of one broadcast or of a standing text was withdrawn: cancel what it planned, if not begun.

    An occurrence of a schedule is taken back instead, so that it can be planned again after another approval.
    """
    for row in planned_not_begun(session, now, agreement.announcement):
        if row.manifest != agreement.manifest:
            continue
        if row.broadcast == agreement.of_order and row.schedule is not None:
            take_back(session, now, row)
        elif row.broadcast == agreement.of_order or row.set_off_by is not None:
            cancel_unchecked(session, now, officer, row)


def take_back_withdrawn(session: Session, now: datetime, schedule: Schedule) -> bool:
    """Take back what withdrawn agreements of a schedule had planned, so that it can be planned again.

    At most MOST_PLANNED_AT_ONCE, the nearest first. Returns whether there are more.
    """
    agreements = session.exec(
        select(Agreement).where(Agreement.of_order == schedule.schedule, col(Agreement.withdrawn_at).is_not(None))
    ).all()
    manifests = {each.manifest for each in agreements}
    rows = [
        row
        for announcement in {each.announcement for each in agreements}
        for row in planned_not_begun(session, now, announcement, of_order=schedule.schedule)
        if row.manifest in manifests
    ]
    for row in sorted(rows, key=ordered_start)[:MOST_PLANNED_AT_ONCE]:
        take_back(session, now, row)
    return len(rows) > MOST_PLANNED_AT_ONCE


def planned_not_begun(
    session: Session, now: datetime, announcement: str, *, of_order: str | None = None
) -> list[Broadcast]:
    """The broadcasts of an announcement, or of one order of it, that are planned and sound nowhere yet."""
    query = select(Broadcast).where(
        Broadcast.announcement == announcement,
        col(Broadcast.planned_at).is_not(None),
        col(Broadcast.cancelled_at).is_(None),
    )
    rows = session.exec(query if of_order is None else query.where(is_of_order(of_order))).all()
    tallied = tallies(session, [row.broadcast for row in rows])
    return [row for row in rows if state_of(row, tallied[row.broadcast], now) == "planned"]


def cancel_broadcast(session: Session, now: datetime, officer: Officer, broadcast: str) -> Broadcast:
    """Cancel a broadcast everywhere; where it sounds it is stopped. Cancelling it twice changes nothing.

    Raises NotFound, Forbidden (no editor in all its places), Conflict (already over, or not made by this office).
    """
    row = require_broadcast(session, broadcast)
    require(session, now, officer, "editor", named_areas(session, row))
    if row.cancelled_at is None:
        tallied = tally(session, broadcast)
        if row.announcement is None and state_of(row, tallied, now) != "ended":
            raise Conflict("broadcast_not_ours")
        if not may_still_sound(row, tallied, now):
            raise Conflict("broadcast_ended")
        cancel_unchecked(session, now, officer, row)
    return row


def cancel_unchecked(session: Session, now: datetime, by: audit.Doer, row: Broadcast) -> None:
    """Cancel a broadcast without asking whether somebody is in charge of its places.

    It touches no other broadcast, so that no other can prevent it; `Timetable.settle_cancelled` settles those later.
    """
    row.cancelled_at = now
    row.cancelled_by = by.officer
    session.add(row)
    if row.schedule is not None and row.occurrence is not None:
        # So its schedule doesn't make the occurrence again; an officer can restore it there.
        session.merge(
            OccurrenceChange(
                schedule=row.schedule,
                occurrence=row.occurrence,
                dropped=True,
                changed_by=by.officer,
                changed_at=now,
            )
        )
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    audit.record_of(session, now, by, "broadcast cancelled", row.broadcast)
    note_change(session, "broadcast", row.broadcast)


def take_back(session: Session, now: datetime, row: Broadcast) -> None:
    """Cancel a broadcast that its schedule no longer wants so; its occurrence may get a new broadcast."""
    row.replaced, row.cancelled_at = True, now
    session.add(row)
    session.flush()
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    note_change(session, "broadcast", row.broadcast)
    log.info("taken back broadcast=%s schedule=%s occurrence=%s", row.broadcast, row.schedule, row.occurrence)


def plan_broadcast(session: Session, now: datetime, row: Broadcast, agreement: Agreement) -> None:
    """Plan a broadcast that lies inside this agreement: its deliveries, and a revision with the agreed words.

    Raises NotAgreed if it doesn't.
    """
    words = submitted_version(session, agreement.submission)
    clip = session.get_one(Clip, words.clip)
    expiry_follows = row.expires_at == default_expiry(row, cut_to_milliseconds(ordered_start(row)))
    row.title, row.bulletin_class = words.title, words.bulletin_class
    row.duration_ms, row.submission, row.manifest = clip.duration_ms, words.submission, agreement.manifest
    row.planned_at = now
    begins = row.starts_at or cut_to_milliseconds(now)
    if expiry_follows or row.expires_at is None:  # the default follows the instant, duration and class of now
        expire_at(row, default_expiry(row, begins))
    if row.starts_now and row.starts_at is None and row.bulletin_class != "emergency":
        row.starts_at = min(begins + NOW_STARTS_AFTER, row.latest_start or begins)
    session.add(row)
    session.flush()
    add_deliveries(session, row, area_tree(session))
    add_revision(session, now, row, state="planned")


def settle_around(session: Session, now: datetime, row: Broadcast) -> list[Broadcast]:
    """Settle the priority bulletins around one that is new. Returns the broadcasts that were moved."""
    if row.bulletin_class != "priority" or row.starts_at is None:
        return []
    return settle_priorities(session, now, [wanted_start(row)], [row.broadcast])
