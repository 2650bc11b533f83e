"""When something recurs: the rules of RFC 5545, read in wall time, bounded so that no rule can cost more than a moment.

A rule is one RRULE a line, without that word; several lines are united. It is worked out in naive wall time, and each
instant gets its zone afterwards: a local time that doesn't exist is left out, one that comes twice is the first.
`first_start` is where counting starts, and an occurrence only where the rule gives it.

A line that begins with `RSCALE=VIETNAMESE` counts lunar months, in the way of RFC 7529 (whose registry has no
Vietnamese calendar): `RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=5;BYMINUTE=0`. A day of a leap month counts
as that day of a month for MONTHLY, and not for YEARLY.
"""

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, islice, pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.bad_rule import BadRule
from schedules.limits import OCCURRENCE_YEARS
from schedules.rule_days import RuleLine
from schedules.rule_lines import CLOSEST, MOST_COUNTED, check_wall, read_line, too_close

__all__ = ["BadRule", "Occurrence", "Rule", "next_occurrences", "occurrences", "read_rule"]

MOST_LINES = 24
MOST_TIMES_OF_DAY = 288
MOST_EXCEPTIONS = 3660
LOOKS_AHEAD = timedelta(days=8 * 366)
_LONGEST_RULE = 10_000
_CHECKED_FOR_CLOSENESS = 2_000
# More than any zone's clocks are set forward or back at once.
_DAY_AND_A_BIT = timedelta(hours=25)
_NO_EARLIER = datetime(OCCURRENCE_YEARS.start - 1, 1, 1, tzinfo=UTC)
_NO_LATER = datetime(OCCURRENCE_YEARS.stop + 1, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime.max  # noqa: DTZ901  # a wall time

Skipped = Literal["exception", "holiday"] | None


@dataclass(frozen=True)
class Rule:
    """A rule that was checked. `first_start`, `until`: naive wall times; `until` is included."""

    first_start: datetime
    zone: ZoneInfo
    lines: tuple[RuleLine, ...]
    until: datetime | None
    exception_dates: frozenset[date]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence: the rule's wall time, its instant (UTC), and why it is skipped, if it is."""

    wall: datetime
    starts_at: datetime
    skipped: Skipped


def read_rule(
    *,
    first_start: datetime,
    time_zone: str,
    rrule: str,
    until: datetime | None,
    exception_dates: Collection[date],
) -> Rule:
    """Check a rule; raises BadRule. Fractions of a second don't count."""
    if len(exception_dates) > MOST_EXCEPTIONS:
        raise BadRule("exception_dates", "too_many", f"at most {MOST_EXCEPTIONS} exception dates")
    return replace(_read(first_start, time_zone, rrule, until), exception_dates=frozenset(exception_dates))


def occurrences(rule: Rule, from_: datetime, to: datetime, holidays: Collection[date] = ()) -> Iterator[Occurrence]:
    """Those with from_ ≤ t < to (instants, aware), in order; what is skipped says why."""
    if from_.tzinfo is None or to.tzinfo is None:
        raise ValueError("an instant needs its zone")
    zone, exceptions = rule.zone, rule.exception_dates
    from_, to = (min(max(at, _NO_EARLIER), _NO_LATER) for at in (from_, to))
    # A wall clock that was set back reads less at a later instant: begin a little before, and go by the instants.
    begin = from_.astimezone(zone).replace(tzinfo=None) - _DAY_AND_A_BIT
    end = to.astimezone(zone).replace(tzinfo=None) + _DAY_AND_A_BIT
    day: date | None = None
    for wall in _walls(rule, begin, end):
        if day != (day := wall.date()):
            local_epoch = _local_epoch(day, zone)
            skipped: Skipped = "exception" if day in exceptions else "holiday" if day in holidays else None
        starts_at = _instant_of(wall, zone) if local_epoch is None else _EPOCH + (wall - local_epoch)
        if starts_at is None or starts_at < from_:
            continue
        if starts_at >= to:
            return
        yield Occurrence(wall, starts_at, skipped)


def next_occurrences(rule: Rule, after: datetime, n: int, holidays: Collection[date] = ()) -> list[Occurrence]:
    """The next `n` that aren't skipped, from `after` on (or from the first start), within eight years from there."""
    begin = max(after, rule.first_start.replace(tzinfo=UTC) - _DAY_AND_A_BIT)
    all_of_them = occurrences(rule, begin, min(begin, _NO_LATER) + LOOKS_AHEAD, holidays)
    return list(islice((each for each in all_of_them if each.skipped is None), n))


@lru_cache(maxsize=8192)
def _local_epoch(day: date, zone: ZoneInfo) -> datetime | None:
    """What a clock with that day's offset read at the epoch; None where the offset changes on that day."""
    begins = datetime.combine(day, time(), zone)
    ends = (begins + timedelta(days=1)).replace(fold=1)
    offset = begins.utcoffset()
    return _EPOCH.replace(tzinfo=None) + offset if offset is not None and offset == ends.utcoffset() else None


def _instant_of(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant at which the clock reads so; None where it never does."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == wall else None


def _walls(rule: Rule, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The wall times of all lines with begin ≤ t ≤ end, in order, each once."""
    if rule.until is not None:
        end = min(end, rule.until)
    if len(rule.lines) == 1:
        return rule.lines[0].walls(begin, end)
    return (wall for wall, _ in groupby(heapq.merge(*(line.walls(begin, end) for line in rule.lines))))


@lru_cache(maxsize=4096)
def _read(first_start: datetime, time_zone: str, rrule: str, until: datetime | None) -> Rule:
    check_wall("first_start", first_start)
    check_wall("until", until)
    first_start = first_start.replace(microsecond=0)
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadRule("time_zone", "no_such_zone", f"no zone {time_zone[:64]!r}") from None
    if until is not None and until < first_start:
        raise BadRule("until", "ends_before_it_begins", "it ends before it begins")
    lines = _read_lines(rrule, first_start)
    if until is not None and any(line.count or line.until for line in lines):
        raise BadRule("until", "two_ends", "an end in the rule and another beside it")
    rule = Rule(first_start, zone, tuple(map(_counted_out, lines)), until, frozenset())
    if next(_walls(rule, first_start, _END_OF_TIME), None) is None:
        raise BadRule("rrule" if until is None else "until", "never", "it ends before it occurs")
    if _too_often(rule):
        raise BadRule("rrule", "too_often", "it occurs oftener than every five minutes")
    return rule


def _read_lines(rrule: str, first_start: datetime) -> list[RuleLine]:
    texts = [text.strip() for text in rrule[: _LONGEST_RULE + 1].splitlines() if text.strip()]
    if len(texts) > MOST_LINES or len(rrule) > _LONGEST_RULE:
        raise BadRule("rrule", "too_many", f"at most {MOST_LINES} lines, and {_LONGEST_RULE} characters")
    if not texts:
        raise BadRule("rrule", "unreadable", "FREQ=?")
    lines = [read_line(text, first_start) for text in texts]
    if sum(len(line.times) for line in lines) > MOST_TIMES_OF_DAY:
        raise BadRule("rrule", "too_many", f"at most {MOST_TIMES_OF_DAY} times of day in all lines")
    if sum(line.count or 0 for line in lines) > MOST_COUNTED:
        raise BadRule("rrule", "too_many", f"a COUNT of at most {MOST_COUNTED} in all lines")
    for line, text in zip(lines, texts, strict=True):
        if next(replace(line, until=None).walls(first_start, first_start + LOOKS_AHEAD), None) is None:
            raise BadRule("rrule", "never", f"it never occurs within eight years: {text[:80]}")
    return lines


def _counted_out(line: RuleLine) -> RuleLine:
    """With the day of the last one in place of a COUNT, so that nobody has to count from the start again."""
    if line.count is None:
        return line
    counted = list(islice(line.walls(line.starts, _END_OF_TIME), line.count))
    return replace(line, count=None, until=counted[-1])


def _too_often(rule: Rule) -> bool:
    """Whether two lines come too close to each other; each for itself doesn't."""
    if len(rule.lines) == 1 or not too_close(at for line in rule.lines for at in line.times):
        return False
    walls = islice(_walls(rule, rule.first_start, rule.first_start + LOOKS_AHEAD), _CHECKED_FOR_CLOSENESS)
    return any(later - earlier < CLOSEST for earlier, later in pairwise(walls))
