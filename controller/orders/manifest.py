"""The manifest of an order: what two people agree to, and its name. INTERFACES: "Approval is of a manifest"."""

import hashlib
from typing import Any

import rfc8785

from controller.database.column_types import (
    BroadcastManifestFields,
    ManifestFields,
    ScheduleManifestFields,
    StandingManifestFields,
)
from controller.database.tables import Broadcast, Schedule, StandingText
from controller.orders.instants import ordered_start, shift_of
from controller.orders.orders import default_expiry
from controller.orders.spoken_version import SpokenVersion
from wire.instants import cut_to_milliseconds, format_instant


def name_of(content: ManifestFields) -> str:
    """The SHA-256 (hex) of its canonical JSON (RFC 8785)."""
    fields: Any = content
    return hashlib.sha256(rfc8785.dumps(fields)).hexdigest()


def of_broadcast(row: Broadcast, words: SpokenVersion) -> BroadcastManifestFields:
    """The manifest of one broadcast, by the instants that were ordered. Raises ValueError (it has no deadlines)."""
    if row.latest_start is None or row.expires_at is None:
        raise ValueError(f"broadcast {row.broadcast} has no deadlines")
    shift = shift_of(row)
    content: BroadcastManifestFields = {
        "clip": words.clip,
        "bulletin_class": words.bulletin_class,
        "areas": sorted(row.areas),
        "speakers": sorted(row.speakers),
        "times": row.times,
        "gap_ms": row.gap_ms,
        "starts_at": None if row.starts_now else format_instant(ordered_start(row) - shift),
        "latest_start": format_instant(row.latest_start - shift),
    }
    if row.expires_at != default_expiry(row, cut_to_milliseconds(ordered_start(row))):
        content["expires_at"] = format_instant(row.expires_at - shift)
    return content


def of_schedule(row: Schedule, words: SpokenVersion) -> ScheduleManifestFields:
    return {
        "clip": words.clip,
        "bulletin_class": words.bulletin_class,
        "areas": sorted(row.areas),
        "speakers": sorted(row.speakers),
        "times": row.times,
        "gap_ms": row.gap_ms,
        "first_start": row.first_start,
        "time_zone": row.time_zone,
        "rrule": row.rrule,
        "exception_dates": sorted(row.exception_dates),
        "skip_holidays": row.skip_holidays,
        "until": row.until,
    }


def of_standing(row: StandingText, words: SpokenVersion) -> StandingManifestFields:
    return {
        "clip": words.clip,
        "bulletin_class": words.bulletin_class,
        "areas": sorted(row.areas),
        "speakers": [],
        "times": row.times,
        "gap_ms": row.gap_ms,
        "hours": row.hours,
        "most_times": row.most_times,
        "until": format_instant(row.until),
    }
