"""“Nhật ký: ai đã làm gì” (/nhat-ky): who did what, the newest first."""

import re
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.database.tables import Announcement, Area, AuditEntry, Broadcast, Officer, Speaker
from controller.station.audit import newest_entries
from controller.web.frame.page import PageValues, ThePage
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 100


@dataclass(frozen=True)
class AuditLine:
    """One line of the list. The same deed `times` in a row is one line: a draft is saved while it is written.

    `who`: the officer's name; empty: the program. `what`, `link`: the name and the page of the subject; empty: none.
    """

    entry: AuditEntry
    who: str
    what: str
    link: str
    note: str
    times: int


@dataclass(frozen=True)
class AuditPage(PageValues):
    """`more`: the id to go on after; None: there are no more."""

    template: ClassVar[str] = "station/audit.html"
    deeds: list[AuditLine]
    more: str | None


@router.get("/nhat-ky")
def get(page: ThePage, truoc: str | None = None) -> Response:
    """The list; `truoc`: only what is older than this entry."""
    with page.reading() as session:
        entries = newest_entries(session, ON_ONE_PAGE + 1, truoc)
        deeds = _folded(session, entries[:ON_ONE_PAGE])
    more = entries[ON_ONE_PAGE - 1].entry if len(entries) > ON_ONE_PAGE else None
    return page.show(AuditPage(deeds, more))


def _folded(session: Session, entries: list[AuditEntry]) -> list[AuditLine]:
    runs: list[list[AuditEntry]] = []
    for entry in entries:
        last = runs[-1][0] if runs else None
        if last and (last.officer, last.action, last.subject) == (entry.officer, entry.action, entry.subject):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [_line(session, run[0], len(run)) for run in runs]


def _line(session: Session, entry: AuditEntry, times: int) -> AuditLine:
    officer = session.get(Officer, entry.officer) if entry.officer else None
    what, link = _subject(session, entry.subject) if entry.subject != entry.officer else ("", "")
    note = " ".join(str(entry.detail[name]) for name in ("reason", "written") if entry.detail.get(name))
    return AuditLine(entry, officer.name if officer else "", what, link, note, times)


def _subject(session: Session, subject: str) -> tuple[str, str]:
    """The name of what an entry is about, and the path of its page; empty: it has none, or is gone."""
    if announcement := session.get(Announcement, subject):
        return announcement.title, f"/ban-tin/{subject}"
    if broadcast := session.get(Broadcast, subject):
        return broadcast.title, f"/luot-phat/{subject}"
    if speaker := session.get(Speaker, subject):
        return speaker.name, f"/cum-loa/{subject}"
    if area := session.get(Area, subject):
        return area.name, ""
    if officer := session.get(Officer, subject):
        return officer.name, ""
    if re.fullmatch(r"[0-9]{4}", subject):
        return _("năm {year}").format(year=subject), f"/ngay-nghi?nam={subject}"
    return "", ""
