"""What speakers ask for: the plan (what is missing is sent), chunks, the time."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from controller.expected_plan import LiveBroadcast, LivePlan
from controller.receipts import found_at_speaker
from controller.speaker_settings import last_settings
from controller.tables import Broadcast, BroadcastRevision, Delivery
from wire.requests import AudioRequest, PlanRequest

log = logging.getLogger(__name__)

CHUNK_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class Chunk:
    """One chunk of one clip."""

    sha256: str
    index: int


class ChunkRequests:
    """Which chunks are to be published again: each (clip, index) at most once in 5 s, whoever asks."""

    def __init__(self) -> None:
        self._sent: dict[Chunk, datetime] = {}

    def due(self, request: AudioRequest, now: datetime) -> list[Chunk]:
        """Those of the request that weren't published just now."""
        self._sent = {chunk: at for chunk, at in self._sent.items() if at > now - CHUNK_AGAIN_AFTER}
        due = [chunk for index in request.missing if (chunk := Chunk(request.sha256, index)) not in self._sent]
        self._sent.update(dict.fromkeys(due, now))
        return due


def missing_from(
    session: Session, now: datetime, speaker: str, request: PlanRequest, plan: LivePlan
) -> list[LiveBroadcast]:
    """What the speaker doesn't have; what it has and the office doesn't know is written down as found there."""
    have = dict(request.have)
    for broadcast, revision in have.items():
        if session.get(Broadcast, broadcast) is None:
            found_at_speaker(session, now, broadcast, speaker)
        row = session.get_one(Broadcast, broadcast)
        if row.announcement is None:
            if session.get(Delivery, (broadcast, speaker)) is None:
                found_at_speaker(session, now, broadcast, speaker)
            if session.get(BroadcastRevision, (broadcast, revision)) is None:
                session.add(BroadcastRevision(broadcast=broadcast, revision=revision, content={}, topics=[]))
                session.flush()
    told = last_settings(session, speaker)
    chain = frozenset(told.content["areas"]) if told else frozenset()
    return [each for each in plan.of_speaker(speaker, chain) if have.get(each.broadcast, -1) < each.revision]
