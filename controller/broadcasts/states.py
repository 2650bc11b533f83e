"""The state of a broadcast, computed from its row and its deliveries; it isn't stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.broadcasts.deliveries import ENDED
from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast, Delivery, Speaker
from controller.orders.instants import air_start, lapses_at
from controller.station.last_words import IS_ONLINE_COLUMN

CLOCKS_APART = timedelta(minutes=1)
"""How far a speaker's clock may be ahead: its report that it began comes so much too early."""
BroadcastState = Literal["waiting_for_approval", "planned", "sounding", "ended", "cancelled", "lapsed"]


@dataclass(frozen=True)
class Tally:
    """A broadcast's deliveries counted by state; `offline`: those at speakers that are offline now."""

    states: dict[DeliveryState, int]
    offline: int

    @property
    def total(self) -> int:
        """The number of deliveries."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """The number of deliveries that have not ended."""
        return sum(count for state, count in self.states.items() if state not in ENDED)


def tally(session: Session, broadcast: str) -> Tally:
    """Count one broadcast's deliveries."""
    return tallies(session, [broadcast])[broadcast]


def tallies(session: Session, broadcasts: Sequence[str]) -> dict[str, Tally]:
    """Count the deliveries of several broadcasts, by one query."""
    rows = session.exec(
        select(
            Delivery.broadcast,
            col(Delivery.state),
            func.count(),
            func.count().filter(~IS_ONLINE_COLUMN),
        )
        .join(Speaker, col(Speaker.speaker) == col(Delivery.speaker))
        .where(col(Delivery.broadcast).in_(broadcasts))
        .group_by(col(Delivery.broadcast), col(Delivery.state))
    ).all()
    states: dict[str, dict[DeliveryState, int]] = {broadcast: {} for broadcast in broadcasts}
    offline = Counter[str]()
    for broadcast, state, count, silent in rows:
        states[broadcast][state] = count
        offline[broadcast] += silent
    return {broadcast: Tally(states[broadcast], offline[broadcast]) for broadcast in broadcasts}


def state_of(row: Broadcast, counted: Tally, now: datetime) -> BroadcastState:
    """The state of a broadcast at `now`. `counted`: its deliveries."""
    if row.cancelled_at is not None:
        return "cancelled"
    if waits_for_approval(row, now):
        return "waiting_for_approval"
    if row.planned_at is None and row.announcement is not None:
        return "lapsed"
    begins = air_start(row)
    may_have_begun = begins is None or begins <= now + CLOCKS_APART  # a report of it is wrong before that
    if (counted.open == 0 and counted.total and may_have_begun) or (row.expires_at and row.expires_at <= now):
        return "ended"
    return "sounding" if counted.states.get("started") and may_have_begun else "planned"


def waits_for_approval(row: Broadcast, now: datetime) -> bool:
    """Whether an approval can still plan it."""
    of_here = row.announcement is not None and row.cancelled_at is None
    return of_here and row.planned_at is None and now <= lapses_at(row)


def may_still_sound(row: Broadcast, counted: Tally, now: datetime) -> bool:
    """Whether it sounds somewhere or may still begin. One that has begun may sound on after its expiry."""
    if row.announcement is None or row.cancelled_at is not None:
        return False
    return state_of(row, counted, now) not in ("ended", "lapsed") or bool(counted.states.get("started"))
