"""Checking orders: places that exist and are the officer's, instants that can be kept. Nothing is written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.database.tables import Announcement, Broadcast, Clip, Officer, Schedule, Speaker
from controller.errors import Invalid
from controller.orders.instants import expire_at, ordered_start, run_time_of
from controller.orders.spoken_version import SpokenVersion, spoken_version
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import require
from controller.station.facts import time_zone
from schedules.limits import DEFAULT_GAP_MS
from schedules.quiet_hours import hindrance
from wire.broadcast import MAX_NAMES
from wire.ids import new_ulid
from wire.instants import cut_to_milliseconds
from wire.model import BulletinClass
from wire.settings import QuietHours

LATEST_START_AFTER = timedelta(minutes=2)
NOW_LATEST_START_AFTER = timedelta(minutes=10)
EXPIRES_AFTER = timedelta(minutes=10)
EMERGENCY_EXPIRES_AFTER = timedelta(hours=1)
FURTHEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Order:
    """What an officer orders. `starts_at` None: “now”."""

    announcement: str
    areas: tuple[str, ...]
    speakers: tuple[str, ...]
    starts_at: datetime | None
    latest_start: datetime | None = None
    expires_at: datetime | None = None
    times: int = 1
    gap_ms: int = DEFAULT_GAP_MS


def draw_up(
    session: Session, now: datetime, officer: Officer, order: Order, words: SpokenVersion | None = None
) -> Broadcast:
    """The checked broadcast of an order, not added to the session. Raises Invalid, Conflict (no clip), Forbidden.

    `words`: the version that it will say, if that isn't the one that can be approved now.
    """
    announcement = session.get(Announcement, order.announcement)
    if announcement is None:
        raise Invalid("announcement", "announcement_unknown")
    words = words or spoken_version(session, announcement)
    clip = session.get_one(Clip, words.clip)
    tree = area_tree(session)
    check_places(session, now, officer, order.areas, order.speakers)
    row = new_row(now, officer.officer, words, clip, order)
    check_instants(tree, ZoneInfo(time_zone(session)), row, named_areas(session, row), order, now)
    return row


def new_row(now: datetime, officer: str, words: SpokenVersion, clip: Clip, order: Order) -> Broadcast:
    """The broadcast of an order, unchecked and not added to the session."""
    row = Broadcast(
        broadcast=new_ulid(now),
        announcement=words.announcement,
        title=words.title,
        bulletin_class=words.bulletin_class,
        areas=list(order.areas),
        speakers=list(order.speakers),
        starts_now=order.starts_at is None,
        times=order.times,
        gap_ms=order.gap_ms,
        duration_ms=clip.duration_ms,
        created_by=officer,
        created_at=now,
    )
    set_instants(row, order, now)
    return row


def set_instants(row: Broadcast, order: Order, now: datetime) -> None:
    """Set the order's instants, or their defaults. “Now” gets its `starts_at` when it is planned.

    A “now” doesn't wait longer than its default, whatever its order says: by then the approver would mean another now.
    """
    begins = order.starts_at or cut_to_milliseconds(now)
    row.starts_at = order.starts_at
    row.latest_start = order.latest_start or default_latest_start(row, begins)
    if row.starts_now:
        row.latest_start = min(row.latest_start, default_latest_start(row, begins))
    expire_at(row, order.expires_at or default_expiry(row, begins))


def default_latest_start(row: Broadcast, begins: datetime) -> datetime:
    return begins + (NOW_LATEST_START_AFTER if row.starts_now else LATEST_START_AFTER)


def default_expiry(row: Broadcast, begins: datetime) -> datetime:
    return usual_expiry(row.bulletin_class, begins, row.latest_start or begins, run_time_of(row))


def usual_expiry(
    bulletin_class: BulletinClass | None, begins: datetime, latest_start: datetime, whole: timedelta
) -> datetime:
    """When a broadcast of this duration expires whose order names no expiry."""
    expires_at = latest_start + whole + EXPIRES_AFTER
    return max(expires_at, begins + EMERGENCY_EXPIRES_AFTER) if bulletin_class == "emergency" else expires_at


def begins_until(row: Broadcast) -> datetime | None:
    """Until when a speaker may begin it: an emergency until it expires, whatever its latest start is.

    An emergency for "now" that waits for approval expires by the instant of that: then the latest is given.
    """
    if row.bulletin_class != "emergency" or row.latest_start is None:
        return row.latest_start
    waits = row.starts_now and row.planned_at is None
    if waits and row.expires_at == default_expiry(row, cut_to_milliseconds(ordered_start(row))):
        return default_expiry(row, row.latest_start)
    return row.expires_at


def check_places(
    session: Session, now: datetime, officer: Officer, areas: Sequence[str], speakers: Sequence[str]
) -> None:
    """Raises Invalid unless all these places exist, Forbidden unless the officer is an editor there."""
    if not areas and not speakers:
        raise Invalid("areas", "place_missing")
    if len(areas) + len(speakers) > MAX_NAMES:
        raise Invalid("areas", "too_many_places", most=MAX_NAMES)
    for area in areas:
        area_tree(session).require_named(area, "areas")
    stand_in = []
    for name in speakers:
        speaker = session.get(Speaker, name)
        if speaker is None:
            raise Invalid("speakers", "speaker_unknown", speaker=name)
        stand_in.append(speaker.area)
    require(session, now, officer, "editor", [*areas, *stand_in])


def named_areas(session: Session, row: Broadcast | Schedule | Order) -> set[str]:
    """Its areas, and the areas in which its single speakers stand."""
    single = session.exec(select(Speaker.area).where(col(Speaker.speaker).in_(row.speakers))) if row.speakers else ()
    return {*row.areas, *single}


def check_instants(
    tree: AreaTree, zone: tzinfo, row: Broadcast, areas: Collection[str], order: Order, now: datetime
) -> None:
    """Raises Invalid unless the instants are in order, not past, not too far ahead, and outside quiet hours."""
    local = now.astimezone(zone)
    if order.starts_at is not None:
        if order.starts_at <= now:
            starts = order.starts_at.astimezone(zone)
            said = starts.strftime("%H:%M") if starts.date() == local.date() else starts.strftime("%H:%M %d/%m/%Y")
            raise Invalid("starts_at", "starts_in_the_past", time=said, now=f"{local:%H:%M}")
        if order.starts_at > now + FURTHEST_AHEAD:
            raise Invalid("starts_at", "starts_too_far_ahead", most=FURTHEST_AHEAD.days)
    starts_at = ordered_start(row)
    if row.latest_start is None or row.latest_start < starts_at:
        raise Invalid("latest_start", "latest_start_before_start")
    if row.expires_at is None or row.expires_at < row.latest_start:
        raise Invalid("expires_at", "expires_before_latest_start")
    for name, instant in (("latest_start", row.latest_start), ("expires_at", order.expires_at)):
        if instant is not None and instant > starts_at + FURTHEST_AHEAD:
            raise Invalid(name, "deadline_too_far", most=FURTHEST_AHEAD.days)
    check_quiet_hours(tree, zone, row, starts_at, areas)


def check_quiet_hours(
    tree: AreaTree, zone: tzinfo, row: Broadcast, starts_at: datetime, areas: Collection[str]
) -> None:
    """Raises Invalid if it begins in the quiet hours of one of these areas or runs into them; emergencies may."""
    if row.bulletin_class == "emergency":
        return
    run_time = run_time_of(row)
    for area in sorted(areas):
        periods = [QuietHours.from_fields(period) for period in tree.quiet_hours(area)]
        found = hindrance(starts_at, row.latest_start, run_time, periods, zone)
        if found is None:
            continue
        begins, name = found.begins.astimezone(zone), tree.by_id[area].name
        hours = ", ".join(f"{period.from_}–{period.to}" for period in periods)
        if found.quiet_at is None:
            raise Invalid(
                "starts_at",
                "starts_in_quiet_hours",
                time=f"{starts_at.astimezone(zone):%H:%M}",
                hours=hours,
                area=name,
                from_time=f"{begins:%H:%M}",
            )
        minutes, seconds = divmod(round(run_time.total_seconds()), 60)
        # Rounded down to the minute, so that the time fits if the officer enters it.
        latest = (found.quiet_at - run_time).astimezone(zone)
        raise Invalid(
            "starts_at",
            "runs_into_quiet_hours",
            time=f"{begins:%H:%M}",
            minutes=minutes,
            seconds=seconds,
            hours=hours,
            area=name,
            before_time=f"{latest:%H:%M}",
        )
