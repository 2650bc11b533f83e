"""From rows to messages: sign once, commit the signed bytes, publish them, and again on every connect.

What was published in this connection is remembered in memory only: a new connection publishes everything that is live,
because the broker keeps nothing on its disk. That a clip is at the broker, or a broadcast's topics are cleared, is
stored only after the broker's acknowledgement; until then a new connection, or the next process, publishes it again.
"""

import logging
from datetime import datetime

from sqlmodel import Session, col, select

from audio.clip_store import ClipStore, CorruptClip
from controller.announcements.sound import make_clip_again
from controller.broker.keys import OfficeKeys
from controller.broker.link import IsAcknowledged, Link
from controller.database.tables import Broadcast, BroadcastRevision, Clip, SpeakerStatus, Submission
from controller.database.transactions import Database
from controller.exchange.expected_plan import LiveBroadcast, LivePlan
from controller.exchange.journals import SafeUpTo, safe_up_to
from controller.exchange.outgoing.order import Outgoing
from controller.exchange.outgoing.own_messages import OwnMessages, Row, key_of
from controller.exchange.outgoing.signing import Signing, topics_of
from controller.exchange.requests import Chunk
from controller.station.speaker_settings import newest_settings, newest_settings_revisions
from wire.clips import chunk, chunk_count
from wire.receipts import ACKNOWLEDGEMENT_TYP, Acknowledgement
from wire.requests import TIME_TYP, TimeAnswer, TimeRequest
from wire.topics import ACKNOWLEDGEMENT, AUDIO, RECEIPTS, REQUESTS, SETTINGS, SPEAKER_BROADCAST, STATUS, TIME

log = logging.getLogger(__name__)


