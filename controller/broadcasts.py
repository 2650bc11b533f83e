"""Broadcasts: order one, plan it once it is approved, cancel it. Each decision is a row; plan_delivery sends them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller import audit
from controller.announcements import Standing, require_announcement, standing
from controller.area_tree import AreaTree
from controller.database import note
from controller.deliveries import ENDED, add_deliveries
from controller.errors import Conflict, Invalid, NotFound
from controller.revisions import next_revision
from controller.station import time_zone
from controller.tables import (
    Announcement,
    Approval,
    Broadcast,
    BroadcastRevision,
    Clip,
    Delivery,
    Officer,
    Speaker,
    Submission,
)
from schedules.quiet_hours import quiet_until
from wire.broadcast import KIND, MOST_NAMES
from wire.clips import OGG_OPUS
from wire.ids import new_ulid
from wire.instants import cut_to_milliseconds, format_instant
from wire.settings import QuietHours
from wire.topics import AREA_BROADCAST, SPEAKER_BROADCAST

NOW_STARTS_AFTER = timedelta(seconds=5)
"""How far ahead “now” lies for a normal or priority bulletin: its clip has to reach the poles, which begin together."""
LATEST_START_AFTER = timedelta(minutes=2)
NOW_LATEST_START_AFTER = timedelta(minutes=10)
NOW_LAPSES_AFTER = timedelta(minutes=10)
EXPIRES_AFTER = timedelta(minutes=10)
EMERGENCY_LIVES = timedelta(hours=1)
REPORT_DUE_AFTER = timedelta(minutes=10)
FURTHEST_AHEAD = timedelta(days=366)

State = Literal["waiting_for_approval", "planned", "sounding", "ended", "cancelled", "lapsed"]


@dataclass(frozen=True)
class Order:
    """What an officer orders. `starts_at` None is “now”."""

    announcement: str
    areas: tuple[str, ...]
    speakers: tuple[str, ...]
    starts_at: datetime | None
    latest_start: datetime | None = None
    expires_at: datetime | None = None
    times: int = 1
    gap_ms: int = 3000


@dataclass(frozen=True)
class Tally:
    """How many deliveries of a broadcast are in each state, and at how many speakers that are silent now."""

    states: dict[str, int]
    offline: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Those without an end."""
        return sum(count for state, count in self.states.items() if state not in ENDED)


def tally(session: Session, broadcast: str) -> Tally:
    """Count a broadcast's deliveries."""
    return tallies(session, [broadcast])[broadcast]


def tallies(session: Session, broadcasts: Sequence[str]) -> dict[str, Tally]:
    """Count the deliveries of several broadcasts, by one question."""
    rows = session.exec(
        select(
            Delivery.broadcast, Delivery.state, func.count(), func.count().filter(col(Speaker.silent_after).is_(None))
        )
        .join(Speaker, col(Speaker.speaker) == col(Delivery.speaker))
        .where(col(Delivery.broadcast).in_(broadcasts))
        .group_by(col(Delivery.broadcast), col(Delivery.state))
    ).all()
    states: dict[str, dict[str, int]] = {broadcast: {} for broadcast in broadcasts}
    offline = Counter[str]()
    for broadcast, state, count, silent in rows:
        states[broadcast][state] = count
        offline[broadcast] += silent
    return {broadcast: Tally(states[broadcast], offline[broadcast]) for broadcast in broadcasts}


def state_of(row: Broadcast, counted: Tally, now: datetime) -> State:
    """Worked out from what happened; nothing of it is stored."""
    if row.cancelled_at is not None:
        return "cancelled"
    if row.planned_at is None and row.announcement is not None:
        return "waiting_for_approval" if now <= lapses_at(row) else "lapsed"
    if (counted.open == 0 and counted.total) or (row.expires_at is not None and row.expires_at <= now):
        return "ended"
    return "sounding" if counted.states.get("started") else "planned"


