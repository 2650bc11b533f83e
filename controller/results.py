"""What is known of one broadcast, speaker by speaker: no report is not "not played", and nothing is guessed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from controller.area_tree import AreaTree, by_name
from controller.broadcasts import length
from controller.deliveries import ENDED
from controller.speaker_standing import SpeakerNow, speakers_now
from controller.tables import Area, Broadcast, Delivery, Speaker

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


def results_of(session: Session, now: datetime, tree: AreaTree, broadcast: Broadcast) -> Results:
    """All deliveries of a broadcast."""
    pairs = session.exec(
        select(Delivery, Speaker)
        .join(Speaker, col(Speaker.speaker) == col(Delivery.speaker))
        .where(Delivery.broadcast == broadcast.broadcast)
    ).all()
    places = {area: place for place, area in enumerate(tree.in_order())}
    pairs = sorted(pairs, key=lambda pair: (places[pair[1].area], by_name(pair[1].name), pair[1].speaker))
    standing = speakers_now(session, now, tree, [speaker for _, speaker in pairs])
    return Results(
        tuple(
            Result(
                delivery=delivery,
                speaker=speaker_now,
                area=tree.by_id[speaker.area],
                shown=shown_state(delivery, broadcast, speaker_now.last_word.online, now),
            )
            for (delivery, speaker), speaker_now in zip(pairs, standing, strict=True)
        )
    )


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
