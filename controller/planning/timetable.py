"""From rule to broadcasts: the occurrences of the coming days exist as rows, with their deliveries, on the wire.

Each schedule carries the instant at which it is to be looked at again (`plan_due`), and is looked at in a transaction
of its own: what is there is compared with what should be, and only the difference is written. So a restart at any
line changes nothing, a second look writes nothing, and one broken schedule never stops the others.
"""

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from controller.announcements.drafts import AnnouncementStanding, standings_of
from controller.announcements.sound import require_sound
from controller.broadcasts.instants import fixed_start, wanted_start
from controller.broadcasts.lifecycle import add_broadcast, change_broadcast, take_back
from controller.broadcasts.orders import Order, check_instants, named_areas, new_row
from controller.broadcasts.priority_order import (
    close_decisions,
    collisions_past_deadline,
    quiet_hours_conflict,
    settle_priorities,
)
from controller.broadcasts.session_limits import check_limits
from controller.database.tables import Announcement, Broadcast, Clip, OccurrenceChange, Schedule
from controller.database.transactions import Database, note_change
from controller.errors import Conflict, Invalid
from controller.planning.occurrences import MOVED_AT_MOST, Due, changes_of, occurrences_between
from controller.station import facts
from controller.station.area_tree import AreaTree, area_tree
from controller.words.phrases import Phrase
from wire.ids import derive_ulid

log = logging.getLogger(__name__)

LOOK_AGAIN_AFTER = timedelta(hours=6)
TRY_AGAIN_AFTER = timedelta(minutes=10)
MOST_AT_ONCE = 50
"""So many broadcasts are made in one transaction: an emergency that is ordered meanwhile waits for it."""


