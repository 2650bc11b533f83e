"""The revisions of a broadcast as they go on the wire, each a row that the publisher signs and publishes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.announcements.lists import require_announcement
from controller.broadcasts.deliveries import ENDED
from controller.database.column_types import ApprovalFields, BroadcastFields, ClipFields
from controller.database.next_revision import next_revision
from controller.database.tables import (
    AnnouncementVersion,
    Approval,
    Broadcast,
    BroadcastRevision,
    Clip,
    Delivery,
    Officer,
    Speaker,
    Submission,
)
from controller.database.transactions import note_change
from controller.orders.agreed import NotAgreed, agreements_of, require_agreed
from controller.orders.instants import expire_at
from controller.orders.orders import EXPIRES_AFTER
from controller.station.area_tree import area_tree
from wire.broadcast import KIND
from wire.clips import OGG_OPUS
from wire.instants import cut_to_milliseconds, format_instant
from wire.topics import AREA_BROADCAST, SPEAKER_BROADCAST


def last_revision(session: Session, broadcast: str) -> BroadcastRevision | None:
    """The newest revision of a broadcast; None if it has none."""
    return session.exec(
        select(BroadcastRevision)
        .where(BroadcastRevision.broadcast == broadcast)
        .order_by(col(BroadcastRevision.revision).desc())
        .limit(1)
    ).first()


def add_revision(
    session: Session, now: datetime, row: Broadcast, *, state: Literal["planned", "cancelled"]
) -> BroadcastRevision:
    """Add a revision with the row's current values; it goes to its own topics and those of all earlier revisions.

    It also goes to each speaker that was moved out of their reach and hasn't ended: there it still sounds.

    Raises ValueError (no announcement or deadlines), NotAgreed (planned, and nobody has approved it so).
    """
    if row.expires_at is not None and row.expires_at <= now:
        # The revision has to stop what still sounds, and a speaker would reject an expired one.
        expire_at(row, cut_to_milliseconds(now) + EXPIRES_AFTER)
        row.cleared_at = None
        session.add(row)
    last = last_revision(session, row.broadcast)
    revision = next_revision(now, last.revision if last else None)
    named = [AREA_BROADCAST.template.format(area=area, broadcast=row.broadcast) for area in row.areas]
    named += _own_topics(row, row.speakers)
    topics = list(dict.fromkeys([*(last.topics if last else ()), *named]))
    if last is not None or state == "cancelled":
        topics += _own_topics(row, [each.speaker for each in out_of_reach(session, row.broadcast, topics)])
    content = _revision_content(session, now, row, revision, state)
    if state == "planned":
        require_agreed(session, row, content, was_signed=last is not None and last.message is not None)
    added = BroadcastRevision(broadcast=row.broadcast, revision=revision, content=content, topics=topics)
    session.add(added)
    session.flush()
    note_change(session, "broadcast", row.broadcast)
    return added


def out_of_reach(session: Session, broadcast: str, topics: Sequence[str]) -> Sequence[Speaker]:
    """The speakers that have not ended a broadcast, and now listen to none of its topics."""
    areas = [levels["area"] for topic in topics if (levels := AREA_BROADCAST.match(topic))]
    speakers = [levels["speaker"] for topic in topics if (levels := SPEAKER_BROADCAST.match(topic))]
    return session.exec(
        select(Speaker)
        .join(Delivery, col(Delivery.speaker) == col(Speaker.speaker))
        .where(
            Delivery.broadcast == broadcast,
            col(Delivery.state).not_in(ENDED),
            col(Speaker.area).not_in(area_tree(session).subtree(areas)),
            col(Speaker.speaker).not_in(speakers),
        )
        .order_by(col(Speaker.speaker))
    ).all()


def _own_topics(row: Broadcast, speakers: Sequence[str]) -> list[str]:
    return [SPEAKER_BROADCAST.template.format(speaker=name, broadcast=row.broadcast) for name in speakers]


def newest_revisions(session: Session, broadcasts: Sequence[str]) -> dict[str, int]:
    """{broadcast: number of its newest revision}, of those that have one."""
    return dict(
        session.exec(
            select(BroadcastRevision.broadcast, func.max(BroadcastRevision.revision))
            .where(col(BroadcastRevision.broadcast).in_(broadcasts))
            .group_by(col(BroadcastRevision.broadcast))
        ).all()
    )


def _revision_content(
    session: Session, now: datetime, row: Broadcast, revision: int, state: Literal["planned", "cancelled"]
) -> BroadcastFields:
    if row.announcement is None or row.bulletin_class is None or row.latest_start is None or row.expires_at is None:
        raise ValueError(f"broadcast {row.broadcast} isn't ours, or has no deadlines")
    if row.submission is None and state == "planned":
        raise NotAgreed(f"broadcast {row.broadcast} isn't approved here")
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
        "language": _language(session, row),
        "approvals": _approval_content(session, row),
    }


def _clip_content(session: Session, row: Broadcast) -> ClipFields:
    """The approved clip. A cancellation without approval names a clip that doesn't exist; no speaker asks for it."""
    if row.submission is None:
        return {"sha256": "0" * 64, "bytes": 1, "duration_ms": row.duration_ms or 0, "media_type": OGG_OPUS}
    clip = session.get_one(Clip, session.get_one(Submission, row.submission).clip)
    return {"sha256": clip.sha256, "bytes": clip.bytes, "duration_ms": clip.duration_ms, "media_type": OGG_OPUS}


def _language(session: Session, row: Broadcast) -> str:
    if row.submission is None:
        return require_announcement(session, row.announcement or "").language
    submission = session.get_one(Submission, row.submission)
    return session.get_one(AnnouncementVersion, (submission.announcement, submission.version)).language


def _approval_content(session: Session, row: Broadcast) -> list[ApprovalFields]:
    orders = {row.broadcast, row.schedule}
    if row.set_off_by is not None:  # the same text may have stood before, and that may have been withdrawn
        orders = {each.of_order for each in agreements_of(session, row)}
    rows = session.exec(
        select(Approval, Officer.name)
        .join(Officer, col(Officer.officer) == col(Approval.approver))
        .where(col(Approval.manifest) == row.manifest)
        .order_by(col(Approval.at))
    ).all()
    return [
        {"officer": name, "at": format_instant(approval.at), "manifest": approval.manifest}
        for approval, name in rows
        if approval.of_order in orders
    ]
