"""Who did what, when: one row, written in the transaction that does it."""

from datetime import datetime
from typing import Unpack

from sqlmodel import Session, col, select

from controller.database.column_types import AuditAction, AuditDetail
from controller.database.tables import AuditEntry
from wire.ids import new_ulid


def record(
    session: Session,
    now: datetime,
    officer: str | None,
    action: AuditAction,
    subject: str,
    **detail: Unpack[AuditDetail],
) -> None:
    """Add one audit entry. `officer` None: the program itself, or a technician at the command line."""
    session.add(AuditEntry(entry=new_ulid(now), at=now, officer=officer, action=action, subject=subject, detail=detail))


def newest_entries(session: Session, limit: int, before: str | None) -> list[AuditEntry]:
    """At most `limit` entries, the newest first. `before`: only entries older than the entry with this id."""
    query = select(AuditEntry).order_by(col(AuditEntry.entry).desc()).limit(limit)
    if before is not None:
        query = query.where(col(AuditEntry.entry) < before)
    return list(session.exec(query).all())


def last_entry(session: Session, action: AuditAction, subject: str) -> AuditEntry | None:
    """The newest entry of this action on this subject."""
    return session.exec(
        select(AuditEntry)
        .where(AuditEntry.action == action, AuditEntry.subject == subject)
        .order_by(col(AuditEntry.entry).desc())
        .limit(1)
    ).first()
