"""Answering requests: which chunks are published again, and which broadcasts a speaker lacks."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from sqlmodel import Session, col, select

from controller.broadcasts.revisions import newest_revisions
from controller.database.tables import Broadcast, Clip, Delivery, SpeakerStatus, Submission
from controller.exchange.expected_plan import LiveBroadcast, LivePlan
from controller.exchange.quotas import Quotas, is_believable
from controller.exchange.receipts import add_found_deliveries
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

    def due(self, session: Session, speaker: str, request: AudioRequest, now: datetime, quotas: Quotas) -> list[Chunk]:
        """The requested chunks that weren't published in the last 5 s, as many as the speaker's quota allows.

        [] for a clip that no live broadcast plays: the broker would keep it for ever.
        """
        count = _chunk_count_of(session, request.sha256, now)
        asked = {Chunk(request.sha256, index) for index in request.missing if index < count}
        if any(at <= now - CHUNK_AGAIN_AFTER for at in self._sent.values()):
            self._sent = {chunk: at for chunk, at in self._sent.items() if at > now - CHUNK_AGAIN_AFTER}
        due = sorted(asked - self._sent.keys(), key=attrgetter("index"))
        due = due[: quotas.take(speaker, "chunks", len(due), now)]
        self._sent.update(dict.fromkeys(due, now))
        return due


def _chunk_count_of(session: Session, sha256: str, now: datetime) -> int:
    """The number of chunks of a clip that a live broadcast plays; 0 for any other clip."""
    size = session.exec(
        select(Clip.bytes)
        .join(Submission, col(Submission.clip) == col(Clip.sha256))
        .join(Broadcast, col(Broadcast.submission) == col(Submission.submission))
        .where(Clip.sha256 == sha256, col(Broadcast.planned_at).is_not(None), col(Broadcast.expires_at) > now)
        .limit(1)
    ).first()
    return chunk_count(size) if size else 0


def missing_from(
    session: Session,
    now: datetime,
    speaker: str,
    request: PlanRequest,
    plan: LivePlan,
    quotas: Quotas,
) -> list[LiveBroadcast]:
    """The live broadcasts that the speaker lacks, or has in an older revision.

    Broadcasts that it has and the office doesn't know are stored as found at this speaker. A revision that no office
    can have made by now is taken as if it weren't listed.
    """
    told = dict(request.have)
    newest = newest_revisions(session, list(told))
    have = {
        broadcast: revision
        for broadcast, revision in told.items()
        if revision <= newest.get(broadcast, -1) or is_believable(now, revision)
    }
    quotas.refuse(speaker, "revisions", len(told) - len(have))
    _note_unknown_here(session, now, speaker, have, newest, quotas)
    named = plan.of_speaker(speaker, told_chain(session, speaker))
    return [each for each in named if have.get(each.broadcast, -1) < each.revision]


def _note_unknown_here(
    session: Session,
    now: datetime,
    speaker: str,
    have: dict[str, int],
    newest: dict[str, int],
    quotas: Quotas,
) -> None:
    row = session.get_one(SpeakerStatus, speaker)
    row.found = {broadcast: revision for broadcast, revision in have.items() if revision > newest.get(broadcast, -1)}
    session.add(row)
    unknown = [broadcast for broadcast in row.found if broadcast not in newest]
    existing = session.exec(
        select(Delivery.broadcast).where(Delivery.speaker == speaker, col(Delivery.broadcast).in_(unknown))
    ).all()
    add_found_deliveries(session, now, speaker, sorted(set(unknown) - set(existing)), quotas)
