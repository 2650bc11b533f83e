"""What is known of one broadcast, speaker by speaker: no report is not "not played", and nothing is guessed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from controller.area_tree import AreaTree, by_name
from controller.broadcasts import length
from controller.deliveries import ENDED
from controller.speaker_standing import SpeakerNow
from controller.tables import Area, Broadcast, Delivery

NOT_HEARD_WHOLE = frozenset({"missed", "partial", "rejected"})
"""Where people have missed something for certain: there it may be repeated."""


@dataclass(frozen=True)
class Result:
    """One delivery as it is shown. `shown`: its state, or `no_report` where a report is overdue."""

    delivery: Delivery
    speaker: SpeakerNow
    area: Area
    shown: str

    @property
    def wants(self) -> bool:
        """Whether somebody should look."""
        return self.shown in NOT_HEARD_WHOLE or self.shown == "no_report"


@dataclass(frozen=True)
class Results:
    """All results of a broadcast, in the order of the tree."""

    rows: tuple[Result, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many are shown in each state."""
        return Counter(row.shown for row in self.rows)

    @property
    def not_heard_whole(self) -> list[Result]:
        """Those where it is certain that something was missed."""
        return [row for row in self.rows if row.shown in NOT_HEARD_WHOLE]

    @property
    def unknown(self) -> list[Result]:
        """Those without a report."""
        return [row for row in self.rows if row.shown == "no_report"]

    @property
    def sounding(self) -> list[Result]:
        """Those where it sounds."""
        return [row for row in self.rows if row.shown == "started"]

    @property
    def without_end(self) -> int:
        """How many have no final result yet."""
        return sum(row.delivery.state not in ENDED or row.shown == "no_report" for row in self.rows)


def results_of(
    session: Session, now: datetime, tree: AreaTree, standing: Mapping[str, SpeakerNow], broadcast: Broadcast
) -> Results:
    """All deliveries of a broadcast. `standing`: how every speaker stands."""
    deliveries = session.exec(select(Delivery).where(Delivery.broadcast == broadcast.broadcast)).all()
    places = {area: place for place, area in enumerate(tree.in_order())}
    rows = [
        Result(
            delivery=delivery,
            speaker=standing[delivery.speaker],
            area=tree.by_id[standing[delivery.speaker].speaker.area],
            shown=shown_state(delivery, broadcast, standing[delivery.speaker].last_word.online, now),
        )
        for delivery in deliveries
    ]
    rows.sort(key=lambda row: (places[row.area.area], by_name(row.speaker.speaker.name), row.delivery.speaker))
    return Results(tuple(rows))


def shown_state(delivery: Delivery, broadcast: Broadcast, online: bool, now: datetime) -> str:
    """The delivery's state; `no_report` where by now it should have said more."""
    begins = broadcast.starts_at or broadcast.planned_at
    last_chance = broadcast.expires_at if broadcast.bulletin_class == "emergency" else broadcast.latest_start
    if delivery.state in ENDED or begins is None or last_chance is None:
        return delivery.state
    if delivery.state == "started":
        whole = length(broadcast.duration_ms or 0, broadcast.times, broadcast.gap_ms)
        overdue = delivery.started_at is not None and delivery.started_at + whole < now
        return "no_report" if overdue and not online else "started"
    return "no_report" if (last_chance if online else begins) < now else delivery.state


def wanted_first(rows: Sequence[Result]) -> list[Result]:
    """Where somebody should look stands before what is well; the order within stays."""
    order = ["rejected", "missed", "partial", "no_report", "started"]
    return sorted(rows, key=lambda row: order.index(row.shown) if row.shown in order else len(order))
