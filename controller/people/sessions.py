"""Sessions: of browsers (by cookie) and of programs (by bearer token), until they are ended, unused, or too old."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import Session, col, delete, select

from controller.database.column_types import SessionKind
from controller.database.tables import Officer, SignIn
from controller.database.transactions import Database
from controller.errors import NotSignedIn
from controller.station import audit

BROWSER_UNUSED = timedelta(hours=12)
"""A browser's session ends so long after its last use. A program's doesn't: it was told when its token ends."""
LASTS: dict[SessionKind, timedelta] = {"browser": timedelta(days=30), "program": timedelta(hours=12)}
USE_NOTED_EVERY = timedelta(minutes=1)
LONGEST_DEVICE = 300
"""Characters kept of what a browser says of itself."""


@dataclass(frozen=True)
class Credentials:
    """A new session's token, which the database never holds, and the CSRF token of its forms."""

    token: str
    csrf: str
    expires_at: datetime


def open_session(
    session: Session,
    now: datetime,
    officer: Officer,
    kind: SessionKind = "browser",
    *,
    device: str = "",
    lasts: timedelta | None = None,
    by_passkey: bool = False,
) -> Credentials:
    """Open a session. `device`: the User-Agent. Sessions of all officers that are over are deleted.

    `officer`: the row as it was when its password or passkey was checked. Raises NotSignedIn: since then the password
    was changed, or the account closed.
    """
    present = session.get_one(Officer, officer.officer)
    if present.disabled or present.password_hash != officer.password_hash:
        raise NotSignedIn("sign_in_again")
    session.exec(delete(SignIn).where(_is_over(now)))
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = SignIn(
        token_hash=token_hash(token),
        officer=officer.officer,
        kind=kind,
        device=device[:LONGEST_DEVICE],
        csrf=csrf,
        by_passkey=by_passkey,
        created_at=now,
        last_used_at=now,
        expires_at=now + (LASTS[kind] if lasts is None else lasts),
    )
    session.add(row)
    audit.record(session, now, officer.officer, "signed in", officer.officer)
    return Credentials(token, csrf, row.expires_at)


def close_session(session: Session, token: str) -> None:
    """End the session of this token."""
    session.exec(delete(SignIn).where(col(SignIn.token_hash) == token_hash(token)))


def who_is(session: Session, token: str | None, now: datetime) -> tuple[Officer, SignIn]:
    """The officer and session of a token. Raises NotSignedIn: unknown token, session over, or account disabled."""
    row = session.get(SignIn, token_hash(token)) if token else None
    officer = session.get(Officer, row.officer) if row and not is_over(row, now) else None
    if row is None or officer is None or officer.disabled:
        raise NotSignedIn("sign_in_again")
    return officer, row


def is_over(row: SignIn, now: datetime) -> bool:
    """Whether the session is too old, or was unused for too long."""
    return now >= row.expires_at or (row.kind == "browser" and now >= row.last_used_at + BROWSER_UNUSED)


def _is_over(now: datetime) -> ColumnElement[bool]:
    unused = and_(col(SignIn.kind) == "browser", col(SignIn.last_used_at) <= now - BROWSER_UNUSED)
    return or_(col(SignIn.expires_at) <= now, unused)


def sessions_of(session: Session, now: datetime, officer: Officer) -> list[SignIn]:
    """The officer's sessions, the one that was used last first."""
    query = select(SignIn).where(SignIn.officer == officer.officer, ~_is_over(now))
    return list(session.exec(query.order_by(col(SignIn.last_used_at).desc(), col(SignIn.token_hash))).all())


def end_session(session: Session, now: datetime, officer: Officer, hashed: str) -> bool:
    """End one of the officer's own sessions, by its token's hash. Returns whether there was one."""
    row = session.get(SignIn, hashed)
    if row is None or row.officer != officer.officer:
        return False
    session.delete(row)
    audit.record(session, now, officer.officer, "sessions ended", officer.officer)
    return True


def end_other_sessions(session: Session, now: datetime, officer: Officer, kept: str) -> None:
    """End all of the officer's own sessions but the one with this token's hash."""
    if end_all_sessions(session, officer.officer, kept):
        audit.record(session, now, officer.officer, "sessions ended", officer.officer)


def end_all_sessions(session: Session, officer: str, kept: str = "") -> bool:
    """End an officer's sessions but the one with this token's hash. Returns whether there was one."""
    ended = session.exec(delete(SignIn).where(col(SignIn.officer) == officer, col(SignIn.token_hash) != kept))
    return ended.rowcount > 0


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionUses:
    """When sessions were used last, until it is written: a read must not wait for the database's writer.

    `note` may be called by any thread; `step` by one at a time. What a crash loses is a minute.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._noted: dict[str, datetime] = {}

    def note(self, row: SignIn, now: datetime) -> None:
        """A person or a program has used the session."""
        if now >= row.last_used_at + USE_NOTED_EVERY:
            with self._lock:
                self._noted[row.token_hash] = now

    def step(self) -> None:
        """Write what was noted."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if noted:
            try:
                with self._database.writing() as session:
                    _write_uses(session, noted.items())
            except Exception:
                with self._lock:
                    self._noted = noted | self._noted
                raise


def _write_uses(session: Session, uses: Iterable[tuple[str, datetime]]) -> None:
    for hashed, at in uses:
        session.exec(update(SignIn).where(col(SignIn.token_hash) == hashed).values(last_used_at=at))
