"""When something recurs: the rules of RFC 5545, read in wall time, bounded so that no rule can cost more than a moment.

A rule is one RRULE a line, without that word; several lines are united. It is worked out in naive wall time, and each
instant gets its zone afterwards: a local time that doesn't exist is left out, one that comes twice is the first.
`first_start` is where counting starts, and an occurrence only where the rule gives it.

A line that begins with `RSCALE=VIETNAMESE` counts lunar months, in the way of RFC 7529 (whose registry has no
Vietnamese calendar): `RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=5;BYMINUTE=0`. A day of a leap month counts
as that day of a month for MONTHLY, and not for YEARLY.
"""

import heapq
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, islice, pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrule, rrulestr

from schedules.lunar_days import LAST_YEAR as LAST_LUNAR_YEAR
from schedules.lunar_days import NoLunarDay, lunar_months

MOST_LINES = 24
MOST_EXCEPTIONS = 3660
CLOSEST = timedelta(minutes=5)
LOOKS_AHEAD = timedelta(days=8 * 366)
FIRST_YEAR, LAST_YEAR = 2000, 2090
LUNAR = "VIETNAMESE"
_LONGEST_LINE = 400
_MOST_INTERVAL = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 120, "YEARLY": 8}
_LUNAR_PARTS = frozenset({"RSCALE", "FREQ", "BYMONTH", "BYMONTHDAY", "BYHOUR", "BYMINUTE", "UNTIL", "COUNT"})
_PARTS = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
    | {"BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND"}
)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CHOOSES_A_DAY = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")

Field = Literal["rrule", "first_start", "time_zone", "until", "exception_dates"]
Reason = Literal[
    "unreadable",
    "too_often",
    "never",
    "ends_before_it_begins",
    "two_ends",
    "no_such_zone",
    "too_many",
    "too_far",
    "not_local",
]


