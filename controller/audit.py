"""Who did what, when: one row in the same transaction as the deed."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from controller.tables import AuditEntry
from wire.ids import new_ulid


def record(session: Session, now: datetime, officer: str | None, action: str, subject: str, **detail: Any) -> None:
    """Write one deed down. `officer` None: the program itself, or a technician at the command line."""
    session.add(AuditEntry(entry=new_ulid(now), at=now, officer=officer, action=action, subject=subject, detail=detail))
