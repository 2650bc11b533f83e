"""Computes what waits for approval, and what was just decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from controller.announcements.lists import require_announcement
from controller.announcements.standings import AnnouncementStanding, standing_of
from controller.broadcasts.lists import planned_broadcasts, waiting_broadcasts
from controller.database.tables import Announcement, Officer
from controller.planning.approvals import waiting_for_approval
from controller.station.officers import all_officers
from controller.web.frame.page import Page
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines
from controller.web.writing.sound_state import PlayerState, sounds_of


@dataclass(frozen=True)
class OrderedLine:
    """An ordered broadcast. `more`: how many later ones the same schedule has made."""

    line: BroadcastLine
    more: int


@dataclass(frozen=True)
class WaitingAnnouncement:
    """An announcement that waits, and the broadcasts that wait with it.

    `by`, `since`: who submitted it, and when. `own`: the reader is its author.
    """

    announcement: Announcement
    by: str
    since: datetime
    own: bool
    ordered: list[OrderedLine]
    sound: PlayerState


@dataclass(frozen=True)
class Decision:
    """What was just decided. `withdrawn`: an approval was taken back. `planned`: the broadcasts that will sound now."""

    row: Announcement
    stands: AnnouncementStanding
    withdrawn: bool
    planned: list[OrderedLine]
    author: str


def waiting_list(session: Session, page: Page) -> list[WaitingAnnouncement]:
    """All that waits: first what sounds soonest, then what has waited longest."""
    waiting = waiting_for_approval(session, page.now)
    rows = [row for row, _submission in waiting]
    names = {each.officer: each.name for each in all_officers(session)}
    sounds, lines = sounds_of(session, rows), _waiting_lines(session, page, *rows)
    found = [
        WaitingAnnouncement(
            announcement=row,
            by=names[submission.submitted_by],
            since=submission.submitted_at,
            own=submission.author == page.officer.officer,
            ordered=_one_of_each_schedule([line for line in lines if line.broadcast.announcement == row.announcement]),
            sound=sounds[row.announcement],
        )
        for row, submission in waiting
    ]
    return sorted(found, key=_urgency)


def ordered_with(session: Session, page: Page, row: Announcement) -> list[OrderedLine]:
    """The broadcasts that wait for the approval of this announcement."""
    return _one_of_each_schedule(_waiting_lines(session, page, row))


def decision(session: Session, page: Page, announcement: str) -> Decision:
    """What an officer has just decided of this announcement; raises NotFound."""
    row = require_announcement(session, announcement)
    stands = standing_of(session, row)
    planned = planned_broadcasts(session, page.now, announcement) if stands.state == "approved" else []
    return Decision(
        row=row,
        stands=stands,
        withdrawn=stands.state == "submitted" and stands.approval is not None,
        planned=_one_of_each_schedule(BroadcastLines(session, page).of(planned)),
        author=session.get_one(Officer, row.author).name,
    )


def _urgency(waiting: WaitingAnnouncement) -> tuple[bool, str, str]:
    limits = (each.line.broadcast.latest_start for each in waiting.ordered)
    soonest = next((limit for limit in limits if limit), None)
    return soonest is None, soonest.isoformat() if soonest else "", waiting.since.isoformat()


def _waiting_lines(session: Session, page: Page, *rows: Announcement) -> list[BroadcastLine]:
    return BroadcastLines(session, page).of(waiting_broadcasts(session, page.now, *(row.announcement for row in rows)))


def _one_of_each_schedule(lines: Sequence[BroadcastLine]) -> list[OrderedLine]:
    """Of a schedule's broadcasts only the next one, and how many follow."""
    first: dict[str, BroadcastLine] = {}
    counted = Counter[str]()
    for line in lines:
        name = line.broadcast.schedule or line.broadcast.broadcast
        first.setdefault(name, line)
        counted[name] += 1
    return [OrderedLine(line, counted[name] - 1) for name, line in first.items()]
