"""A second person's word: approve the very sound that was heard, refuse it with a reason, take the word back."""

from datetime import datetime

from sqlmodel import Session, col, select

from controller.announcements.drafts import require_announcement, standing_of
from controller.announcements.one_officer_rule import rule_in_force
from controller.broadcasts.lifecycle import (
    broadcasts_with_older_words,
    cancel_planned,
    plan_waiting,
    planned_not_begun,
    require_charge_of,
)
from controller.broadcasts.lists import waiting_broadcasts
from controller.database.tables import Announcement, Approval, Broadcast, Officer, Submission
from controller.database.transactions import note_change
from controller.errors import Conflict, Forbidden, Invalid
from controller.planning.timetable import plan_schedules_of
from controller.station import audit


def approve(
    session: Session, now: datetime, officer: Officer, announcement: str, clip: str | None = None
) -> Announcement:
    """Approve what was submitted; broadcasts that waited for it are planned. `clip`: the sound that was heard.

    What somebody else approved who isn't in charge of all places that wait can be approved once more, for those.
    Raises Conflict (nothing to approve, or another sound than the one heard), Forbidden (one's own, or it would sound
    where the officer isn't in charge).
    """
    row = require_announcement(session, announcement)
    stands = standing_of(session, row)
    waiting = waiting_broadcasts(session, now, announcement)
    if stands.state == "approved" and not waiting:
        return row
    submission = stands.submission
    if stands.state not in ("submitted", "approved") or submission is None:
        raise Conflict("not_submitted")
    if clip is not None and clip != submission.clip:
        raise Conflict("sound_changed_since_heard")
    rule = rule_in_force(session) if officer.officer == submission.author else None
    if officer.officer == submission.author and rule is None:
        raise Forbidden("own_announcement")
    for each in (*waiting, *broadcasts_with_older_words(session, now, row, submission)):
        require_charge_of(session, officer, each)
    if stands.approval is not None:
        session.delete(stands.approval)  # one that was withdrawn, or not for all these places; the audit keeps it
        session.flush()
    session.add(
        Approval(
            submission=submission.submission,
            author=submission.author,
            approver=officer.officer,
            clip=submission.clip,
            at=now,
            one_officer_rule=rule.rule if rule else None,
        )
    )
    session.flush()
    audit.record(session, now, officer.officer, "announcement approved", announcement, clip=submission.clip)
    plan_waiting(session, now, row, submission)
    plan_schedules_of(session, now, announcement)
    note_change(session, "announcement", announcement)
    return row


def refuse(session: Session, now: datetime, officer: Officer, announcement: str, reason: str) -> Announcement:
    """Give it back with what is to be mended. Raises Invalid (no reason), Conflict, Forbidden (as approve)."""
    row = require_announcement(session, announcement)
    if not reason.strip():
        raise Invalid("reason", "what_to_mend_missing")
    stands = standing_of(session, row)
    if stands.state != "submitted" or stands.submission is None:
        raise Conflict("no_longer_waiting")
    for waiting in waiting_broadcasts(session, now, announcement):
        require_charge_of(session, officer, waiting)
    stands.submission.refused_at = now
    stands.submission.refused_by = officer.officer
    stands.submission.refusal = reason.strip()
    session.add(stands.submission)
    audit.record(session, now, officer.officer, "announcement refused", announcement, reason=reason.strip())
    note_change(session, "announcement", announcement)
    return row


def withdraw_approval(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """Take the approval back; what was planned by it and hasn't begun is cancelled.

    Raises Conflict, Forbidden (somebody else's, and not in charge of all that it would cancel).
    """
    row = require_announcement(session, announcement)
    stands = standing_of(session, row)
    if stands.approval is None or stands.state != "approved":
        raise Conflict("no_approval_to_withdraw")
    if stands.approval.approver != officer.officer:
        for planned in planned_not_begun(session, now, row):
            require_charge_of(session, officer, planned)
    stands.approval.withdrawn_at = now
    stands.approval.withdrawn_by = officer.officer
    session.add(stands.approval)
    session.flush()
    audit.record(session, now, officer.officer, "approval withdrawn", announcement)
    cancel_planned(session, now, officer, row)
    plan_schedules_of(session, now, announcement)
    note_change(session, "announcement", announcement)
    return row


def waiting_for_approval(session: Session, now: datetime) -> list[tuple[Announcement, Submission]]:
    """What waits for a second person, the longest waiting first.

    Also what was approved by somebody who isn't in charge of all the places of an order that waits.
    """
    approved = select(Approval.submission).where(
        Approval.submission == Submission.submission, col(Approval.withdrawn_at).is_(None)
    )
    ordered = select(Broadcast.broadcast).where(
        Broadcast.announcement == Announcement.announcement,
        col(Broadcast.submission).is_(None),
        col(Broadcast.cancelled_at).is_(None),
        col(Broadcast.latest_start) >= now,
    )
    as_it_is = (
        (col(Submission.announcement) == col(Announcement.announcement))
        & (col(Submission.version) == col(Announcement.version))
        & (col(Submission.clip) == col(Announcement.clip))
    )
    rows = session.exec(
        select(Announcement, Submission)
        .join(Submission, as_it_is)
        .where(col(Submission.refused_at).is_(None), ~approved.exists() | ordered.exists())
        .order_by(col(Submission.submission))
    ).all()
    return [(row, submission) for row, submission in rows]
