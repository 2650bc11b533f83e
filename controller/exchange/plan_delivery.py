"""From rows to messages: sign once, commit the bytes, publish them; again on every connect.

Rows without bytes are work. What was published in this connection is remembered here and nowhere else: a new
connection publishes everything that is live, because the broker keeps nothing on its disk. That a clip is at the
broker, or a broadcast's topics are cleared, is written down once the broker has acknowledged it: until then a new
connection, or the next process, does it again.
"""

import logging
from datetime import datetime

from sqlmodel import Session, col, select

from audio.clip_store import ClipStore, CorruptClip
from controller.announcements.drafts import make_clip_again
from controller.broker.link import IsAcknowledged, Link
from controller.database.tables import Broadcast, BroadcastRevision, Clip, SpeakerSettings, SpeakerStatus, Submission
from controller.database.transactions import Database
from controller.exchange.expected_plan import LiveBroadcast, LivePlan
from controller.exchange.receipts import SafeUpTo, safe_up_to
from controller.exchange.requests import Chunk
from controller.station.speaker_settings import newest_settings, newest_settings_revisions
from wire import broadcast, settings
from wire.clips import chunk, chunk_count
from wire.envelope import Signer
from wire.receipts import ACKNOWLEDGEMENT_TYP, Acknowledgement
from wire.requests import TIME_TYP, TimeAnswer, TimeRequest
from wire.topics import ACKNOWLEDGEMENT, AUDIO, SETTINGS, SPEAKER_BROADCAST, TIME

log = logging.getLogger(__name__)


