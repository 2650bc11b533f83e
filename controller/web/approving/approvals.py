"""“Phê duyệt” (/phe-duyet): what waits for a second person.

One announcement is heard there and approved (/phe-duyet/{announcement}), or given back with a reason
(/phe-duyet/{announcement}/tra-lai).
"""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.announcements.lists import require_announcement
from controller.announcements.one_officer_rule import rule_in_force
from controller.announcements.standings import AnnouncementStanding, standing_of
from controller.database.tables import Announcement, Officer
from controller.errors import Conflict, Invalid
from controller.planning.approvals import MAX_REFUSAL_LENGTH, approve, refuse, withdraw_approval
from controller.station.officers import require_role
from controller.web.approving.approvals_view import (
    Decision,
    OrderedLine,
    WaitingAnnouncement,
    decision,
    ordered_with,
    waiting_list,
)
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import Page, PageValues, ThePage
from controller.web.writing.reading_view import ReadingView, reading_view
from controller.web.writing.sound_state import PlayerState, sound_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class ApprovalsPage(PageValues):
    """The list. `decided`: what was decided just before; None: nothing."""

    template: ClassVar[str] = "approving/approvals.html"
    waiting: list[WaitingAnnouncement]
    decided: Decision | None


@dataclass(frozen=True, kw_only=True)
class ApprovePage(PageValues):
    """One announcement to hear and to decide on, or who has decided and when.

    `place`, `of`: its number in the list, and how many wait; None: it doesn't wait. `own`: the reader is its author.
    `problem`: why the decision was refused; empty: it wasn't.
    """

    template: ClassVar[str] = "approving/approve.html"
    row: Announcement
    place: int | None
    of: int
    stands: AnnouncementStanding
    submitted_by: Officer | None
    approver: Officer | None
    refuser: Officer | None
    lines: list[OrderedLine]
    sound: PlayerState
    reading: ReadingView | None
    own: bool
    may_approve: bool
    problem: str


@dataclass(frozen=True, kw_only=True)
class GiveBackPage(PageValues):
    """Asks why it is given back. `wrong`: what is wrong with the `reason`; empty: nothing."""

    template: ClassVar[str] = "approving/give_back.html"
    row: Announcement
    author: Officer
    lines: list[OrderedLine]
    reason: str
    wrong: str
    longest: int = MAX_REFUSAL_LENGTH


@router.get("/phe-duyet")
def get(page: ThePage, xong: str | None = None) -> Response:
    """`xong`: the announcement that was decided just before."""
    with page.reading() as session:
        waiting = waiting_list(session, page)
        decided = decision(session, page, xong) if xong else None
    return page.show(ApprovalsPage(waiting, decided))


@router.get("/phe-duyet/{announcement}")
def get_one(page: ThePage, announcement: str) -> Response:
    return _show_announcement(page, announcement)


@router.post("/phe-duyet/{announcement}")
def post(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Approve the sound with the hash `tep`. The broadcasts that waited for the approval are planned."""
    require_role(page.officer, "approver")
    try:
        with page.office.database.writing() as session:
            approve(session, page.now, page.officer, announcement, form.text("tep"))
            stands = standing_of(session, require_announcement(session, announcement))
    except Conflict as error:
        return _show_announcement(page, announcement, str(error))
    if stands.approval is None or stands.approval.approver != page.officer.officer:
        return page.go(f"/phe-duyet/{announcement}")  # another officer was first: that page says who
    return page.go(f"/phe-duyet?xong={announcement}")


@router.get("/phe-duyet/{announcement}/tra-lai")
def get_refusal(page: ThePage, announcement: str) -> Response:
    """Asks for the reason."""
    return _show_give_back(page, announcement)


@router.post("/phe-duyet/{announcement}/tra-lai")
def post_refusal(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Give it back to its author, with the reason `vi-sao`."""
    require_role(page.officer, "approver")
    try:
        with page.office.database.writing() as session:
            refuse(session, page.now, page.officer, announcement, form.text("vi-sao"))
    except Invalid as error:
        return _show_give_back(page, announcement, form.text("vi-sao"), str(error))
    except Conflict as error:
        return _show_announcement(page, announcement, str(error))
    return page.go(f"/phe-duyet?xong={announcement}")


@router.post("/phe-duyet/{announcement}/rut-lai")
def post_withdrawal(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Take the approval back. Its broadcasts that haven't begun are cancelled."""
    del form
    require_role(page.officer, "approver")
    with page.office.database.writing() as session:
        withdraw_approval(session, page.now, page.officer, announcement)
    return page.go(f"/phe-duyet?xong={announcement}")


def _show_announcement(page: Page, announcement: str, problem: str = "") -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        stands = standing_of(session, row)
        submission, approval = stands.submission, stands.approval
        own = submission is not None and submission.author == page.officer.officer
        waiting = [each.announcement.announcement for each in waiting_list(session, page)]
        values = ApprovePage(
            row=row,
            place=waiting.index(announcement) + 1 if announcement in waiting else None,
            of=len(waiting),
            stands=stands,
            submitted_by=session.get_one(Officer, submission.submitted_by) if submission else None,
            approver=session.get_one(Officer, approval.approver) if approval and stands.state == "approved" else None,
            refuser=session.get_one(Officer, submission.refused_by) if submission and submission.refused_by else None,
            lines=ordered_with(session, page, row),
            sound=sound_of(session, row),
            reading=reading_view(session, page.clock, row),
            own=own,
            may_approve=page.officer.role in ("administrator", "approver")
            and (not own or rule_in_force(session) is not None),
            problem=problem,
        )
    return page.show(values, 409 if problem else 200)


def _show_give_back(page: Page, announcement: str, reason: str = "", wrong: str = "") -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        submission = standing_of(session, row).submission
        values = GiveBackPage(
            row=row,
            author=session.get_one(Officer, submission.author if submission else row.author),
            lines=ordered_with(session, page, row),
            reason=reason,
            wrong=wrong,
        )
    return page.show(values, 422 if wrong else 200)
