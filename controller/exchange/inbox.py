"""Messages from speakers: topic and bytes are parsed into a message of `wire/`, which goes to one function.

A batch is stored in one transaction, and the replies are sent after it. A message that can't be used is dropped,
counted by reason, and logged with its topic and first 200 bytes, of each speaker at most one a minute. Receipts that
could not be stored are not acknowledged to the speaker, which sends them again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from sqlmodel import Session, col, select

from controller.broker.link import Incoming
from controller.broker.token_bucket import Buckets, Rate
from controller.database.tables import Speaker, SpeakerStatus
from controller.database.transactions import Database
from controller.exchange.excess import Excess
from controller.exchange.expected_plan import LivePlan
from controller.exchange.journals import safe_up_to
from controller.exchange.outgoing.publisher import Publisher
from controller.exchange.quotas import Quotas
from controller.exchange.receipts import ReceiptMessage, take_receipts
from controller.exchange.requests import ChunkRequests, missing_from
from controller.exchange.speaker_status import take_status
from wire.model import Malformed
from wire.receipts import Receipts, read_receipts
from wire.requests import AudioRequest, PlanRequest, Request, TimeRequest, read_request
from wire.status import Status
from wire.topics import RECEIPTS, STATUS, Topic, parse_topic

log = logging.getLogger(__name__)

_MOST_SPEAKERS_LOGGED = 10
_DROPPED_LINES = Rate(burst=1, per_s=1 / 60)

Reply = Callable[[], None]
SpeakerMessage = Receipts | Status | Request
DropReason = Literal["unknown_topic", "unknown_speaker", "malformed", "failed"]
TimeRequestKey = tuple[str, str]
"""(speaker, nonce): a time request is answered once, also if its batch is processed again."""


class Inbox:
    """Processes the batches of the link, in the link's thread. `dropped`: messages by why they were dropped."""

    def __init__(self, database: Database, publisher: Publisher, excess: Excess, root: str) -> None:
        self.dropped: Counter[DropReason] = Counter()
        self._database = database
        self._publisher = publisher
        self._root = root
        self._chunks = ChunkRequests()
        self._quotas = Quotas(excess.note)
        self._dropped_lines: Buckets[str] = Buckets(_DROPPED_LINES)

    def take(self, batch: Sequence[Incoming], now: datetime) -> None:
        """Process a batch; if that fails, each message alone. Never raises."""
        times_answered: set[TimeRequestKey] = set()
        try:
            self._take(batch, now, times_answered)
        except Exception:
            log.exception("a batch of %d messages failed: one by one", len(batch))
            for message in batch:
                self._take_alone(message, now, times_answered)

    def _take_alone(self, message: Incoming, now: datetime, times_answered: set[TimeRequestKey]) -> None:
        try:
            self._take([message], now, times_answered)
        except Exception:
            self.dropped["failed"] += 1
            log.exception("dropped: topic=%s payload=%r", message.topic, message.payload[:200])

    def _take(self, batch: Sequence[Incoming], now: datetime, times_answered: set[TimeRequestKey]) -> None:
        parsed = without_superseded(self._parse_batch(batch, now))
        # Answered before anything is written: each moment of delay would be an error of the speaker's clock.
        for speaker, message in parsed:
            if isinstance(message, TimeRequest) and (speaker, message.nonce) not in times_answered:
                times_answered.add((speaker, message.nonce))
                self._publisher.answer_time(speaker, message, now)
        if all(isinstance(message, TimeRequest) for _, message in parsed):
            return
        replies: list[Reply] = []
        receipt_messages = [
            ReceiptMessage(speaker, message) for speaker, message in parsed if isinstance(message, Receipts)
        ]
        with self._database.writing() as session:
            plan: LivePlan | None = None
            for speaker, message in parsed:
                if isinstance(message, AudioRequest):
                    chunks = self._chunks.due(session, speaker, message, now, self._quotas)
                    replies.append(partial(self._publisher.send_chunks, chunks))
                elif isinstance(message, Status):
                    plan = plan or LivePlan.read(session, now)
                    replies += self._take_status(session, now, speaker, message, plan)
                elif isinstance(message, PlanRequest):
                    plan = plan or LivePlan.read(session, now)
                    replies += self._take_plan_request(session, now, speaker, message, plan)
            safe = take_receipts(session, now, receipt_messages, self._quotas)
        if safe:
            names = ", ".join(f"{each.speaker} upto={each.upto}" for each in safe[:_MOST_SPEAKERS_LOGGED])
            log.info("committed receipts of %d speakers: %s", len(safe), names)
        for each in safe:
            self._publisher.acknowledge(each)
        for reply in replies:
            reply()

    def _parse_batch(self, batch: Sequence[Incoming], now: datetime) -> list[tuple[str, SpeakerMessage]]:
        """(speaker, message) of the messages from known speakers that can be parsed; the others are dropped."""
        addresses = [parse_topic(self._root, message.topic) for message in batch]
        named = {each.levels["speaker"] for each in addresses if each is not None and "speaker" in each.levels}
        with self._database.reading() as session:
            known = set(session.exec(select(Speaker.speaker).where(col(Speaker.speaker).in_(named))).all())
        parsed: list[tuple[str, SpeakerMessage]] = []
        for message, address in zip(batch, addresses, strict=True):
            if not message.payload:
                continue
            if address is None or address.topic.sender != "speaker":
                self._drop("unknown_topic", message, now)
            elif address.levels["speaker"] not in known:
                self._drop("unknown_speaker", message, now)
            else:
                try:
                    parsed.append((address.levels["speaker"], _parse(address.topic, message.payload)))
                except Malformed as error:
                    self._drop("malformed", message, now, str(error))
                    self._quotas.refuse(address.levels["speaker"], "malformed")
        return parsed

    def _take_status(
        self, session: Session, now: datetime, speaker: str, status: Status, plan: LivePlan
    ) -> list[Reply]:
        row = session.get_one(Speaker, speaker)
        new_journal = take_status(session, now, row, status, plan, self._quotas)
        return self._acknowledge(session, speaker, new_journal)

    def _take_plan_request(
        self, session: Session, now: datetime, speaker: str, request: PlanRequest, plan: LivePlan
    ) -> list[Reply]:
        if not self._quotas.take(speaker, "plan_requests", 1, now):
            return []
        missing = missing_from(session, now, speaker, request, plan, self._quotas)
        journal = session.get_one(SpeakerStatus, speaker).journal
        return [partial(self._publisher.send_to, speaker, missing), *self._acknowledge(session, speaker, journal)]

    def _acknowledge(self, session: Session, speaker: str, journal: str | None) -> list[Reply]:
        """Acknowledge what was committed before this batch; its own receipts are acknowledged apart from that."""
        if journal is None:
            return []
        return [partial(self._publisher.acknowledge, safe_up_to(session, speaker, journal))]

    def _drop(self, reason: DropReason, message: Incoming, now: datetime, detail: str = "") -> None:
        self.dropped[reason] += 1
        if self._dropped_lines.take(message.topic.rpartition("/")[0], 1, now.timestamp()):
            log.warning("dropped (%s %s): topic=%s payload=%r", reason, detail, message.topic, message.payload[:200])


def without_superseded(parsed: Sequence[tuple[str, SpeakerMessage]]) -> list[tuple[str, SpeakerMessage]]:
    """The messages of a batch, without the statuses after which the same speaker says again that it is online."""
    last_online = {
        speaker: index
        for index, (speaker, message) in enumerate(parsed)
        if isinstance(message, Status) and message.online
    }
    return [
        (speaker, message)
        for index, (speaker, message) in enumerate(parsed)
        if not isinstance(message, Status) or index >= last_online.get(speaker, -1)
    ]


def _parse(topic: Topic, payload: bytes) -> SpeakerMessage:
    if topic is RECEIPTS:
        return read_receipts(payload)
    return Status.from_json(payload) if topic is STATUS else read_request(payload)
