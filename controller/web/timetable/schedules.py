"""“Các lịch lặp lại”: all schedules, and one with its coming occurrences, each of which can be made another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Response
from sqlmodel import Session, col, select

from controller.announcements.drafts import newest_announcements, require_announcement, standings
from controller.broadcasts.orders import named_areas
from controller.database.tables import Announcement, Broadcast, Schedule, Speaker
from controller.errors import Conflict, Invalid, NotFound, OfficeError
from controller.planning.holidays import holidays_between
from controller.planning.occurrences import Due, Overrides, changes_of, occurrences_between, overrides_of
from controller.planning.schedule_lists import live_schedules, require_schedule
from controller.planning.schedule_orders import change_occurrence, end_schedule
from controller.station.area_tree import AreaTree, area_tree
from controller.station.officers import require_role
from controller.station.speakers_there import all_speakers
from controller.web.frame.forms import CheckedForm, Form
from controller.web.frame.page import Page, ThePage
from controller.web.frame.typed_times import read_date, read_time
from controller.web.lines.broadcast_lines import BroadcastLine, Lines
from controller.web.ordering.repeat_order import choices_of
from controller.web.ordering.repeat_sentence import again_of, rule_words
from controller.web.ordering.sentence import Again
from controller.web.words.place_names import places
from controller.web.words.vietnamese import capital
from controller.words.translation import _
from schedules.recurrence import BadRule

router = APIRouter(include_in_schema=False)

SHOWN = 10
_LOOKS_AHEAD = timedelta(days=400)
_FIRST_LOOK = timedelta(days=31)
_OTHER_ANNOUNCEMENTS = 50


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule as the list shows it. `next_at` None: nothing within the coming year."""

    row: Schedule
    title: str
    where: str
    words: str
    next_at: datetime | None


@dataclass(frozen=True)
class OccurrenceLine:
    """A coming occurrence. `why`: why it is left out; `line`: its broadcast, where it has one yet."""

    due: Due
    at: datetime
    title: str
    why: str
    line: BroadcastLine | None
    changed: bool


@router.get("/lich")
def get_all(page: ThePage) -> Response:
    """All schedules, the next to sound first."""
    with page.reading() as session:
        lines = _lines(session, page, live_schedules(session))
    far = page.now + _LOOKS_AHEAD
    return page.show(
        "timetable/schedules.html", lines=sorted(lines, key=lambda line: (line.next_at or far, line.row.schedule))
    )


@router.get("/lich/{schedule}")
def get(page: ThePage, schedule: str) -> Response:
    """One schedule."""
    return _shown(page, schedule)


@router.post("/lich/{schedule}/luot")
def post_occurrence(form: CheckedForm, page: ThePage, schedule: str) -> Response:
    """Drop one occurrence, move it, give it other words, or leave it to the rule again."""
    require_role(page.officer, "editor", "approver")
    try:
        occurrence = datetime.fromisoformat(form.text("luot"))
    except ValueError:
        raise NotFound("occurrence_unknown") from None
    deed = form.text("viec")
    if deed not in ("bo", "doi", "ban-tin", "nhu-cu"):
        raise Invalid("viec", "page_outdated")
    try:
        with page.office.database.writing() as session:
            # What a colleague has changed meanwhile beside it stays.
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
        return _shown(page, schedule, form, error)
    return page.go(f"/lich/{schedule}#luot-{form.text('luot')}")


@router.post("/lich/{schedule}/ket-thuc")
def post_end(form: CheckedForm, page: ThePage, schedule: str) -> Response:
    """End it; what is planned of it and hasn't begun is cancelled."""
    del form
    require_role(page.officer, "editor", "approver")
    with page.office.database.writing() as session:
        end_schedule(session, page.now, page.officer, schedule)
    return page.go("/lich")


def _shown(page: Page, schedule: str, form: Form | None = None, error: OfficeError | None = None) -> Response:
    with page.reading() as session:
        row = require_schedule(session, schedule)
        tree = area_tree(session)
        announcement = require_announcement(session, row.announcement)
        choices = choices_of(row)
        edit = f"/ban-tin/{row.announcement}/phat?{choices.query()}" if choices else None
        values = {
            "row": row,
            "announcement": announcement,
            "state": standings(session, [announcement])[row.announcement].state,
            "where": _where(tree, row, all_speakers(session)),
            "again": _again(session, page, row),
            "words_of_rule": rule_words(row),
            "edit": edit,
            "lines": _occurrences(session, page, row),
            "others": _others(session, announcement),
            "may": tree.is_in_charge(page.officer, named_areas(session, row)),
        }
    status = error.status if error else 200
    return page.show("timetable/schedule.html", status, typed=form, problem=str(error) if error else "", **values)


