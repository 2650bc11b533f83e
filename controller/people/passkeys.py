"""Passkeys of officers: their rows. A passkey is password and second factor in one.

The answers of authenticators are checked before: `controller.sign_in.authenticators`.
"""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, delete, select

from controller.database.tables import Officer, Passkey
from controller.errors import Conflict
from controller.station import audit
from controller.station.names import require_name

MOST = 10
LONGEST_NAME = 60


def passkeys_of(session: Session, officer: str) -> list[Passkey]:
    """The officer's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.officer == officer)
    return list(session.exec(query.order_by(col(Passkey.added_at), col(Passkey.passkey))).all())


def require_room(session: Session, officer: str) -> None:
    """Raises Conflict where the officer has MOST."""
    if len(passkeys_of(session, officer)) >= MOST:
        raise Conflict("passkeys_too_many", most=MOST)


def require_passkey_name(text: str) -> str:
    """The name as it is kept. Raises Invalid."""
    return require_name("name", text, LONGEST_NAME)


def add_passkey(session: Session, now: datetime, officer: Officer, row: Passkey) -> None:
    """Add a passkey of the officer's. Raises Conflict (too many, or it is there already), Invalid (the name)."""
    require_room(session, officer.officer)
    row.name = require_passkey_name(row.name)
    if session.get(Passkey, row.passkey) is not None:
        raise Conflict("passkey_there_already")
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "passkey added", officer.officer, written=row.name)


def remove_passkey(session: Session, now: datetime, officer: Officer, passkey: str) -> bool:
    """Remove one of the officer's own passkeys. Returns whether there was one."""
    row = session.get(Passkey, passkey)
    if row is None or row.officer != officer.officer:
        return False
    session.delete(row)
    audit.record(session, now, officer.officer, "passkey removed", officer.officer, written=row.name)
    return True


def drop_passkeys(session: Session, officer: str) -> bool:
    """Forget all of an officer's. Returns whether there was one."""
    return session.exec(delete(Passkey).where(col(Passkey.officer) == officer)).rowcount > 0


def owner_of(session: Session, passkey: str) -> tuple[Passkey, Officer] | None:
    """A passkey and whose it is; None: there is none, or the account is disabled."""
    query = select(Passkey, Officer).join(Officer, col(Officer.officer) == col(Passkey.officer))
    return session.exec(query.where(Passkey.passkey == passkey, col(Officer.disabled).is_(False))).first()


def note_use(session: Session, now: datetime, checked: Passkey, sign_count: int) -> bool:
    """Write that a passkey was used. False: since it was read (`checked`) it was used elsewhere, or removed."""
    written = session.exec(
        update(Passkey)
        .where(col(Passkey.passkey) == checked.passkey, col(Passkey.sign_count) == checked.sign_count)
        .values(sign_count=sign_count, last_used_at=now)
    )
    return written.rowcount == 1
