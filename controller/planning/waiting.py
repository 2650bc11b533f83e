"""The orders that wait for approval, each with the manifest that it has now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Literal

from sqlmodel import Session, col, select

from controller.announcements.lists import announcements_named
from controller.broadcasts.lists import lacks_approval
from controller.database.column_types import ManifestFields
from controller.database.tables import (
    Agreement,
    Approval,
    Broadcast,
    OccurrenceChange,
    Officer,
    Schedule,
    StandingText,
)
from controller.orders.agreements import (
    PlacesNow,
    agreements_in_force,
    approvals_of,
    ask,
    contents_of,
    who_ordered,
    writers_of,
)
from controller.orders.inside import narrows
from controller.orders.instants import lapses_at
from controller.orders.manifest import name_of, of_broadcast, of_schedule, of_standing
from controller.orders.policy import approvals_needed
from controller.orders.spoken_version import SpokenVersion, handed_in_versions
from controller.orders.standing_texts import live_standing_texts
from controller.people.one_officer_rule import rule_in_force
from controller.people.password_links import link_makers
from controller.planning.schedule_lists import IS_LIVE_COLUMN, is_over
from controller.station.area_tree import area_tree
from controller.station.charges import Charges, charges_of, may, may_anywhere
from controller.station.speaker_lists import areas_by_speaker, speakers_named
from wire.instants import format_instant

OrderKind = Literal["broadcast", "schedule", "standing"]
Hindrance = Literal["given", "wrote", "link", "own link", "role", "place"]
"""Why an officer may not approve an order: approved it already, wrote or ordered a part of it, has just made the link
by which a writer signs in, has just set the own password by a link of somebody who may be a writer, is an approver
nowhere, or not in all its places."""
Order = Broadcast | Schedule | StandingText


@dataclass(frozen=True)
class WaitingOrder:
    """An order that waits, and what is asked of approvers.

    `writers`: who wrote or ordered any part of it. `link_makers`: who made links by which writers have set passwords
    lately: such a writer may be the maker. `link_users`: who set passwords lately by links that writers or
    `link_makers` made: they may be the same person. `given`: the approvals so far, of the `needed` ones. `since`:
    since when it has waited with this manifest. `areas`: those that it names, and those in which its single speakers
    stand. `lapses_at`: None for what has no last instant. `writers_may`: the one-officer rule is in force.
    """

    kind: OrderKind
    of_order: str
    order: Order
    words: SpokenVersion
    manifest: str
    content: ManifestFields
    ordered_by: str
    writers: frozenset[str]
    link_makers: frozenset[str]
    link_users: frozenset[str]
    needed: int
    given: tuple[Approval, ...]
    areas: frozenset[str]
    since: datetime
    lapses_at: datetime | None
    writers_may: bool

    def hindrance(self, session: Session, officer: Officer, charges: Charges) -> Hindrance | None:
        """Why the officer may not approve it; None: the officer may."""
        if any(each.approver == officer.officer for each in self.given):
            return "given"
        if officer.officer in self.writers and not self.writers_may:
            return "wrote"
        if officer.officer in self.link_makers and not self.writers_may:
            return "link"
        if officer.officer in self.link_users and not self.writers_may:
            return "own link"
        if not may_anywhere(charges, "approver"):
            return "role"
        return None if may(charges, "approver", self.areas, area_tree(session)) else "place"


@dataclass(frozen=True)
class _Asked:
    """An order with the manifest that it has now."""

    kind: OrderKind
    of_order: str
    order: Order
    words: SpokenVersion
    content: ManifestFields
    ordered_by: str
    others: frozenset[str] = frozenset()
    """Who else had a part in places and times; of an occurrence also those of its schedule."""

    @property
    def manifest(self) -> str:
        return name_of(self.content)


def waiting_orders(session: Session, now: datetime, *announcements: str) -> list[WaitingOrder]:
    """What waits, of these announcements (none: of all): what lapses first, then what has waited longest."""
    asked = _asked(session, now, announcements)
    keys = {(each.of_order, each.manifest): each for each in asked}
    rows = session.exec(select(Agreement).where(col(Agreement.of_order).in_([order for order, _ in keys]))).all()
    known = {(row.of_order, row.manifest): row for row in rows}
    by_order: dict[str, list[Agreement]] = {order: [] for order, _ in keys}
    for agreement in rows:
        by_order[agreement.of_order].append(agreement)
    approvals = approvals_of(session, keys)
    approvers = _StillApprovers(session, now)
    writers = writers_of(session, {each.words.submission or "" for each in asked})
    tree = area_tree(session)
    writers_may = rule_in_force(session) is not None
    makers = link_makers(session, now)
    speakers = speakers_named(session, {name for each in asked for name in each.content["speakers"]})
    speaker_areas = cache(partial(areas_by_speaker, session))
    found = []
    for key, each in keys.items():
        row = known.get(key)
        if row is not None and row.refused_at is not None:
            continue
        given = approvals[key] if row is not None and row.withdrawn_at is None else []
        single = {speakers[name].area for name in each.content["speakers"] if name in speakers}
        areas = frozenset({*each.content["areas"], *single})
        wrote = {each.ordered_by, *each.others, *writers[each.words.submission or ""], *_first_orderer(each, known)}
        approved_at = _approved_at(by_order[each.of_order])
        # A small change by another doesn't make the order the other's, and an earlier agreement doesn't come back.
        asked_since = [one for one in by_order[each.of_order] if approved_at is None or one.asked_at >= approved_at]
        wrote |= {one.ordered_by for one in asked_since}
        given = [one for one in given if approved_at is None or one.at > approved_at]
        writers_makers = {maker for each in wrote for maker in makers.get(each, ())}
        found.append(
            WaitingOrder(
                kind=each.kind,
                of_order=each.of_order,
                order=each.order,
                words=each.words,
                manifest=each.manifest,
                content=each.content,
                ordered_by=each.ordered_by,
                writers=frozenset(wrote),
                link_makers=frozenset(writers_makers),
                link_users=frozenset(user for user, by in makers.items() if by & (wrote | writers_makers)),
                needed=approvals_needed(tree, each.content, areas, speaker_areas),
                given=tuple(
                    one
                    for one in given
                    if approvers.may_still(one.approver, areas) and (one.one_officer_rule or one.approver not in wrote)
                ),
                areas=areas,
                since=row.asked_at if row else each.order.created_at,
                lapses_at=lapses_at(each.order) if isinstance(each.order, Broadcast) else None,
                writers_may=writers_may,
            )
        )
    return sorted(found, key=lambda each: (each.lapses_at is None, each.lapses_at or each.since, each.of_order))


def ask_again(
    session: Session, now: datetime, announcement: str, *, alone: str | None = None, after_refusal: bool = False
) -> None:
    """Store what the orders of an announcement ask approval of, after they or its words changed.

    `alone`: only this schedule and its occurrences have changed. `after_refusal`: it was handed in again, so also
    what was refused before.
    """
    for each in _asked(session, now, [announcement], alone):
        agreement = ask(session, now, each.of_order, each.content, each.words, each.ordered_by)
        if after_refusal and agreement.refused_at is not None:
            agreement.asked_at, agreement.refused_at = now, None
            agreement.refused_by = agreement.refusal = None
            session.add(agreement)


def _approved_at(agreements: Iterable[Agreement]) -> datetime | None:
    """When an order was approved last, of its agreements that weren't withdrawn; None: never."""
    return max(
        (row.completed_at for row in agreements if row.completed_at is not None and row.withdrawn_at is None),
        default=None,
    )


