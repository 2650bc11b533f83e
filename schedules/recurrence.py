"""Rules of recurrence by RFC 5545 in local time, with limits so that no rule takes long to work out.

A rule has one RRULE a line, without the word RRULE; an occurrence of any line is one of the rule. Occurrences are
computed as naive local times ("wall times"), and converted by the zone afterwards: a local time that doesn't exist is
left out, one that comes twice is taken the first time. `first_start` is where COUNT and INTERVAL start to count; it is
an occurrence only if a line gives it.

A line that begins with `RSCALE=VIETNAMESE` counts lunar months, in the manner of RFC 7529 (whose registry has no
Vietnamese calendar): `RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=5;BYMINUTE=0`. MONTHLY includes the days of
leap months, YEARLY doesn't.
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
from schedules.limits import MAX_EXCEPTION_DATES, MAX_RULE_CHARACTERS, OCCURRENCE_YEARS
from schedules.rule_days import RuleLine
from schedules.rule_lines import MAX_COUNT, MIN_APART, are_too_close, check_wall, read_line

__all__ = ["BadRule", "Occurrence", "Rule", "next_occurrences", "occurrences", "read_rule"]

MAX_LINES = 24
MAX_TIMES_OF_DAY = 288
MAX_SEARCH = timedelta(days=8 * 366)
_MAX_WALLS_COMPARED = 2_000
# More than any zone's offset, and more than any clock was ever set forward or back at once.
_OFFSET_MARGIN = timedelta(hours=25)
_FIRST_INSTANT = datetime(OCCURRENCE_YEARS.start - 1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(OCCURRENCE_YEARS.stop + 1, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime.max  # noqa: DTZ901  # a wall time

Skipped = Literal["exception", "holiday"] | None


@dataclass(frozen=True)
class Rule:
    """A checked rule. `first_start` and `until` are naive wall times; `until` is included."""

    first_start: datetime
    zone: ZoneInfo
    lines: tuple[RuleLine, ...]
    until: datetime | None
    exception_dates: frozenset[date]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence: the rule's wall time (naive), its instant (UTC), and why it is skipped; None: it isn't."""

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
    """Check a rule; raises BadRule. Fractions of a second in `first_start` are dropped."""
    if len(exception_dates) > MAX_EXCEPTION_DATES:
        raise BadRule("exception_dates", "too_many", f"at most {MAX_EXCEPTION_DATES} exception dates")
    return replace(_check_rule(first_start, time_zone, rrule, until), exception_dates=frozenset(exception_dates))


def occurrences(rule: Rule, from_: datetime, to: datetime, holidays: Collection[date] = ()) -> Iterator[Occurrence]:
    """The occurrences with from_ ≤ t < to, in order, also the skipped ones; raises ValueError for naive bounds."""
    if from_.tzinfo is None or to.tzinfo is None:
        raise ValueError("an instant needs its zone")
    zone, exceptions = rule.zone, rule.exception_dates
    from_, to = (min(max(at, _FIRST_INSTANT), _LAST_INSTANT) for at in (from_, to))
    # A wall clock that was set back shows an earlier time at a later instant: so begin earlier, and filter by instants.
    begin = from_.astimezone(zone).replace(tzinfo=None) - _OFFSET_MARGIN
    end = to.astimezone(zone).replace(tzinfo=None) + _OFFSET_MARGIN
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
    """The next `n` occurrences that aren't skipped, from `after` or the first start on, at most 8 years ahead."""
    begin = max(after, rule.first_start.replace(tzinfo=UTC) - _OFFSET_MARGIN)
    all_of_them = occurrences(rule, begin, min(begin, _LAST_INSTANT) + MAX_SEARCH, holidays)
    return list(islice((each for each in all_of_them if each.skipped is None), n))


@lru_cache(maxsize=8192)
def _local_epoch(day: date, zone: ZoneInfo) -> datetime | None:
    """1970-01-01 UTC in local time by that day's offset: `wall` minus this is the time since the epoch.

    None where the offset changes on that day. It saves a zone lookup for each occurrence.
    """
    begins = datetime.combine(day, time(), zone)
    ends = (begins + timedelta(days=1)).replace(fold=1)
    offset = begins.utcoffset()
    return _EPOCH.replace(tzinfo=None) + offset if offset is not None and offset == ends.utcoffset() else None


def _instant_of(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant at which the wall clock shows this; None where it never does."""
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
def _check_rule(first_start: datetime, time_zone: str, rrule: str, until: datetime | None) -> Rule:
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
    rule = Rule(first_start, zone, tuple(map(_replace_count, lines)), until, frozenset())
    if next(_walls(rule, first_start, _END_OF_TIME), None) is None:
        raise BadRule("rrule" if until is None else "until", "never", "it ends before it occurs")
    if _is_too_often(rule):
        raise BadRule("rrule", "too_often", "it occurs oftener than every five minutes")
    return rule


def _read_lines(rrule: str, first_start: datetime) -> list[RuleLine]:
    texts = [text.strip() for text in rrule[: MAX_RULE_CHARACTERS + 1].splitlines() if text.strip()]
    if len(texts) > MAX_LINES or len(rrule) > MAX_RULE_CHARACTERS:
        raise BadRule("rrule", "too_many", f"at most {MAX_LINES} lines, and {MAX_RULE_CHARACTERS} characters")
    if not texts:
        raise BadRule("rrule", "unreadable", "FREQ=?")
    lines = [read_line(text, first_start) for text in texts]
    if sum(len(line.times) for line in lines) > MAX_TIMES_OF_DAY:
        raise BadRule("rrule", "too_many", f"at most {MAX_TIMES_OF_DAY} times of day in all lines")
    if sum(line.count or 0 for line in lines) > MAX_COUNT:
        raise BadRule("rrule", "too_many", f"a COUNT of at most {MAX_COUNT} in all lines")
    for line, text in zip(lines, texts, strict=True):
        if next(replace(line, until=None).walls(first_start, first_start + MAX_SEARCH), None) is None:
            raise BadRule("rrule", "never", f"it never occurs within eight years: {text[:80]}")
    return lines


def _replace_count(line: RuleLine) -> RuleLine:
    """The same line with UNTIL in place of COUNT, so that later calls needn't count from the first start."""
    if line.count is None:
        return line
    counted = list(islice(line.walls(line.first_start, _END_OF_TIME), line.count))
    return replace(line, count=None, until=counted[-1])


def _is_too_often(rule: Rule) -> bool:
    """Whether occurrences of different lines lie less than 5 minutes apart; within one line `read_line` has checked."""
    if len(rule.lines) == 1 or not are_too_close(at for line in rule.lines for at in line.times):
        return False
    walls = islice(_walls(rule, rule.first_start, rule.first_start + MAX_SEARCH), _MAX_WALLS_COMPARED)
    return any(later - earlier < MIN_APART for earlier, later in pairwise(walls))
