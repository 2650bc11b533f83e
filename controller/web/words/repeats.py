"""How something recurs: in words, as the rule (RFC 5545) for it, and back from a rule.

A rule made by a script that no choice can say is shown as its own text.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal, get_args

from controller.web.words.vietnamese import WEEKDAYS, StationClock, listed
from controller.words.numbers import counted
from controller.words.translation import _

Every = Literal["week", "two_weeks", "month_days", "first_of_month", "last_of_month", "lunar_days"]

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)
NEW_AND_FULL_MOON = (1, 15)


@dataclass(frozen=True)
class Repeat:
    """Days and times of day. `weekdays`: 0 is Monday. `days`: of the month, or of the lunar month."""

    every: Every
    times: tuple[time, ...]
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()


def rule_of(repeat: Repeat) -> str:
    """The rule: an RRULE line for each time of day."""
    return "\n".join(f"{_days_part(repeat)};BYHOUR={at.hour};BYMINUTE={at.minute}" for at in repeat.times)


def repeat_of(rrule: str, first_start: datetime) -> Repeat | None:
    """The choice that a rule says; None: no choice says it."""
    read = [_read_line(line, first_start) for line in rrule.splitlines() if line.strip()]
    lines = [each for each in read if each is not None]
    if not lines or len(lines) < len(read) or len({(each.every, each.weekdays, each.days) for each in lines}) > 1:
        return None
    times = tuple(sorted({at for each in lines for at in each.times}))
    return Repeat(lines[0].every, times, lines[0].weekdays, lines[0].days)


def in_words(repeat: Repeat) -> str:
    """“17:00 từ thứ Hai đến thứ Sáu”."""
    times = listed([f"{at:%H:%M}" for at in repeat.times])
    days = listed([_(WEEKDAYS[day]) for day in repeat.weekdays])
    if repeat.every == "week":
        if repeat.weekdays == ALL_DAYS:
            return _("{times} hằng ngày").format(times=times)
        if repeat.weekdays == MONDAY_TO_FRIDAY:
            return _("{times} từ thứ Hai đến thứ Sáu").format(times=times)
        return _("{times} {days} hằng tuần").format(times=times, days=days)
    if repeat.every == "two_weeks":
        return _("{times} {days}, hai tuần một lần").format(times=times, days=days)
    if repeat.every == "first_of_month":
        return _("{times} {days} đầu tháng").format(times=times, days=days)
    if repeat.every == "last_of_month":
        return _("{times} {days} cuối tháng").format(times=times, days=days)
    if repeat.every == "month_days":
        days = listed([str(day) for day in repeat.days])
        return counted("{times} ngày {days} hằng tháng", len(repeat.days), times=times, days=days)
    return _("{times} {days} âm lịch").format(times=times, days=listed([_lunar_day(day) for day in repeat.days]))


def rule_words(rrule: str, first_start: str, time_zone: str, clock: StationClock) -> str:
    """A schedule's rule in words; a rule that these words can't say is quoted. `first_start`: wall time, ISO 8601.

    `time_zone`: of its wall times, which is said where it isn't the station's.
    """
    repeat = repeat_of(rrule, datetime.fromisoformat(first_start))
    said = _("theo quy tắc {rule}").format(rule=" | ".join(rrule.splitlines())) if repeat is None else in_words(repeat)
    return said if clock.keeps(time_zone) else _("{rule} theo giờ {zone}").format(rule=said, zone=time_zone)


def _lunar_day(day: int) -> str:
    if day == NEW_AND_FULL_MOON[1]:
        return _("rằm")
    return _("mùng {n}").format(n=day) if day <= 10 else _("ngày {n}").format(n=day)


def _days_part(repeat: Repeat) -> str:
    codes = ",".join(CODES[day] for day in repeat.weekdays)
    days = ",".join(map(str, repeat.days))
    parts: dict[Every, str] = {
        "week": "FREQ=DAILY" if repeat.weekdays == ALL_DAYS else f"FREQ=WEEKLY;BYDAY={codes}",
        "two_weeks": f"FREQ=WEEKLY;INTERVAL=2;BYDAY={codes}",
        "first_of_month": "FREQ=MONTHLY;BYDAY=" + ",".join(f"1{CODES[day]}" for day in repeat.weekdays),
        "last_of_month": "FREQ=MONTHLY;BYDAY=" + ",".join(f"-1{CODES[day]}" for day in repeat.weekdays),
        "month_days": f"FREQ=MONTHLY;BYMONTHDAY={days}",
        "lunar_days": f"RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY={days}",
    }
    return parts[repeat.every]


def _read_line(line: str, first_start: datetime) -> Repeat | None:
    parts = dict(part.partition("=")[::2] for part in line.strip().upper().removeprefix("RRULE:").split(";"))
    hours, minutes = parts.pop("BYHOUR", str(first_start.hour)), parts.pop("BYMINUTE", str(first_start.minute))
    if not re.fullmatch(r"[0-9]{1,2}(,[0-9]{1,2})*", hours) or not re.fullmatch(r"[0-9]{1,2}", minutes):
        return None
    if first_start.second:
        return None
    times = tuple(time(int(hour), int(minutes)) for hour in hours.split(","))
    if parts.get("INTERVAL") == "1":
        del parts["INTERVAL"]
    if parts == {"FREQ": "WEEKLY"}:
        parts["BYDAY"] = CODES[first_start.weekday()]
    days_part = ";".join(f"{name}={value}" for name, value in parts.items())
    weekdays = [CODES.index(code) for code in re.findall("MO|TU|WE|TH|FR|SA|SU", parts.get("BYDAY", ""))]
    days = [int(day) for day in re.findall("[0-9]+", parts.get("BYMONTHDAY", ""))]
    for every in get_args(Every):
        for found in (weekdays, list(ALL_DAYS)):
            repeat = Repeat(every, times, tuple(sorted(set(found))), tuple(sorted(set(days))))
            if _same_parts(_days_part(repeat), days_part):
                return Repeat(every, times, *_of_kind(repeat))
    return None


def _of_kind(repeat: Repeat) -> tuple[tuple[int, ...], tuple[int, ...]]:
    by_weekday = repeat.every not in ("month_days", "lunar_days")
    return (repeat.weekdays, ()) if by_weekday else ((), repeat.days)


def _same_parts(one: str, other: str) -> bool:
    def parts(text: str) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(value.split(",")) for name, _, value in (part.partition("=") for part in text.split(";"))
        }

    return parts(one) == parts(other)
