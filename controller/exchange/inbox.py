"""What comes in from speakers: topic and bytes → a message of the wire → one function, by one table.

Many messages, one transaction, then the answers. Nothing that arrives stops this: it is dropped, counted by reason, and
logged with its topic and first 200 bytes. What a transaction could not store is not acknowledged to the speaker, which
sends it again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from sqlmodel import Session, col, select

from controller.broker.link import Incoming
from controller.database.tables import Speaker, SpeakerStatus
from controller.database.transactions import Database
from controller.exchange import receipts
from controller.exchange.expected_plan import LivePlan
from controller.exchange.plan_delivery import PlanDelivery
from controller.exchange.receipts import ReceiptMessage
from controller.exchange.requests import ChunkRequests, missing_from
from controller.exchange.speaker_status import take_status
from wire.model import Malformed
from wire.receipts import Receipts, read_receipts
from wire.requests import AudioRequest, PlanRequest, Request, TimeRequest, read_request
from wire.status import Status
from wire.topics import RECEIPTS, STATUS, Topic, parse_topic

log = logging.getLogger(__name__)

_MOST_NAMED = 10

Answer = Callable[[], None]
Heard = Receipts | Status | Request
DropReason = Literal["unknown_topic", "unknown_speaker", "malformed", "failed"]
TimeAsked = tuple[str, str]
"""Who asked, and by which nonce: it is answered once, also where its batch is taken again."""


class Inbox:
    """Takes the messages that the line hands over, in the line's thread."""

    def __init__(self, database: Database, delivery: PlanDelivery, root: str) -> None:
        self.refused: Counter[DropReason] = Counter()
        self._database = database
        self._delivery = delivery
        self._root = root
        self._chunks = ChunkRequests()

    def take(self, batch: Sequence[Incoming], now: datetime) -> None:
        """Take what has come."""
        told_the_time: set[TimeAsked] = set()
        try:
            self._take(batch, now, told_the_time)
        except Exception:
            log.exception("a batch of %d messages failed: one by one", len(batch))
            for message in batch:
                self._take_alone(message, now, told_the_time)

    def _take_alone(self, message: Incoming, now: datetime, told_the_time: set[TimeAsked]) -> None:
        try:
            self._take([message], now, told_the_time)
        except Exception:
            self.refused["failed"] += 1
            log.exception("dropped: topic=%s payload=%r", message.topic, message.payload[:200])

    def _take(self, batch: Sequence[Incoming], now: datetime, told_the_time: set[TimeAsked]) -> None:
        heard = self._hear(batch)
        # Told before anything is written: each moment here would be a speaker's error.
        for speaker, message in heard:
            if isinstance(message, TimeRequest) and (speaker, message.nonce) not in told_the_time:
                told_the_time.add((speaker, message.nonce))
                self._delivery.answer_time(speaker, message, now)
        if all(isinstance(message, TimeRequest) for _, message in heard):
            return
        answers: list[Answer] = []
        said = [ReceiptMessage(speaker, message) for speaker, message in heard if isinstance(message, Receipts)]
        with self._database.writing() as session:
            plan: LivePlan | None = None
            for speaker, message in heard:
                if isinstance(message, AudioRequest):
                    answers.append(partial(self._delivery.send_chunks, self._chunks.due(session, message, now)))
                elif isinstance(message, Status):
                    plan = plan or LivePlan.read(session, now)
                    answers += self._take_status(session, now, speaker, message, plan)
                elif isinstance(message, PlanRequest):
                    plan = plan or LivePlan.read(session, now)
                    answers += self._take_plan_request(session, now, speaker, message, plan)
            safe = receipts.take(session, now, said)
        if safe:
            some = ", ".join(f"{each.speaker} upto={each.upto}" for each in safe[:_MOST_NAMED])
            log.info("committed receipts of %d speakers: %s", len(safe), some)
        for each in safe:
            self._delivery.acknowledge(each)
        for answer in answers:
            answer()

    def _hear(self, batch: Sequence[Incoming]) -> list[tuple[str, Heard]]:
        """What known speakers say that can be read."""
        addresses = [parse_topic(self._root, message.topic) for message in batch]
        named = {each.levels["speaker"] for each in addresses if each is not None and "speaker" in each.levels}
        with self._database.reading() as session:
            known = set(session.exec(select(Speaker.speaker).where(col(Speaker.speaker).in_(named))).all())
        heard: list[tuple[str, Heard]] = []
        for message, address in zip(batch, addresses, strict=True):
            if not message.payload:
                continue
            if address is None or address.topic.sender != "speaker":
                self._refuse("unknown_topic", message)
            elif address.levels["speaker"] not in known:
                self._refuse("unknown_speaker", message)
            else:
                try:
                    heard.append((address.levels["speaker"], _read(address.topic, message.payload)))
                except Malformed as error:
                    self._refuse("malformed", message, str(error))
        return heard

    def _take_status(
        self, session: Session, now: datetime, speaker: str, status: Status, plan: LivePlan
    ) -> list[Answer]:
        new_journal = take_status(session, now, session.get_one(Speaker, speaker), status, plan)
        return self._acknowledge(session, speaker, new_journal)

    def _take_plan_request(
        self, session: Session, now: datetime, speaker: str, request: PlanRequest, plan: LivePlan
    ) -> list[Answer]:
        missing = missing_from(session, now, speaker, request, plan)
        journal = session.get_one(SpeakerStatus, speaker).journal
        return [partial(self._delivery.send_to, speaker, missing), *self._acknowledge(session, speaker, journal)]

    def _acknowledge(self, session: Session, speaker: str, journal: str | None) -> list[Answer]:
        """By what is committed before; what this batch brings of it is acknowledged by itself."""
        if journal is None:
            return []
        return [partial(self._delivery.acknowledge, receipts.safe_up_to(session, speaker, journal))]

    def _refuse(self, reason: DropReason, message: Incoming, detail: str = "") -> None:
        self.refused[reason] += 1
        log.warning("dropped (%s %s): topic=%s payload=%r", reason, detail, message.topic, message.payload[:200])


def _read(topic: Topic, payload: bytes) -> Heard:
    if topic is RECEIPTS:
        return read_receipts(payload)
    return Status.from_json(payload) if topic is STATUS else read_request(payload)
