"""The written decision that authors may approve their own announcements, for a station with one officer."""

from datetime import datetime

from sqlmodel import Session, col, select

from controller.database.tables import SHORTEST_REASON, Officer, OneOfficerRule
from controller.errors import Invalid
from controller.station import audit
from controller.station.charges import WHOLE_STATION, require
from wire.ids import new_ulid


def rule_in_force(session: Session) -> OneOfficerRule | None:
    """The decision that is in force; None: author and approver must be two persons."""
    return session.exec(select(OneOfficerRule).where(col(OneOfficerRule.ended_at).is_(None)).limit(1)).first()


def allow_one_officer(session: Session, now: datetime, officer: Officer, reason: str) -> OneOfficerRule:
    """Record the decision, which a second administrator agreed to; all pages show it from now on. Raises Invalid."""
    require_reason(reason)
    rule = rule_in_force(session)
    if rule is None:
        rule = OneOfficerRule(rule=new_ulid(now), reason=reason.strip(), signed_by=officer.officer, since=now)
        session.add(rule)
        session.flush()
        audit.record(session, now, officer.officer, "one officer allowed", rule.rule, reason=rule.reason)
    return rule


def require_reason(reason: str) -> None:
    """Raises Invalid about a reason that is too short."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid("reason", "reason_too_short", least=SHORTEST_REASON)


def end_one_officer(session: Session, now: datetime, officer: Officer) -> None:
    """End the decision: author and approver must be two persons again. Raises Forbidden."""
    require(session, now, officer, "administrator", WHOLE_STATION)
    rule = rule_in_force(session)
    if rule is not None:
        rule.ended_at = now
        session.add(rule)
        audit.record(session, now, officer.officer, "one officer ended", rule.rule)
