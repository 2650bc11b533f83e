"""Who did what, when: one row, written in the transaction that does it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Unpack

from sqlmodel import Session, col, select

from controller.database.column_types import AuditAction, AuditDetail
from controller.database.tables import Announcement, Area, AuditEntry, Broadcast, Officer, Speaker
from wire.ids import new_ulid

SubjectKind = Literal["announcement", "broadcast", "speaker", "area", "officer"]
_KINDS: tuple[tuple[SubjectKind, str, str], ...] = (
    ("announcement", Announcement.announcement, Announcement.title),
    ("broadcast", Broadcast.broadcast, Broadcast.title),
    ("speaker", Speaker.speaker, Speaker.name),
    ("area", Area.area, Area.name),
    ("officer", Officer.officer, Officer.name),
)
"""What an entry can be about, with its id and its name. If two kinds have the same id, the first of them counts."""


_IN_PLACE_OF = "in place of"
"""Of a session's `info`: {officer: the officers in whose place}."""


@dataclass(frozen=True)
class SystemUser:
    """Who runs a command at the machine itself, by the name that the system knows."""

    name: str
    officer: None = None


Doer = Officer | SystemUser


class Subject(NamedTuple):
    """What an entry is about."""

    kind: SubjectKind
    name: str


def record(
    session: Session,
    now: datetime,
    officer: str | None,
    action: AuditAction,
    subject: str,
    **detail: Unpack[AuditDetail],
) -> None:
    """Add one audit entry. `officer` None: the program itself, or a technician at the command line."""
    in_place_of: set[str] = session.info.get(_IN_PLACE_OF, {}).get(officer, set())
    if in_place_of:
        detail["in_place_of"] = sorted(in_place_of)
    session.add(AuditEntry(entry=new_ulid(now), at=now, officer=officer, action=action, subject=subject, detail=detail))


def record_of(
    session: Session, now: datetime, by: Doer, action: AuditAction, subject: str, **detail: Unpack[AuditDetail]
) -> None:
    """Add one audit entry of an officer, or of who ran a command."""
    if isinstance(by, SystemUser):
        detail["system_user"] = by.name
    record(session, now, by.officer, action, subject, **detail)


def note_in_place_of(session: Session, officer: str, absent: Collection[str]) -> None:
    """All that the officer does in this transaction is done in the place of these officers."""
    session.info.setdefault(_IN_PLACE_OF, {}).setdefault(officer, set()).update(absent)


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


def subjects_of(session: Session, ids: Collection[str]) -> dict[str, Subject]:
    """{id: its kind and name} of what entries are about. What is gone is left out.

    A subject doesn't say of which kind it is, so all kinds are asked.
    """
    found: dict[str, Subject] = {}
    for kind, id_column, name_column in reversed(_KINDS):
        for each, name in session.exec(select(id_column, name_column).where(col(id_column).in_(ids))).all():
            found[each] = Subject(kind, name)
    return found
