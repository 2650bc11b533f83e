"""“Các bản tin”: all announcements, the newest first, with where each stands."""

from dataclasses import dataclass

from fastapi import APIRouter, Response

from controller.announcements.drafts import newest_announcements, standings
from controller.database.tables import Announcement
from controller.station.officers import all_officers
from controller.web.frame.page import ThePage

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 50


@dataclass(frozen=True)
class Line:
    """One announcement in the list."""

    announcement: Announcement
    state: str
    author: str


@router.get("/ban-tin")
def get(page: ThePage, truoc: str | None = None) -> Response:
    """The list; `truoc`: go on with those before this one."""
    with page.reading() as session:
        rows = newest_announcements(session, ON_ONE_PAGE + 1, truoc)
        where = standings(session, rows)
        names = {each.officer: each.name for each in all_officers(session)}
        lines = [Line(row, where[row.announcement].state, names[row.author]) for row in rows[:ON_ONE_PAGE]]
    more = rows[ON_ONE_PAGE - 1].announcement if len(rows) > ON_ONE_PAGE else None
    return page.show("writing/announcements.html", lines=lines, more=more, first=truoc is None)