class PlanDelivery:
    """Signs and publishes. `step` and `start_connection` belong to one thread; the rest is called by any."""

    def __init__(self, database: Database, store: ClipStore, signer: Signer, link: Link) -> None:
        self._database = database
        self._store = store
        self._signer = signer
        self._link = link
        self._published: set[tuple[str, int]] = set()
        # Published in this connection, and not yet known to be at the broker: clips, and broadcasts that are cleared.
        self._sending: dict[str, list[IsAcknowledged]] = {}
        self._clearing: dict[str, list[IsAcknowledged]] = {}
        self._unsignable: set[tuple[str, int]] = set()

    def step(self, now: datetime) -> bool:
        """Sign what is unsigned, publish what isn't published, clear what has expired; whether there was work."""
        signed = self._sign()
        if not self._link.is_connected():
            return signed
        return self._publish(now) | self._clear(now) | self._note_taken(now) | signed

    def start_connection(self, now: datetime) -> None:
        """On each connect: everything live again, and an acknowledgement for each speaker."""
        self._published.clear()
        self._sending.clear()
        self._clearing.clear()
        self.step(now)
        with self._database.reading() as session:
            rows = session.exec(select(SpeakerStatus.speaker, SpeakerStatus.journal)).all()
            safe = [safe_up_to(session, speaker, journal) for speaker, journal in rows if journal]
        for each in safe:
            self.acknowledge(each)

    def acknowledge(self, safe: SafeUpTo) -> None:
        """Tell a speaker which receipts are safe."""
        message = Acknowledgement(speaker=safe.speaker, journal=safe.journal, upto=safe.upto)
        signed = self._signer.sign(message, ACKNOWLEDGEMENT_TYP)
        self._link.publish(ACKNOWLEDGEMENT, signed, speaker=safe.speaker)

    def answer_time(self, speaker: str, request: TimeRequest, now: datetime) -> None:
        """Tell a speaker what time it is."""
        signed = self._signer.sign(TimeAnswer(nonce=request.nonce, now=now), TIME_TYP)
        self._link.publish(TIME, signed, speaker=speaker)

    def send_to(self, speaker: str, broadcasts: list[LiveBroadcast]) -> None:
        """Publish broadcasts on one speaker's own topic, not retained: what it lacks."""
        for each in broadcasts:
            if each.message is not None:
                self._link.publish(
                    SPEAKER_BROADCAST, each.message, retained=False, speaker=speaker, broadcast=each.broadcast
                )

    def send_chunks(self, chunks: list[Chunk]) -> None:
        """Publish single chunks again."""
        for sha256 in dict.fromkeys(each.sha256 for each in chunks):
            data = self._read_clip(sha256)
            for each in chunks:
                if each.sha256 == sha256 and data and each.index < chunk_count(len(data)):
                    self._link.publish(AUDIO, chunk(data, each.index), sha256=sha256, index=each.index)

    def _sign(self) -> bool:
        with self._database.reading() as session:
            unsigned = [row for row in self._unsigned(session) if _key(row) not in self._unsignable]
        signed = [row for row in unsigned if self._sign_one(row)]
        if not signed:
            return False
        with self._database.writing() as session:
            session.add_all(signed)
        return True

    def _sign_one(self, row: BroadcastRevision | SpeakerSettings) -> bool:
        """Whether it could be: one that can't is told once, and holds up no other."""
        try:
            if isinstance(row, BroadcastRevision):
                row.message = self._signer.sign(broadcast.Broadcast.from_fields(row.content), broadcast.TYP)
            else:
                row.message = self._signer.sign(settings.Settings.from_fields(row.content), settings.TYP)
        except ValueError as error:
            self._unsignable.add(_key(row))
            log.error("%s revision %d can't be signed, so it isn't sent: %s", *_key(row), error)
            return False
        return True

    def _unsigned(self, session: Session) -> list[BroadcastRevision | SpeakerSettings]:
        revisions = session.exec(
            select(BroadcastRevision)
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .where(col(BroadcastRevision.message).is_(None), col(Broadcast.announcement).is_not(None))
        ).all()
        told = session.exec(select(SpeakerSettings).where(col(SpeakerSettings.message).is_(None))).all()
        return [*revisions, *told]

    def _publish(self, now: datetime) -> bool:
        with self._database.reading() as session:
            told = set(newest_settings_revisions(session)) - self._published
            newest = newest_settings(session, [speaker for speaker, _ in told])
            live = LivePlan.read(session, now).live
        worked = False
        # Noted only when it is done: what a fault cut off is published by the next step.
        for row in newest:
            if row.message is not None and _key(row) not in self._published:
                self._link.publish(SETTINGS, row.message, speaker=row.speaker)
                self._published.add(_key(row))
                worked = True
        for each in live:
            if each.message is not None and (each.broadcast, each.revision) not in self._published:
                self._publish_clip_of(each.broadcast)
                for topic in each.topics:
                    self._link.publish_at(topic, each.message, retained=True)
                self._published.add((each.broadcast, each.revision))
                log.info("published broadcast=%s revision=%d", each.broadcast, each.revision)
                worked = True
        return worked

    def _publish_clip_of(self, broadcast_id: str) -> None:
        """Its chunks, once before the first broadcast that names the clip, and again only on request."""
        with self._database.reading() as session:
            row = session.get_one(Broadcast, broadcast_id)
            if row.submission is None:
                return  # called off, and never approved here
            submission = session.get_one(Submission, row.submission)
            clip = session.get_one(Clip, submission.clip)
        if clip.published_at is not None or clip.sha256 in self._sending:
            return
        data = self._read_clip(clip.sha256)
        if data is None:
            return
        self._sending[clip.sha256] = [
            self._link.publish(AUDIO, chunk(data, index), sha256=clip.sha256, index=index)
            for index in range(chunk_count(len(data)))
        ]

    def _read_clip(self, sha256: str) -> bytes | None:
        try:
            return self._store.read(sha256)
        except (CorruptClip, FileNotFoundError) as error:
            with self._database.writing() as session:
                again = make_clip_again(session, sha256)
            log.error("clip %s can't be sent; %s: %s", sha256, "it is made again" if again else "it is lost", error)
        except OSError as error:
            log.error("clip %s can't be sent: %s", sha256, error)
        return None

    def _clear(self, now: datetime) -> bool:
        """Clear the topics of what has expired, and of its clips that no broadcast to come names."""
        with self._database.reading() as session:
            rows = session.exec(
                select(Broadcast).where(
                    col(Broadcast.expires_at) <= now,
                    col(Broadcast.planned_at).is_not(None),
                    col(Broadcast.cleared_at).is_(None),
                )
            ).all()
            expired = {row.broadcast: row for row in rows if row.broadcast not in self._clearing}
            if not expired:
                return False
            told = session.exec(
                select(BroadcastRevision.topics).where(col(BroadcastRevision.broadcast).in_(list(expired)))
            ).all()
            said = session.exec(
                select(Clip)
                .join(Submission, col(Submission.clip) == col(Clip.sha256))
                .where(col(Submission.submission).in_([row.submission for row in expired.values()]))
                .distinct()
            ).all()
            clips = [clip for clip in said if not self._is_needed(session, clip, now)]
        # First this: a broadcast that comes now publishes its clip again, behind the empty chunks.
        with self._database.writing() as session:
            for clip in clips:
                self._sending.pop(clip.sha256, None)
                clip.published_at = None
                session.add(clip)
        taken = [
            self._link.publish_at(topic, b"", retained=True)
            for topic in sorted({topic for topics in told for topic in topics})
        ]
        for clip in clips:
            taken += [
                self._link.publish(AUDIO, b"", sha256=clip.sha256, index=index)
                for index in range(chunk_count(clip.bytes))
            ]
        self._clearing |= dict.fromkeys(expired, taken)
        return True

    def _note_taken(self, now: datetime) -> bool:
        """Write down what the broker has acknowledged by now. Nobody is woken for it: it can wait for the next step."""
        sent = [clip for clip, taken in self._sending.items() if all(each() for each in taken)]
        cleared = [broadcast for broadcast, taken in self._clearing.items() if all(each() for each in taken)]
        if not sent and not cleared:
            return False
        with self._database.writing() as session:
            for clip in sent:
                session.get_one(Clip, clip).published_at = now
            for broadcast_id in cleared:
                row = session.get_one(Broadcast, broadcast_id)
                if row.expires_at is not None and row.expires_at <= now:  # else it was prolonged meanwhile
                    row.cleared_at = now
        for clip in sent:
            del self._sending[clip]
        for broadcast_id in cleared:
            del self._clearing[broadcast_id]
        return True

    @staticmethod
    def _is_needed(session: Session, clip: Clip, now: datetime) -> bool:
        return (
            session.exec(
                select(Broadcast.broadcast)
                .join(Submission, col(Submission.submission) == col(Broadcast.submission))
                .where(
                    Submission.clip == clip.sha256,
                    col(Broadcast.planned_at).is_not(None),
                    col(Broadcast.expires_at) > now,
                )
                .limit(1)
            ).first()
            is not None
        )


def _key(row: BroadcastRevision | SpeakerSettings) -> tuple[str, int]:
    return row.broadcast if isinstance(row, BroadcastRevision) else row.speaker, row.revision
