"""Whether a broadcast lies inside a manifest: nothing of it is more, elsewhere or at another time than was agreed.

Less is always inside: fewer places, fewer repetitions, an earlier latest start, an occurrence left out.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from controller.database.column_types import (
    BroadcastManifestFields,
    ManifestFields,
    ScheduleManifestFields,
    StandingManifestFields,
)
from controller.orders.orders import LATEST_START_AFTER, NOW_LATEST_START_AFTER
from schedules.quiet_hours import is_within
from schedules.recurrence import Rule, occurrences, read_rule
from wire.instants import parse_instant
from wire.model import BulletinClass
from wire.settings import QuietHours

Reach = Callable[[Collection[str], Collection[str], Collection[str], Collection[str]], bool]
"""(areas, speakers, of_areas, of_speakers) → whether the first two lie within the last two."""


@dataclass(frozen=True)
class Wish:
    """One broadcast as an agreement judges it; its instants are those that were ordered, before the office moved them.

    `starts_at`: None for a "now" that has no instant yet. `occurrence`: the wall time that names it in its schedule.
    """

    clip: str
    bulletin_class: BulletinClass
    areas: Collection[str]
    speakers: Collection[str]
    times: int
    gap_ms: int
    ordered_at: datetime
    is_now: bool
    starts_at: datetime | None
    latest_start: datetime
    occurrence: str | None = None


def lies_inside(
    wish: Wish,
    content: ManifestFields,
    reach: Reach,
    zone: ZoneInfo,
    holidays: Collection[date] = (),
    *,
    same_day_moves: bool = False,
) -> bool:
    """Whether the manifest allows this broadcast. `zone`: the commune's.

    `holidays`: days on which a schedule that skips holidays is silent. `same_day_moves`: an occurrence may stand at
    another hour of its day.
    """
    if (wish.clip, wish.bulletin_class) != (content["clip"], content["bulletin_class"]):
        return False
    if wish.times > content["times"] or (wish.times > 1 and wish.gap_ms != content["gap_ms"]):
        return False
    if not reach(wish.areas, wish.speakers, content["areas"], content["speakers"]):
        return False
    if "rrule" in content:
        return _is_occurrence(wish, content, holidays, same_day_moves)
    if "most_times" in content:
        return _is_within_hours(wish, content, zone)
    return _is_that_instant(wish, content)


def _is_that_instant(wish: Wish, content: BroadcastManifestFields) -> bool:
    if wish.latest_start > parse_instant(content["latest_start"]):
        return False
    if content["starts_at"] is None:
        return wish.is_now
    return wish.starts_at == parse_instant(content["starts_at"])


def _is_occurrence(
    wish: Wish, content: ScheduleManifestFields, holidays: Collection[date], same_day_moves: bool
) -> bool:
    if wish.occurrence is None or wish.starts_at is None or wish.latest_start > wish.starts_at + LATEST_START_AFTER:
        return False
    rule = rule_of(content)
    local = wish.starts_at.astimezone(rule.zone).replace(tzinfo=None)
    wall = datetime.fromisoformat(wish.occurrence)
    begins = wish.starts_at
    if local != wall:
        if not same_day_moves or local.date() != wall.date():
            return False
        begins = wall.replace(tzinfo=rule.zone)
    found = occurrences(rule, begins, begins + timedelta(seconds=1), holidays if content["skip_holidays"] else ())
    return any(each.skipped is None and each.wall == wall for each in found)


def _is_within_hours(wish: Wish, content: StandingManifestFields, zone: ZoneInfo) -> bool:
    """Set off now, in the agreed hours, before the end. How often it was already is for the caller to count."""
    if not wish.is_now or wish.latest_start > wish.ordered_at + NOW_LATEST_START_AFTER:
        return False
    if wish.ordered_at > parse_instant(content["until"]):
        return False
    hours = [QuietHours.from_fields(each) for each in content["hours"]]
    return is_within(wish.ordered_at, hours, zone)


def rule_of(content: ScheduleManifestFields) -> Rule:
    """The agreed rule, parsed; raises BadRule."""
    return read_rule(
        first_start=datetime.fromisoformat(content["first_start"]),
        time_zone=content["time_zone"],
        rrule=content["rrule"],
        until=datetime.fromisoformat(content["until"]) if content["until"] else None,
        exception_dates=[date.fromisoformat(day) for day in content["exception_dates"]],
    )


def narrows(content: ScheduleManifestFields, agreed: ManifestFields, reach: Reach) -> bool:
    """Whether a changed schedule only takes away from the agreed one, by its fields: then nobody is asked again."""
    if "rrule" not in agreed:
        return False
    same = ("clip", "bulletin_class", "gap_ms", "first_start", "time_zone", "rrule")
    if any(content[name] != agreed[name] for name in same):  # type: ignore[literal-required]
        return False
    ends_no_later = agreed["until"] is None or (content["until"] is not None and content["until"] <= agreed["until"])
    return (
        ends_no_later
        and content["times"] <= agreed["times"]
        and (content["skip_holidays"] or not agreed["skip_holidays"])
        and set(content["exception_dates"]) >= set(agreed["exception_dates"])
        and reach(content["areas"], content["speakers"], agreed["areas"], agreed["speakers"])
    )
