"""The instants of a broadcast and what follows from them: of its row, and as columns and conditions for queries."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import col

from controller.database.tables import Broadcast

NOW_LAPSES_AFTER = timedelta(minutes=10)
REPORT_DUE_AFTER = timedelta(minutes=10)
LONGEST_SOUND_PAST_EXPIRY = timedelta(days=1)

# A broadcast for "now" has no starts_at before it is planned; an emergency for "now" never has one.
ORDERED_START_COLUMN = func.coalesce(Broadcast.starts_at, Broadcast.created_at)
WANTED_START_COLUMN = func.coalesce(Broadcast.wanted_start, ORDERED_START_COLUMN)


def run_time(duration_ms: int, times: int, gap_ms: int) -> timedelta:
    """The duration of a clip played `times` times, with the pauses between."""
    return timedelta(milliseconds=times * duration_ms + (times - 1) * gap_ms)


def run_time_of(row: Broadcast) -> timedelta:
    """The broadcast's duration from its first sample to its last, repetitions included."""
    return run_time(row.duration_ms or 0, row.times, row.gap_ms)


def ordered_start(row: Broadcast) -> datetime:
    """When it is to begin; for a "now" without `starts_at`, when it was ordered."""
    return row.starts_at or row.created_at


def wanted_start(row: Broadcast) -> datetime:
    """When it was ordered to begin, before it gave way to another priority bulletin."""
    return row.wanted_start or ordered_start(row)


def shift_of(row: Broadcast) -> timedelta:
    """How much later than ordered it is to begin, because another priority bulletin goes first."""
    return ordered_start(row) - wanted_start(row)


def ordered_end(row: Broadcast) -> datetime:
    """When it ends if it begins at `ordered_start` and nothing interrupts it."""
    return ordered_start(row) + run_time_of(row)


def air_start(row: Broadcast) -> datetime | None:
    """When speakers begin: `starts_at`, or for an emergency for "now" when it was planned. None: not planned yet."""
    return row.starts_at or row.planned_at


def sounds_until(row: Broadcast) -> datetime:
    """The latest instant at which it may sound without an interruption, begun just before `expires_at`."""
    return (row.expires_at or ordered_start(row)) + run_time_of(row)


def lapses_at(row: Broadcast) -> datetime:
    """The last instant at which an approval still plans it."""
    limits = [row.latest_start] if row.latest_start else []
    if row.starts_now or not limits:
        limits.append(row.created_at + NOW_LAPSES_AFTER)
    return min(limits)


def not_lapsed(now: datetime) -> ColumnElement[bool]:
    """now ≤ `lapses_at`, as a condition."""
    latest_start = col(Broadcast.latest_start)
    has_limit_of_order = latest_start.is_not(None) & ~col(Broadcast.starts_now)
    return (latest_start.is_(None) | (latest_start >= now)) & (
        has_limit_of_order | (col(Broadcast.created_at) >= now - NOW_LAPSES_AFTER)
    )


def may_come_on_air(now: datetime) -> ColumnElement[bool]:
    """The condition that it isn't cancelled, and is planned or can still be approved."""
    return col(Broadcast.cancelled_at).is_(None) & (col(Broadcast.planned_at).is_not(None) | not_lapsed(now))


def may_sound_on(now: datetime) -> ColumnElement[bool]:
    """The condition that it may still sound: one that began in time may sound past its `expires_at`, at most a day."""
    return col(Broadcast.expires_at) > now - LONGEST_SOUND_PAST_EXPIRY


def fixed_start(row: Broadcast) -> datetime:
    """`starts_at`; raises ValueError if the broadcast has none."""
    if row.starts_at is None:
        raise ValueError(f"broadcast {row.broadcast} has no instant")
    return row.starts_at


def expire_at(row: Broadcast, at: datetime) -> None:
    """Set `expires_at`, and `report_due` REPORT_DUE_AFTER later."""
    row.expires_at, row.report_due = at, at + REPORT_DUE_AFTER
