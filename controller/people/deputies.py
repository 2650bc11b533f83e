"""Deputies: an approver who is away names an officer who approves in the approver's place until a day.

A deputy has the role of an approver in the absent officer's area (`controller.station.charges`). It ends by itself. Who
wrote something is still a person: a deputy never approves what the deputy wrote.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.database.tables import Deputy, Officer
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.people.password_links import end_links
from controller.station import audit, facts
from controller.station.area_tree import area_tree
from controller.station.charges import ROLE_WORDS, Charges, areas_of, may, own_charge, require
from wire.ids import new_ulid

MOST_DAYS = 184
"""Six months, as a leave for childbirth. Whoever is away for longer has a successor."""
NEW_APPROVER_WAITS = timedelta(hours=24)
"""One person alone makes nobody an approver at once: else an administrator adds an account and names it deputy."""


def name_deputy(session: Session, now: datetime, officer: Officer, deputy: str, last_day: date) -> Deputy:
    """Let another officer approve in this one's place until the end of a day. An earlier deputy's time ends.

    A deputy who isn't an approver in the own right begins after NEW_APPROVER_WAITS, unless an administrator lets the
    deputy begin (`let_begin`). Raises Forbidden (no approver in the own right), Invalid.
    """
    absent = session.get_one(Officer, officer.officer)
    if absent.disabled or not own_charge(absent).holds("approver"):
        raise Forbidden("deputy_needs_own_role", officer=absent.name, role=ROLE_WORDS["approver"])
    row = session.get(Officer, deputy)
    if row is None:
        raise Invalid("deputy", "deputy_missing")
    if row.officer == absent.officer:
        raise Invalid("deputy", "deputy_is_oneself")
    if row.disabled:
        raise Invalid("deputy", "deputy_disabled", officer=row.name)
    since = now
    if not own_charge(row).holds("approver"):
        since = now + NEW_APPROVER_WAITS
        end_links(session, now, row)  # one that was made for an editor would open an approver's account
    ends_at = _end_of(session, now, last_day)
    if ends_at <= since:
        raise Invalid("last_day", "deputy_ends_before_begin", hours=NEW_APPROVER_WAITS // timedelta(hours=1))
    for earlier in deputies_yet(session, now):
        if earlier.absent == absent.officer:
            _end(session, now, absent, earlier)
    named = Deputy(
        deputy=new_ulid(now),
        absent=absent.officer,
        officer=row.officer,
        named_at=now,
        since=since,
        ends_at=ends_at,
    )
    session.add(named)
    session.flush()
    audit.record(session, now, absent.officer, "deputy named", row.officer, last_day=last_day.isoformat())
    return named


def end_deputy(session: Session, now: datetime, officer: Officer, deputy: str) -> None:
    """Take it back, by either of the two or an administrator of the absent officer's area. Ended stays ended.

    Raises NotFound, Forbidden.
    """
    row = _require_deputy(session, deputy)
    if officer.officer not in (row.absent, row.officer):
        _require_administrator(session, now, officer, row)
    if row.ended_at is None and row.ends_at > now:
        _end(session, now, officer, row)


def end_deputyships(session: Session, now: datetime, by: Officer, officer: Officer) -> None:
    """End all in which the officer approves in another's place."""
    for row in deputies_yet(session, now):
        if row.officer == officer.officer:
            _end(session, now, by, row)


def let_begin(session: Session, now: datetime, officer: Officer, deputy: str) -> None:
    """Let a deputy begin who has to wait, as a second person. Raises NotFound, Forbidden, Conflict (doesn't wait)."""
    row = _require_deputy(session, deputy)
    _require_administrator(session, now, officer, row)
    if officer.officer in (row.absent, row.officer):
        raise Forbidden("deputy_begins_by_another")
    if row.ended_at is not None or row.since <= now:
        raise Conflict("deputy_not_waiting")
    row.since = now
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "deputy let begin", row.officer, absent=row.absent)


def deputies_yet(session: Session, now: datetime) -> list[Deputy]:
    """All deputies whose time hasn't ended, those who still wait too, by when they were named."""
    return list(
        session.exec(
            select(Deputy).where(col(Deputy.ended_at).is_(None), col(Deputy.ends_at) > now).order_by(col(Deputy.deputy))
        ).all()
    )


class Deputation(NamedTuple):
    """One row with its two officers. `may_let_begin`: the reader may, as a second person."""

    row: Deputy
    absent: Officer
    deputy: Officer
    may_let_begin: bool

    @property
    def in_last_day(self) -> datetime:
        """The last instant of its last day."""
        return self.row.ends_at - timedelta(microseconds=1)


def deputies_of_interest(session: Session, now: datetime, officer: Officer, charges: Charges) -> list[Deputation]:
    """Those of which the officer is one of the two, and those of areas that the officer administers."""
    rows = deputies_yet(session, now)
    if not rows:
        return []
    tree, ids = area_tree(session), {each for row in rows for each in (row.absent, row.officer)}
    people = {each.officer: each for each in session.exec(select(Officer).where(col(Officer.officer).in_(ids))).all()}
    found = []
    for row in rows:
        absent = people[row.absent]
        concerned = officer.officer in (row.absent, row.officer)
        administers = may(charges, "administrator", areas_of(absent.area), tree)
        if concerned or administers:
            begins = administers and not concerned and row.since > now
            found.append(Deputation(row, absent, people[row.officer], may_let_begin=begins))
    return found


def may_be_named(officers: Collection[Officer], absent: Officer) -> list[Officer]:
    """Whom an officer may name: all others whose account is open."""
    return [each for each in officers if each.officer != absent.officer and not each.disabled]


def _end_of(session: Session, now: datetime, last_day: date) -> datetime:
    """The end of the day in the station's zone. Raises Invalid (a day that is over, or too far ahead)."""
    zone = ZoneInfo(facts.time_zone(session))
    today = now.astimezone(zone).date()
    if last_day < today:
        raise Invalid("last_day", "deputy_day_past")
    if last_day > today + timedelta(days=MOST_DAYS):
        raise Invalid("last_day", "deputy_too_long", most=MOST_DAYS)
    return datetime.combine(last_day + timedelta(days=1), time(), zone)


def _require_deputy(session: Session, deputy: str) -> Deputy:
    row = session.get(Deputy, deputy)
    if row is None:
        raise NotFound("deputy_unknown")
    return row


def _require_administrator(session: Session, now: datetime, officer: Officer, row: Deputy) -> None:
    area = session.get_one(Officer, row.absent).area
    require(session, now, officer, "administrator", areas_of(area))


def _end(session: Session, now: datetime, officer: Officer, row: Deputy) -> None:
    row.ended_at, row.ended_by = now, officer.officer
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "deputy ended", row.officer, absent=row.absent)
