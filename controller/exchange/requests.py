"""Answering requests: which chunks are published again, and which broadcasts a speaker lacks."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from sqlmodel import Session, col, select

from controller.broadcasts.revisions import newest_revisions
from controller.database.tables import Broadcast, Clip, Delivery, SpeakerStatus, Submission
from controller.exchange.expected_plan import LiveBroadcast, LivePlan
from controller.exchange.receipts import add_found_delivery
from controller.station.speaker_settings import told_chain
from wire.clips import chunk_count
from wire.requests import AudioRequest, PlanRequest

log = logging.getLogger(__name__)

CHUNK_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class Chunk:
    """A chunk of a clip, by its index from 0."""

    sha256: str
    index: int


class ChunkRequests:
    """Decides which chunks are published again: each (clip, index) at most once in 5 s, however many speakers ask."""

    def __init__(self) -> None:
        self._sent: dict[Chunk, datetime] = {}

    def due(self, session: Session, request: AudioRequest, now: datetime) -> list[Chunk]:
        """The requested chunks that weren't published in the last 5 s; [] for a clip that was never planned."""
        count = _chunk_count_of(session, request.sha256)
        asked = {Chunk(request.sha256, index) for index in request.missing if index < count}
        if any(at <= now - CHUNK_AGAIN_AFTER for at in self._sent.values()):
            self._sent = {chunk: at for chunk, at in self._sent.items() if at > now - CHUNK_AGAIN_AFTER}
        due = sorted(asked - self._sent.keys(), key=attrgetter("index"))
        self._sent.update(dict.fromkeys(due, now))
        return due


def _chunk_count_of(session: Session, sha256: str) -> int:
    """The number of chunks of a clip that a broadcast plays or played; 0 for any other clip."""
    size = session.exec(
        select(Clip.bytes)
        .join(Submission, col(Submission.clip) == col(Clip.sha256))
        .join(Broadcast, col(Broadcast.submission) == col(Submission.submission))
        .where(Clip.sha256 == sha256)
        .limit(1)
    ).first()
    return chunk_count(size) if size else 0


def missing_from(
    session: Session, now: datetime, speaker: str, request: PlanRequest, plan: LivePlan
) -> list[LiveBroadcast]:
    """The live broadcasts that the speaker lacks, or has in an older revision.

    Broadcasts that it has and the office doesn't know are stored as found at this speaker.
    """
    have = dict(request.have)
    _note_unknown_here(session, now, speaker, have)
    named = plan.of_speaker(speaker, told_chain(session, speaker))
    return [each for each in named if have.get(each.broadcast, -1) < each.revision]


def _note_unknown_here(session: Session, now: datetime, speaker: str, have: dict[str, int]) -> None:
    newest = newest_revisions(session, list(have))
    row = session.get_one(SpeakerStatus, speaker)
    row.found = {broadcast: revision for broadcast, revision in have.items() if revision > newest.get(broadcast, -1)}
    session.add(row)
    unknown = [broadcast for broadcast in row.found if broadcast not in newest]
    existing = session.exec(
        select(Delivery.broadcast).where(Delivery.speaker == speaker, col(Delivery.broadcast).in_(unknown))
    ).all()
    for broadcast in sorted(set(unknown) - set(existing)):
        if add_found_delivery(session, now, broadcast, speaker) is None:
            return
