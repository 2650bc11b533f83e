"""Computes what an approver sees of each order: the sentence, the coming week, what it meets, who has approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlmodel import Session

from controller.announcements.sound import clips_named
from controller.database.tables import Broadcast, Schedule, Speaker
from controller.orders.instants import ordered_start, run_time
from controller.outlook.order_preview import OtherBroadcasts
from controller.planning.occurrences import LOOKS_AHEAD, occurrences_between, occurrences_in_pieces
from controller.planning.waiting import Hindrance, WaitingOrder
from controller.station.area_tree import AreaTree, area_tree
from controller.station.officers import all_officers
from controller.station.speaker_lists import all_speakers
from controller.web.frame.page import Page
from controller.web.timetable.entries import TimetableEntries, TimetableEntry
from controller.web.words.order_sentence import OrderSentence, order_sentence
from controller.web.words.vietnamese import capital
from controller.words.translation import _
from schedules.recurrence import BadRule

_WEEK = timedelta(days=7)
_MOST_ENTRIES_SHOWN, _MOST_MEETINGS_SHOWN = 3, 4


@dataclass(frozen=True)
class OrderToDecide:
    """One order that waits, as an approver sees it.

    `speakers`, `offline`: how many it would reach, and how many of them are silent now. `given`: who has approved it
    already, of `needed`. `hindrance`: why the reader may not approve it; None: the reader may.
    """

    waiting: WaitingOrder
    sentence: OrderSentence
    speakers: int
    offline: int
    given: tuple[str, ...]
    hindrance: Hindrance | None


class WeekEntry(NamedTuple):
    """What sounds or is to sound at its time. `own`: it is a part of the order that waits."""

    entry: TimetableEntry
    own: bool


@dataclass(frozen=True)
class WeekDay:
    """A day of the week with something. `more`: how many entries aren't shown."""

    title: str
    entries: tuple[WeekEntry, ...]
    more: int


@dataclass(frozen=True)
class Week:
    """The week of an order: what would sound in its places, day by day, the order itself among it.

    `meets`: the time and title of other broadcasts at its time.
    """

    title: str
    days: tuple[WeekDay, ...]
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
                hindrance=each.hindrance(session, page.officer, page.charges),
            )
        )
    return found


def weeks_of(session: Session, page: Page, waiting: Sequence[WaitingOrder]) -> list[Week]:
    """The week of each of these orders: the coming seven days, or those from its first day on if that is later."""
    make = TimetableEntries(session, page)
    firsts = [_first_day(session, page, each) for each in waiting]
    entries = {day: make.between(day, day + _WEEK - timedelta(days=1)) for day in set(firsts)}
    return [
        Week(
            title=(
                _("Tuần này ở đó")
                if first == page.clock.today
                else _("Tuần từ {date} ở đó").format(date=f"{first:%d/%m/%Y}")
            ),
            days=_days(page, each, entries[first], make.heard_in(each.areas & make.tree.by_id.keys())),
            meets=_meetings(session, page, each, _starts(session, page, each, first)),
        )
        for each, first in zip(waiting, firsts, strict=True)
    ]


def _first_day(session: Session, page: Page, waiting: WaitingOrder) -> date:
    order = waiting.order
    begins = page.now
    if isinstance(order, Broadcast):
        begins = ordered_start(order)
    elif isinstance(order, Schedule):
        begins = _next_start(session, order, page.now) or page.now
    day = page.clock.local(begins).date()
    return day if day >= page.clock.today + _WEEK else page.clock.today


def _next_start(session: Session, row: Schedule, now: datetime) -> datetime | None:
    try:
        coming = occurrences_in_pieces(session, row, now, now + LOOKS_AHEAD)
        return next((each.starts_at for each in coming if each.skipped is None), None)
    except BadRule:
        return None


def _days(page: Page, waiting: WaitingOrder, entries: Sequence[TimetableEntry], heard: set[str]) -> tuple[WeekDay, ...]:
    by_day: dict[date, list[WeekEntry]] = {}
    for each in entries:
        if each.areas & heard:
            own = waiting.of_order in each.of
            by_day.setdefault(page.clock.local(each.at).date(), []).append(WeekEntry(each, own))
    return tuple(
        WeekDay(
            title=capital(page.clock.day(found[0].entry.at)),
            entries=tuple(_nearest(found)),
            more=max(0, len(found) - _MOST_ENTRIES_SHOWN),
        )
        for found in by_day.values()
    )


def _nearest(found: list[WeekEntry]) -> list[WeekEntry]:
    """At most `_MOST_ENTRIES_SHOWN` of a day: those nearest to one of the order's own, in the order of time."""
    own = [each.entry.at for each in found if each.own]

    def distance(each: WeekEntry) -> timedelta:
        return min((abs(each.entry.at - at) for at in own), default=each.entry.at - found[0].entry.at)

    shown = sorted(found, key=distance)[:_MOST_ENTRIES_SHOWN]
    return [each for each in found if each in shown]


def _reached(tree: AreaTree, speakers: Mapping[str, Speaker], waiting: WaitingOrder) -> list[Speaker]:
    within, single = tree.subtree(waiting.content["areas"]), waiting.content["speakers"]
    return [each for each in speakers.values() if each.area in within or each.speaker in single]


def _starts(session: Session, page: Page, waiting: WaitingOrder, first: date) -> list[datetime]:
    """When it would begin in the week from `first` on; of a single order its start, whenever that is."""
    order = waiting.order
    if isinstance(order, Broadcast):
        return [ordered_start(order)] if order.starts_at else []
    if not isinstance(order, Schedule):
        return []
    begin = max(page.now, datetime.combine(first, time(), page.clock.zone))
    try:
        found = occurrences_between(session, order, begin, begin + _WEEK)
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
