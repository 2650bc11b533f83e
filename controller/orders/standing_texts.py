"""Standing texts: an announcement that is approved beforehand, so that one approver alone may set it off in time.

Where, in which hours, how often and until when is part of what was approved. Each use is on the first page until
another officer has reviewed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from controller.announcements.lists import require_announcement
from controller.database.column_types import QuietHoursFields
from controller.database.tables import Agreement, Broadcast, Clip, Officer, StandingText
from controller.database.transactions import note_change
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.orders.agreed import is_inside
from controller.orders.agreements import agreements_in_force, ask, contents_of
from controller.orders.manifest import of_standing
from controller.orders.orders import FURTHEST_AHEAD, Order, check_places, default_expiry, named_areas, new_row
from controller.orders.spoken_version import SpokenVersion, handed_in_versions, submitted_version
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import charges_of, may, require
from schedules.limits import DEFAULT_GAP_MS
from wire.ids import new_ulid
from wire.instants import cut_to_milliseconds

MOST_USES = 100


@dataclass(frozen=True)
class StandingOrder:
    """What an officer asks to have approved beforehand. `hours`: local, `from` ≤ t < `to`, also over midnight."""

    announcement: str
    areas: tuple[str, ...]
    hours: tuple[QuietHoursFields, ...]
    most_times: int
    until: datetime
    times: int = 1
    gap_ms: int = DEFAULT_GAP_MS


def make_standing_text(session: Session, now: datetime, officer: Officer, order: StandingOrder) -> Agreement:
    """Ask approval of a standing text. Raises NotFound, Invalid, Conflict (not handed in), Forbidden."""
    announcement = require_announcement(session, order.announcement)
    check_places(session, now, officer, order.areas, ())
    if not order.hours:
        raise Invalid("hours", "standing_hours_missing")
    if not 1 <= order.most_times <= MOST_USES:
        raise Invalid("most_times", "number_range", least=1, most=MOST_USES)
    if order.until <= now:
        raise Invalid("until", "standing_until_past")
    if order.until > now + FURTHEST_AHEAD:
        raise Invalid("until", "starts_too_far_ahead", most=FURTHEST_AHEAD.days)
    words = handed_in_versions(session, [announcement]).get(order.announcement)
    if words is None:
        raise Conflict("standing_not_submitted")
    row = StandingText(
        standing=new_ulid(now),
        announcement=order.announcement,
        areas=list(order.areas),
        hours=list(order.hours),
        most_times=order.most_times,
        until=order.until,
        times=order.times,
        gap_ms=order.gap_ms,
        created_by=officer.officer,
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, now, officer.officer, "standing text made", row.standing, areas=row.areas)
    note_change(session, "announcement", order.announcement)
    return ask(session, now, row.standing, of_standing(row, words), words, officer.officer)


def end_standing_text(session: Session, now: datetime, officer: Officer, standing: str) -> StandingText:
    """End a standing text: nobody sets it off any more. Raises NotFound, Forbidden."""
    row = session.get(StandingText, standing)
    if row is None or row.ended_at is not None:
        raise NotFound("standing_unknown")
    require(session, now, officer, "editor", row.areas)
    row.ended_at, row.ended_by = now, officer.officer
    session.add(row)
    audit.record(session, now, officer.officer, "standing text ended", standing)
    note_change(session, "announcement", row.announcement)
    return row


def live_standing_texts(session: Session, now: datetime, announcement: str | None = None) -> Sequence[StandingText]:
    """Those that weren't ended and aren't over, the first to end first; of one announcement, or of all."""
    query = select(StandingText).where(col(StandingText.ended_at).is_(None), col(StandingText.until) > now)
    if announcement is not None:
        query = query.where(StandingText.announcement == announcement)
    return session.exec(query.order_by(col(StandingText.until), col(StandingText.standing))).all()


def standing_agreement_for(session: Session, officer: Officer, row: Broadcast, clip: str) -> Agreement | None:
    """The agreement by which this officer alone may set off this broadcast; None: it has to be approved.

    `clip`: SHA-256 of the sound that the officer means.
    """
    tree, charges = area_tree(session), charges_of(session, row.created_at, officer)
    if not row.starts_now or not may(charges, "approver", named_areas(session, row), tree):
        return None
    if row.expires_at is not None and row.expires_at > default_expiry(row, cut_to_milliseconds(row.created_at)):
        return None  # no standing text says that its sound may begin later than usual
    standing = live_standing_texts(session, row.created_at, row.announcement)
    agreed = agreements_in_force(session, [each.standing for each in standing])
    contents, uses = contents_of(session, agreed.values()), uses_of(session, standing, agreed)
    for each in standing:
        agreement = agreed.get(each.standing)
        content = contents.get(agreement.manifest) if agreement else None
        if agreement is None or content is None or uses[each.standing] >= each.most_times:
            continue
        if content["clip"] == clip and is_inside(session, row, content):
            return agreement
    return None


def standing_words(session: Session, now: datetime, officer: Officer, order: Order) -> SpokenVersion | None:
    """What the standing text says that this officer alone may set off by this order; None: it has to be approved.

    A newer version that waits for approval, or was refused, takes nothing away from what was approved beforehand.
    """
    if order.starts_at is not None or not set(order.areas) <= area_tree(session).by_id.keys():
        return None
    standing = live_standing_texts(session, now, order.announcement)
    agreed = agreements_in_force(session, [each.standing for each in standing])
    # Of several that fit, the one that ends first; agreements come in no order of their own.
    for submission in (agreed[each.standing].submission for each in standing if each.standing in agreed):
        words = submitted_version(session, submission)
        row = new_row(now, officer.officer, words, session.get_one(Clip, words.clip), order)
        if standing_agreement_for(session, officer, row, words.clip) is not None:
            return words
    return None


def uses_of(session: Session, standing: Sequence[StandingText], agreed: Mapping[str, Agreement]) -> dict[str, int]:
    """{standing text: how often it was set off by its agreement in force}; by one query.

    Two that say exactly the same share their uses while both are there.
    """
    rows = session.exec(
        select(Broadcast.announcement, Broadcast.manifest, col(Broadcast.created_at)).where(
            col(Broadcast.manifest).in_({each.manifest for each in agreed.values()}),
            col(Broadcast.set_off_by).is_not(None),
        )
    ).all()
    found = {}
    for each in standing:
        says = (each.announcement, agreed[each.standing].manifest) if each.standing in agreed else None
        found[each.standing] = sum((row[0], row[1]) == says and row[2] >= each.created_at for row in rows)
    return found


def unreviewed(session: Session) -> Sequence[Broadcast]:
    """Broadcasts that one officer set off alone and no other has reviewed, the newest first."""
    return session.exec(
        select(Broadcast)
        .where(col(Broadcast.set_off_by).is_not(None), col(Broadcast.reviewed_at).is_(None))
        .order_by(col(Broadcast.created_at).desc())
    ).all()


def review(session: Session, now: datetime, officer: Officer, row: Broadcast) -> None:
    """Note that a second officer has looked at it.

    Raises Conflict (nothing to review), Forbidden (not an approver in all its places, or one's own use).
    """
    if row.set_off_by is None:
        raise Conflict("nothing_to_review")
    require(session, now, officer, "approver", named_areas(session, row))
    if row.set_off_by == officer.officer:
        raise Forbidden("own_use_of_standing_text")
    if row.reviewed_at is None:
        row.reviewed_at, row.reviewed_by = now, officer.officer
        session.add(row)
        audit.record(session, now, officer.officer, "broadcast reviewed", row.broadcast)
        note_change(session, "broadcast", row.broadcast)
