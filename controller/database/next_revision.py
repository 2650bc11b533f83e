"""Revision numbers, which only rise, also after the database was restored from an older copy."""

from datetime import datetime

from wire.instants import unix_milliseconds


def next_revision(now: datetime, last: int | None) -> int:
    """Unix time in milliseconds, or `last` + 1 if the clock is not past `last`."""
    return max(unix_milliseconds(now), (last or 0) + 1)
