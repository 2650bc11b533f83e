"""“Các bản tin” (/ban-tin): all announcements, the newest first, and the state of each."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.announcements.lists import newest_announcements
from controller.database.tables import Announcement
from controller.orders.standings import AnnouncementState, standings_of
from controller.station.officers import all_officers
from controller.web.frame.page import PageValues, ThePage

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 50


@dataclass(frozen=True)
class AnnouncementLine:
    """One announcement of the list, and its author's name."""

    announcement: Announcement
    state: AnnouncementState
    author: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementsPage(PageValues):
    """`more`: the id to go on after; None: there are no more. `first`: whether this is the first part of the list."""

    template: ClassVar[str] = "writing/announcements.html"
    lines: list[AnnouncementLine]
    more: str | None
    first: bool


@router.get("/ban-tin")
def get(page: ThePage, truoc: str | None = None) -> Response:
    """The list; `truoc`: only what is older than this announcement."""
    with page.reading() as session:
        rows = newest_announcements(session, ON_ONE_PAGE + 1, truoc)
        stands = standings_of(session, rows)
        names = {each.officer: each.name for each in all_officers(session)}
        lines = [AnnouncementLine(row, stands[row.announcement].state, names[row.author]) for row in rows[:ON_ONE_PAGE]]
    more = rows[ON_ONE_PAGE - 1].announcement if len(rows) > ON_ONE_PAGE else None
    return page.show(AnnouncementsPage(lines=lines, more=more, first=truoc is None))
