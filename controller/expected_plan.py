"""What a speaker should have, by the office's rows: compared with the digest that it tells."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.tables import Broadcast, BroadcastRevision, Delivery, SpeakerSettings
from wire.status import Status, plan_digest


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

    def __init__(self, live: list[LiveBroadcast]) -> None:
        self.live = live

    @classmethod
    def read(cls, session: Session, now: datetime) -> Self:
        """Those that expire after `now`."""
        newest = (
            select(BroadcastRevision.broadcast, func.max(BroadcastRevision.revision).label("revision"))
            .group_by(col(BroadcastRevision.broadcast))
            .subquery()
        )
        rows = session.exec(
            select(BroadcastRevision, Broadcast)
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .join(
                newest,
                (newest.c.broadcast == BroadcastRevision.broadcast) & (newest.c.revision == BroadcastRevision.revision),
            )
            .where(col(Broadcast.expires_at) > now)
            .order_by(col(Broadcast.broadcast))
        ).all()
        return cls(
            [
                LiveBroadcast(
                    broadcast=revision.broadcast,
                    revision=revision.revision,
                    expires_at=row.expires_at,
                    areas=frozenset(revision.content["areas"]),
                    speakers=frozenset(revision.content["speakers"]),
                    message=revision.message,
                    topics=tuple(revision.topics),
                )
                for revision, row in rows
                if row.expires_at is not None
            ]
        )

    def of_speaker(self, speaker: str, chain: frozenset[str]) -> list[LiveBroadcast]:
        """Those that name this speaker."""
        return [each for each in self.live if each.names(speaker, chain)]

    def digests_of(self, session: Session, speaker: str, status: Status) -> set[str]:
        """The digests that would be right in this status: without, and with, what was found at the speaker.

        By the chain of the settings that it says it has; less what it rejected. When a broadcast expires that was only
        found there isn't known here, so both are right.
        """
        at = status.at
        told = session.get(SpeakerSettings, (speaker, status.settings_revision or 0))
        chain = frozenset(told.content["areas"]) if told else frozenset()
        rejected = set(
            session.exec(
                select(Delivery.broadcast).where(Delivery.speaker == speaker, Delivery.state == "rejected")
            ).all()
        )
        known = [
            (each.broadcast, each.revision)
            for each in self.of_speaker(speaker, chain)
            if each.broadcast not in rejected and (at is None or each.expires_at > at)
        ]
        found = session.exec(
            select(BroadcastRevision.broadcast, BroadcastRevision.revision)
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .join(Delivery, col(Delivery.broadcast) == col(Broadcast.broadcast))
            .where(Delivery.speaker == speaker, col(Broadcast.announcement).is_(None))
        ).all()
        return {plan_digest(known), plan_digest([*known, *found])}
