"""“Kiểm tra lần cuối” (/ban-tin/{announcement}/kiem-tra): the sentence, the sound, each speaker, and the button.

The button orders, and submits a draft for approval. The form carries the sound's hash, so that what was heard is what
is ordered, and a token, so that pressing twice orders once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.announcements.drafts import may_change
from controller.announcements.lists import require_announcement
from controller.broadcasts.lifecycle import order_broadcast
from controller.database.tables import Announcement, AnnouncementVersion, Officer
from controller.errors import Conflict, Invalid
from controller.orders.instants import ordered_start
from controller.orders.orders import begins_until
from controller.orders.spoken_version import SpokenVersion, spoken_version
from controller.orders.standing_texts import standing_agreement_for
from controller.orders.standings import AnnouncementStanding, standing_of
from controller.outlook.order_preview import Preview
from controller.people.one_officer_rule import rule_in_force
from controller.planning.schedule_lists import require_schedule
from controller.planning.schedule_orders import ScheduleFields, ScheduleOrder, add_schedule, change_schedule
from controller.planning.schedule_orders import order_of as order_of_schedule
from controller.planning.submission import submit_announcement
from controller.station.area_tree import area_tree
from controller.station.speaker_lists import all_speakers
from controller.web.admission.sound_waits import SoundWaitedFor
from controller.web.frame.forms import CheckedForm, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForEditors, Page, PageValues
from controller.web.ordering.choices import AGAIN, Choices, order_of, read_choices
from controller.web.ordering.place_time import (
    choices_asked,
    may_order,
    preview_of,
    version_to_order,
    words_to_order,
    zone_and_exceptions,
)
from controller.web.ordering.repeat_order import schedule_order
from controller.web.ordering.sentence import OrderState, Sentence, button_words
from controller.web.words.vietnamese import duration
from controller.web.writing.reading_view import ReadingView, reading_view
from controller.web.writing.sound_state import PlayerState, sound_of, sound_of_clip

router = APIRouter(include_in_schema=False)


class NextPage(BaseModel):
    """The path of the page of the new broadcast or schedule."""

    path: str


@dataclass(frozen=True, kw_only=True)
class LastCheckPage(PageValues):
    """`seen`: what the order would do. `button`: what pressing it does. `back`: the path where choices are changed.

    `until`: when a speaker may still begin it; `late`: how long after its hour, in words.
    `said`: the version that will sound, the newest one (`row`) or the one approved before; `may_change`: the reader may
    change the announcement. `rule`: whether the one-officer rule is in force. `problem`: why the order was refused;
    empty: it wasn't.
    """

    template: ClassVar[str] = "ordering/last_check.html"
    row: Announcement
    said: Announcement | AnnouncementVersion
    may_change: bool
    state: OrderState
    stands: AnnouncementStanding
    approver: Officer | None
    rule: bool
    choices: Choices
    seen: Preview
    until: datetime
    late: str
    sentence: Sentence
    button: str
    sound: PlayerState
    reading: ReadingView | None
    back: str
    problem: str
    once: str = field(default_factory=new_token)


@router.get("/ban-tin/{announcement}/kiem-tra")
def get(page: ForEditors, announcement: str, _sound: SoundWaitedFor) -> Response:
    """Choices that don't make an order are sent back to the page on which they are made."""
    with page.reading() as session:
        row = require_announcement(session, announcement)
        if not may_order(session, page, row):
            return page.go(f"/ban-tin/{announcement}")
        choices = choices_asked(page, row)
        try:
            return _show_last_check(session, page, row, choices)
        except (Invalid, Conflict):
            return page.go(f"/ban-tin/{announcement}/phat?{choices.query()}")