class BadRule(ValueError):
    """A rule that can't be: in which field, and why."""

    def __init__(self, field: Field, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.field: Field = field
        self.reason: Reason = reason


@dataclass(frozen=True)
class Line:
    """One line of a rule: its parts as they count, with nothing left to `first_start`."""

    parts: Mapping[str, str]
    starts: datetime

    @property
    def lunar(self) -> bool:
        return "RSCALE" in self.parts


@dataclass(frozen=True)
class Rule:
    """A rule that was checked. `first_start`, `until`: naive wall times; `until` is included."""

    first_start: datetime
    zone: ZoneInfo
    lines: tuple[Line, ...]
    until: datetime | None
    exception_dates: frozenset[date]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence: the rule's wall time, its instant (UTC), and why it is skipped, if it is."""

    wall: datetime
    starts_at: datetime
    skipped: Literal["exception", "holiday"] | None


def read_rule(
    *,
    first_start: datetime,
    time_zone: str,
    rrule: str,
    until: datetime | None,
    exception_dates: Collection[date],
) -> Rule:
    """Check a rule; raises BadRule."""
    _check_wall("first_start", first_start)
    _check_wall("until", until)
    if len(exception_dates) > MOST_EXCEPTIONS:
        raise BadRule("exception_dates", "too_many", f"at most {MOST_EXCEPTIONS} exception dates")
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadRule("time_zone", "no_such_zone", f"no zone {time_zone[:64]!r}") from None
    if until is not None and until < first_start:
        raise BadRule("until", "ends_before_it_begins", "it ends before it begins")
    texts = [text.strip() for text in rrule.strip().splitlines() if text.strip()]
    if len(texts) > MOST_LINES:
        raise BadRule("rrule", "too_many", f"at most {MOST_LINES} lines")
    lines = tuple(_read_line(text, first_start, until) for text in texts)
    checked = Rule(first_start, zone, lines, until, frozenset(exception_dates))
    if not lines or not any(_occurs(line) for line in lines):
        raise BadRule("rrule", "never", "it never occurs within eight years")
    checked = Rule(first_start, zone, tuple(filter(_occurs, lines)), until, checked.exception_dates)
    first = list(islice(_walls(checked, first_start), 100))
    if not first:
        raise BadRule("rrule" if until is None else "until", "never", "it ends before it occurs")
    if any(later - earlier < CLOSEST for earlier, later in pairwise(first)):
        raise BadRule("rrule", "too_often", "it occurs oftener than every five minutes")
    return checked


def occurrences(rule: Rule, from_: datetime, to: datetime, holidays: Collection[date] = ()) -> Iterator[Occurrence]:
    """Those with from_ ≤ t < to, in order; what is skipped says why."""
    zone, exceptions = rule.zone, rule.exception_dates
    # A wall clock that was set back reads less at a later instant: begin a little before, and go by the instants.
    begin = from_.astimezone(zone).replace(tzinfo=None) - timedelta(hours=25)
    for wall in _walls(rule, begin):
        starts_at = wall.replace(tzinfo=zone).astimezone(UTC)
        if starts_at < from_:
            continue
        if starts_at >= to:
            return
        if starts_at.astimezone(zone).replace(tzinfo=None) != wall:
            continue
        day = wall.date()
        yield Occurrence(wall, starts_at, "exception" if day in exceptions else "holiday" if day in holidays else None)


def next_occurrences(rule: Rule, after: datetime, n: int, holidays: Collection[date] = ()) -> list[Occurrence]:
    """The next `n` that aren't skipped, from `after` on, within the years that are looked at."""
    all_of_them = occurrences(rule, after, after + LOOKS_AHEAD, holidays)
    return list(islice((each for each in all_of_them if each.skipped is None), n))


def _walls(rule: Rule, begin: datetime) -> Iterator[datetime]:
    """The wall times of all lines from `begin` on, in order, each once."""
    united = heapq.merge(*(_line_walls(line, begin) for line in rule.lines))
    for wall, _ in groupby(united):
        if rule.until is not None and wall > rule.until:
            return
        if wall >= rule.first_start:
            yield wall


def _line_walls(line: Line, begin: datetime) -> Iterator[datetime]:
    if line.lunar:
        return _lunar_walls(line, begin)
    return _from(_as_dateutil(line.parts, _moved_near(line, begin)), begin)


def _from(walls: rrule, begin: datetime) -> Iterator[datetime]:
    return (wall for wall in walls if wall >= begin)


def _as_dateutil(parts: Mapping[str, str], starts: datetime) -> rrule:
    made = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=starts)
    if not isinstance(made, rrule):
        raise TypeError("one line is one rule")
    return made