def lapses_at(row: Broadcast) -> datetime:
    """The last instant at which an approval still puts it on the air."""
    limits = [row.latest_start] if row.latest_start else []
    if row.starts_now or not limits:
        limits.append(row.created_at + NOW_LAPSES_AFTER)
    return min(limits)


def length(duration_ms: int, times: int, gap_ms: int) -> timedelta:
    """All repetitions and the pauses between them."""
    return timedelta(milliseconds=times * duration_ms + (times - 1) * gap_ms)


def require_broadcast(session: Session, broadcast: str) -> Broadcast:
    """The broadcast of a path; raises NotFound."""
    row = session.get(Broadcast, broadcast)
    if row is None:
        raise NotFound("Không có lượt phát này. Xem danh sách lượt phát.")
    return row


def draw_up(session: Session, now: datetime, officer: Officer, order: Order) -> Broadcast:
    """The broadcast that an order would make, checked; nothing is written. Raises Invalid, Conflict, Forbidden."""
    announcement = session.get(Announcement, order.announcement)
    if announcement is None:
        raise Invalid("announcement", "Không có bản tin này. Xem danh sách bản tin.")
    if announcement.clip is None or announcement.clip_version < announcement.version:
        raise Conflict("Âm thanh của bản tin chưa xong. Chờ một lát rồi đặt lại.")
    tree = AreaTree(session)
    _check_places(session, tree, officer, order)
    clip = session.get_one(Clip, announcement.clip)
    row = Broadcast(
        broadcast=new_ulid(now),
        announcement=announcement.announcement,
        title=announcement.title,
        bulletin_class=announcement.bulletin_class,
        areas=list(order.areas),
        speakers=list(order.speakers),
        starts_now=order.starts_at is None,
        times=order.times,
        gap_ms=order.gap_ms,
        duration_ms=clip.duration_ms,
        created_by=officer.officer,
        created_at=now,
    )
    _set_instants(row, order, now)
    _check_instants(session, tree, row, order, now)
    return row


def order_broadcast(session: Session, now: datetime, officer: Officer, order: Order) -> Broadcast:
    """Order a broadcast: it is planned at once where its announcement is approved for all its places, else it waits.

    Raises as draw_up.
    """
    row = draw_up(session, now, officer, order)
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "broadcast ordered", row.broadcast, areas=row.areas)
    note(session, "broadcast", row.broadcast)
    announcement = require_announcement(session, order.announcement)
    stands = standing(session, announcement)
    if stands.submission is not None and is_approved_for(session, stands, row):
        _plan(session, now, row, announcement, stands.submission)
    return row


def is_approved_for(session: Session, stands: Standing, row: Broadcast) -> bool:
    """Whether its announcement's approval was given by somebody in charge of every place that it names."""
    if stands.state != "approved" or stands.approval is None:
        return False
    return AreaTree(session).is_in_charge(session.get_one(Officer, stands.approval.approver), _places(session, row))


def plan_waiting(session: Session, now: datetime, announcement: Announcement, submission: Submission) -> None:
    """Its announcement is approved: plan what waited for that and hasn't lapsed."""
    for row in waiting_broadcasts(session, now, announcement.announcement):
        _plan(session, now, row, announcement, submission)


def note_planned_elsewhere(session: Session, now: datetime, row: Broadcast) -> None:
    """A speaker tells of what was never planned here: a newer copy of this database had it approved. It is on the wire.

    What was cancelled here meanwhile is called off at the speakers.
    """
    row.planned_at = now
    if row.starts_at is None and row.bulletin_class != "emergency":
        row.starts_at = cut_to_milliseconds(row.created_at)  # it has one there; the order's is the nearest to it
    session.add(row)
    session.flush()
    if row.cancelled_at is not None and row.expires_at is not None and row.expires_at > now:
        add_revision(session, now, row, state="cancelled")
    note(session, "broadcast", row.broadcast)


