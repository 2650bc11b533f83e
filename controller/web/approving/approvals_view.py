"""Computes what waits for approval, and what was just decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from controller.announcements.lists import announcements_named, require_announcement
from controller.broadcasts.lists import planned_broadcasts
from controller.database.tables import Announcement, Officer
from controller.orders.standings import AnnouncementStanding, standing_of
from controller.planning.approvals import last_refusal, may_withdraw, was_withdrawn
from controller.planning.waiting import WaitingOrder, waiting_orders
from controller.web.approving.orders_view import OrderToDecide, orders_to_decide
from controller.web.frame.page import Page
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines


@dataclass(frozen=True)
class PlannedLine:
    """A broadcast that will sound. `more`: how many later ones the same schedule has made."""

    line: BroadcastLine
    more: int


@dataclass(frozen=True)
class WaitingAnnouncement:
    """An announcement with the orders of it that wait. `may_decide`: the reader may approve one of them."""

    announcement: Announcement
    since: datetime
    orders: list[OrderToDecide]

    @property
    def may_decide(self) -> bool:
        return any(each.hindrance is None for each in self.orders)

    @property
    def own(self) -> bool:
        """Whether the reader wrote or ordered a part of each."""
        return all(each.hindrance == "wrote" for each in self.orders)


@dataclass(frozen=True)
class Decision:
    """What was just decided. `withdrawn`: an approval was taken back. `planned`: the broadcasts that will sound now.

    `needs_more`: another approver is needed too. `may_withdraw`: the reader may take the approval back.
    """

    row: Announcement
    stands: AnnouncementStanding
    withdrawn: bool
    needs_more: bool
    refusal: str
    planned: list[PlannedLine]
    author: str
    may_withdraw: bool


def waiting_list(session: Session, page: Page) -> list[WaitingAnnouncement]:
    """All that waits: first what lapses soonest, then what has waited longest."""
    by_announcement: dict[str, list[WaitingOrder]] = {}
    for each in waiting_orders(session, page.now):
        by_announcement.setdefault(each.words.announcement, []).append(each)
    rows = announcements_named(session, by_announcement)
    views = iter(orders_to_decide(session, page, [each for found in by_announcement.values() for each in found]))
    return [
        WaitingAnnouncement(
            announcement=rows[announcement],
            since=min(each.since for each in found),
            orders=[next(views) for _ in found],
        )
        for announcement, found in by_announcement.items()
    ]


def decision(session: Session, page: Page, announcement: str) -> Decision:
    """What an officer has just decided of this announcement; raises NotFound."""
    row = require_announcement(session, announcement)
    stands = standing_of(session, row)
    planned = planned_broadcasts(session, page.now, announcement) if stands.state == "approved" else []
    waiting = waiting_orders(session, page.now, announcement)
    return Decision(
        row=row,
        stands=stands,
        withdrawn=stands.state == "submitted" and was_withdrawn(session, announcement),
        needs_more=any(each.given for each in waiting),
        refusal=last_refusal(session, announcement),
        planned=_one_of_each_schedule(BroadcastLines(session, page).of(planned)),
        author=session.get_one(Officer, row.author).name,
        may_withdraw=may_withdraw(session, page.now, page.officer, page.charges, row),
    )


def _one_of_each_schedule(lines: Sequence[BroadcastLine]) -> list[PlannedLine]:
    """Of a schedule's broadcasts only the next one, and how many follow."""
    first: dict[str, BroadcastLine] = {}
    counted = Counter[str]()
    for line in lines:
        name = line.broadcast.schedule or line.broadcast.broadcast
        first.setdefault(name, line)
        counted[name] += 1
    return [PlannedLine(line, counted[name] - 1) for name, line in first.items()]
