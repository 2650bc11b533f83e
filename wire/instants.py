"""Instants on the wire: `YYYY-MM-DDTHH:MM:SS.mmmZ` exactly, UTC, cut to milliseconds.

In the programs an instant is an aware UTC `datetime`; a naive one is refused wherever it appears.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_FORM = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# Deadlines are sums of instants and lengths: beyond these years a sum could leave what a datetime can hold.
_YEARS = range(1970, 3000)


def parse_instant(text: object) -> datetime:
    """Read one instant; raises ValueError for any other form, and for years outside 1970 to 2999."""
    if isinstance(text, datetime):
        return _utc(text)
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise ValueError("an instant is written YYYY-MM-DDTHH:MM:SS.mmmZ")
    if int(text[:4]) not in _YEARS:
        raise ValueError("an instant lies between the years 1970 and 2999")
    return datetime.fromisoformat(text)


def format_instant(instant: datetime) -> str:
    """Write one instant, cut (not rounded) to milliseconds; raises ValueError for a naive one."""
    return _utc(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def cut_to_milliseconds(instant: datetime) -> datetime:
    """The instant that the wire would give back."""
    return _utc(instant).replace(microsecond=instant.microsecond // 1000 * 1000)


def milliseconds_between(earlier: datetime, later: datetime) -> int:
    """Whole milliseconds from one instant to another, cut towards the past."""
    return (later - earlier) // timedelta(milliseconds=1)


def unix_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, cut."""
    return milliseconds_between(datetime(1970, 1, 1, tzinfo=UTC), instant)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone: this datetime is naive")
    return instant.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(parse_instant), PlainSerializer(format_instant, return_type=str)]