def withdraw_planned(session: Session, now: datetime, officer: Officer, announcement: Announcement) -> None:
    """Its approval was taken back: cancel what was planned by it and has not begun."""
    for row in not_begun(session, now, announcement):
        withdraw(session, now, officer, row)


def not_begun(session: Session, now: datetime, announcement: Announcement) -> list[Broadcast]:
    """What is planned of an announcement and sounds nowhere yet."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.announcement == announcement.announcement,
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
        )
    ).all()
    return [row for row in rows if state_of(row, tally(session, row.broadcast), now) == "planned"]


def cancel_broadcast(session: Session, now: datetime, officer: Officer, broadcast: str) -> Broadcast:
    """Cancel it: what has not begun will not, what sounds is stopped. Twice is the same order.

    Raises NotFound, Forbidden (not in charge of all its places), Conflict (nothing left to cancel, or not ours).
    """
    row = require_broadcast(session, broadcast)
    require_charge_of(session, officer, row)
    if row.cancelled_at is None:
        counted = tally(session, broadcast)
        if row.announcement is None and state_of(row, counted, now) != "ended":
            raise Conflict(
                "Văn phòng này không có lượt phát này nên không hủy được. "
                "Để cụm loa không phát, giữ im lặng địa bàn đó hoặc tắt tiếng cụm loa."
            )
        if not may_still_sound(row, counted, now):
            raise Conflict("Lượt phát này đã kết thúc, không còn gì để hủy.")
        withdraw(session, now, officer, row)
    return row


def may_still_sound(row: Broadcast, counted: Tally, now: datetime) -> bool:
    """Whether there is something to stop. What has begun isn't stopped by its expiry: it may sound on after that."""
    if row.announcement is None or row.cancelled_at is not None:
        return False
    return state_of(row, counted, now) not in ("ended", "lapsed") or bool(counted.states.get("started"))


def withdraw(session: Session, now: datetime, officer: Officer, row: Broadcast) -> None:
    """Cancel a broadcast, whoever is in charge of its places."""
    row.cancelled_at = now
    row.cancelled_by = officer.officer
    session.add(row)
    if row.planned_at is not None:
        add_revision(session, now, row, state="cancelled")
    audit.record(session, now, officer.officer, "broadcast cancelled", row.broadcast)
    note(session, "broadcast", row.broadcast)


def require_charge_of(session: Session, officer: Officer, row: Broadcast) -> None:
    """That the officer is in charge of every place that a broadcast names; raises Forbidden."""
    AreaTree(session).require_charge(officer, _places(session, row))


def _places(session: Session, row: Broadcast) -> list[str]:
    """The areas that it names, and those in which the speakers stand that it names."""
    return [*row.areas, *session.exec(select(Speaker.area).where(col(Speaker.speaker).in_(row.speakers))).all()]


def last_revision(session: Session, broadcast: str) -> BroadcastRevision | None:
    """The newest revision of a broadcast."""
    return session.exec(
        select(BroadcastRevision)
        .where(BroadcastRevision.broadcast == broadcast)
        .order_by(col(BroadcastRevision.revision).desc())
        .limit(1)
    ).first()


def add_revision(
    session: Session, now: datetime, row: Broadcast, *, state: Literal["planned", "cancelled"]
) -> BroadcastRevision:
    """A new revision by the row as it is; it goes on every topic that an earlier one was on."""
    if row.expires_at is not None and row.expires_at <= now:
        # It stops what still sounds: a speaker refuses a revision that has expired.
        row.expires_at, row.cleared_at = cut_to_milliseconds(now) + EXPIRES_AFTER, None
        row.report_due = row.expires_at + REPORT_DUE_AFTER
        session.add(row)
    last = last_revision(session, row.broadcast)
    revision = next_revision(now, last.revision if last else None)
    topics = [AREA_BROADCAST.template.format(area=area, broadcast=row.broadcast) for area in row.areas]
    topics += [SPEAKER_BROADCAST.template.format(speaker=name, broadcast=row.broadcast) for name in row.speakers]
    earlier = last.topics if last else []
    added = BroadcastRevision(
        broadcast=row.broadcast,
        revision=revision,
        content=_content(session, now, row, revision, state),
        topics=earlier + [topic for topic in topics if topic not in earlier],
    )
    session.add(added)
    session.flush()
    note(session, "broadcast", row.broadcast)
    return added


