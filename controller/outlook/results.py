"""What is known of a broadcast at each speaker. "No report" isn't "not played": nothing is guessed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.broadcasts.deliveries import ENDED
from controller.database.column_types import DeliveryState
from controller.database.tables import Area, Broadcast, Delivery, Speaker
from controller.orders.instants import air_start, run_time_of
from controller.orders.orders import begins_until
from controller.outlook.speaker_standing import SpeakerNow
from controller.station.area_tree import AreaTree
from controller.station.last_words import IS_ONLINE_COLUMN
from controller.station.name_order import by_name

NOT_HEARD_WHOLE: frozenset[DeliveryState] = frozenset({"missed", "partial", "rejected"})
"""States in which people have certainly missed something, so that it may be repeated there."""


@dataclass(frozen=True)
class Result:
    """One delivery with the state to show: `shown` is `no_report` where a report is overdue, else its own state."""

    delivery: Delivery
    speaker: SpeakerNow
    area: Area
    shown: DeliveryState

    @property
    def needs_attention(self) -> bool:
        """Whether an officer should look at it: not heard whole, or no report."""
        return self.shown in NOT_HEARD_WHOLE or self.shown == "no_report"


@dataclass(frozen=True)
class Results:
    """All results of a broadcast, in the order of the tree."""

    rows: tuple[Result, ...]

    @property
    def counts(self) -> Counter[DeliveryState]:
        """{shown state: number of results}."""
        return Counter(row.shown for row in self.rows)

    @property
    def not_heard_whole(self) -> list[Result]:
        """The results where people have certainly missed something."""
        return [row for row in self.rows if row.shown in NOT_HEARD_WHOLE]

    @property
    def unknown(self) -> list[Result]:
        """The results whose report is overdue."""
        return [row for row in self.rows if row.shown == "no_report"]

    @property
    def sounding(self) -> list[Result]:
        """The results where it sounds now."""
        return [row for row in self.rows if row.shown == "started"]

    @property
    def without_end(self) -> int:
        """The number of results that are not final yet."""
        return sum(row.delivery.state not in ENDED or row.shown == "no_report" for row in self.rows)


def results_of(
    session: Session,
    now: datetime,
    tree: AreaTree,
    speakers_now: Mapping[str, SpeakerNow],
    broadcasts: Sequence[Broadcast],
) -> dict[str, Results]:
    """{broadcast: its results}, by all its deliveries. `speakers_now`: {speaker id: its standing} of all speakers."""
    by_id = {row.broadcast: row for row in broadcasts}
    found: dict[str, list[Result]] = {broadcast: [] for broadcast in by_id}
    for delivery in session.exec(select(Delivery).where(col(Delivery.broadcast).in_(by_id))).all():
        speaker, broadcast = speakers_now[delivery.speaker], by_id[delivery.broadcast]
        found[delivery.broadcast].append(
            Result(
                delivery=delivery,
                speaker=speaker,
                area=tree.by_id[speaker.speaker.area],
                shown=shown_state(delivery.state, delivery.started_at, broadcast, speaker.speaker.is_online, now),
            )
        )
    places = {area: place for place, area in enumerate(tree.in_order())}
    for rows in found.values():
        rows.sort(key=lambda row: (places[row.area.area], by_name(row.speaker.speaker.name), row.delivery.speaker))
    return {broadcast: Results(tuple(rows)) for broadcast, rows in found.items()}


def counts_of(session: Session, now: datetime, broadcasts: Sequence[Broadcast]) -> dict[str, Counter[DeliveryState]]:
    """{broadcast: {shown state: number of deliveries}}, counted by the database: for lists of broadcasts."""
    by_id = {row.broadcast: row for row in broadcasts}
    counts: dict[str, Counter[DeliveryState]] = {broadcast: Counter() for broadcast in by_id}
    deliveries = (Delivery.broadcast, IS_ONLINE_COLUMN, func.count())
    with_speaker = col(Speaker.speaker) == col(Delivery.speaker)
    named, sounds = col(Delivery.broadcast).in_(by_id), col(Delivery.state) == "started"
    settled = session.exec(
        select(*deliveries, col(Delivery.state))
        .join(Speaker, with_speaker)
        .where(named, ~sounds)
        .group_by(col(Delivery.broadcast), IS_ONLINE_COLUMN, col(Delivery.state))
    ).all()
    for broadcast, online, count, state in settled:
        counts[broadcast][shown_state(state, None, by_id[broadcast], online, now)] += count
    sounding = session.exec(
        select(*deliveries, Delivery.started_at)
        .join(Speaker, with_speaker)
        .where(named, sounds)
        .group_by(col(Delivery.broadcast), IS_ONLINE_COLUMN, col(Delivery.started_at))
    ).all()
    for broadcast, online, count, started_at in sounding:
        counts[broadcast][shown_state("started", started_at, by_id[broadcast], online, now)] += count
    return counts


def shown_state(
    state: DeliveryState, started_at: datetime | None, broadcast: Broadcast, online: bool, now: datetime
) -> DeliveryState:
    """The state to show: `no_report` if the speaker should have reported more by `now`, else `state`.

    `online`: whether the speaker is.
    """
    begins = air_start(broadcast)
    last_chance = begins_until(broadcast)
    if state in ENDED or begins is None or last_chance is None:
        return state
    if state == "started":
        overdue = started_at is not None and started_at + run_time_of(broadcast) < now
        return "no_report" if overdue and not online else "started"
    return "no_report" if (last_chance if online else begins) < now else state


def attention_first(rows: Sequence[Result]) -> list[Result]:
    """The results sorted by how much they need attention; equal ones keep their order."""
    order: list[DeliveryState] = ["rejected", "missed", "partial", "no_report", "started"]
    return sorted(rows, key=lambda row: order.index(row.shown) if row.shown in order else len(order))