@router.post("/ban-tin/{announcement}/kiem-tra")
def post(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Order it, and show the new broadcast or schedule."""
    choices = read_choices(form, Choices())

    def deed(session: Session) -> NextPage:
        words = words_to_order(session, page, require_announcement(session, announcement), choices)
        if form.text("tep") != words.clip:
            raise Conflict("announcement_changed_not_ordered")
        tree, speakers = area_tree(session), all_speakers(session)
        if choices.when == AGAIN:
            again = schedule_order(announcement, choices, tree, speakers, *zone_and_exceptions(session, choices))
            _hand_in(session, page, form, words)
            return NextPage(path=f"/lich/{_make_or_change(session, page, again, choices.schedule)}")
        order = order_of(announcement, choices, tree, speakers, page.clock.zone)
        words = _hand_in(session, page, form, words)
        return NextPage(path=f"/luot-phat/{order_broadcast(session, page.now, page.officer, order, words).broadcast}")

    try:
        path = do_once(page, form, NextPage, deed).path
    except Conflict as error:
        with page.reading() as session:
            row = require_announcement(session, announcement)
            return _show_last_check(session, page, row, choices, str(error))
    except Invalid:
        # It was right a minute ago and isn't now (the hour has passed): the page of the choices says why.
        return page.go(f"/ban-tin/{announcement}/phat?{choices.query()}")
    return page.go(path)


def _hand_in(session: Session, page: Page, form: Form, words: SpokenVersion) -> SpokenVersion:
    """Submit the newest version, unless an earlier one is ordered; returns what is ordered."""
    if words.submission is not None:
        return words
    submit_announcement(session, page.now, page.officer, words.announcement, form.text("da-xem").split())
    return spoken_version(session, require_announcement(session, words.announcement))


def _make_or_change(session: Session, page: Page, order: ScheduleOrder, schedule: str) -> str:
    """The id of the schedule that was made, or changed."""
    if not schedule:
        return add_schedule(session, page.now, page.officer, order).schedule
    there = order_of_schedule(require_schedule(session, schedule))
    # The page has no field for the pause, the zone, and the hour of the end: they stay as they are.
    ends_on_the_same_day = order.until and there.until and order.until.date() == there.until.date()
    changes: ScheduleFields = {
        "announcement": order.announcement,
        "areas": order.areas,
        "speakers": order.speakers,
        "first_start": order.first_start,
        "rrule": order.rrule,
        "exception_dates": order.exception_dates,
        "skip_holidays": order.skip_holidays,
        "until": there.until if ends_on_the_same_day else order.until,
        "times": order.times,
    }
    return change_schedule(session, page.now, page.officer, schedule, changes).schedule


def _show_last_check(session: Session, page: Page, row: Announcement, choices: Choices, problem: str = "") -> Response:
    seen, sentence = preview_of(session, page, row, choices)
    words, stands = words_to_order(session, page, row, choices), standing_of(session, row)
    said = version_to_order(session, page, row, choices)
    state: OrderState = stands.state if said is row else "approved"
    if standing_agreement_for(session, page.officer, seen.broadcast, words.clip) is not None:
        state = "standing"
    broadcast = seen.broadcast
    # What one officer sets off begins now; what waits for approval counts from that on.
    until = (broadcast.expires_at if state == "standing" and sentence.emergency else None) or begins_until(broadcast)
    if until is None:
        raise ValueError(f"broadcast {broadcast.broadcast} has no deadlines")
    late = round((until - ordered_start(broadcast)).total_seconds() * 1000)
    values = LastCheckPage(
        row=row,
        said=said,
        may_change=may_change(page.charges, row, area_tree(session)),
        state=state,
        stands=stands,
        approver=_approver(session, stands),
        rule=rule_in_force(session) is not None,
        choices=choices,
        seen=seen,
        until=until,
        late=duration(late),
        sentence=sentence,
        button=button_words(sentence, _time_on_button(page, seen.broadcast.starts_at), state),
        sound=sound_of(session, row) if said is row else sound_of_clip(session, words.clip),
        reading=reading_view(session, page.clock, row) if said is row else None,
        back=f"/ban-tin/{row.announcement}/phat?{choices.query()}",
        problem=problem,
    )
    return page.show(values, 409 if problem else 200)


def _approver(session: Session, stands: AnnouncementStanding) -> Officer | None:
    if stands.state != "approved" or stands.approval is None:
        return None
    return session.get_one(Officer, stands.approval.approver)


def _time_on_button(page: Page, starts_at: datetime | None) -> str | None:
    """With its day, if that isn't today; None: now."""
    if starts_at is None:
        return None
    is_today = page.clock.local(starts_at).date() == page.clock.today
    return page.clock.time(starts_at) if is_today else page.clock.when(starts_at)
