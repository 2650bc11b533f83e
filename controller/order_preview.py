"""What an order would do, said before it is given: where, when, how long, to how many, of which how many are silent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.area_tree import AreaTree
from controller.broadcast_lists import addressed
from controller.broadcast_orders import Order, draw_up, length
from controller.broadcast_states import lapses_at
from controller.priority_order import PAUSE
from controller.speaker_standing import SpeakerNow, speakers_now
from controller.station import time_zone
from controller.tables import Broadcast, Delivery, Officer, Speaker
from schedules.collisions import Wish, next_gap
from schedules.quiet_hours import next_quiet, quiet_until
from wire.settings import QuietHours

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Preview:
    """The broadcast that would be, the speakers that it would reach, and what it would meet there.

    `quiet`: where quiet hours, the area's own, would keep it from beginning or stop it.
    """

    broadcast: Broadcast
    speakers: tuple[SpeakerNow, ...]
    quiet: frozenset[str]
    whole: timedelta
    meets: tuple[Broadcast, ...]

    def next_free(self, now: datetime) -> datetime | None:
        """The first whole minute at which it meets nothing of its own class there; None where it meets nothing now."""
        row = self.broadcast
        same = [each for each in self.meets if each.bulletin_class == row.bulletin_class and each.starts_at is not None]
        if not same or row.bulletin_class == "emergency":
            return None
        free = next_gap(_wish(row, row.starts_at or now), [_wish(each, each.starts_at or now) for each in same], PAUSE)
        return free + (_MINUTE - timedelta(seconds=free.second, microseconds=free.microsecond)) % _MINUTE

    def standing(self, standing: str) -> list[SpeakerNow]:
        """Those that stand so."""
        return [each for each in self.speakers if each.standing == standing]


def _wish(row: Broadcast, starts_at: datetime) -> Wish:
    # All of them meet it somewhere, so all are taken as heard at one place.
    whole = length(row.duration_ms or 0, row.times, row.gap_ms)
    return Wish(row.broadcast, starts_at, whole, (row.created_at, row.broadcast), frozenset({""}))


def preview(session: Session, now: datetime, officer: Officer, order: Order) -> Preview:
    """Of an order; nothing is written. Raises what ordering raises."""
    row = draw_up(session, now, officer, order)
    tree = AreaTree(session)
    ids = set(addressed(session, row))
    speakers = [each for each in tree.speakers_in(session, tree.in_order()) if each.speaker in ids]
    places = {area: place for place, area in enumerate(tree.in_order())}
    speakers.sort(key=lambda each: places[each.area])
    whole = length(row.duration_ms or 0, row.times, row.gap_ms)
    return Preview(
        broadcast=row,
        speakers=tuple(speakers_now(session, now, tree, speakers)),
        quiet=_quiet(tree, ZoneInfo(time_zone(session)), row, row.starts_at or now, whole, speakers),
        whole=whole,
        meets=tuple(_meets(session, now, tree, row, whole, speakers)),
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
    quiet_hours: Sequence[dict[str, str]], zone: ZoneInfo, row: Broadcast, begins: datetime, whole: timedelta
) -> bool:
    periods = [QuietHours.from_fields(each) for each in quiet_hours]
    turn = quiet_until(begins, periods, zone) or begins
    if row.latest_start is not None and turn > row.latest_start:
        return True
    next_begins = next_quiet(turn, periods, zone)
    return next_begins is not None and next_begins < turn + whole


def _meets(
    session: Session, now: datetime, tree: AreaTree, row: Broadcast, whole: timedelta, speakers: Sequence[Speaker]
) -> list[Broadcast]:
    """Broadcasts that would sound, or would want to, at one of these speakers in the same minutes; by their start."""
    begins = row.starts_at or now
    ends = begins + whole
    near = session.exec(
        select(Broadcast)
        .where(
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.starts_at) < ends,
            col(Broadcast.expires_at) > begins,
        )
        .order_by(col(Broadcast.starts_at))
    ).all()
    ids = {each.speaker for each in speakers}
    areas = {area for each in speakers for area in tree.chain(each.area)}
    found = []
    for other in near:
        if other.starts_at is None or (other.planned_at is None and lapses_at(other) < now):
            continue
        if other.starts_at + length(other.duration_ms or 0, other.times, other.gap_ms) <= begins:
            continue
        if ids & set(other.speakers) or areas & set(other.areas) or _delivered(session, other, ids):
            found.append(other)
    return found


def _delivered(session: Session, row: Broadcast, speakers: set[str]) -> bool:
    there = session.exec(select(Delivery.speaker).where(Delivery.broadcast == row.broadcast)).all()
    return bool(speakers & set(there))
