"""Instants on the wire: exactly `YYYY-MM-DDTHH:MM:SS.mmmZ`, in UTC, cut to milliseconds.

In the programs an instant is an aware `datetime` in UTC; each function here raises ValueError for a naive one.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# Deadlines are instants plus lengths: outside these years such a sum could overflow a datetime.
_YEARS = range(1970, 3000)


def parse_instant(text: object) -> datetime:
    """Read one instant; raises ValueError for any other form, and for years outside 1970 to 2999."""
    if isinstance(text, datetime):
        return _utc(text)
    if not isinstance(text, str) or not _PATTERN.fullmatch(text):
        raise ValueError("an instant is written YYYY-MM-DDTHH:MM:SS.mmmZ")
    if int(text[:4]) not in _YEARS:
        raise ValueError("an instant lies between the years 1970 and 2999")
    return datetime.fromisoformat(text)


def format_instant(instant: datetime) -> str:
    """Write one instant, cut (not rounded) to milliseconds; raises ValueError for a naive one."""
    return _utc(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def cut_to_milliseconds(instant: datetime) -> datetime:
    """The instant as it is after a trip over the wire: UTC, without microseconds."""
    return _utc(instant).replace(microsecond=instant.microsecond // 1000 * 1000)


def milliseconds_between(earlier: datetime, later: datetime) -> int:
    """Whole milliseconds from `earlier` to `later`, rounded down; negative where `later` comes first."""
    return (later - earlier) // timedelta(milliseconds=1)


def unix_milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC, rounded down."""
    return milliseconds_between(datetime(1970, 1, 1, tzinfo=UTC), instant)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone: this datetime is naive")
    return instant.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(parse_instant), PlainSerializer(format_instant, return_type=str)]
