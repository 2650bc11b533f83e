"""From rules to broadcasts: occurrences within the horizon exist as rows, with their deliveries and on the wire.

Each schedule has the instant `plan_due` at which it is compared with its broadcasts again, in a transaction of its own;
only differences are written. So a restart at any line is harmless, a second comparison writes nothing, and a broken
schedule never stops the others.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from controller.announcements.lists import announcements_named
from controller.broadcasts.lifecycle import (
    add_broadcast,
    change_broadcast,
    plan_agreed,
    take_back,
    take_back_withdrawn,
)
from controller.broadcasts.priority_order import (
    cancelled_since,
    close_decisions,
    collisions_past_deadline,
    quiet_hours_conflict,
    settle_priorities,
)
from controller.broadcasts.session_limits import check_limits
from controller.broadcasts.silence import SILENCE_REACHES_AHEAD
from controller.database.tables import Agreement, Broadcast, Clip, OccurrenceChange, Schedule
from controller.database.transactions import Database, note_change
from controller.errors import Conflict, Invalid
from controller.orders.agreements import agreement_in_force
from controller.orders.instants import WANTED_START_COLUMN, fixed_start, wanted_start
from controller.orders.orders import Order, check_instants, named_areas, new_row
from controller.orders.spoken_version import (
    SpokenVersion,
    current_version,
    handed_in_versions,
    submitted_version,
)
from controller.planning.holidays import coming_holidays
from controller.planning.occurrences import LONGEST_MOVE, DueOccurrence, changes_of, occurrences_between
from controller.station import facts
from controller.station.area_tree import area_tree
from controller.words.phrases import Phrase
from wire.ids import derive_ulid

log = logging.getLogger(__name__)

COMPARE_AGAIN_AFTER = timedelta(hours=6)
RETRY_AFTER_TROUBLE = timedelta(minutes=10)
SETTLED_WITHIN = timedelta(days=1)
MOST_MADE_AT_ONCE = 20
"""Broadcasts that one transaction may make: an emergency that is ordered meanwhile waits for it."""


class Timetable:
    """Plans the schedules that are due, one in each step."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settled_around: frozenset[str] = frozenset()

    def step(self, now: datetime) -> bool:
        """Plan one schedule that is due. Returns whether there was one."""
        with self._database.reading() as session:
            due = session.exec(
                select(Schedule.schedule)
                .where(_is_due(now))
                .order_by(col(Schedule.plan_due), col(Schedule.schedule))
                .limit(1)
            ).first()
        if due is None:
            return False
        try:
            with self._database.writing() as session:
                row = session.get_one(Schedule, due)
                row.trouble = plan_schedule(session, now, row)
                session.add(row)
        except Exception:  # a fault in one schedule must not stop the others
            log.exception("schedule %s can't be planned; it is tried again", due)
            self._note_trouble(due, now)
        return True

    def settle_cancelled(self, now: datetime) -> None:
        """Let the other priority bulletins take the minutes of those that were cancelled since the last call.

        In a transaction of its own, so that a stop waits for nothing and nothing undoes it. The first call looks back
        a day: an office that was off settles what commands cancelled.
        """
        with self._database.reading() as session:
            cancelled = cancelled_since(session, now - SETTLED_WITHIN)
        around = [wanted_start(row) for row in cancelled if row.broadcast not in self._settled_around]
        if around:
            with self._database.writing() as session:
                settle_priorities(session, now, around)
        self._settled_around = frozenset(row.broadcast for row in cancelled)

    def close_decisions(self, now: datetime) -> None:
        """Write down the order of priority bulletins that no officer has decided in time."""
        with self._database.reading() as session:
            if not collisions_past_deadline(session, now):
                return
        with self._database.writing() as session:
            close_decisions(session, now)

    def _note_trouble(self, schedule: str, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get_one(Schedule, schedule)
            row.trouble = Phrase("schedule_unplannable")
            row.plan_due = now + RETRY_AFTER_TROUBLE
            session.add(row)


def plan_schedule(
    session: Session,
    now: datetime,
    row: Schedule,
    *,
    insist_on: Collection[str] | None = (),
    places_changed: bool = False,
    just_agreed: Agreement | None = None,
) -> Phrase | None:
    """Make a schedule's broadcasts agree with its occurrences. Returns the first trouble that prevented one, or None.

    `insist_on`: occurrences whose trouble is raised instead (None: all), because an officer asks for them now.
    `places_changed`: existing broadcasts get the schedule's places; else they keep their own, also where one is made
    anew: some may have been silenced. `just_agreed`: completed in this transaction, so it is the one in force. Makes at
    most `MOST_MADE_AT_ONCE`, the nearest first. Raises BadRule, Invalid, Conflict.
    """
    has_more, kept = take_back_withdrawn(session, now, row), None
    agreement = just_agreed or agreement_in_force(session, row.schedule)
    if agreement is not None and row.ended_at is None:
        planned = plan_agreed(session, now, agreement, coming_holidays(session, now))
        has_more, kept = has_more or planned.has_more, planned.trouble
    comparison = _Comparison(session, now, row, places_changed)
    troubles: list[tuple[DueOccurrence, Phrase]] = []
    for wanted, broadcast in comparison.pairs():
        try:
            if broadcast is None and wanted is not None:
                comparison.make(wanted)
            elif broadcast is not None:
                comparison.change(broadcast, wanted)
        except (Invalid, Conflict) as error:
            if wanted is None or insist_on is None or wanted.occurrence in insist_on:
                raise
            troubles.append((wanted, error.phrase))
    trouble = troubles[0][1] if troubles else None
    if troubles:
        _log_troubles(session, row, troubles)
    moved = settle_priorities(session, now, comparison.touched_instants, comparison.new_broadcasts)
    conflict = quiet_hours_conflict(session, [each for each in moved if each.schedule == row.schedule])
    if conflict is not None and insist_on is None:
        raise Invalid("starts_at", conflict)
    row.plan_due = None if row.ended_at is not None else now + (RETRY_AFTER_TROUBLE if trouble else COMPARE_AGAIN_AFTER)
    if has_more or comparison.has_more_to_make:
        row.plan_due = now
        note_change(session, "schedule", row.schedule)
    return trouble or conflict or kept


def _log_troubles(session: Session, row: Schedule, troubles: Sequence[tuple[DueOccurrence, Phrase]]) -> None:
    """Log why occurrences can't be made: once, though they are met again at every look.

    Logged are all of them when the schedule's trouble is a new one, else those that the last look didn't reach yet.
    """
    reached: datetime | None = None
    if row.plan_due is not None and row.trouble == troubles[0][1]:
        reached = row.plan_due - RETRY_AFTER_TROUBLE + horizon(session)
    for each, why in troubles:
        if reached is None or each.starts_at >= reached:
            log.warning("schedule=%s occurrence=%s can't be made: %s", row.schedule, each.occurrence, why)


def plan_after_decision(session: Session, now: datetime, row: Schedule, just_agreed: Agreement | None = None) -> None:
    """Plan a schedule at once, after its approval was given or withdrawn; what is far ahead `Timetable.step` plans."""
    row.trouble = plan_schedule(session, now, row, just_agreed=just_agreed)
    session.add(row)


class _Comparison:
    """One comparison of a schedule's occurrences with its broadcasts, and the changes that it led to."""

    def __init__(self, session: Session, now: datetime, row: Schedule, places_changed: bool) -> None:
        self._session, self._now, self._row, self._places_changed = session, now, row, places_changed
        self._tree = area_tree(session)
        self._existing = _broadcasts_made(session, now, row)
        self._just_taken_back = _taken_back_at(session, now, row)
        self._wanted = self._wanted_occurrences()
        self._changes = changes_of(session, row.schedule)
        self._words = _Words(session, row, {row.announcement, *(each.announcement for each in self._wanted.values())})
        self._holidays = coming_holidays(session, now)
        self.touched_instants: list[datetime] = []
        self.new_broadcasts: list[str] = []
        self.has_more_to_make = False

    def _wanted_occurrences(self) -> dict[str, DueOccurrence]:
        """{wall time: occurrence}, not skipped, up to the horizon or the last existing broadcast if that is later.

        So a horizon that was made shorter takes no broadcast back.
        """
        if self._row.ended_at is not None:
            return {}
        last = [wanted_start(each) + timedelta(milliseconds=1) for each in self._existing]
        until = max([self._now + horizon(self._session), *last])
        found = occurrences_between(self._session, self._row, self._now + timedelta(milliseconds=1), until)
        return {each.occurrence: each for each in found if each.skipped is None}

    def pairs(self) -> list[tuple[DueOccurrence | None, Broadcast | None]]:
        """(occurrence, broadcast) pairs to bring together, without broadcasts that stay as they are.

        Occurrence None: take the broadcast back. Broadcast None: make one; these come last, the nearest first.
        """
        due = dict(self._wanted)
        matched: list[tuple[DueOccurrence | None, Broadcast | None]] = []
        unmatched: list[Broadcast] = []
        for broadcast in self._existing:
            wanted = due.get(broadcast.occurrence or "")
            if broadcast.cancelled_at is not None:
                if wanted is not None and _changed_after(self._changes.get(wanted.occurrence), broadcast.cancelled_at):
                    broadcast.replaced = True  # an officer cancelled it, and restored the occurrence afterwards
                    self._session.add(broadcast)
                    self._session.flush()
                else:
                    due.pop(broadcast.occurrence or "", None)
            elif fixed_start(broadcast) <= self._now or (
                wanted_start(broadcast) <= self._now and self._row.ended_at is None
            ):
                due.pop(broadcast.occurrence or "", None)  # it has begun, or it waits for another priority bulletin
            elif wanted is None:
                unmatched.append(broadcast)
            else:
                matched.append((due.pop(wanted.occurrence), broadcast))
        matched += [(self._take_same_day(due, broadcast), broadcast) for broadcast in unmatched]
        until = self._now + horizon(self._session)
        missing = [each for each in due.values() if each.starts_at < until]
        self.has_more_to_make = len(missing) > MOST_MADE_AT_ONCE
        return matched + [(each, None) for each in missing[:MOST_MADE_AT_ONCE]]

    @staticmethod
    def _take_same_day(due: dict[str, DueOccurrence], broadcast: Broadcast) -> DueOccurrence | None:
        """Pop the occurrence of the broadcast's day and announcement, if one is left: the rule's hour has changed."""
        for each in due.values():
            if (
                each.occurrence[:10] == (broadcast.occurrence or "")[:10]
                and each.announcement == broadcast.announcement
            ):
                return due.pop(each.occurrence)
        return None

    def make(self, wanted: DueOccurrence) -> None:
        """Add a broadcast for an occurrence that has none. Raises Invalid, Conflict."""
        self._make(wanted, self._order(wanted, self._just_taken_back.get(wanted.occurrence)))

    def change(self, broadcast: Broadcast, wanted: DueOccurrence | None) -> None:
        """Change a broadcast to agree with its occurrence, or take it back. Raises Invalid, Conflict."""
        before = wanted_start(broadcast)
        if wanted is None:
            take_back(self._session, self._now, broadcast)
            self.touched_instants.append(before)
            return
        order = self._order(wanted, broadcast)
        renamed = broadcast.occurrence != wanted.occurrence
        says_the_same = broadcast.announcement == wanted.announcement
        if says_the_same and _matches_order(broadcast, order) and not renamed:
            return
        if says_the_same:
            self._check(wanted, order, broadcast.broadcast)
            broadcast.occurrence = wanted.occurrence
        if says_the_same and change_broadcast(self._session, self._now, broadcast, order, self._holidays):
            self.touched_instants += [before, wanted.starts_at]
            self.new_broadcasts.append(broadcast.broadcast)
        else:
            take_back(self._session, self._now, broadcast)
            self.touched_instants.append(before)
            self._make(wanted, order)

    def _order(self, wanted: DueOccurrence, earlier: Broadcast | None) -> Order:
        """What the occurrence orders; in the places of its earlier broadcast, unless the schedule's have changed."""
        placed = self._row if earlier is None or self._places_changed else earlier
        return Order(
            wanted.announcement,
            tuple(placed.areas),
            tuple(placed.speakers),
            wanted.starts_at,
            times=self._row.times,
            gap_ms=self._row.gap_ms,
        )

    def _make(self, wanted: DueOccurrence, order: Order) -> None:
        drawn_up = self._check(wanted, order)
        broadcast = _with_fixed_id(self._session, self._row, wanted.occurrence, drawn_up)
        add_broadcast(self._session, self._now, broadcast, self._holidays)
        self.touched_instants.append(wanted.starts_at)
        self.new_broadcasts.append(broadcast.broadcast)

    def _check(self, wanted: DueOccurrence, order: Order, planned: str | None = None) -> Broadcast:
        """The checked broadcast for an occurrence, not added to the session; raises Invalid, Conflict.

        `planned`: the id of the broadcast that it replaces.
        """
        words = self._words.of(order.announcement)
        clip = self._session.get_one(Clip, words.clip)
        broadcast = new_row(self._now, wanted.changed_by or self._row.created_by, words, clip, order)
        broadcast.broadcast = planned or broadcast.broadcast
        zone = ZoneInfo(facts.time_zone(self._session))
        check_instants(self._tree, zone, broadcast, named_areas(self._session, self._row), order, self._now)
        check_limits(self._session, self._now, self._tree, broadcast)
        return broadcast


def _with_fixed_id(session: Session, row: Schedule, occurrence: str, drawn_up: Broadcast) -> Broadcast:
    """The drawn up broadcast with the id that this occurrence always gets.

    An office that was restored from an older copy makes the broadcasts after that copy again. With the same id they are
    the same broadcasts to speakers that have them, and don't sound twice. If a speaker has reported one before, its row
    exists and is used.
    """
    earlier = session.exec(
        select(func.count()).where(Broadcast.schedule == row.schedule, Broadcast.occurrence == occurrence)
    ).one()
    drawn_up.schedule, drawn_up.occurrence = row.schedule, occurrence
    for number in count(earlier):
        drawn_up.broadcast = derive_ulid(row.created_at, row.schedule, occurrence, str(number))
        found = session.get(Broadcast, drawn_up.broadcast)
        if found is None:
            return drawn_up
        if found.announcement is None:
            return found.sqlmodel_update(drawn_up)
        # The id belongs to a broadcast that was made for this occurrence and was moved to another hour of its day.
    raise AssertionError("numbers don't end")


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Schedules whose `plan_due` has come, or is so far ahead that a wrong clock must have set it."""
    due: ColumnElement[bool] = (col(Schedule.plan_due) <= now) | (col(Schedule.plan_due) > now + COMPARE_AGAIN_AFTER)
    return due


def horizon(session: Session) -> timedelta:
    """How far ahead occurrences are made into broadcasts."""
    return timedelta(days=int(facts.read(session, "horizon_days")))


class _Words:
    """What the occurrences of a schedule say: what was agreed for it, else what can be approved, else the draft."""

    def __init__(self, session: Session, row: Schedule, announcements: Collection[str]) -> None:
        self._rows = announcements_named(session, announcements)
        self._handed_in = handed_in_versions(session, list(self._rows.values()))
        agreement = agreement_in_force(session, row.schedule)
        if agreement is not None:
            self._handed_in[agreement.announcement] = submitted_version(session, agreement.submission)

    def of(self, announcement: str) -> SpokenVersion:
        """Raises Conflict (only a draft is there, and it has no sound yet)."""
        return self._handed_in.get(announcement) or current_version(self._rows[announcement])


def _broadcasts_made(session: Session, now: datetime, row: Schedule) -> list[Broadcast]:
    """The schedule's broadcasts for recent and coming occurrences, without replaced ones, by start."""
    since = now.astimezone(ZoneInfo(row.time_zone)).replace(tzinfo=None) - LONGEST_MOVE - timedelta(days=1)
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.schedule == row.schedule,
            col(Broadcast.replaced).is_(False),
            col(Broadcast.occurrence) >= since.isoformat(timespec="seconds"),
        )
    ).all()
    return sorted(rows, key=lambda each: (fixed_start(each), each.broadcast))


def _taken_back_at(session: Session, now: datetime, row: Schedule) -> dict[str, Broadcast]:
    """{occurrence: its broadcast} of those that this transaction took back, and that a silence may have made less."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.schedule == row.schedule,
            col(Broadcast.replaced).is_(True),
            Broadcast.cancelled_at == now,
            now + SILENCE_REACHES_AHEAD >= WANTED_START_COLUMN,
        )
    ).all()
    return {each.occurrence: each for each in rows if each.occurrence is not None}


def _matches_order(broadcast: Broadcast, order: Order) -> bool:
    return (
        broadcast.areas,
        broadcast.speakers,
        broadcast.times,
        broadcast.gap_ms,
        wanted_start(broadcast),
    ) == (list(order.areas), list(order.speakers), order.times, order.gap_ms, order.starts_at)


def _changed_after(change: OccurrenceChange | None, cancelled_at: datetime) -> bool:
    return change is not None and change.changed_at > cancelled_at