def _moved_near(line: Line, begin: datetime) -> datetime:
    """A start near `begin` that gives the same occurrences from there on: some whole intervals later.

    The beginning of a period, so that BYSETPOS counts all of it. What is counted (COUNT) is counted from the start.
    """
    starts = line.starts
    if "COUNT" in line.parts or begin <= starts:
        return starts
    interval = int(line.parts.get("INTERVAL", 1))
    frequency = line.parts["FREQ"]
    midnight = datetime.combine(starts.date(), time())
    if frequency == "DAILY":
        moved = midnight + timedelta(days=(begin - midnight).days // interval * interval)
    elif frequency == "WEEKLY":
        monday = midnight - timedelta(days=(starts.weekday() - _WEEKDAYS.index(line.parts.get("WKST", "MO"))) % 7)
        moved = monday + timedelta(weeks=(begin - monday).days // 7 // interval * interval)
    elif frequency == "MONTHLY":
        months = (begin.year - starts.year) * 12 + begin.month - starts.month
        index = starts.year * 12 + starts.month - 1 + months // interval * interval
        moved = midnight.replace(index // 12, index % 12 + 1, 1)
    else:
        moved = midnight.replace(starts.year + (begin.year - starts.year) // interval * interval, 1, 1)
    return max(moved, starts)


def _read_line(text: str, first_start: datetime, until: datetime | None) -> Line:
    parts = _parts(text)
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule("rrule", "two_ends", "COUNT and UNTIL in one line")
    if until is not None and ("COUNT" in parts or "UNTIL" in parts):
        raise BadRule("until", "two_ends", "an end in the rule and another beside it")
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], first_start)
    for name, of_first in (
        ("BYHOUR", first_start.hour),
        ("BYMINUTE", first_start.minute),
        ("BYSECOND", first_start.second),
    ):
        parts.setdefault(name, str(of_first))
    if "RSCALE" in parts:
        return _lunar_line(parts, first_start)
    _choose_a_day(parts, first_start)
    _check_times(parts)
    try:
        _as_dateutil(parts, first_start)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise BadRule("rrule", "unreadable", f"{text[:80]!r}: {error}") from None
    return Line(parts, first_start)


def _parts(text: str) -> dict[str, str]:
    if len(text) > _LONGEST_LINE:
        raise BadRule("rrule", "too_many", f"a line of at most {_LONGEST_LINE} characters")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name in parts or not re.fullmatch(r"[A-Z0-9,+-]{1,200}", value):
            raise BadRule("rrule", "unreadable", f"{part[:40]!r}")
        parts[name] = value
    if parts.get("FREQ") in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise BadRule("rrule", "too_often", "a rule goes by days, weeks, months or years")
    known = _LUNAR_PARTS if "RSCALE" in parts else _PARTS
    unknown = parts.keys() - known - {"BYSECOND"}
    if unknown or parts.get("FREQ") not in _MOST_INTERVAL:
        raise BadRule("rrule", "unreadable", f"{sorted(unknown) or 'FREQ'} in {text[:80]!r}")
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not re.fullmatch(r"[1-9][0-9]{0,4}", parts[name]):
            raise BadRule("rrule", "unreadable", f"{name}={parts[name][:20]}")
    if int(parts.get("INTERVAL", 1)) > _MOST_INTERVAL[parts["FREQ"]]:
        raise BadRule("rrule", "too_far", f"INTERVAL of at most {_MOST_INTERVAL[parts['FREQ']]} here")
    return parts


def _until(text: str, first_start: datetime) -> str:
    if text.endswith("Z"):
        raise BadRule("rrule", "not_local", "UNTIL is local time, without Z")
    for pattern in ("%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            end = datetime.strptime(text, pattern)  # noqa: DTZ007  # a wall time has no zone
        except ValueError:
            continue
        if pattern == "%Y%m%d":
            end = end.replace(hour=23, minute=59, second=59)
        _check_wall("rrule", end)
        if end < first_start:
            raise BadRule("rrule", "ends_before_it_begins", "UNTIL lies before the first start")
        return end.strftime("%Y%m%dT%H%M%S")
    raise BadRule("rrule", "unreadable", f"UNTIL={text[:20]}")


def _choose_a_day(parts: dict[str, str], first_start: datetime) -> None:
    """What a rule leaves to its first start (RFC 5545, 3.3.10), said, so that the start can be moved."""
    frequency = parts["FREQ"]
    if any(name in parts for name in _CHOOSES_A_DAY):
        return
    if frequency == "WEEKLY":
        parts["BYDAY"] = _WEEKDAYS[first_start.weekday()]
    elif frequency in ("MONTHLY", "YEARLY"):
        parts["BYMONTHDAY"] = str(first_start.day)
        if frequency == "YEARLY":
            parts.setdefault("BYMONTH", str(first_start.month))


def _check_times(parts: Mapping[str, str]) -> None:
    """That its times of day lie far enough apart, also around midnight."""
    try:
        hours, minutes, seconds = (
            [int(each) for each in parts[name].split(",")] for name in ("BYHOUR", "BYMINUTE", "BYSECOND")
        )
    except ValueError:
        raise BadRule("rrule", "unreadable", "BYHOUR, BYMINUTE or BYSECOND") from None
    if not (set(hours) <= set(range(24)) and set(minutes) <= set(range(60)) and set(seconds) <= set(range(60))):
        raise BadRule("rrule", "unreadable", "BYHOUR, BYMINUTE or BYSECOND")
    of_day = sorted({hour * 3600 + minute * 60 + second for hour in hours for minute in minutes for second in seconds})
    apart = [later - earlier for earlier, later in pairwise([*of_day, of_day[0] + 86_400])]
    if min(apart) < CLOSEST.total_seconds():
        raise BadRule("rrule", "too_often", "it occurs oftener than every five minutes")


def _occurs(line: Line) -> bool:
    """Whether it occurs within eight years.

    dateutil looks for the next occurrence up to the year 9999. So it is asked near that end, in a year with the same
    weekdays and leap years (one in 28 has them, within a century): a vain search is then short.
    """
    if line.lunar:
        return next(_lunar_walls(line, line.starts), None) is not None
    parts = {name: value for name, value in line.parts.items() if name not in ("UNTIL", "COUNT")}
    new_year = line.starts.replace(month=1, day=1)
    year = next(
        year
        for year in range(9960, 9988)
        if (year - new_year.year) % 4 == 0 and new_year.replace(year).weekday() == new_year.weekday()
    )
    try:
        found = next(iter(_as_dateutil(parts, line.starts.replace(year=year))), None)
    except (ValueError, OverflowError):
        return False
    return found is not None and found.year <= year + 8


def _check_wall(field: Field, wall: datetime | None) -> None:
    if wall is None:
        return
    if wall.tzinfo is not None:
        raise BadRule(field, "not_local", "a local time has no zone")
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise BadRule(field, "too_far", f"a year from {FIRST_YEAR} to {LAST_YEAR}")


# Lunar lines


def _lunar_line(parts: dict[str, str], first_start: datetime) -> Line:
    if parts["RSCALE"] != LUNAR or parts["FREQ"] not in ("MONTHLY", "YEARLY") or "BYMONTHDAY" not in parts:
        raise BadRule("rrule", "unreadable", f"RSCALE={LUNAR} goes with MONTHLY or YEARLY, and BYMONTHDAY")
    if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts:
        raise BadRule("rrule", "unreadable", "YEARLY wants a BYMONTH")
    for name, most in (("BYMONTHDAY", 30), ("BYMONTH", 12)):
        if not all(each.isdigit() and 1 <= int(each) <= most for each in parts.get(name, "1").split(",")):
            raise BadRule("rrule", "unreadable", f"{name} from 1 to {most}")
    _check_times(parts)
    return Line(parts, first_start)


def _lunar_walls(line: Line, begin: datetime) -> Iterator[datetime]:
    days, hours, minutes = (
        sorted({int(each) for each in line.parts[name].split(",")}) for name in ("BYMONTHDAY", "BYHOUR", "BYMINUTE")
    )
    months = {int(each) for each in line.parts["BYMONTH"].split(",")} if "BYMONTH" in line.parts else None
    until = datetime.strptime(line.parts["UNTIL"], "%Y%m%dT%H%M%S") if "UNTIL" in line.parts else None  # noqa: DTZ007  # a wall time has no zone
    left = int(line.parts["COUNT"]) if "COUNT" in line.parts else None
    start = line.starts if left is not None else max(begin, line.starts)
    if not FIRST_YEAR <= start.year <= LAST_LUNAR_YEAR - 1:
        return
    try:
        for month in lunar_months(start.date()):
            if datetime.combine(month.first, time()) > start + LOOKS_AHEAD * 2:
                return
            if (months is not None and month.month not in months) or (month.leap and line.parts["FREQ"] == "YEARLY"):
                continue
            for day, hour, minute in ((d, h, m) for d in days if d <= month.length for h in hours for m in minutes):
                wall = datetime.combine(
                    month.first + timedelta(days=day - 1), time(hour, minute, int(line.parts["BYSECOND"]))
                )
                if wall < line.starts:
                    continue
                if left is not None:
                    left -= 1
                if (until is not None and wall > until) or (left is not None and left < 0):
                    return
                if wall >= begin:
                    yield wall
    except NoLunarDay:
        return