class Publisher:
    """Signs and publishes. `step` and `start_connection` must be called by one thread, the rest by any."""

    def __init__(self, database: Database, store: ClipStore, keys: OfficeKeys, link: Link) -> None:
        self._database = database
        self._store = store
        self._signer = keys.signer
        self._link = link
        self._own = OwnMessages(keys)
        self._signing = Signing(database, store, keys, self._own)
        self._outgoing = Outgoing(link)
        self._published: set[tuple[str, int]] = set()
        # Published in this connection and not yet acknowledged: the chunks of clips, the empty messages of broadcasts.
        self._sending: dict[str, list[IsAcknowledged]] = {}
        self._clearing: dict[str, list[IsAcknowledged]] = {}

    def send_stops(self, now: datetime) -> bool:
        """Sign and publish what stops sound, before all else that waits. Returns whether there was any."""
        if not self._link.is_connected():
            return False  # a new connection begins with it
        stops = self._signing.sign_stops(now)
        for row in stops:
            for topic in topics_of(row):
                self._outgoing.publish_first(topic, row.message or b"", row.revision)
            self._published.add(key_of(row))
            log.info("stop sent: %s revision=%d", *key_of(row))
        return bool(stops)

    def step(self, now: datetime) -> bool:
        """Sign what is unsigned, publish what is unpublished, clear what has expired. Returns whether it did any."""
        worked = self.send_stops(now) | self._signing.sign_some(now)
        if not self._link.is_connected():
            return worked
        return self._publish(now) | self._clear(now) | self._note_acknowledged(now) | worked

    def clear_retained(self, speaker: str) -> None:
        """Have the broker forget what this speaker's account left, when it has another password: it may be junk."""
        for topic in (STATUS, RECEIPTS, REQUESTS):
            self._outgoing.publish(topic, b"", retained=True, speaker=speaker)
        log.info("what speaker=%s left retained is cleared", speaker)

    def start_connection(self, now: datetime) -> None:
        """After a connect: publish everything live again, and acknowledge each speaker's receipts."""
        self._published.clear()
        self._sending.clear()
        self._clearing.clear()
        self._outgoing.forget()
        self.step(now)
        with self._database.reading() as session:
            rows = session.exec(select(SpeakerStatus.speaker, SpeakerStatus.journal)).all()
            safe = [safe_up_to(session, speaker, journal) for speaker, journal in rows if journal]
        for each in safe:
            self.acknowledge(each)

    def acknowledge(self, safe: SafeUpTo) -> None:
        """Tell a speaker up to which receipt its journal is safe here."""
        message = Acknowledgement(speaker=safe.speaker, journal=safe.journal, upto=safe.upto)
        signed = self._signer.sign(message, ACKNOWLEDGEMENT_TYP)
        self._outgoing.publish(ACKNOWLEDGEMENT, signed, speaker=safe.speaker)

    def answer_time(self, speaker: str, request: TimeRequest, now: datetime) -> None:
        """Answer a speaker's time request."""
        signed = self._signer.sign(TimeAnswer(nonce=request.nonce, now=now), TIME_TYP)
        self._outgoing.publish(TIME, signed, speaker=speaker)

    def send_to(self, speaker: str, broadcasts: list[LiveBroadcast]) -> None:
        """Publish broadcasts, not retained, on the topic of the one speaker that lacks them.

        What wasn't verified yet is left to the publisher, which sends it to all.
        """
        for each in broadcasts:
            if each.message is not None and self._own.knows((each.broadcast, each.revision), each.message):
                self._outgoing.publish(
                    SPEAKER_BROADCAST, each.message, retained=False, speaker=speaker, broadcast=each.broadcast
                )

    def send_chunks(self, chunks: list[Chunk]) -> None:
        """Publish these chunks again. Chunks of a clip that can't be read are left out."""
        for sha256 in dict.fromkeys(each.sha256 for each in chunks):
            data = self._read_clip(sha256)
            for each in chunks:
                if each.sha256 == sha256 and data and each.index < chunk_count(len(data)):
                    self._outgoing.publish(AUDIO, chunk(data, each.index), sha256=sha256, index=each.index)

    def _publish(self, now: datetime) -> bool:
        with self._database.reading() as session:
            settings_due = set(newest_settings_revisions(session)) - self._published
            newest = newest_settings(session, [speaker for speaker, _ in settings_due])
            live = [
                each
                for each in LivePlan.read(session, now).live
                if each.message is not None and (each.broadcast, each.revision) not in self._published
            ]
            rows = {key_of(row): row for row in self._unverified(session, live)}
        worked = False
        foreign: list[Row] = []
        # Remembered only after publishing: after a fault the next step publishes the rest. Mutes go first, as in `live`
        # what is cancelled.
        for told in sorted(newest, key=lambda row: not row.content["muted"]):
            if told.message is None or key_of(told) in self._published:
                continue
            if not self._own.is_own(told):
                foreign.append(told)
                continue
            self._outgoing.publish(SETTINGS, told.message, speaker=told.speaker, revision=told.revision)
            self._published.add(key_of(told))
            worked = True
        for each in live:
            key = each.broadcast, each.revision
            if key in rows and not self._own.is_own(rows[key]):
                foreign.append(rows[key])
                continue
            self._publish_clip_of(each.broadcast)
            for topic in each.topics:
                self._outgoing.publish_at(topic, each.message or b"", retained=True, revision=each.revision)
            self._published.add(key)
            log.info("published broadcast=%s revision=%d", *key)
            worked = True
        return self._judge_anew(foreign) | worked

    def _unverified(self, session: Session, live: list[LiveBroadcast]) -> list[BroadcastRevision]:
        wanted = {
            (each.broadcast, each.revision)
            for each in live
            if each.message is not None and not self._own.knows((each.broadcast, each.revision), each.message)
        }
        named = col(BroadcastRevision.broadcast).in_({broadcast for broadcast, _ in wanted})
        rows = session.exec(select(BroadcastRevision).where(named)).all() if wanted else ()
        return [row for row in rows if key_of(row) in wanted]

    def _judge_anew(self, foreign: list[Row]) -> bool:
        """Forget messages that this office didn't sign: what their rows say is judged, and signed, like any other."""
        if not foreign:
            return False
        with self._database.writing() as session:
            for row in foreign:
                log.error("the message of %s revision %d isn't the office's: it isn't sent", *key_of(row))
                row.message = None
            session.add_all(foreign)
        return True

    def _publish_clip_of(self, broadcast_id: str) -> None:
        """Publish the chunks of a broadcast's clip, unless they are at the broker or on their way."""
        with self._database.reading() as session:
            row = session.get_one(Broadcast, broadcast_id)
            if row.submission is None:
                return  # a cancellation without approval here
            submission = session.get_one(Submission, row.submission)
            clip = session.get_one(Clip, submission.clip)
        if clip.published_at is not None or clip.sha256 in self._sending:
            return
        data = self._read_clip(clip.sha256)
        if data is None:
            return
        self._sending[clip.sha256] = [
            self._outgoing.publish(AUDIO, chunk(data, index), sha256=clip.sha256, index=index)
            for index in range(chunk_count(len(data)))
        ]

    def _read_clip(self, sha256: str) -> bytes | None:
        try:
            return self._store.read(sha256)
        except (CorruptClip, FileNotFoundError) as error:
            with self._database.writing() as session:
                made_again = make_clip_again(session, sha256)
            log.error(
                "clip %s can't be sent; %s: %s", sha256, "it is made again" if made_again else "it is lost", error
            )
        except OSError as error:
            log.error("clip %s can't be sent: %s", sha256, error)
        return None

    def _clear(self, now: datetime) -> bool:
        """Clear the topics of expired broadcasts, and of those of their clips that no live broadcast needs."""
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
            settings_due = session.exec(
                select(BroadcastRevision.topics).where(col(BroadcastRevision.broadcast).in_(list(expired)))
            ).all()
            submitted = select(Submission.clip).where(
                col(Submission.submission).in_([row.submission for row in expired.values()])
            )
            expired_clips = session.exec(select(Clip).where(col(Clip.sha256).in_(submitted))).all()
            clips = [clip for clip in expired_clips if not self._is_needed(session, clip, now)]
        # Before the empty chunks: a broadcast that comes now publishes its clip again, after them.
        with self._database.writing() as session:
            for clip in clips:
                self._sending.pop(clip.sha256, None)
                clip.published_at = None
                session.add(clip)
        pending = [
            self._outgoing.publish_at(topic, b"", retained=True)
            for topic in sorted({topic for topics in settings_due for topic in topics})
        ]
        for clip in clips:
            pending += [
                self._outgoing.publish(AUDIO, b"", sha256=clip.sha256, index=index)
                for index in range(chunk_count(clip.bytes))
            ]
        self._clearing |= dict.fromkeys(expired, pending)
        return True

    def _note_acknowledged(self, now: datetime) -> bool:
        """Store what the broker has acknowledged by now. Acknowledgements don't wake the worker: the next step does."""
        sent = [clip for clip, pending in self._sending.items() if all(each() for each in pending)]
        cleared = [broadcast for broadcast, pending in self._clearing.items() if all(each() for each in pending)]
        if not sent and not cleared:
            return False
        with self._database.writing() as session:
            for clip in sent:
                session.get_one(Clip, clip).published_at = now
            for broadcast_id in cleared:
                row = session.get_one(Broadcast, broadcast_id)
                if row.expires_at is not None and row.expires_at <= now:  # not if its expiry was moved meanwhile
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
