"""“Các lịch lặp lại” (/lich): all schedules; one of them with its coming occurrences (/lich/{schedule}).

Each coming occurrence can be dropped, moved, or given another announcement.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.announcements.lists import require_announcement
from controller.database.tables import Announcement, Schedule
from controller.errors import Conflict, Invalid, NotFound, OfficeError
from controller.orders.orders import named_areas
from controller.orders.standings import AnnouncementState, standing_of
from controller.planning.occurrences import changes_of
from controller.planning.schedule_lists import live_schedules, require_schedule
from controller.planning.schedule_orders import change_occurrence, end_schedule
from controller.station.area_tree import area_tree
from controller.station.charges import may
from controller.station.speaker_lists import all_speakers
from controller.web.frame.forms import CheckedForm, Form
from controller.web.frame.page import ForEditors, Page, PageValues, ThePage
from controller.web.frame.typed_times import read_date, read_time
from controller.web.ordering.repeat_order import choices_of
from controller.web.ordering.sentence import RecurringPart
from controller.web.timetable.schedules_view import (
    OccurrenceLine,
    ScheduleLine,
    occurrence_lines,
    other_announcements,
    recurring_part_of,
    schedule_lines,
    where_it_sounds,
)
from controller.web.words.repeats import rule_words

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class SchedulesPage(PageValues):
    """The next to sound first."""

    template: ClassVar[str] = "timetable/schedules.html"
    lines: list[ScheduleLine]


@dataclass(frozen=True, kw_only=True)
class SchedulePage(PageValues):
    """One schedule. `state`: of its announcement. `again` None: its rule can't be worked out any more.

    `edit`: the path at which it is changed; None: its rule can't be said by the form. `others`: the announcements that
    one occurrence may have instead. `may`: the reader may change it. `problem`: why the last form was refused.
    """

    template: ClassVar[str] = "timetable/schedule.html"
    row: Schedule
    announcement: Announcement
    state: AnnouncementState
    where: str
    again: RecurringPart | None
    words_of_rule: str
    edit: str | None
    lines: list[OccurrenceLine]
    others: list[Announcement]
    may: bool
    typed: Form | None
    problem: str


@router.get("/lich")
def get_all(page: ThePage) -> Response:
    with page.reading() as session:
        lines = schedule_lines(session, page, live_schedules(session))
    return page.show(SchedulesPage(lines))


@router.get("/lich/{schedule}")
def get(page: ThePage, schedule: str) -> Response:
    return _show_schedule(page, schedule)


@router.post("/lich/{schedule}/luot")
def post_occurrence(form: CheckedForm, page: ForEditors, schedule: str) -> Response:
    """Drop one occurrence, move it, give it another announcement, or let it be what the rule says again."""
    try:
        occurrence = datetime.fromisoformat(form.text("luot"))
    except ValueError:
        raise NotFound("occurrence_unknown") from None
    deed = form.text("viec")
    if deed not in ("bo", "doi", "ban-tin", "nhu-cu"):
        raise Invalid("viec", "page_outdated")
    try:
        with page.office.database.writing() as session:
            # What a colleague has changed of the occurrence meanwhile stays, where this deed is about something else.
            there = changes_of(session, schedule).get(occurrence.isoformat())
            moved_to = there.moved_to if there and deed == "ban-tin" else None
            announcement = there.announcement if there and deed == "doi" else None
            if deed == "doi":
                to = datetime.combine(read_date(form.text("ngay").strip()), read_time(form.text("gio").strip()))
                moved_to = to.isoformat()
            change_occurrence(
                session,
                page.now,
                page.officer,
                schedule,
                occurrence.replace(tzinfo=None),
                dropped=deed == "bo",
                moved_to=datetime.fromisoformat(moved_to) if moved_to else None,
                announcement=form.text("ban-tin") if deed == "ban-tin" else announcement,
            )
    except (Invalid, Conflict) as error:
        return _show_schedule(page, schedule, form, error)
    return page.go(f"/lich/{schedule}#luot-{form.text('luot')}")


@router.post("/lich/{schedule}/ket-thuc")
def post_end(form: CheckedForm, page: ForEditors, schedule: str) -> Response:
    """End the schedule. Its broadcasts that haven't begun are cancelled."""
    del form
    with page.office.database.writing() as session:
        end_schedule(session, page.now, page.officer, schedule)
    return page.go("/lich")


def _show_schedule(page: Page, schedule: str, form: Form | None = None, error: OfficeError | None = None) -> Response:
    with page.reading() as session:
        row = require_schedule(session, schedule)
        tree = area_tree(session)
        announcement = require_announcement(session, row.announcement)
        choices = choices_of(row)
        values = SchedulePage(
            row=row,
            announcement=announcement,
            state=standing_of(session, announcement).state,
            where=where_it_sounds(tree, row, all_speakers(session)),
            again=recurring_part_of(session, page, row),
            words_of_rule=rule_words(row.rrule, row.first_start, row.time_zone, page.clock),
            edit=f"/ban-tin/{row.announcement}/phat?{choices.query()}" if choices else None,
            lines=occurrence_lines(session, page, row),
            others=other_announcements(session, announcement),
            may=may(page.charges, "editor", named_areas(session, row), tree),
            typed=form,
            problem=str(error) if error else "",
        )
    return page.show(values, error.status if error else 200)
