"""Officers: who may sign in, and how that is proved. Passwords by argon2id; no default password anywhere."""

import hashlib
import re
import secrets
import unicodedata
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from threading import Lock, Semaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, col, delete, select

from controller.database.column_types import Role
from controller.database.tables import Officer, SignIn
from controller.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, TooManyAttempts
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.name_order import by_given_name
from controller.words.phrases import Phrase
from wire.ids import new_ulid

SHORTEST_PASSWORD = 10
SIGNED_IN_FOR = timedelta(hours=12)
WRONG_PASSWORDS = 10
WITHIN = timedelta(minutes=1)

WRONG = Phrase("wrong_name_or_password")

_USERNAME = re.compile(r"[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])?")
"""No letter that looks like another one, and none that a Vietnamese keyboard changes."""
_passwords = PasswordHash((Argon2Hasher(),))
_few_at_a_time = Semaphore(2)
"""argon2id takes 64 MiB and a core on purpose: a crowd at the door must not take all of an old office machine."""


@dataclass(frozen=True)
class Credentials:
    """What a new session is used by: the token (shown to the client alone) and the forms' token."""

    token: str
    csrf: str
    expires_at: datetime


class SignInGuard:
    """Slows wrong passwords by the address that they come from; of IPv6 by its /64, which is one house.

    An account is never locked: whoever knows a user name could lock its owner out. Kept in memory: it is worth a
    minute, and a restart of the office isn't the attacker's to cause.
    """

    def __init__(self) -> None:
        self._wrong: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def require_calm(self, address: str, now: datetime) -> None:
        """Raises TooManyAttempts."""
        with self._lock:
            recent = [each for each in self._wrong.get(_house(address), ()) if each > now - WITHIN]
        if len(recent) >= WRONG_PASSWORDS:
            raise TooManyAttempts(max(1, round((recent[0] + WITHIN - now).total_seconds())))

    def wrong(self, address: str, now: datetime) -> None:
        """Count one wrong password."""
        with self._lock:
            self._wrong.setdefault(_house(address), deque(maxlen=WRONG_PASSWORDS)).append(now)
            if len(self._wrong) > 10_000:
                self._wrong = {house: times for house, times in self._wrong.items() if times[-1] > now - WITHIN}


def _house(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ip_network((known, 64), strict=False))


def hash_officer_password(password: str) -> str:
    """The password as the database keeps it."""
    with _few_at_a_time:
        return _passwords.hash(_typed(password))


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
    _require_long(password)
    if area is not None:
        area_tree(session).require_named(area, "area")
    if by is not None:
        _require_charge(session, by, area)
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
    """Close an account, sessions included, or open it again. Raises NotFound, Forbidden, Conflict (one's own)."""
    row = _require_officer(session, by, officer)
    if officer == by.officer:
        raise Conflict("own_account")
    row.disabled = disabled
    session.add(row)
    if disabled:
        session.exec(delete(SignIn).where(col(SignIn.officer) == officer))
    audit.record(session, now, by.officer, "officer disabled" if disabled else "officer enabled", officer)
    return row


def set_password(session: Session, now: datetime, by: Officer, officer: str, password: str) -> Officer:
    """A new password; whoever was signed in with the old one is signed out. Raises NotFound, Forbidden, Invalid."""
    row = _require_officer(session, by, officer)
    _require_long(password)
    row.password_hash = hash_officer_password(password)
    session.add(row)
    session.exec(delete(SignIn).where(col(SignIn.officer) == officer))
    audit.record(session, now, by.officer, "password changed", officer)
    return row


def _require_officer(session: Session, by: Officer, officer: str) -> Officer:
    row = session.get(Officer, officer)
    if row is None:
        raise NotFound("officer_unknown")
    _require_charge(session, by, row.area)
    return row


def _require_charge(session: Session, by: Officer, area: str | None) -> None:
    """That the administrator is in charge of all that such an officer is; None: of the whole station."""
    if area is None and by.area is not None:
        raise Forbidden("officers_of_whole_station", officer=by.name)
    if area is not None:
        area_tree(session).require_charge(by, [area])


def all_officers(session: Session) -> list[Officer]:
    """Everybody, in the order of their given names."""
    return sorted(session.exec(select(Officer)).all(), key=lambda row: (by_given_name(row.name), row.username))


def check_password(session: Session, username: str, password: str) -> Officer | None:
    """The officer, if the password is right. A name that doesn't exist takes as long as one that does."""
    officer = session.exec(
        select(Officer).where(Officer.username == username.strip().lower(), col(Officer.disabled).is_(False))
    ).first()
    if officer is None:
        hash_officer_password(password)
        return None
    with _few_at_a_time:
        return officer if _passwords.verify(_typed(password), officer.password_hash) else None


def _typed(password: str) -> str:
    """The same letters are one password, whether a keyboard sends their marks apart or not."""
    return unicodedata.normalize("NFC", password)


def open_session(session: Session, now: datetime, officer: Officer, lasts: timedelta = SIGNED_IN_FOR) -> Credentials:
    """A new session; old ones that have run out are swept."""
    session.exec(delete(SignIn).where(col(SignIn.expires_at) <= now))
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = SignIn(token_hash=_hash(token), officer=officer.officer, csrf=csrf, created_at=now, expires_at=now + lasts)
    session.add(row)
    audit.record(session, now, officer.officer, "signed in", officer.officer)
    return Credentials(token, csrf, row.expires_at)


def close_session(session: Session, token: str) -> None:
    """Sign out."""
    session.exec(delete(SignIn).where(col(SignIn.token_hash) == _hash(token)))


def who_is(session: Session, token: str | None, now: datetime) -> tuple[Officer, SignIn]:
    """Whose token this is; raises NotSignedIn."""
    row = session.get(SignIn, _hash(token)) if token else None
    officer = session.get(Officer, row.officer) if row and row.expires_at > now else None
    if row is None or officer is None or officer.disabled:
        raise NotSignedIn("sign_in_again")
    return officer, row


def require_role(officer: Officer, *roles: Role) -> None:
    """That the officer has one of the roles (an administrator has all); raises Forbidden."""
    if officer.role != "administrator" and officer.role not in roles:
        raise Forbidden("role_lacking", officer=officer.name)


def _require_long(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("password", "password_too_short", least=SHORTEST_PASSWORD)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
