"""Where an announcement stands: draft, submitted, approved or refused, by its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from controller.database.tables import Agreement, Announcement, Approval, Submission

AnnouncementState = Literal["draft", "submitted", "approved", "refused"]


@dataclass(frozen=True)
class AnnouncementStanding:
    """An announcement's state, the submission of its current version and clip, and that version's newest approval.

    Approved: at least one order with this version was. Other orders of it wait all the same.
    """

    state: AnnouncementState
    submission: Submission | None = None
    approval: Approval | None = None


def standing_of(session: Session, announcement: Announcement) -> AnnouncementStanding:
    """The standing by the last submission of the current version with the current clip.

    A new version, or another clip, makes the announcement a draft again. A clip that is lost and made again may differ:
    another voice speaks if the chosen one fails.
    """
    return standings_of(session, [announcement])[announcement.announcement]


def standings_of(session: Session, announcements: Sequence[Announcement]) -> dict[str, AnnouncementStanding]:
    """{announcement: its standing} of several announcements, by two queries."""
    rows = session.exec(
        select(Submission).where(col(Submission.announcement).in_([each.announcement for each in announcements]))
    ).all()
    # A version is submitted again only after a refusal, so its last submission is the one that isn't refused.
    rows = sorted(rows, key=lambda row: (row.refused_at is None, row.refused_at or row.submitted_at))
    submissions = {(row.announcement, row.version, row.clip): row for row in rows}
    query = (
        select(Agreement.submission, Approval)
        .join(Approval, col(Approval.of_order) == col(Agreement.of_order))
        .where(
            col(Approval.manifest) == col(Agreement.manifest),
            col(Agreement.submission).in_([row.submission for row in submissions.values()]),
            col(Agreement.completed_at).is_not(None),
            col(Agreement.withdrawn_at).is_(None),
        )
        .order_by(col(Approval.at))
    )
    approvals = dict(session.exec(query).all())
    found = {}
    for each in announcements:
        submission = submissions.get((each.announcement, each.version, each.clip or ""))
        approval = approvals.get(submission.submission) if submission else None
        found[each.announcement] = _standing_by_rows(submission, approval)
    return found


def _standing_by_rows(submission: Submission | None, approval: Approval | None) -> AnnouncementStanding:
    if submission is None:
        return AnnouncementStanding("draft")
    if submission.refused_at is not None:
        return AnnouncementStanding("refused", submission)
    if approval is not None:
        return AnnouncementStanding("approved", submission, approval)
    return AnnouncementStanding("submitted", submission)
