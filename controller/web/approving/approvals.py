"""“Phê duyệt” (/phe-duyet): what waits for a second person.

One announcement is heard there and approved (/phe-duyet/{announcement}), or given back with a reason
(/phe-duyet/{announcement}/tra-lai).
"""

from dataclasses import dataclass, field
from typing import ClassVar

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.announcements.lists import require_announcement
from controller.database.tables import Announcement, AnnouncementVersion, Officer
from controller.errors import Conflict, Invalid, NotFound
from controller.orders.spoken_version import spoken_version
from controller.orders.standings import AnnouncementStanding, standing_of
from controller.planning.approvals import MAX_REFUSAL_LENGTH, approve, may_refuse, refuse, withdraw_approval
from controller.planning.waiting import waiting_orders
from controller.web.approving.approvals_view import Decision, WaitingAnnouncement, decision, waiting_list
from controller.web.approving.orders_view import OrderToDecide, Week, orders_to_decide, weeks_of
from controller.web.frame.forms import CheckedForm
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForApprovers, Page, PageValues, ThePage
from controller.web.writing.reading_view import ReadingView, reading_view
from controller.web.writing.sound_state import PlayerState, sound_of, sound_of_clip

router = APIRouter(include_in_schema=False)


class Approved(BaseModel):
    """The announcement whose orders were approved."""

    announcement: str


@dataclass(frozen=True)
class ApprovalsPage(PageValues):
    """The list. `decided`: what was decided just before; None: nothing."""

    template: ClassVar[str] = "approving/approvals.html"
    waiting: list[WaitingAnnouncement]
    decided: Decision | None


@dataclass(frozen=True, kw_only=True)
class ApprovePage(PageValues):
    """One announcement to hear, with the orders of it to decide on, or who has decided and when.

    `place`, `of`: its number in the list, and how many wait; None: it doesn't wait. `orders`: those that wait, each
    with its week. `earlier`: the version that they say, where a newer one is being written. `may_approve`: one of them
    at least; `may_give_back`: all. `problem`: why the decision was refused; empty: it wasn't.
    """

    template: ClassVar[str] = "approving/approve.html"
    row: Announcement
    place: int | None
    of: int
    stands: AnnouncementStanding
    submitted_by: Officer | None
    approver: Officer | None
    refuser: Officer | None
    orders: list[tuple[OrderToDecide, Week]]
    earlier: AnnouncementVersion | None
    sound: PlayerState
    reading: ReadingView | None
    may_approve: bool
    may_give_back: bool
    problem: str
    once: str = field(default_factory=new_token)


@dataclass(frozen=True, kw_only=True)
class GiveBackPage(PageValues):
    """Asks why it is given back. `may`: the reader may. `wrong`: what is wrong with the `reason`; empty: nothing."""

    template: ClassVar[str] = "approving/give_back.html"
    row: Announcement
    author: Officer
    orders: list[OrderToDecide]
    may: bool
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
def post(form: CheckedForm, page: ForApprovers, announcement: str) -> Response:
    """Approve the orders with the manifests `ban-ke`, as they were shown with the sound `tep`."""

    def deed(session: Session) -> Approved:
        row = require_announcement(session, announcement)
        if form.text("tep") != spoken_version(session, row).clip:
            raise Conflict("sound_changed_since_heard")
        approve(
            session,
            page.now,
            page.officer,
            form.texts("ban-ke"),
            announcement,
            by_passkey=page.asker.session.by_passkey,
        )
        return Approved(announcement=announcement)

    try:
        do_once(page, form, Approved, deed)
    except (Conflict, NotFound) as error:
        if error.phrase.code == "no_longer_waiting" and not _waits(page, announcement):
            return page.go(f"/phe-duyet/{announcement}")  # another officer was first: that page says who
        return _show_announcement(page, announcement, str(error))
    return page.go(f"/phe-duyet?xong={announcement}")


@router.get("/phe-duyet/{announcement}/tra-lai")
def get_refusal(page: ThePage, announcement: str) -> Response:
    """Asks for the reason."""
    return _show_give_back(page, announcement)


@router.post("/phe-duyet/{announcement}/tra-lai")
def post_refusal(form: CheckedForm, page: ForApprovers, announcement: str) -> Response:
    """Give it back to its author, with the reason `vi-sao`."""
    try:
        with page.office.database.writing() as session:
            refuse(session, page.now, page.officer, announcement, form.text("vi-sao"))
    except Invalid as error:
        return _show_give_back(page, announcement, form.text("vi-sao"), str(error))
    except Conflict as error:
        return _show_announcement(page, announcement, str(error))
    return page.go(f"/phe-duyet?xong={announcement}")


@router.post("/phe-duyet/{announcement}/rut-lai")
def post_withdrawal(form: CheckedForm, page: ForApprovers, announcement: str) -> Response:
    """Take the approval back. Its broadcasts that haven't begun are cancelled."""
    del form
    with page.office.database.writing() as session:
        withdraw_approval(session, page.now, page.officer, announcement)
    return page.go(f"/phe-duyet?xong={announcement}")


def _waits(page: Page, announcement: str) -> bool:
    with page.reading() as session:
        return bool(waiting_orders(session, page.now, announcement))


def _show_announcement(page: Page, announcement: str, problem: str = "") -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        stands = standing_of(session, row)
        submission, approval = stands.submission, stands.approval
        waiting = waiting_list(session, page)
        names = [each.announcement.announcement for each in waiting]
        orders = next((each.orders for each in waiting if each.announcement.announcement == announcement), [])
        words = orders[0].waiting.words if orders else None
        earlier = None
        if words is not None and words.version != row.version:
            earlier = session.get_one(AnnouncementVersion, (announcement, words.version))
        values = ApprovePage(
            row=row,
            place=names.index(announcement) + 1 if announcement in names else None,
            of=len(waiting),
            stands=stands,
            submitted_by=session.get_one(Officer, submission.submitted_by) if submission else None,
            approver=session.get_one(Officer, approval.approver) if approval and stands.state == "approved" else None,
            refuser=session.get_one(Officer, submission.refused_by) if submission and submission.refused_by else None,
            orders=list(zip(orders, weeks_of(session, page, [each.waiting for each in orders]), strict=True)),
            earlier=earlier,
            sound=sound_of_clip(session, words.clip) if earlier and words else sound_of(session, row),
            reading=None if earlier else reading_view(session, page.clock, row),
            may_approve=any(each.hindrance is None for each in orders),
            may_give_back=may_refuse(session, page.charges, row, [each.waiting for each in orders]),
            problem=problem,
        )
    return page.show(values, 409 if problem else 200)


def _show_give_back(page: Page, announcement: str, reason: str = "", wrong: str = "") -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        waiting = waiting_orders(session, page.now, announcement)
        values = GiveBackPage(
            row=row,
            author=session.get_one(Officer, row.author),
            orders=orders_to_decide(session, page, waiting),
            may=may_refuse(session, page.charges, row, waiting),
            reason=reason,
            wrong=wrong,
        )
    return page.show(values, 422 if wrong else 200)