def _again(session: Session, page: Page, row: Schedule) -> Again | None:
    """None: its rule can't be worked out (any more). It is shown all the same, so that somebody can end it."""
    try:
        return again_of(session, page.clock, row)
    except BadRule:
        return None


def _lines(session: Session, page: Page, rows: Sequence[Schedule]) -> list[ScheduleLine]:
    tree, speakers = area_tree(session), all_speakers(session)
    said = overrides_of(session, rows, page.now, page.now + _LOOKS_AHEAD)
    spoken = [row.announcement for row in rows]
    titles = dict(
        session.exec(
            select(Announcement.announcement, Announcement.title).where(col(Announcement.announcement).in_(spoken))
        ).all()
    )
    lines = []
    for row in rows:
        coming = next((each for each in _ahead(session, page, row, said, enough=1) if each.skipped is None), None)
        where = _where(tree, row, speakers)
        next_at = coming.starts_at if coming else None
        lines.append(ScheduleLine(row, titles[row.announcement], where, capital(rule_words(row)), next_at))
    return lines


def _where(tree: AreaTree, row: Schedule, speakers: Mapping[str, Speaker]) -> str:
    return capital(places(tree, row.areas, [speakers[name] for name in row.speakers if name in speakers]))


def _ahead(session: Session, page: Page, row: Schedule, said: Overrides, enough: int) -> list[Due]:
    """The coming occurrences, looked for further ahead where a month has too few; none of a rule that can't be read."""
    found: list[Due] = []
    begin, piece = page.now, _FIRST_LOOK
    try:
        while begin < page.now + _LOOKS_AHEAD and sum(each.skipped is None for each in found) < enough:
            end = min(begin + piece, page.now + _LOOKS_AHEAD)
            found += occurrences_between(session, row, begin, end, said)
            begin, piece = end, piece * 4
    except BadRule:
        return []
    return found


def _occurrences(session: Session, page: Page, row: Schedule) -> list[OccurrenceLine]:
    said = overrides_of(session, [row], page.now, page.now + _LOOKS_AHEAD)
    found = _ahead(session, page, row, said, enough=SHOWN)[: SHOWN + SHOWN // 2]
    names = [each.occurrence for each in found]
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.schedule == row.schedule,
            col(Broadcast.replaced).is_(False),
            col(Broadcast.occurrence).in_(names),
        )
    ).all()
    lines = {line.broadcast.occurrence: line for line in Lines(session, page).of(rows)}
    spoken = [each.announcement for each in found]
    told = session.exec(select(Announcement).where(col(Announcement.announcement).in_(spoken))).all()
    titles = {each.announcement: each.title for each in told}
    days = [page.clock.local(each.starts_at).date() for each in found]
    named = holidays_between(session, min(days), max(days)) if days else {}
    return [
        OccurrenceLine(
            due=each,
            at=each.starts_at,
            title=titles[each.announcement],
            why=_why(each, named.get(page.clock.local(each.starts_at).date(), "")),
            line=lines.get(each.occurrence) if each.skipped is None else None,
            changed=each.moved or each.skipped == "dropped" or each.announcement != row.announcement,
        )
        for each in found
    ]


def _why(each: Due, holiday: str) -> str:
    words = {"holiday": holiday, "exception": _("ngày trừ ra"), "dropped": _("cán bộ bỏ lượt này")}
    return words.get(each.skipped or "", "")


def _others(session: Session, announcement: Announcement) -> list[Announcement]:
    """What it could say instead: approved announcements of the same class."""
    rows = newest_announcements(session, _OTHER_ANNOUNCEMENTS, None)
    stands = standings(session, rows)
    return [
        row
        for row in rows
        if row.announcement != announcement.announcement
        and row.bulletin_class == announcement.bulletin_class
        and stands[row.announcement].state == "approved"
    ]
