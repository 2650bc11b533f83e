"""“Phê duyệt”: what waits for a second person; hear the very sound, then approve it or give it back with a reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.announcements.drafts import require_announcement, standing
from controller.announcements.one_officer_rule import rule_in_force
from controller.broadcasts.lists import planned_broadcasts, waiting_broadcasts
from controller.database.tables import Announcement, Officer
from controller.errors import Conflict, Invalid
from controller.planning.approvals import approve, refuse, waiting_for_approval, withdraw_approval
from controller.station.officers import all_officers, require_role
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import Page, ThePage
from controller.web.lines.broadcast_lines import BroadcastLine, Lines
from controller.web.writing.reading_view import reading_view
from controller.web.writing.sound_state import PlayerState, sound_of, sounds_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Ordered:
    """A broadcast that was ordered; `more`: how many later ones its schedule has made with it."""

    line: BroadcastLine
    more: int


@dataclass(frozen=True)
class Waiting:
    """One announcement that waits, and what waits with it."""

    announcement: Announcement
    by: str
    since: datetime
    own: bool
    ordered: tuple[Ordered, ...]
    sound: PlayerState


def waiting_list(session: Session, page: Page) -> list[Waiting]:
    """What waits, the soonest to sound first, then the longest waiting."""
    waiting = waiting_for_approval(session, page.now)
    rows = [row for row, _submission in waiting]
    names = {each.officer: each.name for each in all_officers(session)}
    sounds, lines = sounds_of(session, rows), _waiting_lines(session, page, *rows)
    found = [
        Waiting(
            announcement=row,
            by=names[submission.submitted_by],
            since=submission.submitted_at,
            own=submission.author == page.officer.officer,
            ordered=tuple(_once([line for line in lines if line.broadcast.announcement == row.announcement])),
            sound=sounds[row.announcement],
        )
        for row, submission in waiting
    ]
    return sorted(found, key=_urgency)


@router.get("/phe-duyet")
def get(page: ThePage, xong: str | None = None) -> Response:
    """The list; `xong`: what was just decided stands above it."""
    with page.reading() as session:
        waiting = waiting_list(session, page)
        decided = _decided(session, page, xong) if xong else None
    return page.show("approving/approvals.html", waiting=waiting, decided=decided)


@router.get("/phe-duyet/{announcement}")
def get_one(page: ThePage, announcement: str) -> Response:
    """One announcement to hear and to decide on; where somebody has decided, who and when."""
    return _one(page, announcement)


def _one(page: Page, announcement: str, problem: str = "") -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        values = _known(session, page, row)
        waiting = [each.announcement.announcement for each in waiting_list(session, page)]
    place = waiting.index(announcement) + 1 if announcement in waiting else None
    status = 409 if problem else 200
    return page.show("approving/approve.html", status, place=place, of=len(waiting), problem=problem, **values)


@router.post("/phe-duyet/{announcement}")
def post(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Approve the sound whose hash the form carries; what waited for it is planned."""
    require_role(page.officer, "approver")
    try:
        with page.office.database.writing() as session:
            approve(session, page.now, page.officer, announcement, form.text("tep"))
            stands = standing(session, require_announcement(session, announcement))
    except Conflict as error:
        return _one(page, announcement, str(error))
    if stands.approval is None or stands.approval.approver != page.officer.officer:
        return page.go(f"/phe-duyet/{announcement}")  # somebody else was first: that page says who
    return page.go(f"/phe-duyet?xong={announcement}")


@router.get("/phe-duyet/{announcement}/tra-lai")
def get_refusal(page: ThePage, announcement: str) -> Response:
    """Why is it given back?"""
    with page.reading() as session:
        values = _known(session, page, require_announcement(session, announcement))
    return page.show("approving/give_back.html", reason="", wrong="", **values)


@router.post("/phe-duyet/{announcement}/tra-lai")
def post_refusal(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Give it back, with what is to be mended."""
    require_role(page.officer, "approver")
    try:
        with page.office.database.writing() as session:
            refuse(session, page.now, page.officer, announcement, form.text("vi-sao"))
    except Invalid as error:
        with page.reading() as session:
            values = _known(session, page, require_announcement(session, announcement))
        return page.show("approving/give_back.html", 422, reason=form.text("vi-sao"), wrong=str(error), **values)
    except Conflict as error:
        return _one(page, announcement, str(error))
    return page.go(f"/phe-duyet?xong={announcement}")


@router.post("/phe-duyet/{announcement}/rut-lai")
def post_withdrawal(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Take the approval back; what was planned by it and has not begun is cancelled."""
    del form
    require_role(page.officer, "approver")
    with page.office.database.writing() as session:
        withdraw_approval(session, page.now, page.officer, announcement)
    return page.go(f"/phe-duyet?xong={announcement}")


def _urgency(waiting: Waiting) -> tuple[bool, str, str]:
    limits = (each.line.broadcast.latest_start for each in waiting.ordered)
    soonest = next((limit for limit in limits if limit), None)
    return soonest is None, soonest.isoformat() if soonest else "", waiting.since.isoformat()


def _waiting_lines(session: Session, page: Page, *rows: Announcement) -> list[BroadcastLine]:
    return Lines(session, page).of(waiting_broadcasts(session, page.now, *(row.announcement for row in rows)))


def _once(lines: Sequence[BroadcastLine]) -> list[Ordered]:
    """What recurs is said once, by its next time."""
    first: dict[str, BroadcastLine] = {}
    counted = Counter[str]()
    for line in lines:
        name = line.broadcast.schedule or line.broadcast.broadcast
        first.setdefault(name, line)
        counted[name] += 1
    return [Ordered(line, counted[name] - 1) for name, line in first.items()]


def _decided(session: Session, page: Page, announcement: str) -> dict[str, Any]:
    row = require_announcement(session, announcement)
    stands = standing(session, row)
    planned = planned_broadcasts(session, page.now, announcement) if stands.state == "approved" else []
    return {
        "row": row,
        "stands": stands,
        "withdrawn": stands.state == "submitted" and stands.approval is not None,
        "planned": _once(Lines(session, page).of(planned)),
        "author": session.get_one(Officer, row.author).name,
    }


def _known(session: Session, page: Page, row: Announcement) -> dict[str, Any]:
    stands = standing(session, row)
    submission, approval = stands.submission, stands.approval
    own = submission is not None and submission.author == page.officer.officer
    return {
        "row": row,
        "stands": stands,
        "submitted_by": session.get_one(Officer, submission.submitted_by) if submission else None,
        "author": session.get_one(Officer, submission.author if submission else row.author),
        "approver": session.get_one(Officer, approval.approver) if approval and stands.state == "approved" else None,
        "refuser": session.get_one(Officer, submission.refused_by) if submission and submission.refused_by else None,
        "lines": _once(_waiting_lines(session, page, row)),
        "sound": sound_of(session, row),
        "reading": reading_view(session, page.clock, row),
        "own": own,
        "may_approve": page.officer.role in ("administrator", "approver")
        and (not own or rule_in_force(session) is not None),
        "is_approver": page.officer.role in ("administrator", "approver"),
    }
