"""Finding announcements: by their ids, the newest."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from controller.database.tables import Announcement
from controller.errors import NotFound


def require_announcement(session: Session, announcement: str) -> Announcement:
    """The announcement that a request's path names; raises NotFound."""
    row = session.get(Announcement, announcement)
    if row is None:
        raise NotFound("announcement_unknown")
    return row


def announcements_named(session: Session, announcements: Collection[str]) -> dict[str, Announcement]:
    """These announcements by their ids."""
    rows = session.exec(select(Announcement).where(col(Announcement.announcement).in_(announcements))).all()
    return {row.announcement: row for row in rows}


def newest_announcements(session: Session, limit: int, before: str | None) -> list[Announcement]:
    """At most `limit` announcements, the newest first. `before`: only those older than this id."""
    query = select(Announcement).order_by(col(Announcement.announcement).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Announcement.announcement) < before)
    return list(session.exec(query).all())