def addressed(session: Session, row: Broadcast) -> list[str]:
    """The speakers that it is for: its deliveries', or, while it waits for approval, those that it would reach now."""
    there = session.exec(select(Delivery.speaker).where(Delivery.broadcast == row.broadcast)).all()
    if there or row.planned_at is not None:
        return sorted(there)
    return sorted(speaker.speaker for speaker in would_reach(session, [row])[row.broadcast])


def would_reach(session: Session, rows: Sequence[Broadcast]) -> dict[str, list[Speaker]]:
    """The speakers that broadcasts which are not planned would reach now."""
    if not rows:
        return {}
    tree, speakers = AreaTree(session), session.exec(select(Speaker)).all()
    reached = {}
    for row in rows:
        within = tree.subtree(row.areas)
        reached[row.broadcast] = [each for each in speakers if each.area in within or each.speaker in row.speakers]
    return reached


def newest_revisions(session: Session, broadcasts: Sequence[str]) -> dict[str, int]:
    """The number of the newest revision of each broadcast that has one."""
    return dict(
        session.exec(
            select(BroadcastRevision.broadcast, func.max(BroadcastRevision.revision))
            .where(col(BroadcastRevision.broadcast).in_(broadcasts))
            .group_by(col(BroadcastRevision.broadcast))
        ).all()
    )


def _plan(session: Session, now: datetime, row: Broadcast, announcement: Announcement, submission: Submission) -> None:
    clip = session.get_one(Clip, submission.clip)
    ordered_from = row.starts_at or cut_to_milliseconds(row.created_at)
    default_latest_start = row.latest_start == _default_latest_start(row, ordered_from)
    default_expiry = row.expires_at == _default_expiry(row, ordered_from)
    row.title, row.bulletin_class = announcement.title, announcement.bulletin_class
    row.duration_ms, row.submission, row.planned_at = clip.duration_ms, submission.submission, now
    begins = row.starts_at or cut_to_milliseconds(now)
    # What was not set by the order follows the instant, the length and the class that it has now.
    if default_latest_start:
        row.latest_start = _default_latest_start(row, begins)
    if default_expiry:
        row.expires_at = _default_expiry(row, begins)
    row.report_due = (row.expires_at or begins) + REPORT_DUE_AFTER
    if row.starts_now and row.bulletin_class != "emergency":
        row.starts_at = min(begins + NOW_STARTS_AFTER, row.latest_start or begins)
    session.add(row)
    session.flush()
    add_deliveries(session, row, AreaTree(session))
    add_revision(session, now, row, state="planned")


def _set_instants(row: Broadcast, order: Order, now: datetime) -> None:
    """The order's instants, or their defaults. The instant of “now” is made when it is planned."""
    begins = order.starts_at or cut_to_milliseconds(now)
    row.starts_at = order.starts_at
    row.latest_start = order.latest_start or _default_latest_start(row, begins)
    row.expires_at = order.expires_at or _default_expiry(row, begins)
    row.report_due = row.expires_at + REPORT_DUE_AFTER


def _default_latest_start(row: Broadcast, begins: datetime) -> datetime:
    return begins + (NOW_LATEST_START_AFTER if row.starts_now else LATEST_START_AFTER)


