"""The instants of a broadcast, worked out from its row; and the same for a query over rows."""

from datetime import datetime, timedelta

from sqlalchemy import func

from controller.database.tables import Broadcast

REPORT_DUE_AFTER = timedelta(minutes=10)

# "now" of a normal or priority bulletin gets its starts_at when it is planned; an emergency's never has one.
ORDERED_START_COLUMN = func.coalesce(Broadcast.starts_at, Broadcast.created_at)
WANTED_START_COLUMN = func.coalesce(Broadcast.wanted_start, Broadcast.starts_at)


def run_time(duration_ms: int, times: int, gap_ms: int) -> timedelta:
    """How long a clip takes with all its repetitions and the pauses between them."""
    return timedelta(milliseconds=times * duration_ms + (times - 1) * gap_ms)


def run_time_of(row: Broadcast) -> timedelta:
    """How long the broadcast takes from its first sample to its last."""
    return run_time(row.duration_ms or 0, row.times, row.gap_ms)


def ordered_start(row: Broadcast) -> datetime:
    """When it is to begin; of a "now" without an instant, when it was ordered."""
    return row.starts_at or row.created_at


def wanted_start(row: Broadcast) -> datetime:
    """When it was to begin before another priority bulletin moved it."""
    return row.wanted_start or ordered_start(row)


def air_start(row: Broadcast) -> datetime | None:
    """When speakers begin: `starts_at`, or for an emergency's "now" when it was planned; None: not planned yet."""
    return row.starts_at or row.planned_at


def fixed_start(row: Broadcast) -> datetime:
    """`starts_at` of a broadcast that must have one; raises ValueError."""
    if row.starts_at is None:
        raise ValueError(f"broadcast {row.broadcast} has no instant")
    return row.starts_at


def expire_at(row: Broadcast, at: datetime) -> None:
    """Set the expiry, and with it when the speakers' reports are due."""
    row.expires_at, row.report_due = at, at + REPORT_DUE_AFTER
