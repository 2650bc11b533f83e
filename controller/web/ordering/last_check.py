"""“Kiểm tra lần cuối”: the sentence, the very sound, each speaker; and the one button that orders.

A draft is handed in by the same press. The form carries the sound's hash (what was heard is what is ordered) and a
token (pressing twice orders once).
"""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.announcements.drafts import require_announcement, standing, submit_announcement
from controller.announcements.one_officer_rule import rule_in_force
from controller.broadcasts.lifecycle import is_approved_for, order_broadcast
from controller.database.tables import Announcement, Officer
from controller.errors import Conflict, Invalid
from controller.planning.schedule_lists import require_schedule
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_schedule
from controller.planning.schedule_orders import order_of as order_of_schedule
from controller.station.area_tree import area_tree
from controller.station.officers import require_role
from controller.station.speakers_there import all_speakers
from controller.web.frame.forms import CheckedForm
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import Page, ThePage
from controller.web.ordering.choices import AGAIN, Choices, order_of, read_choices
from controller.web.ordering.place_time import choices_asked, preview_of, zone_and_exceptions
from controller.web.ordering.repeat_order import schedule_order
from controller.web.ordering.sentence import order_words
from controller.web.writing.reading_view import reading_view
from controller.web.writing.sound_state import sound_of

router = APIRouter(include_in_schema=False)


class Ordered(BaseModel):
    """Where to see what came of it."""

    path: str


@router.get("/ban-tin/{announcement}/kiem-tra")
def get(page: ThePage, announcement: str) -> Response:
    """The last look. Choices that don't make an order go back to where they are made."""
    require_role(page.officer, "editor", "approver")
    page.office.preparation.wait_if_there(announcement)
    with page.reading() as session:
        row = require_announcement(session, announcement)
        choices = choices_asked(page, row)
        try:
            return _shown(session, page, row, choices)
        except (Invalid, Conflict):
            return page.go(f"/ban-tin/{announcement}/phat?{choices.query()}")


@router.post("/ban-tin/{announcement}/kiem-tra")
def post(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Order it, and look at what becomes of it."""
    require_role(page.officer, "editor", "approver")
    choices = read_choices(form, Choices())

    def deed(session: Session) -> Ordered:
        row = require_announcement(session, announcement)
        if row.clip is None or form.text("tep") != row.clip:
            raise Conflict("announcement_changed_not_ordered")
        tree, speakers = area_tree(session), all_speakers(session)
        if choices.when == AGAIN:
            again = schedule_order(announcement, choices, tree, speakers, *zone_and_exceptions(session, choices))
            submit_announcement(session, page.now, page.officer, announcement, form.text("da-xem").split())
            return Ordered(path=f"/lich/{_make_or_change(session, page, again, choices.schedule)}")
        order = order_of(announcement, choices, tree, speakers, page.clock.zone)
        submit_announcement(session, page.now, page.officer, announcement, form.text("da-xem").split())
        return Ordered(path=f"/luot-phat/{order_broadcast(session, page.now, page.officer, order).broadcast}")

    try:
        path = do_once(page, form, deed)["path"]
    except Conflict as error:
        with page.reading() as session:
            row = require_announcement(session, announcement)
            return _shown(session, page, row, choices, str(error))
    except Invalid:
        # What was right a minute ago no longer is (the hour has passed): back to where it is chosen, which says so.
        return page.go(f"/ban-tin/{announcement}/phat?{choices.query()}")
    return page.go(path)


def _make_or_change(session: Session, page: Page, order: ScheduleOrder, schedule: str) -> str:
    if not schedule:
        return add_schedule(session, page.now, page.officer, order).schedule
    there = order_of_schedule(require_schedule(session, schedule))
    # What the page has no field for stays as it was made: the pause, the zone, and the hour at which it ends.
    changes: Any = {name: value for name, value in vars(order).items() if name not in ("gap_ms", "time_zone")}
    if order.until and there.until and order.until.date() == there.until.date():
        changes["until"] = there.until
    return change_schedule(session, page.now, page.officer, schedule, changes).schedule


def _shown(session: Session, page: Page, row: Announcement, choices: Choices, problem: str = "") -> Response:
    seen, sentence = preview_of(session, page, row, choices)
    stands = standing(session, row)
    elsewhere = stands.state == "approved" and not is_approved_for(session, stands, seen.broadcast)
    state = "elsewhere" if elsewhere else stands.state
    starts_at = seen.broadcast.starts_at
    time = None
    if starts_at is not None:
        time = page.clock.time(starts_at)
        if page.clock.local(starts_at).date() != page.clock.today:
            time = page.clock.when(starts_at)
    return page.show(
        "ordering/last_check.html",
        409 if problem else 200,
        problem=problem,
        row=row,
        choices=choices,
        seen=seen,
        sentence=sentence,
        button=order_words(sentence, time, state),
        state=state,
        stands=stands,
        approver=session.get_one(Officer, stands.approval.approver)
        if stands.state == "approved" and stands.approval
        else None,
        rule=rule_in_force(session) is not None,
        sound=sound_of(session, row),
        reading=reading_view(session, page.clock, row),
        back=f"/ban-tin/{row.announcement}/phat?{choices.query()}",
        once=new_token(),
    )
