"""What a speaker should have, by the office's rows: compared with the digest that it tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from math import comb
from typing import Self

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.database.tables import Broadcast, BroadcastRevision, Delivery, SpeakerSettings, SpeakerStatus
from wire.status import Status, plan_digest

STILL_TOLD_FOR = timedelta(hours=1)
_MOST_GUESSES = 70
"""As many as eight that were found take, whichever of them have expired. Of more nobody can tell whether it agrees."""


@dataclass(frozen=True)
class LiveBroadcast:
    """The newest revision of a broadcast that is on the wire and hasn't expired."""

    broadcast: str
    revision: int
    expires_at: datetime
    areas: frozenset[str]
    speakers: frozenset[str]
    message: bytes | None
    topics: tuple[str, ...]

    def names(self, speaker: str, chain: frozenset[str]) -> bool:
        """Whether it is for this speaker."""
        return speaker in self.speakers or bool(self.areas & chain)


class LivePlan:
    """All live broadcasts at one moment, read once for many speakers."""

    def __init__(self, live: list[LiveBroadcast], just_over: list[LiveBroadcast]) -> None:
        self.live = live
        self._just_over = just_over

    @classmethod
    def read(cls, session: Session, now: datetime) -> Self:
        """Those that expire after `now`, and those that a status said a while ago may still count."""
        newest = (
            select(BroadcastRevision.broadcast, func.max(BroadcastRevision.revision).label("revision"))
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .where(col(Broadcast.expires_at) > now - STILL_TOLD_FOR)
            .group_by(col(BroadcastRevision.broadcast))
            .subquery()
        )
        rows = session.exec(
            select(  # type: ignore[call-overload]  # its overloads end at four columns
                BroadcastRevision.broadcast,
                BroadcastRevision.revision,
                Broadcast.expires_at,
                Broadcast.areas,
                Broadcast.speakers,
                BroadcastRevision.message,
                BroadcastRevision.topics,
            )
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .join(
                newest,
                (newest.c.broadcast == BroadcastRevision.broadcast) & (newest.c.revision == BroadcastRevision.revision),
            )
            .order_by(col(Broadcast.broadcast))
        ).all()
        all_of_them = [
            LiveBroadcast(
                broadcast, revision, expires_at, frozenset(areas), frozenset(speakers), message, tuple(topics)
            )
            for broadcast, revision, expires_at, areas, speakers, message, topics in rows
        ]
        return cls(
            [each for each in all_of_them if each.expires_at > now],
            [each for each in all_of_them if each.expires_at <= now],
        )

    def of_speaker(self, speaker: str, chain: frozenset[str]) -> list[LiveBroadcast]:
        """Those that name this speaker."""
        return [each for each in self.live if each.names(speaker, chain)]

    def agrees_with(self, session: Session, status: Status, told: SpeakerStatus) -> bool:
        """Whether a status tells the plan that this speaker should have.

        By the chain of the settings that it says it has, at the status's own instant; less what it rejected, plus what
        its `have` told and the office doesn't know.
        """
        if status.plan is None:
            return True
        expected = self._expected(session, status, told.speaker)
        newer = {each: revision for each, revision in told.found.items() if revision > expected.get(each, revision)}
        known = list((expected | newer).items())
        found = [pair for pair in told.found.items() if pair[0] not in expected]
        # When what was found there expires isn't known here: so many of them as it counts, whichever they are.
        left = status.plan.count - len(known)
        if not 0 <= left <= len(found):
            return False
        if comb(len(found), left) > _MOST_GUESSES:
            return True
        return any(plan_digest([*known, *some]) == status.plan.digest for some in combinations(found, left))

    def _expected(self, session: Session, status: Status, speaker: str) -> dict[str, int]:
        settings = session.get(SpeakerSettings, (speaker, status.settings_revision or 0))
        chain = frozenset(settings.content["areas"]) if settings else frozenset()
        named = [
            each
            for each in self.live + self._just_over
            if each.names(speaker, chain) and (status.at is None or each.expires_at > status.at)
        ]
        rejected = session.exec(
            select(Delivery.broadcast).where(
                Delivery.speaker == speaker,
                col(Delivery.broadcast).in_([each.broadcast for each in named]),
                Delivery.state == "rejected",
            )
        ).all()
        return {each.broadcast: each.revision for each in named if each.broadcast not in rejected}
