"""Approving a submission by a second person, refusing it with a reason, withdrawing an approval."""

from datetime import datetime

from sqlmodel import Session, col, select

from controller.announcements.lists import require_announcement
from controller.announcements.one_officer_rule import rule_in_force
from controller.announcements.standings import standing_of
from controller.broadcasts.lifecycle import (
    broadcasts_with_older_words,
    cancel_planned,
    plan_waiting,
    planned_not_begun,
    require_charge_of,
)
from controller.broadcasts.lists import lacks_approval, waiting_broadcasts
from controller.database.tables import Announcement, Approval, Broadcast, Officer, Submission
from controller.database.transactions import note_change
from controller.errors import Conflict, Forbidden, Invalid
from controller.planning.timetable import plan_schedules_of
from controller.station import audit

MAX_REFUSAL_LENGTH = 2_000
"""Characters of the reason of a refusal."""


def approve(
    session: Session, now: datetime, officer: Officer, announcement: str, clip: str | None = None
) -> Announcement:
    """Approve the submission; broadcasts that waited for it are planned. `clip`: SHA-256 of the clip that was heard.

    An approved submission can be approved again while broadcasts wait because its approver isn't in charge of all their
    places. Raises NotFound, Conflict (nothing to approve, or another clip than the one heard), Forbidden (the author
    approves, or an officer who isn't in charge of a place where it would sound).
    """
    row = require_announcement(session, announcement)
    standing = standing_of(session, row)
    waiting = waiting_broadcasts(session, now, announcement)
    if standing.state == "approved" and not waiting:
        return row
    submission = standing.submission
    if standing.state not in ("submitted", "approved") or submission is None:
        raise Conflict("not_submitted")
    if clip is not None and clip != submission.clip:
        raise Conflict("sound_changed_since_heard")
    rule = rule_in_force(session) if officer.officer == submission.author else None
    if officer.officer == submission.author and rule is None:
        raise Forbidden("own_announcement")
    for each in (*waiting, *broadcasts_with_older_words(session, now, row, submission)):
        require_charge_of(session, officer, each)
    if standing.approval is not None:
        session.delete(standing.approval)  # it was withdrawn, or isn't for all these places; the audit keeps it
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
    """Refuse the submission; `reason` says what to mend. Raises NotFound, Invalid (no reason), Conflict, Forbidden."""
    row = require_announcement(session, announcement)
    if not reason.strip():
        raise Invalid("reason", "what_to_mend_missing")
    standing = standing_of(session, row)
    if standing.state != "submitted" or standing.submission is None:
        raise Conflict("no_longer_waiting")
    for waiting in waiting_broadcasts(session, now, announcement):
        require_charge_of(session, officer, waiting)
    standing.submission.refused_at = now
    standing.submission.refused_by = officer.officer
    standing.submission.refusal = reason.strip()
    session.add(standing.submission)
    audit.record(session, now, officer.officer, "announcement refused", announcement, reason=reason.strip())
    note_change(session, "announcement", announcement)
    return row


def withdraw_approval(session: Session, now: datetime, officer: Officer, announcement: str) -> Announcement:
    """Withdraw the approval; broadcasts that were planned by it and haven't begun are cancelled.

    Raises NotFound, Conflict (not approved), Forbidden (another officer's approval, and not in charge of all places).
    """
    row = require_announcement(session, announcement)
    standing = standing_of(session, row)
    if standing.approval is None or standing.state != "approved":
        raise Conflict("no_approval_to_withdraw")
    if standing.approval.approver != officer.officer:
        for planned in planned_not_begun(session, now, row):
            require_charge_of(session, officer, planned)
    standing.approval.withdrawn_at = now
    standing.approval.withdrawn_by = officer.officer
    session.add(standing.approval)
    session.flush()
    audit.record(session, now, officer.officer, "approval withdrawn", announcement)
    cancel_planned(session, now, officer, row)
    plan_schedules_of(session, now, announcement)
    note_change(session, "announcement", announcement)
    return row


def waiting_for_approval(session: Session, now: datetime) -> list[tuple[Announcement, Submission]]:
    """(announcement, submission) pairs that wait for approval, the longest waiting first.

    Also approved submissions for which a broadcast waits, because the approver isn't in charge of all its places.
    """
    approved = select(Approval.submission).where(
        Approval.submission == Submission.submission, col(Approval.withdrawn_at).is_(None)
    )
    ordered = select(Broadcast.broadcast).where(
        Broadcast.announcement == Announcement.announcement, lacks_approval(now)
    )
    current_version = (
        (col(Submission.announcement) == col(Announcement.announcement))
        & (col(Submission.version) == col(Announcement.version))
        & (col(Submission.clip) == col(Announcement.clip))
    )
    rows = session.exec(
        select(Announcement, Submission)
        .join(Submission, current_version)
        .where(col(Submission.refused_at).is_(None), ~approved.exists() | ordered.exists())
        .order_by(col(Submission.submission))
    ).all()
    return [(row, submission) for row, submission in rows]
