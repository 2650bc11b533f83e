"""Computes the list of schedules, and the coming occurrences of one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from controller.announcements.lists import announcements_named, newest_announcements
from controller.database.tables import Announcement, Schedule, Speaker
from controller.orders.standings import standings_of
from controller.planning.holidays import holidays_between
from controller.planning.occurrences import (
    LOOKS_AHEAD,
    DueOccurrence,
    Overrides,
    broadcasts_by_occurrence,
    occurrences_in_pieces,
    overrides_of,
)
from controller.station.area_tree import AreaTree, area_tree
from controller.station.speaker_lists import all_speakers
from controller.web.frame.page import Page
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines
from controller.web.ordering.repeat_sentence import recurring_part
from controller.web.ordering.sentence import RecurringPart
from controller.web.words.holiday_names import why_left_out
from controller.web.words.place_names import places
from controller.web.words.repeats import rule_words
from controller.web.words.vietnamese import capital
from schedules.bad_rule import BadRule

_MOST_OCCURRENCES = 15
_MOST_ANNOUNCEMENTS_SEARCHED = 50


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule as the list shows it. `words`: its rule. `next_at` None: nothing within the coming year."""

    row: Schedule
    title: str
    where: str
    words: str
    next_at: datetime | None


@dataclass(frozen=True)
class OccurrenceLine:
    """A coming occurrence. `why`: why it is left out; empty: it isn't. `line`: its broadcast; None: it has none yet.

    `changed`: officers have made it other than the rule says.
    """

    due: DueOccurrence
    at: datetime
    title: str
    why: str
    line: BroadcastLine | None
    changed: bool


def schedule_lines(session: Session, page: Page, rows: Sequence[Schedule]) -> list[ScheduleLine]:
    """The schedules as a list, the next to sound first."""
    tree, speakers = area_tree(session), all_speakers(session)
    overrides = overrides_of(session, rows, page.now, page.now + LOOKS_AHEAD)
    announcements = announcements_named(session, {row.announcement for row in rows})
    lines = []
    for row in rows:
        coming = next((each for each in _ahead(session, page, row, overrides) if each.skipped is None), None)
        where = where_it_sounds(tree, row, speakers)
        next_at = coming.starts_at if coming else None
        title = announcements[row.announcement].title
        words = capital(rule_words(row.rrule, row.first_start, row.time_zone, page.clock))
        lines.append(ScheduleLine(row, title, where, words, next_at))
    far = page.now + LOOKS_AHEAD
    return sorted(lines, key=lambda line: (line.next_at or far, line.row.schedule))


def recurring_part_of(session: Session, page: Page, row: Schedule) -> RecurringPart | None:
    """None: its rule can't be worked out any more. The schedule is shown all the same, so that it can be ended."""
    try:
        return recurring_part(session, page.clock, row)
    except BadRule:
        return None


def where_it_sounds(tree: AreaTree, row: Schedule, speakers: Mapping[str, Speaker]) -> str:
    """Its places, inside a sentence."""
    return places(tree, row.areas, [speakers[name] for name in row.speakers if name in speakers])


def _ahead(session: Session, page: Page, row: Schedule, overrides: Overrides) -> Iterator[DueOccurrence]:
    """The coming occurrences; none of a rule that can't be worked out."""
    try:
        yield from occurrences_in_pieces(session, row, page.now, page.now + LOOKS_AHEAD, overrides)
    except BadRule:
        return


def occurrence_lines(session: Session, page: Page, row: Schedule) -> list[OccurrenceLine]:
    """The coming occurrences, and between them those that are left out."""
    overrides = overrides_of(session, [row], page.now, page.now + LOOKS_AHEAD)
    found = list(islice(_ahead(session, page, row, overrides), _MOST_OCCURRENCES))
    made = broadcasts_by_occurrence(session, row.schedule, [each.occurrence for each in found])
    lines = {line.broadcast.occurrence: line for line in BroadcastLines(session, page).of(list(made.values()))}
    announcements = announcements_named(session, {each.announcement for each in found})
    days = [page.clock.local(each.starts_at).date() for each in found]
    named = holidays_between(session, min(days), max(days)) if days else {}
    return [
        OccurrenceLine(
            due=each,
            at=each.starts_at,
            title=announcements[each.announcement].title,
            why=why_left_out(each.skipped, named.get(page.clock.local(each.starts_at).date(), "")),
            line=lines.get(each.occurrence) if each.skipped is None else None,
            changed=each.moved or each.skipped == "dropped" or each.announcement != row.announcement,
        )
        for each in found
    ]


def other_announcements(session: Session, announcement: Announcement) -> list[Announcement]:
    """What an occurrence could say instead: approved announcements of the same class, among the newest."""
    rows = newest_announcements(session, _MOST_ANNOUNCEMENTS_SEARCHED, None)
    stands = standings_of(session, rows)
    return [
        row
        for row in rows
        if row.announcement != announcement.announcement
        and row.bulletin_class == announcement.bulletin_class
        and stands[row.announcement].state == "approved"
    ]
