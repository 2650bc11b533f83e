"""Who did what, when: one row in the same transaction as the deed."""

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
    """Write one deed down. `officer` None: the program itself, or a technician at the command line."""
    session.add(AuditEntry(entry=new_ulid(now), at=now, officer=officer, action=action, subject=subject, detail=detail))


def newest_entries(session: Session, limit: int, before: str | None) -> list[AuditEntry]:
    """The newest first; `before`: those older than this one."""
    query = select(AuditEntry).order_by(col(AuditEntry.entry).desc()).limit(limit)
    if before is not None:
        query = query.where(col(AuditEntry.entry) < before)
    return list(session.exec(query).all())


def last_entry(session: Session, action: AuditAction, subject: str) -> AuditEntry | None:
    """The last time that somebody did this to that."""
    return session.exec(
        select(AuditEntry)
        .where(AuditEntry.action == action, AuditEntry.subject == subject)
        .order_by(col(AuditEntry.entry).desc())
        .limit(1)
    ).first()
