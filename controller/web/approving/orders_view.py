"""Computes what an approver sees of each order: the sentence, the coming week, what it meets, who has approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from controller.announcements.sound import clips_named
from controller.database.tables import Broadcast, Schedule, Speaker
from controller.orders.instants import ordered_start, run_time
from controller.outlook.order_preview import OtherBroadcasts
from controller.planning.occurrences import occurrences_between
from controller.planning.waiting import WaitingOrder
from controller.station.area_tree import AreaTree, area_tree
from controller.station.officers import all_officers
from controller.station.speaker_lists import all_speakers
from controller.web.frame.page import Page
from controller.web.words.order_sentence import order_sentence
from schedules.recurrence import BadRule

_WEEK = timedelta(days=7)
_MOST_DAYS_SHOWN, _MOST_MEETINGS_SHOWN = 14, 4


@dataclass(frozen=True)
class OrderToDecide:
    """One order that waits, as an approver sees it.

    `speakers`, `offline`: how many it would reach, and how many of them are silent now. `given`: who has approved it
    already, of `needed`. `may_decide`: whether the reader may approve it; `own`: the reader wrote or ordered a part.
    """

    waiting: WaitingOrder
    sentence: str
    speakers: int
    offline: int
    given: tuple[str, ...]
    may_decide: bool
    own: bool


@dataclass(frozen=True)
class Week:
    """The coming week of an order: when it would sound, at most fourteen times, and how many more times.

    `meets`: the time and title of other broadcasts at that time.
    """

    days: tuple[str, ...]
    more: int
    meets: tuple[tuple[str, str], ...]


def orders_to_decide(session: Session, page: Page, waiting: Sequence[WaitingOrder]) -> list[OrderToDecide]:
    """The views of these orders, in their order; as many queries for all as for one."""
    tree, speakers = area_tree(session), all_speakers(session)
    names = {row.officer: row.name for row in all_officers(session)}
    clips = clips_named(session, {each.content["clip"] for each in waiting})
    found = []
    for each in waiting:
        reached = _reached(tree, speakers, each)
        found.append(
            OrderToDecide(
                waiting=each,
                sentence=order_sentence(tree, page.clock, each.content, speakers, clips[each.content["clip"]]),
                speakers=len(reached),
                offline=sum(not one.is_online for one in reached),
                given=tuple(names[one.approver] for one in each.given),
                may_decide=each.may_be_decided_by(session, page.officer, page.asker.charges),
                own=page.officer.officer in each.writers,
            )
        )
    return found


def week_of(session: Session, page: Page, waiting: WaitingOrder) -> Week:
    """The coming week of an order that waits."""
    starts = _starts(session, page, waiting)
    return Week(
        days=tuple(page.clock.when(each) for each in starts[:_MOST_DAYS_SHOWN]),
        more=max(0, len(starts) - _MOST_DAYS_SHOWN),
        meets=_meetings(session, page, waiting, starts),
    )


def _reached(tree: AreaTree, speakers: Mapping[str, Speaker], waiting: WaitingOrder) -> list[Speaker]:
    within, single = tree.subtree(waiting.content["areas"]), waiting.content["speakers"]
    return [each for each in speakers.values() if each.area in within or each.speaker in single]


def _starts(session: Session, page: Page, waiting: WaitingOrder) -> list[datetime]:
    """When it would begin in the coming week; of a single order its start, whenever that is."""
    order = waiting.order
    if isinstance(order, Broadcast):
        return [ordered_start(order)] if order.starts_at else []
    if not isinstance(order, Schedule):
        return []
    try:
        found = occurrences_between(session, order, page.now, page.now + _WEEK)
    except BadRule:
        return []
    return [each.starts_at for each in found if each.skipped is None]


def _meetings(
    session: Session, page: Page, waiting: WaitingOrder, starts: Sequence[datetime]
) -> tuple[tuple[str, str], ...]:
    if not starts:
        return ()
    content, tree = waiting.content, area_tree(session)
    reached = _reached(tree, all_speakers(session), waiting)
    clip = clips_named(session, {content["clip"]})[content["clip"]]
    whole = run_time(clip.duration_ms, content["times"], content["gap_ms"])
    schedule = waiting.of_order if waiting.kind == "schedule" else None
    others = OtherBroadcasts(session, page.now, tree, reached, starts[0], starts[-1] + whole, schedule)
    met = {other.broadcast: other for at in starts for other in others.overlapping(at, whole)}
    met.pop(waiting.of_order, None)
    said = [(page.clock.when(ordered_start(each)), each.title) for each in met.values()]
    return tuple(said[:_MOST_MEETINGS_SHOWN])
