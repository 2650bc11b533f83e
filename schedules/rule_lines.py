"""Reads one line of a rule: RFC 5545's RRULE without that word, or its lunar variant. Refuses what is ambiguous."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise

from schedules.bad_rule import BadRule, RuleField
from schedules.limits import RULE_YEARS
from schedules.rule_days import Frequency, LunarLine, RuleLine, SolarLine

MIN_APART = timedelta(minutes=5)
MAX_COUNT = 3660
LUNAR = "VIETNAMESE"
_MAX_LINE_CHARACTERS = 1200
_MAX_TIMES_WITH_BYSETPOS = 24
_MAX_INTERVAL: dict[Frequency, int] = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 120, "YEARLY": 8}
_TIME_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
_LUNAR_PARTS = frozenset({"RSCALE", "FREQ", "BYMONTH", "BYMONTHDAY", *_TIME_PARTS, "UNTIL", "COUNT"})
# The highest number of each part; each may also be negative, and then counts from the end.
_MAX_NUMBER = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYDAY", *_MAX_NUMBER, *_TIME_PARTS})
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_PARTS = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")


def read_line(text: str, first_start: datetime) -> RuleLine:
    """Read one line; days and times that it leaves out are taken from `first_start` (RFC 5545). Raises BadRule."""
    parts = _split_parts(text)
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule("rrule", "two_ends", "COUNT and UNTIL in one line")
    until = _read_until(parts["UNTIL"], first_start) if "UNTIL" in parts else None
    count = _read_numbers(parts, "COUNT", 1, MAX_COUNT)[0] if "COUNT" in parts else None
    times = _read_times(parts, first_start)
    if "RSCALE" in parts:
        return _read_lunar_line(parts, times, first_start, until, count)
    return _read_solar_line(parts, times, first_start, until, count)


def check_wall(field: RuleField, wall: datetime | None) -> None:
    """Raise BadRule unless the time is naive, and its year in `RULE_YEARS`; None passes."""
    if wall is None:
        return
    if wall.tzinfo is not None:
        raise BadRule(field, "not_local", "a local time has no zone")
    if wall.year not in RULE_YEARS:
        raise BadRule(field, "too_far", f"a year from {RULE_YEARS[0]} to {RULE_YEARS[-1]}")


def are_too_close(times: Iterable[time]) -> bool:
    """Whether two times of day lie less than 5 minutes apart, also around midnight; equal ones count as one."""
    of_day = sorted(each.hour * 3600 + each.minute * 60 + each.second for each in set(times))
    apart = [later - earlier for earlier, later in pairwise([*of_day, of_day[0] + 86_400])]
    return min(apart) < MIN_APART.total_seconds()


def _split_parts(text: str) -> dict[str, str]:
    if len(text) > _MAX_LINE_CHARACTERS:
        raise BadRule("rrule", "too_many", f"a line of at most {_MAX_LINE_CHARACTERS} characters")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name in parts or not re.fullmatch(r"[A-Z0-9,+-]+", value):
            raise BadRule("rrule", "unreadable", part[:40] or ";")
        parts[name] = value
    if parts.get("FREQ") in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise BadRule("rrule", "too_often", "a rule goes by days, weeks, months or years")
    unknown = parts.keys() - (_LUNAR_PARTS if "RSCALE" in parts else _PARTS)
    if unknown or parts.get("FREQ") not in _MAX_INTERVAL:
        raise BadRule("rrule", "unreadable", ", ".join(sorted(unknown))[:80] or f"FREQ={parts.get('FREQ', '')[:40]}")
    return parts


def _read_numbers(parts: Mapping[str, str], name: str, least: int, most: int) -> list[int]:
    """The numbers of a part, sorted, each once; negative ones are allowed where `least` is negative."""
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


def _read_until(text: str, first_start: datetime) -> datetime:
    if re.search(r"[Z+-]", text):
        raise BadRule("rrule", "not_local", "UNTIL is local time, without Z")
    matched = re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2}))?", text)
    try:
        numbers = [int(each) for each in matched.groups("-1")] if matched else []
        year, month, day, hour, minute, second = numbers
        # UNTIL without a time of day includes the whole day.
        of_day = time(hour, minute, second) if hour >= 0 else time(23, 59, 59)
        end = datetime.combine(datetime(year, month, day), of_day)  # noqa: DTZ001  # a wall time
    except ValueError:
        raise BadRule("rrule", "unreadable", f"UNTIL={text[:20]}") from None
    check_wall("rrule", end)
    if end < first_start:
        raise BadRule("rrule", "ends_before_it_begins", "UNTIL lies before the first start")
    return end


def _read_times(parts: Mapping[str, str], first_start: datetime) -> tuple[time, ...]:
    left_out = (first_start.hour, first_start.minute, first_start.second)
    hours, minutes, seconds = (
        _read_numbers(parts, name, 0, most) if name in parts else [of_first]
        for name, most, of_first in zip(_TIME_PARTS, (23, 59, 59), left_out, strict=True)
    )
    times = [time(hour, minute, second) for hour in hours for minute in minutes for second in seconds]
    if are_too_close(times):
        raise BadRule("rrule", "too_often", "it occurs oftener than every five minutes")
    if "BYSETPOS" in parts and len(times) > _MAX_TIMES_WITH_BYSETPOS:
        raise BadRule("rrule", "too_many", f"BYSETPOS among at most {_MAX_TIMES_WITH_BYSETPOS} times of day")
    return tuple(times)


def _read_solar_line(
    parts: dict[str, str], times: tuple[time, ...], first_start: datetime, until: datetime | None, count: int | None
) -> SolarLine:
    frequency = next(each for each in _MAX_INTERVAL if each == parts["FREQ"])
    interval = _read_numbers(parts, "INTERVAL", 1, _MAX_INTERVAL[frequency])[0] if "INTERVAL" in parts else 1
    positions = _read_numbers(parts, "BYSETPOS", -366, 366) if "BYSETPOS" in parts else []
    week_start = parts.get("WKST", "MO")
    if week_start not in _WEEKDAYS:
        raise BadRule("rrule", "unreadable", f"WKST={week_start[:20]}")
    days = {"WKST": week_start}
    for name in ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"):
        if name in parts:
            days[name] = ",".join(map(str, _read_numbers(parts, name, -_MAX_NUMBER[name], _MAX_NUMBER[name])))
    if "BYMONTH" in parts:
        days["BYMONTH"] = ",".join(map(str, _read_numbers(parts, "BYMONTH", 1, 12)))
    if "BYDAY" in parts:
        days["BYDAY"] = _check_weekdays(parts["BYDAY"], frequency)
    _fill_in_days(days, frequency, first_start)
    chosen_days = ";".join(f"{name}={value}" for name, value in days.items())
    return SolarLine(
        frequency,
        interval,
        chosen_days,
        times,
        tuple(positions),
        _WEEKDAYS.index(week_start),
        first_start,
        until,
        count,
    )


def _check_weekdays(text: str, frequency: Frequency) -> str:
    read = [re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", each) for each in text.split(",")]
    if not all(read):
        raise BadRule("rrule", "unreadable", f"BYDAY={text[:40]}")
    numbered = [int(each[1]) for each in read if each and each[1]]
    most = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
    # "1MO,TU" means the first Monday and every Tuesday; dateutil reads it otherwise. Officers write two lines instead.
    if numbered and (len(numbered) < len(read) or not all(0 < abs(number) <= most for number in numbered)):
        raise BadRule("rrule", "unreadable", f"FREQ={frequency};BYDAY={text[:40]}")
    return text


def _fill_in_days(days: dict[str, str], frequency: Frequency, first_start: datetime) -> None:
    """Fill in what a rule leaves to its first start (RFC 5545, 3.3.10), so that FREQ=YEARLY chooses the same days."""
    if frequency == "MONTHLY" and "BYDAY" in days:
        days.setdefault("BYMONTH", ",".join(map(str, range(1, 13))))
    if any(name in days for name in _DAY_PARTS):
        return
    if frequency == "DAILY":
        days["BYDAY"] = ",".join(_WEEKDAYS)
    elif frequency == "WEEKLY":
        days["BYDAY"] = _WEEKDAYS[first_start.weekday()]
    else:
        days["BYMONTHDAY"] = str(first_start.day)
        if frequency == "YEARLY":
            days.setdefault("BYMONTH", str(first_start.month))


def _read_lunar_line(
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
    months = frozenset(_read_numbers(parts, "BYMONTH", 1, 12)) if "BYMONTH" in parts else None
    month_days = tuple(_read_numbers(parts, "BYMONTHDAY", 1, 30))
    return LunarLine(month_days, months, not yearly, times, first_start, until, count)
