"""Officers, and the check of their passwords (argon2id; there is no default password)."""

import unicodedata
from threading import Semaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, col, select

from controller.database.tables import Officer
from controller.errors import Invalid
from controller.station.name_order import by_given_name
from controller.words.phrases import Phrase

MAX_USERNAME_LENGTH, MAX_PASSWORD_LENGTH = 64, 1024
MIN_PASSWORD_LENGTH = 10

WRONG_NAME_OR_PASSWORD = Phrase("wrong_name_or_password")

_password_hash = PasswordHash((Argon2Hasher(),))
_hashing_slots = Semaphore(2)
"""At most two hashes at a time: argon2id takes 64 MiB and a core for each, and an office machine may be old."""


def hash_officer_password(password: str) -> str:
    """The argon2id hash of a password, with salt and parameters, as text."""
    with _hashing_slots:
        return _password_hash.hash(_normalize(password))


def require_long(password: str, field: str = "password") -> None:
    """Raises Invalid about the field for a password that is too short or too long."""
    if len(password) < MIN_PASSWORD_LENGTH:
        raise Invalid(field, "password_too_short", least=MIN_PASSWORD_LENGTH)
    if len(password) > MAX_PASSWORD_LENGTH:
        raise Invalid(field, "line_too_long", most=MAX_PASSWORD_LENGTH)


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
    """Whether it is right. Slow on purpose; as slow for an unknown officer (None), and for one without a password."""
    if officer is None or not officer.password_hash:
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
