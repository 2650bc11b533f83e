"""What an order would do, said before it is given: where, when, how long, to how many, of which how many are silent."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.broadcasts.instants import fixed_start, run_time_of
from controller.broadcasts.lists import addressed_speakers
from controller.broadcasts.orders import Order, draw_up
from controller.broadcasts.priority_order import PAUSE_BETWEEN_BULLETINS
from controller.broadcasts.states import lapses_at
from controller.database.column_types import QuietHoursFields
from controller.database.tables import Broadcast, Delivery, Officer, Speaker
from controller.outlook.speaker_standing import SpeakerNow, SpeakerStanding, speakers_now
from controller.station.area_tree import AreaTree, area_tree
from controller.station.facts import time_zone
from schedules.quiet_hours import next_quiet, quiet_until
from wire.model import BulletinClass
from wire.settings import QuietHours

_MINUTE = timedelta(minutes=1)
_SHIFTED_AT_MOST = timedelta(hours=2)


@dataclass(frozen=True)
class Preview:
    """The broadcast that would be, the speakers that it would reach, and what it would meet there.

    `quiet`: where quiet hours, the area's own, would keep it from beginning or stop it. `free_at`: the first whole
    minute at which it would meet nothing of its own class; None where it meets nothing now, or that is far.
    """

    broadcast: Broadcast
    speakers: tuple[SpeakerNow, ...]
    quiet: frozenset[str]
    whole: timedelta
    meets: tuple[Broadcast, ...]
    free_at: datetime | None

    def standing(self, standing: SpeakerStanding) -> list[SpeakerNow]:
        """Those that stand so."""
        return [each for each in self.speakers if each.standing == standing]


def _ends(row: Broadcast) -> datetime:
    return fixed_start(row) + run_time_of(row)


def _to_whole_minute(at: datetime) -> timedelta:
    return (_MINUTE - timedelta(seconds=at.second, microseconds=at.microsecond)) % _MINUTE


def preview(session: Session, now: datetime, officer: Officer, order: Order) -> Preview:
    """Of an order; nothing is written. Raises what ordering raises."""
    row = draw_up(session, now, officer, order)
    tree = area_tree(session)
    ids = set(addressed_speakers(session, row))
    speakers = [each for each in tree.speakers_in(session, tree.in_order()) if each.speaker in ids]
    places = {area: place for place, area in enumerate(tree.in_order())}
    speakers.sort(key=lambda each: places[each.area])
    whole, begins = run_time_of(row), row.starts_at or now
    beside = Beside(session, now, tree, speakers, begins, begins + _SHIFTED_AT_MOST + whole)
    is_emergency = row.bulletin_class == "emergency"  # it waits for nobody
    shift = None if is_emergency else beside.shift_to_free([begins], whole, row.bulletin_class)
    return Preview(
        broadcast=row,
        speakers=tuple(speakers_now(session, now, tree, speakers)),
        quiet=_quiet(tree, ZoneInfo(time_zone(session)), row, begins, whole, speakers),
        whole=whole,
        meets=tuple(beside.met_at(begins, whole)),
        free_at=None if shift is None else begins + shift,
    )


def _quiet(
    tree: AreaTree, zone: ZoneInfo, row: Broadcast, begins: datetime, whole: timedelta, speakers: Sequence[Speaker]
) -> frozenset[str]:
    if row.bulletin_class == "emergency":
        return frozenset()
    areas = {each.area for each in speakers}
    quiet = {area for area in areas if _is_cut(tree.quiet_hours(area), zone, row, begins, whole)}
    return frozenset(each.speaker for each in speakers if each.area in quiet)


def _is_cut(
    quiet_hours: Sequence[QuietHoursFields], zone: ZoneInfo, row: Broadcast, begins: datetime, whole: timedelta
) -> bool:
    periods = [QuietHours.from_fields(each) for each in quiet_hours]
    turn = quiet_until(begins, periods, zone) or begins
    if row.latest_start is not None and turn > row.latest_start:
        return True
    next_begins = next_quiet(turn, periods, zone)
    return next_begins is not None and next_begins < turn + whole


class Beside:
    """What is planned already at some speakers between two instants, and would sound when something else does."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        tree: AreaTree,
        speakers: Sequence[Speaker],
        first: datetime,
        last: datetime,
        but_of: str | None = None,
    ) -> None:
        """`but_of`: a schedule whose own broadcasts stand in nobody's way."""
        near = session.exec(
            select(Broadcast)
            .where(
                col(Broadcast.cancelled_at).is_(None),
                col(Broadcast.starts_at) < last,
                col(Broadcast.expires_at) > first,
            )
            .order_by(col(Broadcast.starts_at), col(Broadcast.broadcast))
        ).all()
        ids = {each.speaker for each in speakers}
        areas = {area for each in speakers for area in tree.chain(each.area)}
        delivered = self._delivered(session, ids, first, last)
        self._found: list[tuple[datetime, datetime, Broadcast]] = []
        for row in near:
            if row.starts_at is None or (row.planned_at is None and lapses_at(row) < now):
                continue
            if but_of is not None and row.schedule == but_of:
                continue
            if ids & set(row.speakers) or areas & set(row.areas) or row.broadcast in delivered:
                self._found.append((row.starts_at, _ends(row), row))
        self._longest = max((ends - begins for begins, ends, _ in self._found), default=timedelta())

    def met_at(self, begins: datetime, whole: timedelta) -> list[Broadcast]:
        """Those that sound, or want to, within this time; by their start."""
        first = bisect_left(self._found, begins - self._longest, key=lambda each: each[0])
        last = bisect_left(self._found, begins + whole, key=lambda each: each[0])
        return [row for _, ends, row in self._found[first:last] if ends > begins]

    def shift_to_free(
        self, starts: Sequence[datetime], whole: timedelta, bulletin_class: BulletinClass | None
    ) -> timedelta | None:
        """By how much later all of these would meet nothing of their class; None: they don't now, or that is far."""
        shift = timedelta()
        while shift <= _SHIFTED_AT_MOST:
            pause = PAUSE_BETWEEN_BULLETINS if shift else timedelta()
            behind = [
                _ends(other) + PAUSE_BETWEEN_BULLETINS - start
                for start in starts
                for other in self.met_at(start + shift - pause, whole + 2 * pause)
                if other.bulletin_class == bulletin_class
            ]
            if not behind:
                return shift or None
            shift = max(behind)
            shift += _to_whole_minute(starts[0] + shift)
        return None

    @staticmethod
    def _delivered(session: Session, speakers: set[str], first: datetime, last: datetime) -> set[str]:
        """What went to them, wherever they stood then."""
        query = (
            select(Delivery.broadcast)
            .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
            .where(
                col(Broadcast.starts_at) < last,
                col(Broadcast.expires_at) > first,
                col(Delivery.speaker).in_(speakers),
            )
        )
        return set(session.exec(query.distinct()).all())