class Timetable:
    """Stepped by its worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def step(self, now: datetime) -> bool:
        """Look at one schedule that is due; whether there was one."""
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
        except Exception:  # whatever is wrong with one schedule, the others are planned
            log.exception("schedule %s can't be planned; it is tried again", due)
            self._note_trouble(due, now)
        return True

    def close_decisions(self, now: datetime) -> None:
        """What nobody has decided in time is decided."""
        with self._database.reading() as session:
            if not collisions_past_deadline(session, now):
                return
        with self._database.writing() as session:
            close_decisions(session, now)

    def _note_trouble(self, schedule: str, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get_one(Schedule, schedule)
            row.trouble = Phrase("schedule_unplannable")
            row.plan_due = now + TRY_AGAIN_AFTER
            session.add(row)


def plan_schedule(
    session: Session,
    now: datetime,
    row: Schedule,
    *,
    insist_on: Collection[str] | None = (),
    places_changed: bool = False,
) -> Phrase | None:
    """Make its broadcasts what they should be; answers what stands in the way of some.

    `insist_on`: the occurrences whose trouble is raised instead (None: all), because an officer asks for them now.
    `places_changed`: what is planned follows the schedule's places too; else it keeps its own, as it may have been
    silenced in some. At most `MOST_AT_ONCE` are made, the nearest first. Raises BadRule, Invalid, Conflict.
    """
    look = _Look(session, now, row)
    trouble: Phrase | None = None
    for wanted, broadcast in look.pairs():
        try:
            if broadcast is None and wanted is not None:
                look.make(wanted)
            elif broadcast is not None:
                look.change(broadcast, wanted, places_changed)
        except (Invalid, Conflict) as error:
            if insist_on is None or (wanted is not None and wanted.occurrence in insist_on):
                raise
            trouble = trouble or error.phrase
    moved = settle_priorities(session, now, look.touched, look.new)
    cut = quiet_hours_conflict(session, [each for each in moved if each.schedule == row.schedule])
    if cut is not None and insist_on is None:
        raise Invalid("starts_at", cut)
    row.plan_due = None if row.ended_at is not None else now + (TRY_AGAIN_AFTER if trouble else LOOK_AGAIN_AFTER)
    if look.left_over:
        row.plan_due = now
        note_change(session, "schedule", row.schedule)
    return trouble or cut


def plan_schedules_of(session: Session, now: datetime, announcement: str) -> None:
    """The approval of an announcement was given or taken back: what recurs with it follows at once."""
    rows = session.exec(
        select(Schedule).where(Schedule.announcement == announcement, col(Schedule.ended_at).is_(None))
    ).all()
    for row in rows:
        row.trouble = plan_schedule(session, now, row) or row.trouble
        session.add(row)


class _Look:
    """One look at one schedule: what should be, what is there, and what was done about it."""

    def __init__(self, session: Session, now: datetime, row: Schedule) -> None:
        self._session, self._now, self._row = session, now, row
        self._tree = area_tree(session)
        self._there = _planned(session, now, row)
        self._due = self._should_be()
        self._changes = changes_of(session, row.schedule)
        self._sounds = _Sounds(session, {row.announcement, *(each.announcement for each in self._due.values())})
        self.touched: list[datetime] = []
        self.new: list[str] = []
        self.left_over = False

    def _should_be(self) -> dict[str, Due]:
        """By their names; as far as something is planned: a horizon that has become shorter takes nothing back."""
        if self._row.ended_at is not None:
            return {}
        last = [wanted_start(each) + timedelta(milliseconds=1) for each in self._there]
        until = max([self._now + horizon(self._session), *last])
        found = occurrences_between(self._session, self._row, self._now + timedelta(milliseconds=1), until)
        return {each.occurrence: each for each in found if each.skipped is None}

    def pairs(self) -> list[tuple[Due | None, Broadcast | None]]:
        """What should be beside what is there, the nearest first; nothing of what is as it is to stay."""
        due = dict(self._due)
        beside: list[tuple[Due | None, Broadcast | None]] = []
        homeless: list[Broadcast] = []
        for broadcast in self._there:
            wanted = due.get(broadcast.occurrence or "")
            if broadcast.cancelled_at is not None:
                if wanted is not None and _said_later(self._changes.get(wanted.occurrence), broadcast.cancelled_at):
                    broadcast.replaced = True  # somebody cancelled it, and then wanted it all the same
                    self._session.add(broadcast)
                    self._session.flush()
                else:
                    due.pop(broadcast.occurrence or "", None)
            elif fixed_start(broadcast) <= self._now or (
                wanted_start(broadcast) <= self._now and self._row.ended_at is None
            ):
                due.pop(broadcast.occurrence or "", None)  # it has begun, or its turn is about to come
            elif wanted is None:
                homeless.append(broadcast)
            else:
                beside.append((due.pop(wanted.occurrence), broadcast))
        beside += [(self._same_day(due, broadcast), broadcast) for broadcast in homeless]
        until = self._now + horizon(self._session)
        missing = [each for each in due.values() if each.starts_at < until]
        self.left_over = len(missing) > MOST_AT_ONCE
        return beside + [(each, None) for each in missing[:MOST_AT_ONCE]]

    @staticmethod
    def _same_day(due: dict[str, Due], broadcast: Broadcast) -> Due | None:
        """Where the rule names another hour now: the one of that day, with the same words, without a broadcast."""
        for each in due.values():
            if (
                each.occurrence[:10] == (broadcast.occurrence or "")[:10]
                and each.announcement == broadcast.announcement
            ):
                return due.pop(each.occurrence)
        return None

    def make(self, wanted: Due) -> None:
        """A broadcast for an occurrence that has none."""
        order = _order(self._row, wanted)
        drawn = self._sounds.check(self._session, self._tree, self._row, order, self._now)
        broadcast = _named(self._session, self._row, wanted.occurrence, drawn)
        add_broadcast(self._session, self._now, broadcast, *self._sounds.of(order.announcement), self._tree)
        self.touched.append(wanted.starts_at)
        self.new.append(broadcast.broadcast)

    def change(self, broadcast: Broadcast, wanted: Due | None, places_changed: bool) -> None:
        """One that is planned, or waits: it follows its occurrence, or is taken back."""
        before = wanted_start(broadcast)
        if wanted is None or wanted.announcement != broadcast.announcement:
            take_back(self._session, self._now, broadcast)
            self.touched.append(before)
            if wanted is not None:
                self.make(wanted)
            return
        order = _order(self._row, wanted)
        if not places_changed:
            order = replace(
                order,
                areas=tuple(broadcast.areas),
                speakers=tuple(broadcast.speakers),
                times=broadcast.times,
                gap_ms=broadcast.gap_ms,
            )
        renamed = broadcast.occurrence != wanted.occurrence
        if _is_so(broadcast, order) and not renamed:
            return
        self._sounds.check(self._session, self._tree, self._row, order, self._now, broadcast.broadcast)
        broadcast.occurrence = wanted.occurrence
        announcement, stands = self._sounds.of(order.announcement)
        if change_broadcast(self._session, self._now, broadcast, order, announcement, stands, self._tree):
            self.touched += [before, wanted.starts_at]
            self.new.append(broadcast.broadcast)
        else:
            take_back(self._session, self._now, broadcast)
            self.make(wanted)


def _named(session: Session, row: Schedule, occurrence: str, drawn: Broadcast) -> Broadcast:
    """With the id that this occurrence always has.

    An office that was restored from an older copy makes again what was made after the copy: under the same id it is the
    same broadcast to the speakers that have it, and doesn't sound twice. One of them may have told of it already.
    """
    earlier = session.exec(
        select(func.count()).where(Broadcast.schedule == row.schedule, Broadcast.occurrence == occurrence)
    ).one()
    drawn.schedule, drawn.occurrence = row.schedule, occurrence
    for number in count(earlier):
        drawn.broadcast = derive_ulid(row.created_at, row.schedule, occurrence, str(number))
        found = session.get(Broadcast, drawn.broadcast)
        if found is None:
            return drawn
        if found.announcement is None:
            return found.sqlmodel_update(drawn)
        # One that was this occurrence once, and follows another hour of its day now.
    raise AssertionError("numbers don't end")


def _is_due(now: datetime) -> ColumnElement[bool]:
    """By its instant; also where that was set by a clock that was ahead."""
    due: ColumnElement[bool] = (col(Schedule.plan_due) <= now) | (col(Schedule.plan_due) > now + LOOK_AGAIN_AFTER)
    return due


def horizon(session: Session) -> timedelta:
    """How far ahead occurrences are broadcasts."""
    return timedelta(days=int(facts.read(session, "horizon_days")))


class _Sounds:
    """The announcements that a schedule says, read once: their rows, where they stand, and their clips."""

    def __init__(self, session: Session, announcements: Collection[str]) -> None:
        rows = session.exec(select(Announcement).where(col(Announcement.announcement).in_(announcements))).all()
        self._rows = {row.announcement: row for row in rows}
        self._standings = standings_of(session, rows)
        clips = {row.clip for row in rows if row.clip}
        self._clips = {row.sha256: row for row in session.exec(select(Clip).where(col(Clip.sha256).in_(clips))).all()}

    def of(self, announcement: str) -> tuple[Announcement, AnnouncementStanding]:
        """The announcement, and where it stands."""
        return self._rows[announcement], self._standings[announcement]

    def check(
        self, session: Session, tree: AreaTree, row: Schedule, order: Order, now: datetime, planned: str | None = None
    ) -> Broadcast:
        """The broadcast that an occurrence would be, in place of the `planned` one; raises Invalid, Conflict."""
        announcement = self._rows[order.announcement]
        clip = self._clips[require_sound(announcement)]
        broadcast = new_row(now, row.created_by, announcement, clip, order)
        broadcast.broadcast = planned or broadcast.broadcast
        zone = ZoneInfo(facts.time_zone(session))
        check_instants(tree, zone, broadcast, named_areas(session, row), order, now)
        check_limits(session, now, tree, broadcast)
        return broadcast


def _planned(session: Session, now: datetime, row: Schedule) -> list[Broadcast]:
    """What this rule has made already for the last days and those to come; occurrences are told by local wall time."""
    since = now.astimezone(ZoneInfo(row.time_zone)).replace(tzinfo=None) - MOVED_AT_MOST - timedelta(days=1)
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.schedule == row.schedule,
            col(Broadcast.replaced).is_(False),
            col(Broadcast.occurrence) >= since.isoformat(timespec="seconds"),
        )
    ).all()
    return sorted(rows, key=lambda each: (fixed_start(each), each.broadcast))


def _order(row: Schedule, wanted: Due) -> Order:
    return Order(
        wanted.announcement,
        tuple(row.areas),
        tuple(row.speakers),
        wanted.starts_at,
        times=row.times,
        gap_ms=row.gap_ms,
    )


def _is_so(broadcast: Broadcast, order: Order) -> bool:
    return (
        broadcast.areas,
        broadcast.speakers,
        broadcast.times,
        broadcast.gap_ms,
        broadcast.wanted_start or broadcast.starts_at,
    ) == (list(order.areas), list(order.speakers), order.times, order.gap_ms, order.starts_at)


def _said_later(change: OccurrenceChange | None, cancelled_at: datetime) -> bool:
    return change is not None and change.changed_at > cancelled_at
