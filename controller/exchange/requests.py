"""What speakers ask for: the plan (what is missing is sent), chunks, the time."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from sqlmodel import Session, col, select

from controller.broadcasts.revisions import newest_revisions
from controller.database.tables import Broadcast, Clip, Delivery, SpeakerStatus, Submission
from controller.exchange.expected_plan import LiveBroadcast, LivePlan
from controller.exchange.receipts import found_at_speaker
from controller.station.speaker_settings import told_chain
from wire.clips import chunk_count
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

    def due(self, session: Session, request: AudioRequest, now: datetime) -> list[Chunk]:
        """Those of the request that weren't published just now; none of a sound that was never to be heard."""
        count = _chunks_of_planned(session, request.sha256)
        asked = {Chunk(request.sha256, index) for index in request.missing if index < count}
        if any(at <= now - CHUNK_AGAIN_AFTER for at in self._sent.values()):
            self._sent = {chunk: at for chunk, at in self._sent.items() if at > now - CHUNK_AGAIN_AFTER}
        due = sorted(asked - self._sent.keys(), key=attrgetter("index"))
        self._sent.update(dict.fromkeys(due, now))
        return due


def _chunks_of_planned(session: Session, sha256: str) -> int:
    """How many chunks a clip has that was or is on the wire; 0 for any other."""
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
    """What the speaker doesn't have; what it has and the office doesn't know is written down as found there."""
    have = dict(request.have)
    _note_found(session, now, speaker, have)
    named = plan.of_speaker(speaker, told_chain(session, speaker))
    return [each for each in named if have.get(each.broadcast, -1) < each.revision]


def _note_found(session: Session, now: datetime, speaker: str, have: dict[str, int]) -> None:
    newest = newest_revisions(session, list(have))
    row = session.get_one(SpeakerStatus, speaker)
    row.found = {broadcast: revision for broadcast, revision in have.items() if revision > newest.get(broadcast, -1)}
    session.add(row)
    unknown = [broadcast for broadcast in row.found if broadcast not in newest]
    there = session.exec(
        select(Delivery.broadcast).where(Delivery.speaker == speaker, col(Delivery.broadcast).in_(unknown))
    ).all()
    for broadcast in sorted(set(unknown) - set(there)):
        if found_at_speaker(session, now, broadcast, speaker) is None:
            return
