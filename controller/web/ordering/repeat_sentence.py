"""The sentence of a schedule before it is made: its rule in words, its first days, and the days that are left out."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from controller.broadcasts.session_limits import breaches
from controller.database.tables import Schedule
from controller.errors import Invalid
from controller.orders.orders import Order
from controller.orders.spoken_version import SpokenVersion
from controller.outlook.order_preview import OtherBroadcasts, Preview, preview
from controller.planning.holidays import holidays_between, holidays_of_year
from controller.planning.occurrences import LOOKS_AHEAD, occurrences_by_rule, overrides_of
from controller.planning.schedule_lists import rule_of
from controller.planning.schedule_orders import ScheduleOrder, draw_up_schedule
from controller.planning.timetable import horizon
from controller.station.area_tree import area_tree
from controller.web.frame.page import Page
from controller.web.ordering.sentence import RecurringPart, Sentence, sentence_of, who_is_first
from controller.web.words.holiday_names import why_left_out
from controller.web.words.repeats import rule_words
from controller.web.words.vietnamese import StationClock
from schedules.limits import HOLIDAY_YEARS
from schedules.recurrence import Occurrence

_MOST_DAYS_NAMED, _MOST_LEFT_OUT_NAMED = 5, 3
_NAMES_LEFT_OUT_FOR = timedelta(days=60)


def preview_schedule(
    session: Session, page: Page, order: ScheduleOrder, words: SpokenVersion, changed: str
) -> tuple[Preview, Sentence, datetime | None]:
    """The preview of its first broadcast, the sentence of the whole schedule, and a time at which it meets nothing.

    The time is that of the first broadcast, moved so that none meets another of its class; None: they don't meet any
    now. Broadcasts are looked for as far ahead as any are planned. `changed`: the id of the schedule that the order
    changes, whose own broadcasts don't count (empty: it is a new one). Raises what ordering raises.
    """
    drawn = draw_up_schedule(session, page.now, page.officer, order)
    found = list(_ahead(session, drawn, page.now))
    coming = [each.starts_at for each in found if each.skipped is None]
    if not coming:
        raise Invalid("rrule", "schedule_only_holidays")
    first = Order(order.announcement, order.areas, order.speakers, coming[0], times=order.times)
    seen = preview(session, page.now, page.officer, first, words)
    tree = area_tree(session)
    end = page.now + horizon(session)
    planned = [at for at in coming if at < end]
    speakers = [each.speaker for each in seen.speakers]
    others = OtherBroadcasts(session, page.now, tree, speakers, page.now, end, changed or None)
    meetings = [(at, other) for at in planned for other in others.overlapping(at, seen.run_time)]
    met = {other.broadcast: other for _, other in meetings}
    seen = replace(seen, meets=tuple(met.values()))
    shift = others.shift_to_free_time(planned, seen.run_time, seen.broadcast.bulletin_class)
    sentence = replace(
        sentence_of(session, tree, seen, page.clock),
        at=None,
        again=replace(_recurring_part(session, page.clock, drawn, coming[0], found), changes=bool(changed)),
        meets=tuple((page.clock.when(each.starts_at), each.title) for each in seen.meets if each.starts_at),
        order=who_is_first(seen.broadcast, meetings, page.clock),
        warnings=tuple(breaches(session, page.now, tree, seen.broadcast)),
    )
    return seen, sentence, coming[0] + shift if shift else None


def recurring_part(session: Session, clock: StationClock, row: Schedule) -> RecurringPart:
    """How an existing schedule recurs from now on; raises BadRule."""
    found = list(_ahead(session, row, clock.now))
    coming = next((each.starts_at for each in found if each.skipped is None), None)
    return _recurring_part(session, clock, row, coming, found)


def _ahead(session: Session, row: Schedule, now: datetime) -> list[Occurrence]:
    """The next occurrences, until as many sound as are named, and all left out in the next 60 days are among them."""
    rule = rule_of(row)
    begin = max(now, rule.first_start.replace(tzinfo=rule.zone))
    end = begin + LOOKS_AHEAD
    found: list[Occurrence] = []
    for each in occurrences_by_rule(row, begin, end, overrides_of(session, [row], begin, end)):
        enough = sum(other.skipped is None for other in found) >= _MOST_DAYS_NAMED
        if enough and each.starts_at > begin + _NAMES_LEFT_OUT_FOR:
            break
        found.append(each)
    return found


def _recurring_part(
    session: Session, clock: StationClock, row: Schedule, first: datetime | None, found: list[Occurrence]
) -> RecurringPart:
    coming = [each for each in found if each.skipped is None][:_MOST_DAYS_NAMED]
    left_out = [each for each in found if each.skipped is not None][:_MOST_LEFT_OUT_NAMED]
    named = holidays_between(session, left_out[0].wall.date(), left_out[-1].wall.date()) if left_out else {}
    years = sorted({each.wall.year for each in (*coming, *left_out)}) if row.skip_holidays else []
    ends = datetime.fromisoformat(row.until).date() if row.until else None
    return RecurringPart(
        words=rule_words(row.rrule, row.first_start, row.time_zone, clock),
        begins=clock.weekday_date(first) if first else "",
        ends=f"{ends:%d/%m/%Y}" if ends else "",
        skips_holidays=row.skip_holidays,
        days=tuple(_day(clock, each.starts_at) for each in coming),
        left_out=tuple(
            (f"{each.wall:%d/%m/%Y}", why_left_out(each.skipped, named.get(each.wall.date(), ""))) for each in left_out
        ),
        provisional=tuple(year for year in years if _is_provisional(session, year)),
    )


def _is_provisional(session: Session, year: int) -> bool:
    return year in HOLIDAY_YEARS and holidays_of_year(session, year).decree is None


def _day(clock: StationClock, at: datetime) -> str:
    return f"{clock.weekday(at)} {clock.local(at).day}/{clock.local(at).month}"
