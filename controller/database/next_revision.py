"""Revisions only rise, also over a database that was restored from an older copy."""

from datetime import datetime

from wire.instants import unix_milliseconds


def next_revision(now: datetime, last: int | None) -> int:
    """The commit's Unix time in milliseconds, or the last one + 1 where the clock has not passed it."""
    return max(unix_milliseconds(now), (last or 0) + 1)