class _StillApprovers:
    """Whether those who approved may still approve: else their approval doesn't count towards a new one."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session, self._now = session, now
        self._charges: dict[str, Charges] = {}

    def may_still(self, officer: str, areas: Collection[str]) -> bool:
        if officer not in self._charges:
            row = self._session.get_one(Officer, officer)
            self._charges[officer] = () if row.disabled else charges_of(self._session, self._now, row)
        return may(self._charges[officer], "approver", areas, area_tree(self._session))


def _first_orderer(each: _Asked, known: dict[tuple[str, str], Agreement]) -> set[str]:
    """Who made a schedule, until it was approved once: a small change by another doesn't make it the other's."""
    if not isinstance(each.order, Schedule):
        return set()
    approved = any(row.of_order == each.of_order and row.completed_at is not None for row in known.values())
    return set() if approved else {each.order.created_by}


def _asked(session: Session, now: datetime, announcements: Collection[str], alone: str | None = None) -> list[_Asked]:
    broadcasts = _waiting_broadcasts(session, now, announcements, alone)
    schedules = _live_schedules(session, announcements, alone)
    standing = live_standing_texts(session, now) if alone is None else []
    standing = [each for each in standing if _is_of(each.announcement, announcements)]
    ordered: list[Order] = [*broadcasts, *schedules, *standing]
    named = {each.announcement or "" for each in ordered}
    words = handed_in_versions(session, list(announcements_named(session, named).values()))
    found = [
        _Asked(
            "broadcast",
            row.broadcast,
            row,
            words[row.announcement],
            of_broadcast(row, words[row.announcement]),
            by,
            others,
        )
        for row, by, others in _own_orders(session, broadcasts)
        if row.announcement in words
    ]
    agreed = agreements_in_force(session, [*(row.schedule for row in schedules), *(row.standing for row in standing)])
    agreed_contents, reach = contents_of(session, agreed.values()), PlacesNow(session)
    for schedule in schedules:
        if schedule.announcement not in words:
            continue
        content = of_schedule(schedule, words[schedule.announcement])
        there = agreed.get(schedule.schedule)
        said_the_same = there is not None and there.announcement == schedule.announcement
        before = agreed_contents.get(there.manifest) if there and said_the_same else None
        asks = before is None or not narrows(content, before, reach)
        if asks and not is_over(schedule, now):
            said, others = words[schedule.announcement], _orderers(schedule, agreed)
            found.append(_Asked("schedule", schedule.schedule, schedule, said, content, who_ordered(schedule), others))
    for text in standing:
        if text.announcement not in words:
            continue
        asked = of_standing(text, words[text.announcement])
        there = agreed.get(text.standing)
        if there is None or there.manifest != name_of(asked):
            said = words[text.announcement]
            found.append(_Asked("standing", text.standing, text, said, asked, text.created_by))
    return found


def _is_of(announcement: str, announcements: Collection[str]) -> bool:
    return not announcements or announcement in announcements


def _waiting_broadcasts(
    session: Session, now: datetime, announcements: Collection[str], alone: str | None
) -> Sequence[Broadcast]:
    query = select(Broadcast).where(lacks_approval(now), col(Broadcast.announcement).is_not(None))
    if announcements:
        query = query.where(col(Broadcast.announcement).in_(announcements))
    if alone is not None:
        query = query.where(Broadcast.schedule == alone)
    return session.exec(query).all()


def _live_schedules(session: Session, announcements: Collection[str], alone: str | None) -> Sequence[Schedule]:
    query = select(Schedule).where(IS_LIVE_COLUMN)
    if announcements:
        query = query.where(col(Schedule.announcement).in_(announcements))
    if alone is not None:
        query = query.where(Schedule.schedule == alone)
    return session.exec(query).all()


def _own_orders(session: Session, rows: Sequence[Broadcast]) -> Iterable[tuple[Broadcast, str, frozenset[str]]]:
    """(broadcast, who ordered it, who else had a part in that) of those that ask for themselves.

    An occurrence asks for itself if an officer moved it or gave it another announcement, else with its schedule.
    """
    named = {row.schedule for row in rows if row.schedule}
    changes = session.exec(select(OccurrenceChange).where(col(OccurrenceChange.schedule).in_(named))).all()
    changed = {(each.schedule, each.occurrence): each for each in changes if each.moved_to or each.announcement}
    agreed = agreements_in_force(session, named)
    schedules = session.exec(select(Schedule).where(col(Schedule.schedule).in_(named))).all()
    ordered_by = {each.schedule: {who_ordered(each), *_orderers(each, agreed)} for each in schedules}
    for row in rows:
        if row.schedule is None:
            yield row, row.created_by or "", frozenset()
        elif (change := changed.get((row.schedule, row.occurrence or ""))) and (by := change.changed_by):
            yield row, by, frozenset({row.created_by or by, *change.orderers, *ordered_by[row.schedule]})


def _orderers(schedule: Schedule, agreed: dict[str, Agreement]) -> frozenset[str]:
    """All who set its places and times since it was approved. `agreed`: {order: the agreement in force}."""
    there = agreed.get(schedule.schedule)
    since = format_instant(there.completed_at) if there and there.completed_at else ""
    return frozenset(officer for officer, at in schedule.orderers.items() if at >= since)
