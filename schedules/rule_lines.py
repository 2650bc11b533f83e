"""One line of a rule, read: RFC 5545's RRULE without that word, and its lunar relative. What is in doubt is refused."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise

from schedules.bad_rule import BadRule, RuleField
from schedules.limits import RULE_YEARS
from schedules.rule_days import Frequency, LunarLine, RuleLine, SolarLine

CLOSEST = timedelta(minutes=5)
MOST_COUNTED = 3660
LUNAR = "VIETNAMESE"
_LONGEST_LINE = 1200
_MOST_TIMES_WITH_POSITIONS = 24
_MOST_INTERVAL: dict[Frequency, int] = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 120, "YEARLY": 8}
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_LUNAR_PARTS = frozenset({"RSCALE", "FREQ", "BYMONTH", "BYMONTHDAY", *_TIMES, "UNTIL", "COUNT"})
# The most that each number may be; where there are two signs, a negative one counts from the end.
_MOST = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYDAY", *_MOST, *_TIMES})
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CHOOSES_A_DAY = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")


def read_line(text: str, first_start: datetime) -> RuleLine:
    """One line with nothing left to `first_start` any more; raises BadRule."""
    parts = _parts(text)
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule("rrule", "two_ends", "COUNT and UNTIL in one line")
    until = _until(parts["UNTIL"], first_start) if "UNTIL" in parts else None
    count = _number(parts, "COUNT", 1, MOST_COUNTED)[0] if "COUNT" in parts else None
    times = _times(parts, first_start)
    if "RSCALE" in parts:
        return _lunar_line(parts, times, first_start, until, count)
    return _solar_line(parts, times, first_start, until, count)


def check_wall(field: RuleField, wall: datetime | None) -> None:
    """That it is a local time in years that make sense; raises BadRule."""
    if wall is None:
        return
    if wall.tzinfo is not None:
        raise BadRule(field, "not_local", "a local time has no zone")
    if wall.year not in RULE_YEARS:
        raise BadRule(field, "too_far", f"a year from {RULE_YEARS[0]} to {RULE_YEARS[-1]}")


def too_close(times: Iterable[time]) -> bool:
    """Whether two times of day lie too close to each other, also around midnight."""
    of_day = sorted(each.hour * 3600 + each.minute * 60 + each.second for each in set(times))
    apart = [later - earlier for earlier, later in pairwise([*of_day, of_day[0] + 86_400])]
    return min(apart) < CLOSEST.total_seconds()


def _parts(text: str) -> dict[str, str]:
    if len(text) > _LONGEST_LINE:
        raise BadRule("rrule", "too_many", f"a line of at most {_LONGEST_LINE} characters")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name in parts or not re.fullmatch(r"[A-Z0-9,+-]+", value):
            raise BadRule("rrule", "unreadable", part[:40] or ";")
        parts[name] = value
    if parts.get("FREQ") in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise BadRule("rrule", "too_often", "a rule goes by days, weeks, months or years")
    unknown = parts.keys() - (_LUNAR_PARTS if "RSCALE" in parts else _PARTS)
    if unknown or parts.get("FREQ") not in _MOST_INTERVAL:
        raise BadRule("rrule", "unreadable", ", ".join(sorted(unknown))[:80] or f"FREQ={parts.get('FREQ', '')[:40]}")
    return parts


def _number(parts: Mapping[str, str], name: str, least: int, most: int) -> list[int]:
    """The numbers of a part, sorted, each once; a negative one where `least` is."""
    values = parts[name].split(",")
    if not all(re.fullmatch(r"[+-]?[0-9]{1,9}", value) for value in values):
        raise BadRule("rrule", "unreadable", f"{name}={parts[name][:40]}")
    numbers = sorted({int(value) for value in values})
    if name in ("COUNT", "INTERVAL") and (len(values) > 1 or numbers[0] < 1):
        raise BadRule("rrule", "unreadable", f"{name}={parts[name][:40]}")
    if name in ("COUNT", "INTERVAL") and numbers[0] > most:
        raise BadRule("rrule", "too_many" if name == "COUNT" else "too_far", f"{name} of at most {most} here")
    if numbers[0] < least or numbers[-1] > most or (least < 0 and 0 in numbers):
        raise BadRule("rrule", "unreadable", f"{name}={parts[name][:40]} ({least} … {most})")
    return numbers


def _until(text: str, first_start: datetime) -> datetime:
    if re.search(r"[Z+-]", text):
        raise BadRule("rrule", "not_local", "UNTIL is local time, without Z")
    matched = re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2}))?", text)
    try:
        numbers = [int(each) for each in matched.groups("-1")] if matched else []
        year, month, day, hour, minute, second = numbers
        # A day without a time of day is meant whole.
        of_day = time(hour, minute, second) if hour >= 0 else time(23, 59, 59)
        end = datetime.combine(datetime(year, month, day), of_day)  # noqa: DTZ001  # a wall time
    except ValueError:
        raise BadRule("rrule", "unreadable", f"UNTIL={text[:20]}") from None
    check_wall("rrule", end)
    if end < first_start:
        raise BadRule("rrule", "ends_before_it_begins", "UNTIL lies before the first start")
    return end


def _times(parts: Mapping[str, str], first_start: datetime) -> tuple[time, ...]:
    left_out = (first_start.hour, first_start.minute, first_start.second)
    hours, minutes, seconds = (
        _number(parts, name, 0, most) if name in parts else [of_first]
        for name, most, of_first in zip(_TIMES, (23, 59, 59), left_out, strict=True)
    )
    times = [time(hour, minute, second) for hour in hours for minute in minutes for second in seconds]
    if too_close(times):
        raise BadRule("rrule", "too_often", "it occurs oftener than every five minutes")
    if "BYSETPOS" in parts and len(times) > _MOST_TIMES_WITH_POSITIONS:
        raise BadRule("rrule", "too_many", f"BYSETPOS among at most {_MOST_TIMES_WITH_POSITIONS} times of day")
    return tuple(times)


def _solar_line(
    parts: dict[str, str], times: tuple[time, ...], first_start: datetime, until: datetime | None, count: int | None
) -> SolarLine:
    frequency = next(each for each in _MOST_INTERVAL if each == parts["FREQ"])
    interval = _number(parts, "INTERVAL", 1, _MOST_INTERVAL[frequency])[0] if "INTERVAL" in parts else 1
    positions = _number(parts, "BYSETPOS", -366, 366) if "BYSETPOS" in parts else []
    week_starts = parts.get("WKST", "MO")
    if week_starts not in _WEEKDAYS:
        raise BadRule("rrule", "unreadable", f"WKST={week_starts[:20]}")
    days = {"WKST": week_starts}
    for name in ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"):
        if name in parts:
            days[name] = ",".join(map(str, _number(parts, name, -_MOST[name], _MOST[name])))
    if "BYMONTH" in parts:
        days["BYMONTH"] = ",".join(map(str, _number(parts, "BYMONTH", 1, 12)))
    if "BYDAY" in parts:
        days["BYDAY"] = _weekdays(parts["BYDAY"], frequency)
    _choose_a_day(days, frequency, first_start)
    chosen_days = ";".join(f"{name}={value}" for name, value in days.items())
    return SolarLine(
        frequency,
        interval,
        chosen_days,
        times,
        tuple(positions),
        _WEEKDAYS.index(week_starts),
        first_start,
        until,
        count,
    )


def _weekdays(text: str, frequency: Frequency) -> str:
    read = [re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", each) for each in text.split(",")]
    if not all(read):
        raise BadRule("rrule", "unreadable", f"BYDAY={text[:40]}")
    numbered = [int(each[1]) for each in read if each and each[1]]
    most = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
    # "1MO,TU" would be every Tuesday and one Monday; dateutil reads it otherwise. That is said in two lines.
    if numbered and (len(numbered) < len(read) or not all(0 < abs(number) <= most for number in numbered)):
        raise BadRule("rrule", "unreadable", f"FREQ={frequency};BYDAY={text[:40]}")
    return text


def _choose_a_day(days: dict[str, str], frequency: Frequency, first_start: datetime) -> None:
    """Say what a rule leaves to its first start (RFC 5545, 3.3.10), and what FREQ=YEARLY would read otherwise."""
    if frequency == "MONTHLY" and "BYDAY" in days:
        days.setdefault("BYMONTH", ",".join(map(str, range(1, 13))))
    if any(name in days for name in _CHOOSES_A_DAY):
        return
    if frequency == "DAILY":
        days["BYDAY"] = ",".join(_WEEKDAYS)
    elif frequency == "WEEKLY":
        days["BYDAY"] = _WEEKDAYS[first_start.weekday()]
    else:
        days["BYMONTHDAY"] = str(first_start.day)
        if frequency == "YEARLY":
            days.setdefault("BYMONTH", str(first_start.month))


def _lunar_line(
    parts: Mapping[str, str],
    times: tuple[time, ...],
    first_start: datetime,
    until: datetime | None,
    count: int | None,
) -> LunarLine:
    yearly = parts["FREQ"] == "YEARLY"
    if parts["RSCALE"] != LUNAR or not (yearly or parts["FREQ"] == "MONTHLY") or "BYMONTHDAY" not in parts:
        raise BadRule("rrule", "unreadable", f"RSCALE={LUNAR};FREQ=MONTHLY|YEARLY;BYMONTHDAY=?")
    if yearly and "BYMONTH" not in parts:
        raise BadRule("rrule", "unreadable", f"RSCALE={LUNAR};FREQ=YEARLY;BYMONTH=?")
    months = frozenset(_number(parts, "BYMONTH", 1, 12)) if "BYMONTH" in parts else None
    month_days = tuple(_number(parts, "BYMONTHDAY", 1, 30))
    return LunarLine(month_days, months, not yearly, times, first_start, until, count)