def _default_expiry(row: Broadcast, begins: datetime) -> datetime:
    whole = length(row.duration_ms or 0, row.times, row.gap_ms)
    expires_at = (row.latest_start or begins) + whole + EXPIRES_AFTER
    return max(expires_at, begins + EMERGENCY_LIVES) if row.bulletin_class == "emergency" else expires_at


def _check_places(session: Session, tree: AreaTree, officer: Officer, order: Order) -> None:
    if not order.areas and not order.speakers:
        raise Invalid("areas", "Chọn ít nhất một nơi.")
    if len(order.areas) + len(order.speakers) > MOST_NAMES:
        raise Invalid("areas", f"Nhiều nhất {MOST_NAMES} nơi trong một lượt phát. Chọn địa bàn cấp trên.")
    for area in order.areas:
        tree.require_named(area, "areas")
    tree.require_charge(officer, order.areas)
    for name in order.speakers:
        speaker = session.get(Speaker, name)
        if speaker is None:
            raise Invalid("speakers", f"Không có cụm loa “{name}”. Xem danh sách cụm loa.")
        tree.require_charge(officer, [speaker.area])


def _check_instants(session: Session, tree: AreaTree, row: Broadcast, order: Order, now: datetime) -> None:
    zone = ZoneInfo(time_zone(session))
    local = now.astimezone(zone)
    if order.starts_at is not None:
        if order.starts_at <= now:
            starts = order.starts_at.astimezone(zone)
            said = starts.strftime("%H:%M") if starts.date() == local.date() else starts.strftime("%H:%M %d/%m/%Y")
            raise Invalid("starts_at", f"{said} đã qua. Bây giờ là {local:%H:%M}.")
        if order.starts_at > now + FURTHEST_AHEAD:
            raise Invalid("starts_at", f"Đặt trước nhiều nhất {FURTHEST_AHEAD.days} ngày.")
    starts_at = row.starts_at or now
    if row.latest_start is None or row.latest_start < starts_at:
        raise Invalid("latest_start", "Giờ trễ nhất phải sau giờ bắt đầu.")
    if row.expires_at is None or row.expires_at < row.latest_start:
        raise Invalid("expires_at", "Giờ hết hạn phải sau giờ trễ nhất.")
    for name, instant in (("latest_start", row.latest_start), ("expires_at", order.expires_at)):
        if instant is not None and instant > starts_at + FURTHEST_AHEAD:
            raise Invalid(name, f"Nhiều nhất {FURTHEST_AHEAD.days} ngày sau giờ bắt đầu.")
    if row.bulletin_class == "emergency":
        return
    named = set(order.areas) | {session.get_one(Speaker, name).area for name in order.speakers}
    for area in sorted(named):
        periods = [QuietHours.from_fields(period) for period in tree.quiet_hours(area)]
        quiet_end = quiet_until(starts_at, periods, zone)
        if quiet_end is not None and quiet_end > row.latest_start:
            hours = ", ".join(f"{period.from_}–{period.to}" for period in periods)
            raise Invalid(
                "starts_at",
                f"{starts_at.astimezone(zone):%H:%M} nằm trong giờ yên tĩnh ({hours}) của {tree.by_id[area].name}. "
                f"Chọn từ {quiet_end.astimezone(zone):%H:%M} trở đi.",
            )


def _content(
    session: Session, now: datetime, row: Broadcast, revision: int, state: Literal["planned", "cancelled"]
) -> dict[str, Any]:
    if row.announcement is None or row.latest_start is None or row.expires_at is None:
        raise ValueError(f"broadcast {row.broadcast} isn't ours, or has no deadlines")
    if row.submission is None and state == "planned":
        raise ValueError(f"broadcast {row.broadcast} isn't approved here")
    announcement = require_announcement(session, row.announcement)
    return {
        "broadcast": row.broadcast,
        "revision": revision,
        "issued_at": format_instant(now),
        "expires_at": format_instant(row.expires_at),
        "kind": KIND,
        "state": state,
        "areas": row.areas,
        "speakers": row.speakers,
        "bulletin_class": row.bulletin_class,
        "starts_at": format_instant(row.starts_at) if row.starts_at else None,
        "latest_start": format_instant(row.latest_start),
        "clips": [_clip_content(session, row)],
        "times": row.times,
        "gap_ms": row.gap_ms,
        "gain_db": row.gain_db,
        "title": row.title,
        "language": announcement.language,
        "approvals": _approval_content(session, row),
    }


