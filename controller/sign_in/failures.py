"""Failed attempts to sign in, summed up for the log and for the audit, so that a flood fills neither.

The log gets a line at most every LOG_EVERY. The audit gets a row an hour and account at most; attempts with user names
that nobody has are one row for all of them.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal, Self

from sqlmodel import col, select

from controller.database.tables import Officer
from controller.database.transactions import Database
from controller.sign_in.guard import network_of
from controller.station import audit

log = logging.getLogger(__name__)

LOG_EVERY = timedelta(seconds=10)
AUDIT_EVERY = timedelta(hours=1)
AUDITED_AFTER = timedelta(minutes=1)
"""The first failures of an account stand in the audit after this time, later ones once an hour."""
MOST_ACCOUNTS = 1_000
"""Further user names are summed up as the ones that nobody has."""
MOST_NETWORKS = 1_000
_NOBODY = ""
_NAMED_IN_LOG = 3
_LONGEST_NAME_IN_LOG = 32

Outcome = Literal["wrong", "refused"]
"""`refused`: by a limit, before anything was examined."""


@dataclass
class _Sum:
    """What is still to be told. `begun`: when the first of it happened."""

    begun: datetime
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    networks: set[str] = field(default_factory=set)

    def add(self, outcome: Outcome, network: str) -> None:
        self.outcomes[outcome] += 1
        if len(self.networks) < MOST_NETWORKS:
            self.networks.add(network)

    @classmethod
    def of(cls, sums: Sequence[Self]) -> Self:
        """All of them in one."""
        whole = cls(min(each.begun for each in sums))
        for each in sums:
            whole.outcomes += each.outcomes
            whole.networks |= each.networks
        return whole


class FailedSignIns:
    """The sums. `note` may be called by any thread, and writes nothing; `step` writes what is due."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._lock = Lock()
        self._to_log: _Sum | None = None
        self._named: Counter[str] = Counter()
        self._to_audit: dict[str, _Sum] = {}
        self._audited: dict[str, datetime] = {}
        self._logged: datetime | None = None

    def note(self, account: str, address: str, outcome: Outcome) -> None:
        """One attempt failed. `account` "": nobody has read the user name."""
        now, network = self._now(), network_of(address)
        with self._lock:
            self._to_log = self._to_log or _Sum(now)
            self._to_log.add(outcome, network)
            if account in self._named or len(self._named) < MOST_ACCOUNTS:
                self._named[account] += 1
            if account not in self._to_audit and len(self._to_audit) >= MOST_ACCOUNTS:
                account = _NOBODY
            self._to_audit.setdefault(account, _Sum(now)).add(outcome, network)
            line = self._take_line(now)
        if line:
            log.warning(line)

    def step(self, now: datetime, *, all_of_it: bool = False) -> None:
        """Write what is due; `all_of_it`: everything, at the end. Called by one thread at a time."""
        with self._lock:
            line = self._take_line(now, at_once=all_of_it)
            due = {
                account: self._to_audit.pop(account)
                for account, summed in list(self._to_audit.items())
                if all_of_it or self._is_audit_due(account, summed, now)
            }
        if line:
            log.warning(line)
        if due:
            self._write_audit(now, due, all_of_it)

    def _is_audit_due(self, account: str, summed: _Sum, now: datetime) -> bool:
        last = self._audited.get(account)
        return now >= summed.begun + AUDITED_AFTER and (last is None or now >= last + AUDIT_EVERY)

    def _write_audit(self, now: datetime, due: dict[str, _Sum], all_of_it: bool) -> None:
        with self._database.reading() as session:
            query = select(Officer.username, Officer.officer).where(col(Officer.username).in_(list(due)))
            officers = dict(session.exec(query).all())
        rows = {officers[account]: due[account] for account in officers}
        nobodys = [summed for account, summed in due.items() if account not in officers]
        if nobodys:
            whole = _Sum.of(nobodys)
            if all_of_it or self._is_audit_due(_NOBODY, whole, now):
                rows[_NOBODY] = whole
            else:
                with self._lock:
                    self._to_audit[_NOBODY] = _Sum.of([whole, *filter(None, [self._to_audit.get(_NOBODY)])])
        self._audited |= dict.fromkeys([*officers, *([_NOBODY] if _NOBODY in rows else [])], now)
        if not rows:
            return
        with self._database.writing() as session:
            for officer, summed in rows.items():
                audit.record(
                    session,
                    now,
                    None,
                    "sign-ins failed",
                    officer,
                    wrong=summed.outcomes["wrong"],
                    refused=summed.outcomes["refused"],
                    networks=len(summed.networks),
                )

    def _take_line(self, now: datetime, *, at_once: bool = False) -> str:
        summed = self._to_log
        if summed is None or (not at_once and self._logged is not None and now < self._logged + LOG_EVERY):
            return ""
        named = ", ".join(
            f"{account[:_LONGEST_NAME_IN_LOG]!r} {count}" for account, count in self._named.most_common(_NAMED_IN_LOG)
        )
        self._to_log, self._logged = None, now
        self._named.clear()
        some = sorted(summed.networks)[:_NAMED_IN_LOG]
        return (
            f"failed sign-ins since {summed.begun:%H:%M:%SZ}: {summed.outcomes['wrong']} wrong, "
            f"{summed.outcomes['refused']} refused unexamined, from {len(summed.networks)} networks "
            f"({', '.join(some)}), mostly of {named}"
        )
