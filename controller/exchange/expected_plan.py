"""The plan that a speaker should have by the office's rows, compared with the digest that the speaker reports."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from math import comb
from typing import Self

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.database.tables import Broadcast, BroadcastRevision, Delivery, SpeakerSettings, SpeakerStatus
from wire.broadcast import names_speaker
from wire.status import Status, plan_digest

EXPIRED_STILL_COUNTED_FOR = timedelta(hours=1)
_MAX_DIGESTS_TRIED = 70
"""Tries at most C(8, 4) = 70 digests. Where more unknown broadcasts need more tries, the plan is taken as agreeing."""


@dataclass(frozen=True)
class LiveBroadcast:
    """The newest revision of a broadcast, with what speakers and topics it is for. `message` None: not signed yet."""

    broadcast: str
    revision: int
    expires_at: datetime
    areas: frozenset[str]
    speakers: frozenset[str]
    message: bytes | None
    topics: tuple[str, ...]


class LivePlan:
    """The broadcasts that are live at one moment, read once for many speakers; those that were cancelled come first."""

    def __init__(self, live: list[LiveBroadcast], just_expired: list[LiveBroadcast]) -> None:
        self.live = live
        self._just_expired = just_expired

    @classmethod
    def read(cls, session: Session, now: datetime) -> Self:
        """Read the broadcasts that expire after `now`, and those that expired within EXPIRED_STILL_COUNTED_FOR.

        An older status may still count the latter.
        """
        newest = (
            select(BroadcastRevision.broadcast, func.max(BroadcastRevision.revision).label("revision"))
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .where(col(Broadcast.expires_at) > now - EXPIRED_STILL_COUNTED_FOR)
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
            .order_by(col(Broadcast.cancelled_at).is_(None), col(Broadcast.broadcast))
        ).all()
        broadcasts = [
            LiveBroadcast(
                broadcast, revision, expires_at, frozenset(areas), frozenset(speakers), message, tuple(topics)
            )
            for broadcast, revision, expires_at, areas, speakers, message, topics in rows
        ]
        return cls(
            [each for each in broadcasts if each.expires_at > now],
            [each for each in broadcasts if each.expires_at <= now],
        )

    def of_speaker(self, speaker: str, chain: frozenset[str]) -> list[LiveBroadcast]:
        """The live broadcasts that are for this speaker."""
        return [each for each in self.live if names_speaker(each, speaker, chain)]

    def agrees_with(self, session: Session, status: Status, kept_status: SpeakerStatus) -> bool:
        """Whether the plan digest in a status is that of the plan which this speaker should have.

        Expected are the broadcasts for the chain of the settings that the status names, alive at the status's own
        instant, without those that the speaker rejected; and with those that its last plan request listed and that are
        unknown here, or without them: the request may have been another's. True if the status has no plan.
        """
        if status.plan is None:
            return True
        expected = self._expected(session, status, kept_status.speaker)
        if plan_digest(expected.items()) == status.plan.digest:
            return True
        newer = {
            each: revision for each, revision in kept_status.found.items() if revision > expected.get(each, revision)
        }
        known = list((expected | newer).items())
        found = [pair for pair in kept_status.found.items() if pair[0] not in expected]
        # The office doesn't know when those expire: the status's count says how many the speaker still has, not which.
        extra = status.plan.count - len(known)
        if not 0 <= extra <= len(found):
            return False
        if comb(len(found), extra) > _MAX_DIGESTS_TRIED:
            return True
        return any(plan_digest([*known, *guess]) == status.plan.digest for guess in combinations(found, extra))

    def _expected(self, session: Session, status: Status, speaker: str) -> dict[str, int]:
        settings = session.get(SpeakerSettings, (speaker, status.settings_revision or 0))
        chain = frozenset(settings.content["areas"]) if settings else frozenset()
        named = [
            each
            for each in self.live + self._just_expired
            if names_speaker(each, speaker, chain) and (status.at is None or each.expires_at > status.at)
        ]
        rejected = session.exec(
            select(Delivery.broadcast).where(
                Delivery.speaker == speaker,
                col(Delivery.broadcast).in_([each.broadcast for each in named]),
                Delivery.state == "rejected",
            )
        ).all()
        return {each.broadcast: each.revision for each in named if each.broadcast not in rejected}
