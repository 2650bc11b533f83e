"""What comes in from speakers: topic and bytes → a message of the wire → one function, by one table.

Many messages, one transaction, then the answers. Nothing that arrives stops this: it is dropped, counted by reason, and
logged with its topic and first 200 bytes. What a transaction could not store is not acknowledged to the speaker, which
sends it again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from controller import receipts
from controller.database import Database
from controller.expected_plan import LivePlan
from controller.mqtt_link import Incoming
from controller.plan_delivery import PlanDelivery
from controller.receipts import Said
from controller.requests import ChunkRequests, missing_from
from controller.speaker_status import take_status
from controller.tables import Speaker, SpeakerStatus
from wire.model import Malformed
from wire.receipts import read_receipts
from wire.requests import AudioRequest, PlanRequest, TimeRequest, read_request
from wire.status import Status
from wire.topics import RECEIPTS, REQUESTS, STATUS, understand

log = logging.getLogger(__name__)

Answer = Callable[[], None]


class Inbox:
    """Takes the messages that the line hands over, in the line's thread."""

    def __init__(self, database: Database, delivery: PlanDelivery, root: str) -> None:
        self.refused: Counter[str] = Counter()
        self._database = database
        self._delivery = delivery
        self._root = root
        self._chunks = ChunkRequests()

    def take(self, batch: Sequence[Incoming], now: datetime) -> None:
        """Take what has come."""
        try:
            self._take(batch, now)
        except Exception:
            log.exception("a batch of %d messages failed: one by one", len(batch))
            for message in batch:
                self._take_alone(message, now)

    def _take_alone(self, message: Incoming, now: datetime) -> None:
        try:
            self._take([message], now)
        except Exception:
            self.refused["failed"] += 1
            log.exception("dropped: topic=%s payload=%r", message.topic, message.payload[:200])

    def _take(self, batch: Sequence[Incoming], now: datetime) -> None:
        answers: list[Answer] = []
        with self._database.writing() as session:
            known = self._known_speakers(session, batch)
            said: list[Said] = []
            plan: LivePlan | None = None
            for message in batch:
                if not message.payload:
                    continue
                address = understand(self._root, message.topic)
                if address is None or address.topic not in (RECEIPTS, STATUS, REQUESTS):
                    self._refuse("unknown_topic", message)
                    continue
                name = address.levels["speaker"]
                if name not in known:
                    self._refuse("unknown_speaker", message)
                    continue
                try:
                    if address.topic is RECEIPTS:
                        said.append(Said(name, read_receipts(message.payload)))
                        continue
                    plan = plan or LivePlan.read(session, now)
                    if address.topic is STATUS:
                        take_status(
                            session, now, session.get_one(Speaker, name), Status.from_json(message.payload), plan
                        )
                    else:
                        answers += self._request(session, now, name, message.payload, plan)
                except Malformed as error:
                    self._refuse("malformed", message, str(error))
            safe = receipts.take(session, now, said)
        if safe:
            last = safe[-1]
            log.info("committed receipts messages=%d last=%s upto=%d", len(said), last.speaker, last.upto)
        for each in safe:
            self._delivery.acknowledge(each)
        for answer in answers:
            answer()

    def _known_speakers(self, session: Session, batch: Sequence[Incoming]) -> set[str]:
        addresses = (understand(self._root, message.topic) for message in batch)
        named = {each.levels["speaker"] for each in addresses if each is not None and "speaker" in each.levels}
        return set(session.exec(select(Speaker.speaker).where(col(Speaker.speaker).in_(named))).all())

    def _request(self, session: Session, now: datetime, speaker: str, payload: bytes, plan: LivePlan) -> list[Answer]:
        request = read_request(payload)
        delivery = self._delivery
        if isinstance(request, TimeRequest):
            return [lambda: delivery.answer_time(speaker, request, now)]
        if isinstance(request, AudioRequest):
            due = self._chunks.due(request, now)
            return [lambda: delivery.send_chunks(due)]
        return self._plan_request(session, now, speaker, request, plan)

    def _plan_request(
        self, session: Session, now: datetime, speaker: str, request: PlanRequest, plan: LivePlan
    ) -> list[Answer]:
        delivery = self._delivery
        missing = missing_from(session, now, speaker, request, plan)
        answers: list[Answer] = [lambda: delivery.send_to(speaker, missing)]
        journal = session.get_one(SpeakerStatus, speaker).journal
        if journal is not None:
            safe = receipts.safe_up_to(session, speaker, journal)
            answers.append(lambda: delivery.acknowledge(safe))
        return answers

    def _refuse(self, reason: str, message: Incoming, detail: str = "") -> None:
        self.refused[reason] += 1
        log.warning("dropped (%s %s): topic=%s payload=%r", reason, detail, message.topic, message.payload[:200])
