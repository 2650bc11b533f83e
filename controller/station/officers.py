"""Officers: accounts, passwords (argon2id; there is no default password) and sessions."""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Semaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, col, delete, select

from controller.database.column_types import Role
from controller.database.tables import Officer, SignIn
from controller.errors import Conflict, Invalid, NotFound, NotSignedIn
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import WHOLE_STATION, require
from controller.station.name_order import by_given_name
from controller.station.names import require_name, require_name_if_any
from controller.words.phrases import Phrase
from wire.ids import new_ulid

MAX_USERNAME_LENGTH, MAX_PASSWORD_LENGTH = 64, 1024
MIN_PASSWORD_LENGTH = 10
SESSION_LASTS = timedelta(hours=12)

WRONG_NAME_OR_PASSWORD = Phrase("wrong_name_or_password")

_USERNAME = re.compile(r"[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])?")
"""ASCII alone: no letter that looks like another one, and none that a Vietnamese keyboard changes."""
_password_hash = PasswordHash((Argon2Hasher(),))
_hashing_slots = Semaphore(2)
"""At most two hashes at a time: argon2id takes 64 MiB and a core for each, and an office machine may be old."""


@dataclass(frozen=True)
class Credentials:
    """A new session's token, which the database never holds, and the CSRF token of its forms."""

    token: str
    csrf: str
    expires_at: datetime


def hash_officer_password(password: str) -> str:
    """The argon2id hash of a password, with salt and parameters, as text."""
    with _hashing_slots:
        return _password_hash.hash(_normalize(password))


def add_officer(
    session: Session,
    now: datetime,
    *,
    username: str,
    password: str,
    name: str,
    role: Role,
    position: str = "",
    area: str | None = None,
    by: Officer | None = None,
) -> Officer:
    """Add an officer; raises Invalid, Conflict, Forbidden. `by` None: a technician at the command line."""
    if not _USERNAME.fullmatch(username):
        raise Invalid("username", "username_form")
    name, position = require_name("name", name), require_name_if_any("position", position)
    _require_long(password)
    if area is not None:
        area_tree(session).require_named(area, "area")
    if by is not None:
        require(session, now, by, "administrator", [area] if area else WHOLE_STATION)
    if session.exec(select(Officer).where(Officer.username == username)).first():
        raise Conflict("username_taken", username=username)
    officer = Officer(
        officer=new_ulid(now),
        username=username,
        name=name,
        position=position,
        role=role,
        area=area,
        password_hash=hash_officer_password(password),
        created_at=now,
    )
    session.add(officer)
    session.flush()
    audit.record(
        session, now, by.officer if by else None, "officer added", officer.officer, username=username, role=role
    )
    return officer


def set_disabled(session: Session, now: datetime, by: Officer, officer: str, *, disabled: bool) -> Officer:
    """Disable an account and end its sessions, or enable it. Raises NotFound, Forbidden, Conflict (one's own)."""
    row = _require_officer(session, now, by, officer)
    if officer == by.officer:
        raise Conflict("own_account")
    row.disabled = disabled
    session.add(row)
    if disabled:
        session.exec(delete(SignIn).where(col(SignIn.officer) == officer))
    audit.record(session, now, by.officer, "officer disabled" if disabled else "officer enabled", officer)
    return row


def set_password(session: Session, now: datetime, by: Officer, officer: str, password: str) -> Officer:
    """Change a password and end the officer's sessions. Raises NotFound, Forbidden, Invalid (too short)."""
    row = _require_officer(session, now, by, officer)
    _require_long(password)
    row.password_hash = hash_officer_password(password)
    session.add(row)
    session.exec(delete(SignIn).where(col(SignIn.officer) == officer))
    audit.record(session, now, by.officer, "password changed", officer)
    return row


def _require_officer(session: Session, now: datetime, by: Officer, officer: str) -> Officer:
    row = session.get(Officer, officer)
    if row is None:
        raise NotFound("officer_unknown")
    require(session, now, by, "administrator", [row.area] if row.area else WHOLE_STATION)
    return row


def all_officers(session: Session) -> list[Officer]:
    """All officers, disabled ones too, by given name."""
    return sorted(session.exec(select(Officer)).all(), key=lambda row: (by_given_name(row.name), row.username))


def name_for_signing_in(typed: str) -> str:
    """The user name that was meant: capitals and spaces around it don't count."""
    return typed.strip().lower()


def officer_to_check(session: Session, username: str) -> Officer | None:
    """The officer of a user name, whose password is to be checked; None: there is none, or the account is disabled."""
    return session.exec(
        select(Officer).where(Officer.username == name_for_signing_in(username), col(Officer.disabled).is_(False))
    ).first()


def is_password_of(officer: Officer | None, password: str) -> bool:
    """Whether it is right. Slow on purpose, and for an unknown officer (None) as slow as for a known one."""
    if officer is None:
        hash_officer_password(password)
        return False
    with _hashing_slots:
        return _password_hash.verify(_normalize(password), officer.password_hash)


def check_password(session: Session, username: str, password: str) -> Officer | None:
    """The officer if the password is right, else None. An unknown user name takes as long as a known one."""
    officer = officer_to_check(session, username)
    return officer if is_password_of(officer, password) else None


def _normalize(password: str) -> str:
    """The password in NFC: keyboards differ in whether they send a Vietnamese letter as one character or as two."""
    return unicodedata.normalize("NFC", password)


def open_session(session: Session, now: datetime, officer: Officer, lasts: timedelta = SESSION_LASTS) -> Credentials:
    """Open a session. Expired sessions of all officers are deleted."""
    session.exec(delete(SignIn).where(col(SignIn.expires_at) <= now))
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = SignIn(
        token_hash=_token_hash(token), officer=officer.officer, csrf=csrf, created_at=now, expires_at=now + lasts
    )
    session.add(row)
    audit.record(session, now, officer.officer, "signed in", officer.officer)
    return Credentials(token, csrf, row.expires_at)


def close_session(session: Session, token: str) -> None:
    session.exec(delete(SignIn).where(col(SignIn.token_hash) == _token_hash(token)))


def who_is(session: Session, token: str | None, now: datetime) -> tuple[Officer, SignIn]:
    """The officer and session of a token. Raises NotSignedIn: unknown or expired token, or a disabled account."""
    row = session.get(SignIn, _token_hash(token)) if token else None
    officer = session.get(Officer, row.officer) if row and row.expires_at > now else None
    if row is None or officer is None or officer.disabled:
        raise NotSignedIn("sign_in_again")
    return officer, row


def _require_long(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH:
        raise Invalid("password", "password_too_short", least=MIN_PASSWORD_LENGTH)


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
