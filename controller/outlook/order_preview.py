"""What an order would do, shown before it is given: the broadcast, its speakers, quiet hours, collisions."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.broadcasts.lists import addressed_speakers
from controller.broadcasts.priority_order import PAUSE_BETWEEN_BULLETINS
from controller.database.tables import Broadcast, Delivery, Officer, Speaker
from controller.orders.instants import may_come_on_air, ordered_end, ordered_start, run_time_of
from controller.orders.orders import Order, draw_up
from controller.orders.spoken_version import SpokenVersion
from controller.outlook.speaker_standing import SpeakerNow, SpeakerStanding, speakers_now
from controller.station.area_tree import AreaTree, area_tree
from controller.station.facts import time_zone
from schedules.quiet_hours import hindrance
from wire.model import BulletinClass
from wire.settings import QuietHours

_MINUTE = timedelta(minutes=1)
_LONGEST_SHIFT = timedelta(hours=2)


@dataclass(frozen=True)
class Preview:
    """The broadcast that an order would make, the speakers that it would reach, and what overlaps it there.

    `quiet`: ids of the speakers at which quiet hours would keep it from beginning or cut it. `meets`: the overlapping
    broadcasts. `free_at`: the first whole minute at which none of its own class overlaps; None if none does now, or if
    that minute is more than two hours later.
    """

    broadcast: Broadcast
    speakers: tuple[SpeakerNow, ...]
    quiet: frozenset[str]
    run_time: timedelta
    meets: tuple[Broadcast, ...]
    free_at: datetime | None

    def with_standing(self, standing: SpeakerStanding) -> list[SpeakerNow]:
        """The speakers with this standing."""
        return [each for each in self.speakers if each.standing == standing]


def _to_whole_minute(at: datetime) -> timedelta:
    return (_MINUTE - timedelta(seconds=at.second, microseconds=at.microsecond)) % _MINUTE


def preview(session: Session, now: datetime, officer: Officer, order: Order, words: SpokenVersion) -> Preview:
    """Preview an order that says `words`; nothing is written. Raises what `draw_up` raises."""
    row = draw_up(session, now, officer, order, words)
    tree = area_tree(session)
    ids = set(addressed_speakers(session, row))
    speakers = [each for each in tree.speakers_in(session, tree.in_order()) if each.speaker in ids]
    places = {area: place for place, area in enumerate(tree.in_order())}
    speakers.sort(key=lambda each: places[each.area])
    run_time, begins = run_time_of(row), ordered_start(row)
    others = OtherBroadcasts(session, now, tree, speakers, begins, begins + _LONGEST_SHIFT + run_time)
    is_emergency = row.bulletin_class == "emergency"  # it waits for no other broadcast
    shift = None if is_emergency else others.shift_to_free_time([begins], run_time, row.bulletin_class)
    return Preview(
        broadcast=row,
        speakers=tuple(speakers_now(session, now, tree, speakers)),
        quiet=_speakers_in_quiet_hours(tree, ZoneInfo(time_zone(session)), row, begins, run_time, speakers),
        run_time=run_time,
        meets=tuple(others.overlapping(begins, run_time)),
        free_at=None if shift is None else begins + shift,
    )


def _speakers_in_quiet_hours(
    tree: AreaTree, zone: ZoneInfo, row: Broadcast, begins: datetime, run_time: timedelta, speakers: Sequence[Speaker]
) -> frozenset[str]:
    if row.bulletin_class == "emergency":
        return frozenset()
    quiet = set()
    for area in {each.area for each in speakers}:
        periods = [QuietHours.from_fields(each) for each in tree.quiet_hours(area)]
        if hindrance(begins, row.latest_start, run_time, periods, zone) is not None:
            quiet.add(area)
    return frozenset(each.speaker for each in speakers if each.area in quiet)


class OtherBroadcasts:
    """The broadcasts that are ordered already at some speakers between two instants."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        tree: AreaTree,
        speakers: Sequence[Speaker],
        first: datetime,
        last: datetime,
        except_schedule: str | None = None,
    ) -> None:
        """`except_schedule`: a schedule whose broadcasts are left out, because its own order is previewed."""
        candidates = session.exec(
            select(Broadcast)
            .where(
                may_come_on_air(now),
                col(Broadcast.starts_at) < last,
                col(Broadcast.expires_at) > first,
            )
            .order_by(col(Broadcast.starts_at), col(Broadcast.broadcast))
        ).all()
        ids = {each.speaker for each in speakers}
        areas = {area for each in speakers for area in tree.chain(each.area)}
        delivered = self._delivered_to(session, ids, first, last)
        self._spans: list[tuple[datetime, datetime, Broadcast]] = []
        for row in candidates:
            if except_schedule is not None and row.schedule == except_schedule:
                continue
            if ids & set(row.speakers) or areas & set(row.areas) or row.broadcast in delivered:
                self._spans.append((ordered_start(row), ordered_end(row), row))
        self._longest = max((ends - begins for begins, ends, _ in self._spans), default=timedelta())

    def overlapping(self, begins: datetime, run_time: timedelta) -> list[Broadcast]:
        """The broadcasts that overlap `run_time` from `begins` on, by start."""
        first = bisect_left(self._spans, begins - self._longest, key=lambda each: each[0])
        last = bisect_left(self._spans, begins + run_time, key=lambda each: each[0])
        return [row for _, ends, row in self._spans[first:last] if ends > begins]

    def shift_to_free_time(
        self, starts: Sequence[datetime], run_time: timedelta, bulletin_class: BulletinClass | None
    ) -> timedelta | None:
        """How much later broadcasts at all these starts would overlap none of their class.

        None: none overlaps now, or it would take more than two hours.
        """
        shift = timedelta()
        while shift <= _LONGEST_SHIFT:
            pause = PAUSE_BETWEEN_BULLETINS if shift else timedelta()
            shifts = [
                ordered_end(other) + PAUSE_BETWEEN_BULLETINS - start
                for start in starts
                for other in self.overlapping(start + shift - pause, run_time + 2 * pause)
                if other.bulletin_class == bulletin_class
            ]
            if not shifts:
                return shift or None
            shift = max(shifts)
            shift += _to_whole_minute(starts[0] + shift)
        return None

    @staticmethod
    def _delivered_to(session: Session, speakers: set[str], first: datetime, last: datetime) -> set[str]:
        """Broadcasts with a delivery at these speakers: they may have stood in other areas then."""
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
