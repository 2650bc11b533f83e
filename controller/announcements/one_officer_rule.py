"""The written decision that an author may approve, for a station with one officer."""

from datetime import datetime

from sqlmodel import Session, col, select

from controller.database.tables import Officer, OneOfficerRule
from controller.errors import Invalid
from controller.station import audit
from wire.ids import new_ulid

SHORTEST_REASON = 10


def rule_in_force(session: Session) -> OneOfficerRule | None:
    """The written decision that lets an author approve, if the station has one."""
    return session.exec(select(OneOfficerRule).where(col(OneOfficerRule.ended_at).is_(None)).limit(1)).first()


def allow_one_officer(session: Session, now: datetime, officer: Officer, reason: str) -> OneOfficerRule:
    """Write down that this station has one officer only; each page says so from now on. Raises Invalid."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid("reason", "reason_too_short", least=SHORTEST_REASON)
    rule = rule_in_force(session)
    if rule is None:
        rule = OneOfficerRule(rule=new_ulid(now), reason=reason.strip(), signed_by=officer.officer, since=now)
        session.add(rule)
        session.flush()
        audit.record(session, now, officer.officer, "one officer allowed", rule.rule, reason=rule.reason)
    return rule


def end_one_officer(session: Session, now: datetime, officer: Officer) -> None:
    """From now on author and approver are two persons again."""
    rule = rule_in_force(session)
    if rule is not None:
        rule.ended_at = now
        session.add(rule)
        audit.record(session, now, officer.officer, "one officer ended", rule.rule)
