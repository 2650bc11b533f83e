"""Dates and times of day as officers type them: 23/11/2026, 17:15."""

import re
from datetime import UTC, date, datetime, time, tzinfo

from controller.database.column_types import QuietHoursFields
from controller.errors import Invalid


def read_date(text: str) -> date:
    """A date as 23/11/2026, 23.11.2026 or 23-11-2026; raises Invalid on `ngay`."""
    if not text:
        raise Invalid("ngay", "date_missing")
    match = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", text)
    if not match:
        raise Invalid("ngay", "date_form")
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        raise Invalid("ngay", "date_unknown", date=text) from None


def read_time(text: str) -> time:
    """A time as 17:15, 17h15, 17h or 17 giờ 15; raises Invalid on `gio`."""
    if not text:
        raise Invalid("gio", "time_missing")
    match = re.fullmatch(r"([0-9]{1,2})\s*(?:[:.]|h|g|giờ)\s*([0-9]{2})?", text.lower())
    if not match or (match.group(2) is None and text[-1] in ":."):
        raise Invalid("gio", "time_form")
    hour, minute = int(match.group(1)), int(match.group(2) or 0)
    if hour > 23 or minute > 59:
        raise Invalid("gio", "time_unknown", time=text)
    return time(hour, minute)


def read_periods(text: str, field: str) -> list[QuietHoursFields]:
    """“21:30–05:00, 11:30–13:30”, also over midnight; raises Invalid on `field`."""
    periods: list[QuietHoursFields] = []
    for part in re.split(r"[,;]", text):
        ends = re.split(r"\s*(?:–|-|đến)\s*", part.strip())
        if len(ends) != 2:
            raise Invalid(field, "quiet_hours_form")
        try:
            begin, end = (f"{read_time(each):%H:%M}" for each in ends)
        except Invalid as error:
            raise error.of(field) from None
        periods.append({"from": begin, "to": end})
    return periods


def instant(day: date, at: time, zone: tzinfo) -> datetime:
    """The instant of a wall time in `zone`, the first of two; raises Invalid if the clock skips that time."""
    wall = datetime.combine(day, at, zone)
    try:
        found = wall.astimezone(UTC)
        back = found.astimezone(zone)
    except OverflowError:
        raise Invalid("ngay", "date_too_far") from None
    if back.replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise Invalid("gio", "no_such_local_time", time=f"{at:%H:%M}")
    return found
