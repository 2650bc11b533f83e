"""How many announcements have an order that waits for approval: every page says it, so the database is asked for it.

The same number as that of the list (`waiting_orders`), which works out the manifest of each order. Here an order is
known to wait, or known not to, by what the rows say; of the few others the list is made.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from controller.broadcasts.lists import lacks_approval
from controller.database.tables import (
    Agreement,
    Announcement,
    Broadcast,
    OccurrenceChange,
    Schedule,
    StandingText,
    Submission,
)
from controller.planning.schedule_lists import IS_LIVE_COLUMN
from controller.planning.waiting import waiting_orders

_ANY_ZONE = timedelta(hours=15)
"""No wall time is further ahead of UTC."""

Condition = ColumnElement[bool]


def _has_agreement(of_order: Any, condition: Condition) -> Condition:
    return exists().where(col(Agreement.of_order) == of_order, condition)


def _is_undecided(of_order: Any) -> Condition:
    """Nobody has approved or refused anything of the order."""
    decided = or_(col(Agreement.completed_at).is_not(None), col(Agreement.refused_at).is_not(None))
    return ~_has_agreement(of_order, decided)


def _is_handed_in(announcement: Any) -> Condition:
    """A version of it can be approved, or was: `handed_in_versions` finds one."""
    handed_in = aliased(Submission)
    return exists().where(col(handed_in.announcement) == announcement, _can_be_approved(handed_in))


def _can_be_approved(handed_in: type[Submission]) -> Condition:
    newest = exists().where(
        col(Announcement.announcement) == col(handed_in.announcement),
        col(Announcement.version) == col(handed_in.version),
        col(Announcement.clip) == col(handed_in.clip),
    )
    approved = aliased(Agreement)
    was = exists().where(
        col(approved.submission) == col(handed_in.submission),
        col(approved.completed_at).is_not(None),
        col(approved.withdrawn_at).is_(None),
    )
    return and_(col(handed_in.refused_at).is_(None), or_(newest, was))


def _is_as_agreed(of_order: Any, changed_at: Any) -> Condition:
    """Its newest agreement is in force, is younger than the order, and is of the version that would be approved now.

    `changed_at` None: the order never changes. An order that changed in the same millisecond is looked at in the list.
    """
    agreed, later = aliased(Agreement), aliased(Agreement)
    said, newer = aliased(Submission), aliased(Submission)
    is_later = exists().where(
        col(later.of_order) == col(agreed.of_order),
        col(later.manifest) != col(agreed.manifest),
        col(later.completed_at) >= col(agreed.completed_at),
    )
    has_newer = exists().where(
        col(newer.announcement) == col(said.announcement),
        col(newer.submission) != col(said.submission),
        or_(
            col(newer.version) > col(said.version),
            and_(col(newer.version) == col(said.version), col(newer.submitted_at) >= col(said.submitted_at)),
        ),
        _can_be_approved(newer),
    )
    return exists().where(
        col(agreed.of_order) == of_order,
        col(agreed.completed_at).is_not(None),
        col(agreed.withdrawn_at).is_(None),
        ~is_later,
        *([col(agreed.completed_at) > changed_at] if changed_at is not None else []),
        col(said.submission) == col(agreed.submission),
        col(said.refused_at).is_(None),
        ~has_newer,
    )


# Made once: making the conditions takes longer than asking the database.
_IS_UNREFUSED = ~_has_agreement(Broadcast.broadcast, col(Agreement.refused_at).is_not(None))
_HAS_WORDS = _is_handed_in(Broadcast.announcement)
_ASKS_FOR_ITSELF = or_(
    col(Broadcast.schedule).is_(None),
    exists().where(
        col(OccurrenceChange.schedule) == col(Broadcast.schedule),
        col(OccurrenceChange.occurrence) == col(Broadcast.occurrence),
        or_(col(OccurrenceChange.moved_to).is_not(None), col(OccurrenceChange.announcement).is_not(None)),
    ),
)
_IS_UNDECIDED_SCHEDULE = _is_undecided(Schedule.schedule)
_SCHEDULE_MAY_ASK = and_(
    IS_LIVE_COLUMN, _is_handed_in(Schedule.announcement), ~_is_as_agreed(Schedule.schedule, Schedule.changed_at)
)
_IS_UNDECIDED_STANDING = _is_undecided(StandingText.standing)
_STANDING_MAY_ASK = and_(
    col(StandingText.ended_at).is_(None),
    _is_handed_in(StandingText.announcement),
    ~_is_as_agreed(StandingText.standing, None),
)


def count_waiting(session: Session, now: datetime) -> int:
    """The number of announcements in `waiting_orders`."""
    known, unsure = set[str](), set[str]()
    for announcement, waits in (*_broadcasts(session, now), *_schedules(session, now), *_standing_texts(session, now)):
        (known if waits else unsure).add(announcement)
    unsure -= known
    if unsure:
        known |= {each.words.announcement for each in waiting_orders(session, now, *unsure)}
    return len(known)


def _broadcasts(session: Session, now: datetime) -> list[tuple[str, bool]]:
    """(announcement, whether it surely waits) of broadcasts that ask for themselves: all wait that weren't refused."""
    query = select(Broadcast.announcement, _IS_UNREFUSED).where(lacks_approval(now), _ASKS_FOR_ITSELF, _HAS_WORDS)
    return _pairs(session, query.distinct())


def _schedules(session: Session, now: datetime) -> list[tuple[str, bool]]:
    """The same of schedules: not those that are as they were approved last.

    Surely wait those that nobody has decided on yet, and that have an occurrence to come by the rule itself.
    """
    far = (now + _ANY_ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
    coming = exists().where(
        col(Broadcast.schedule) == col(Schedule.schedule),
        col(Broadcast.replaced).is_(False),
        col(Broadcast.cancelled_at).is_(None),
        col(Broadcast.occurrence) > far,
    )
    query = select(Schedule.announcement, and_(_IS_UNDECIDED_SCHEDULE, coming)).where(_SCHEDULE_MAY_ASK)
    return _pairs(session, query.distinct())


def _standing_texts(session: Session, now: datetime) -> list[tuple[str, bool]]:
    """The same of standing texts, which never change."""
    query = select(StandingText.announcement, _IS_UNDECIDED_STANDING).where(
        col(StandingText.until) > now, _STANDING_MAY_ASK
    )
    return _pairs(session, query.distinct())


def _pairs(session: Session, query: Any) -> list[tuple[str, bool]]:
    return [(announcement, bool(waits)) for announcement, waits in session.exec(query).all()]
