"""Which version of an announcement an order says: the one handed in; while a draft follows it, the one approved."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from controller.announcements.sound import require_sound
from controller.database.tables import Agreement, Announcement, AnnouncementVersion, Submission
from wire.model import BulletinClass


@dataclass(frozen=True)
class SpokenVersion:
    """One version of an announcement with its clip. `submission` None: it isn't handed in, so it can't be approved."""

    announcement: str
    version: int
    clip: str
    bulletin_class: BulletinClass
    title: str
    submission: str | None


def spoken_version(session: Session, row: Announcement) -> SpokenVersion:
    """What a new order of this announcement says; raises Conflict (only a draft is there, and it has no sound yet)."""
    return handed_in_versions(session, [row]).get(row.announcement) or current_version(row)


def current_version(row: Announcement) -> SpokenVersion:
    """The newest version, as if it weren't handed in; raises Conflict (no sound yet)."""
    return SpokenVersion(row.announcement, row.version, require_sound(row), row.bulletin_class, row.title, None)


def handed_in_versions(session: Session, rows: Sequence[Announcement]) -> dict[str, SpokenVersion]:
    """{announcement: the version that can be approved, or was}; those that have none are left out.

    It is the newest version, once it was handed in with its present clip. A draft or a refused version leaves an
    earlier one in place only if that was approved.
    """
    by_id = {row.announcement: row for row in rows}
    submissions = session.exec(
        select(Submission)
        .where(col(Submission.announcement).in_(by_id), col(Submission.refused_at).is_(None))
        .order_by(col(Submission.version), col(Submission.submitted_at))
    ).all()
    approved = set(
        session.exec(
            select(Agreement.submission).where(
                col(Agreement.announcement).in_(by_id),
                col(Agreement.completed_at).is_not(None),
                col(Agreement.withdrawn_at).is_(None),
            )
        ).all()
    )
    chosen = {}
    for each in submissions:
        row = by_id[each.announcement]
        if (each.version, each.clip) == (row.version, row.clip) or each.submission in approved:
            chosen[each.announcement] = each
    return _versions(session, list(chosen.values()))


def is_clip_handed_in(session: Session, announcement: str, sha256: str) -> bool:
    """Whether a version of this announcement was handed in with this clip."""
    query = select(Submission.submission).where(Submission.announcement == announcement, Submission.clip == sha256)
    return session.exec(query.limit(1)).first() is not None


def submitted_version(session: Session, submission: str) -> SpokenVersion:
    """The version that was handed in by this submission."""
    row = session.get_one(Submission, submission)
    return _versions(session, [row])[row.announcement]


def versions_of_submissions(session: Session, submissions: Collection[str]) -> dict[str, AnnouncementVersion]:
    """{submission: the version that was handed in by it}."""
    rows = session.exec(
        select(Submission.submission, AnnouncementVersion)
        .join(AnnouncementVersion, col(AnnouncementVersion.announcement) == col(Submission.announcement))
        .where(
            col(AnnouncementVersion.version) == col(Submission.version),
            col(Submission.submission).in_(set(submissions)),
        )
    ).all()
    return dict(rows)


def _versions(session: Session, submissions: Sequence[Submission]) -> dict[str, SpokenVersion]:
    named = {each.announcement for each in submissions}
    rows = session.exec(select(AnnouncementVersion).where(col(AnnouncementVersion.announcement).in_(named))).all()
    written = {(row.announcement, row.version): row for row in rows}
    return {
        each.announcement: SpokenVersion(
            each.announcement,
            each.version,
            each.clip,
            written[each.announcement, each.version].bulletin_class,
            written[each.announcement, each.version].title,
            each.submission,
        )
        for each in submissions
    }