def _clip_content(session: Session, row: Broadcast) -> dict[str, Any]:
    """The sound that was approved. Where none was, it is called off: it names one that isn't there, and nobody asks."""
    if row.submission is None:
        return {"sha256": "0" * 64, "bytes": 1, "duration_ms": row.duration_ms, "media_type": OGG_OPUS}
    clip = session.get_one(Clip, session.get_one(Submission, row.submission).clip)
    return {"sha256": clip.sha256, "bytes": clip.bytes, "duration_ms": clip.duration_ms, "media_type": OGG_OPUS}


def _approval_content(session: Session, row: Broadcast) -> list[dict[str, str]]:
    if row.submission is None:
        return []
    approval = session.get_one(Approval, row.submission)
    approver = session.get_one(Officer, approval.approver)
    return [{"officer": approver.name, "at": format_instant(approval.at)}]


def waiting_broadcasts(session: Session, now: datetime, *announcements: str) -> list[Broadcast]:
    """What waits for these announcements' approval and would still be put on the air, the soonest first."""
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.announcement).in_(announcements),
            col(Broadcast.submission).is_(None),
            col(Broadcast.cancelled_at).is_(None),
        )
    ).all()
    return sorted((row for row in rows if now <= lapses_at(row)), key=lapses_at)


def planned_broadcasts(session: Session, now: datetime, announcement: str) -> list[Broadcast]:
    """What is planned by this announcement's approval and has not begun, the soonest first."""
    rows = session.exec(
        select(Broadcast).where(
            Broadcast.announcement == announcement,
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.starts_at) > now,
        )
    ).all()
    return sorted(rows, key=lambda row: row.starts_at or row.created_at)


def newest_broadcasts(session: Session, limit: int, before: str | None) -> list[Broadcast]:
    """By their instants, the latest first; `before`: those that come behind this one in that order."""
    instant = func.coalesce(Broadcast.starts_at, Broadcast.created_at)
    query = select(Broadcast).order_by(instant.desc(), col(Broadcast.broadcast).desc()).limit(limit)
    last = session.get(Broadcast, before) if before else None
    if last is not None:
        at = last.starts_at or last.created_at
        query = query.where((instant < at) | ((instant == at) & (col(Broadcast.broadcast) < last.broadcast)))
    return list(session.exec(query).all())


def broadcasts_between(session: Session, begin: datetime, end: datetime) -> list[Broadcast]:
    """Those that this office ordered for begin ≤ t < end (“now” counts where it was ordered), by their instants."""
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.announcement).is_not(None),
            func.coalesce(Broadcast.starts_at, Broadcast.created_at) >= begin,
            func.coalesce(Broadcast.starts_at, Broadcast.created_at) < end,
        )
    ).all()
    return sorted(rows, key=lambda row: (row.starts_at or row.created_at, row.broadcast))


def found_rejected(session: Session, since: datetime) -> list[tuple[Broadcast, Delivery]]:
    """Orders that didn't come from this office and that speakers refused, as they told since then."""
    rows = session.exec(
        select(Broadcast, Delivery)
        .join(Delivery, col(Delivery.broadcast) == col(Broadcast.broadcast))
        .where(
            col(Broadcast.announcement).is_(None),
            Delivery.state == "rejected",
            col(Delivery.received_at) >= since,
        )
        .order_by(col(Delivery.received_at).desc())
    ).all()
    return [(broadcast, delivery) for broadcast, delivery in rows]
