"""From rule to broadcasts: the occurrences of the coming days exist as rows, with their deliveries, on the wire.

Each schedule carries the instant at which it is to be looked at again (`plan_due`), and is looked at in a transaction
of its own: what is there is compared with what should be, and only the difference is written. So a restart at any
line changes nothing, a second look writes nothing, and one broken schedule never stops the others.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller import station
from controller.announcements import Standing, standings
from controller.area_tree import AreaTree
from controller.broadcast_orders import Order, check_instants, named_areas, new_row
from controller.broadcasts import change_planned, enter, take_back
from controller.database import Database
from controller.errors import Conflict, Invalid
from controller.priority_order import close_decisions, left_undecided, settle_priorities
from controller.schedule_occurrences import MOVED_AT_MOST, Due, changes_of, occurrences_between
from controller.session_limits import check_limits
from controller.tables import Announcement, Broadcast, Clip, OccurrenceChange, Schedule
from wire.ids import ulid_of

log = logging.getLogger(__name__)

LOOK_AGAIN_AFTER = timedelta(hours=6)
TRY_AGAIN_AFTER = timedelta(minutes=10)


class Timetable:
    """Stepped by its worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def step(self, now: datetime) -> bool:
        """Look at one schedule that is due; whether there was one."""
        with self._database.reading() as session:
            due = session.exec(
                select(Schedule.schedule)
                .where(col(Schedule.plan_due) <= now)
                .order_by(col(Schedule.plan_due), col(Schedule.schedule))
                .limit(1)
            ).first()
        if due is None:
            return False
        try:
            with self._database.writing() as session:
                row = session.get_one(Schedule, due)
                row.trouble = plan_schedule(session, now, row)
                row.plan_due = now + (TRY_AGAIN_AFTER if row.trouble else LOOK_AGAIN_AFTER)
                session.add(row)
        except Exception:  # whatever is wrong with one schedule, the others are planned
            log.exception("schedule %s can't be planned; it is tried again", due)
            self._note_trouble(due, now)
        return True

    def close_decisions(self, now: datetime) -> None:
        """What nobody has decided in time is decided."""
        with self._database.reading() as session:
            if not left_undecided(session, now):
                return
        with self._database.writing() as session:
            close_decisions(session, now)

    def _note_trouble(self, schedule: str, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get_one(Schedule, schedule)
            row.trouble = "Lịch này không tính được. Sửa lịch, hoặc báo kỹ thuật viên."
            row.plan_due = now + TRY_AGAIN_AFTER
            session.add(row)


def plan_schedule(session: Session, now: datetime, row: Schedule, *, changed: bool = False) -> str | None:
    """Make its broadcasts what they should be; answers what stands in the way of some, in words.

    `changed`: an officer has just changed the rule: what is already planned follows it, and what can't be is refused.
    Else what was planned stays as it is, apart from what no longer should be (a new holiday): it may have been silenced
    in some places. Raises BadRule; Invalid and Conflict where `changed`.
    """
    tree = AreaTree(session)
    due = {}
    if row.ended_at is None:
        until = now + horizon(session)
        due = {
            each.occurrence: each
            for each in occurrences_between(session, row, now + timedelta(milliseconds=1), until)
            if each.skipped is None
        }
    sounds = _Sounds(session, {row.announcement, *(each.announcement for each in due.values())})
    changes = changes_of(session, row.schedule)
    touched: list[datetime] = []
    for broadcast in _planned(session, now, row):
        wanted = due.get(broadcast.occurrence or "")
        begins = broadcast.wanted_start or broadcast.starts_at
        if broadcast.cancelled_at is not None:
            if wanted and _said_later(changes.get(wanted.occurrence), broadcast.cancelled_at):
                broadcast.replaced = True  # somebody cancelled it, and then wanted it all the same
                session.add(broadcast)
                session.flush()
            else:
                due.pop(broadcast.occurrence or "", None)
            continue
        if begins is None or min(begins, broadcast.starts_at or begins) <= now:
            due.pop(broadcast.occurrence or "", None)  # it has begun, or is over
            continue
        if wanted is not None and (wanted.announcement == broadcast.announcement or not changed):
            due.pop(wanted.occurrence)
            order = _order(row, wanted)
            if changed and not _is_so(broadcast, order):
                sounds.check(session, tree, row, order, now, broadcast.broadcast)
                change_planned(session, now, broadcast, order, tree)
                touched += [begins, wanted.starts_at]
            continue
        take_back(session, now, broadcast)
        touched.append(begins)
    trouble = None
    for wanted in due.values():
        order = _order(row, wanted)
        try:
            broadcast = sounds.check(session, tree, row, order, now)
        except (Invalid, Conflict) as error:
            if changed:
                raise
            trouble = trouble or str(error)
            continue
        broadcast = _named(session, row, wanted.occurrence, broadcast)
        enter(session, now, broadcast, *sounds.of(order.announcement), tree)
        touched.append(wanted.starts_at)
    settle_priorities(session, now, touched)
    return trouble


def _named(session: Session, row: Schedule, occurrence: str, drawn: Broadcast) -> Broadcast:
    """With the id that this occurrence always has.

    An office that was restored from an older copy makes again what was made after the copy: under the same id it is the
    same broadcast to the speakers that have it, and doesn't sound twice. One of them may have told of it already.
    """
    earlier = session.exec(
        select(func.count()).where(Broadcast.schedule == row.schedule, Broadcast.occurrence == occurrence)
    ).one()
    drawn.broadcast = ulid_of(row.created_at, row.schedule, occurrence, str(earlier))
    drawn.schedule, drawn.occurrence = row.schedule, occurrence
    found = session.get(Broadcast, drawn.broadcast)
    return drawn if found is None else found.sqlmodel_update(drawn)


def horizon(session: Session) -> timedelta:
    """How far ahead occurrences are broadcasts."""
    return timedelta(days=int(station.read(session, "horizon_days")))


class _Sounds:
    """The announcements that a schedule says, read once: their rows, where they stand, and their clips."""

    def __init__(self, session: Session, announcements: Collection[str]) -> None:
        rows = session.exec(select(Announcement).where(col(Announcement.announcement).in_(announcements))).all()
        self._rows = {row.announcement: row for row in rows}
        self._standings = standings(session, rows)
        clips = {row.clip for row in rows if row.clip}
        self._clips = {row.sha256: row for row in session.exec(select(Clip).where(col(Clip.sha256).in_(clips))).all()}

    def of(self, announcement: str) -> tuple[Announcement, Standing]:
        """The announcement, and where it stands."""
        return self._rows[announcement], self._standings[announcement]

    def check(
        self, session: Session, tree: AreaTree, row: Schedule, order: Order, now: datetime, planned: str | None = None
    ) -> Broadcast:
        """The broadcast that an occurrence would be, in place of the `planned` one; raises Invalid, Conflict."""
        announcement = self._rows[order.announcement]
        if announcement.clip is None or announcement.clip_version < announcement.version:
            raise Conflict("Âm thanh của bản tin chưa xong. Chờ một lát rồi đặt lại.")
        broadcast = new_row(now, row.created_by, announcement, self._clips[announcement.clip], order)
        broadcast.broadcast = planned or broadcast.broadcast
        zone = ZoneInfo(station.time_zone(session))
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
    return sorted(rows, key=lambda each: each.broadcast)


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
