"""The second factor: a code that an officer's telephone makes (TOTP, RFC 6238), and recovery codes for when it is lost.

A code is good once, also for two who use it at the same time. The secret is kept encrypted, and recovery codes as
keyed hashes, both under the office's secret, which isn't in the database.
"""

import base64
import secrets
from datetime import datetime, timedelta
from hmac import compare_digest

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from sqlmodel import Session, col, delete, func, select

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import Officer, RecoveryCode, SecondFactor
from controller.errors import Conflict, Invalid
from controller.people.sessions import end_all_sessions
from controller.station import audit, facts

STEP_S = 30
DRIFT_STEPS = 1
"""A telephone's clock may be so many steps off."""
CONFIRM_WITHIN = timedelta(minutes=15)
RECOVERY_CODES = 8
MOST_WRONG = 50
"""Wrong codes since the last right one: beyond it only recovery codes are taken, so that nobody guesses for days."""
LONGEST_CODE = 40
_CODE_DIGITS = 6
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of recovery codes: without signs that look alike."""
_RECOVERY_LENGTH = 12


def step_of(secret: str | None, code: str, now: datetime, last_step: int) -> int | None:
    """The time step at which this code is made; None: it is wrong, too old, or not newer than `last_step`.

    `secret` None: no code is right.
    """
    if secret is None or len(code) != _CODE_DIGITS or not code.isascii() or not code.isdecimal():
        return None
    present, totp = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret, interval=STEP_S)
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if step > last_step and compare_digest(totp.generate_otp(step), code):
            return step
    return None


def has_second_factor(session: Session, officer: str) -> bool:
    """Whether a code is asked when this officer signs in."""
    row = session.get(SecondFactor, officer)
    return row is not None and row.confirmed_at is not None


def lacks_second_factor(session: Session, officer: str) -> bool:
    """Whether the station wants one of approvers, and this officer has none."""
    return facts.read(session, "approvers_second_factor") == "on" and not has_second_factor(session, officer)


def recovery_codes_left(session: Session, officer: str) -> int:
    """How many recovery codes weren't used yet."""
    return session.exec(select(func.count()).select_from(RecoveryCode).where(RecoveryCode.officer == officer)).one()


def drop_second_factor(session: Session, officer: str) -> bool:
    """Forget it, with its recovery codes. Returns whether there was one."""
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.officer) == officer))
    dropped = session.exec(delete(SecondFactor).where(col(SecondFactor.officer) == officer))
    return dropped.rowcount > 0


class SecondFactors:
    """What needs the office's secret. Its methods are called in a writing transaction, which they want committed."""

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._keyed_hash = keyed_hash
        self._cipher = Fernet(base64.urlsafe_b64encode(bytes.fromhex(keyed_hash.of("second factor's cipher"))))

    def begin(self, session: Session, now: datetime, officer: Officer, secret: str | None = None) -> str:
        """Make a secret, which counts once it is confirmed; returns it in base32. Raises Conflict: there is one."""
        if has_second_factor(session, officer.officer):
            raise Conflict("second_factor_is_on")
        secret = secret or pyotp.random_base32()
        kept = self._cipher.encrypt(secret.encode()).decode()
        session.merge(SecondFactor(officer=officer.officer, secret=kept, made_at=now))
        session.flush()
        return secret

    def secret_of(self, session: Session, now: datetime, officer: Officer) -> str:
        """The secret that is still to be confirmed. Raises Conflict: there is none, or it is too old."""
        row = session.get(SecondFactor, officer.officer)
        waits = row is not None and row.confirmed_at is None and now < row.made_at + CONFIRM_WITHIN
        secret = self._decrypted(row) if row is not None and waits else None
        if secret is None:
            raise Conflict("second_factor_not_begun")
        return secret

    def confirm(self, session: Session, now: datetime, officer: Officer, typed: str, kept: str) -> list[str]:
        """Switch it on, by a code of the secret; returns the recovery codes, and ends all sessions but one.

        `kept`: the hash of a token. Raises Invalid (the code is wrong), Conflict (there is nothing to confirm).
        """
        secret = self.secret_of(session, now, officer)
        step = step_of(secret, _plain(typed), now, 0)
        if step is None:
            raise Invalid("code", "code_wrong")
        row = session.get_one(SecondFactor, officer.officer)
        row.confirmed_at, row.last_step, row.wrong = now, step, 0
        codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
        session.exec(delete(RecoveryCode).where(col(RecoveryCode.officer) == officer.officer))
        session.add_all(
            (
                row,
                *(RecoveryCode(officer=officer.officer, code_hash=self._hash(officer.officer, each)) for each in codes),
            )
        )
        end_all_sessions(session, officer.officer, kept)
        audit.record(session, now, officer.officer, "second factor on", officer.officer)
        return [f"{each[:4]}-{each[4:8]}-{each[8:]}" for each in codes]

    def take(self, session: Session, now: datetime, officer: str, typed: str) -> bool:
        """Whether the code is right: of the telephone, or a recovery code. It is used up; a wrong one is counted."""
        row = session.get(SecondFactor, officer)
        if row is None:
            return False
        code = _plain(typed)
        if row.confirmed_at is not None and self._take_recovery_code(session, officer, code):
            audit.record(session, now, officer, "recovery code used", officer)
        elif row.wrong < MOST_WRONG and (step := step_of(self._decrypted(row), code, now, row.last_step)) is not None:
            row.last_step = step
        else:
            row.wrong += 1
            session.add(row)
            return False
        row.wrong = 0
        session.add(row)
        session.flush()
        return True

    def switch_off(self, session: Session, now: datetime, officer: Officer, typed: str) -> bool:
        """Forget it, if the code is right; returns whether it was."""
        if not self.take(session, now, officer.officer, typed):
            return False
        drop_second_factor(session, officer.officer)
        audit.record(session, now, officer.officer, "second factor off", officer.officer)
        return True

    def _take_recovery_code(self, session: Session, officer: str, code: str) -> bool:
        row = session.get(RecoveryCode, (officer, self._hash(officer, code)))
        if row is None:
            return False
        session.delete(row)
        return True

    def _decrypted(self, row: SecondFactor) -> str | None:
        """None: it was encrypted under another secret of the office, which is lost. A reset link helps."""
        try:
            return self._cipher.decrypt(row.secret.encode()).decode()
        except InvalidToken:
            return None

    def _hash(self, officer: str, code: str) -> str:
        return self._keyed_hash.of("recovery code", officer, code)


def address_for_telephone(secret: str, username: str, station: str) -> str:
    """The `otpauth:` address that a telephone's program reads from a QR code."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=username, issuer_name=station or "Loa Xã")


def _plain(typed: str) -> str:
    """What was typed, without the spaces and signs between its parts."""
    return "".join(each for each in typed[:LONGEST_CODE].lower() if each.isalnum())
