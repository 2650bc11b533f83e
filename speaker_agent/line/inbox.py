"""What arrives: topic and bytes become a wire model, which goes to the one function that its topic has in a table.

No message stops the agent. One that must be refused is counted by reason and logged. A broadcast that is refused also
gets a receipt `rejected`, once for the same bytes, unless a valid revision of it is held.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clock.agent_clock import Clock
from speaker_agent.clock.time_requests import TimeRequests
from speaker_agent.line.outbox import Outbox
from speaker_agent.memory.journal import Journal, ReceiptDraft
from speaker_agent.memory.own_settings import OwnSettings, payload_of
from speaker_agent.memory.plan import Plan
from wire.broadcast import TYP as BROADCAST_TYP
from wire.broadcast import read_broadcast
from wire.envelope import Refusal, Rejected
from wire.receipts import ACKNOWLEDGEMENT_TYP, read_acknowledgement
from wire.requests import TIME_TYP, read_time
from wire.settings import TYP as SETTINGS_TYP
from wire.settings import read_settings
from wire.strict_json import MAX_INTEGER, NotJson, parse_object
from wire.topics import (
    ACKNOWLEDGEMENT,
    AREA_BROADCAST,
    AUDIO,
    SETTINGS,
    SPEAKER_BROADCAST,
    TIME,
    Topic,
    parse_topic,
)

log = logging.getLogger(__name__)

_MOST_LOGGED_BYTES = 200
# No topic of the protocol comes near it, and `parse_topic` remembers the topics that it is asked about.
_LONGEST_TOPIC = 1_000

Levels = Mapping[str, str]
"""The variable levels of a topic by their names: `speaker`, `area`, `broadcast`, `sha256`, `index`."""


class NotForUs(Refusal):
    """A message of no use to this speaker: it is counted, and gets no receipt."""

    def __init__(
        self,
        reason: Literal["unknown_topic", "wrong_target", "time_not_asked", "acknowledged_unsent", "wrong_chunk"],
        detail: str,
    ) -> None:
        super().__init__(reason, detail)


class Inbox:
    """Takes one message at a time, in the main loop."""

    def __init__(
        self,
        *,
        topic_root: str,
        own_settings: OwnSettings,
        plan: Plan,
        journal: Journal,
        cache: ClipCache,
        outbox: Outbox,
        time_requests: TimeRequests,
        clock: Clock,
        refused: Counter[str],
    ) -> None:
        self._topic_root = topic_root
        self._own_settings = own_settings
        self._plan = plan
        self._journal = journal
        self._cache = cache
        self._outbox = outbox
        self._time_requests = time_requests
        self._clock = clock
        self._refused = refused
        self._handlers: Mapping[Topic, Callable[[Levels, bytes, datetime], None]] = {
            AREA_BROADCAST: self._broadcast,
            SPEAKER_BROADCAST: self._broadcast,
            SETTINGS: self._settings,
            TIME: self._time,
            ACKNOWLEDGEMENT: self._acknowledgement,
            AUDIO: self._chunk,
        }

    def take(self, topic: str, data: bytes, now: datetime) -> None:
        """Follow a message, or refuse it. Raises sqlite3.Error where it can't be kept."""
        if not data:
            return  # a retained message was removed from the broker: that calls nothing off
        address = parse_topic(self._topic_root, topic) if len(topic) <= _LONGEST_TOPIC else None
        try:
            if address is None or address.topic not in self._handlers:
                raise NotForUs("unknown_topic", "no speaker listens to it")
            if address.levels.get("speaker", self._own_settings.speaker) != self._own_settings.speaker:
                raise NotForUs("wrong_target", "another speaker's topic")
            self._handlers[address.topic](address.levels, data, now)
        except Refusal as refusal:
            self._refused[refusal.reason] += 1
            log.warning("refused on %.200r: %.200r: %r", topic, str(refusal), data[:_MOST_LOGGED_BYTES])

    def _broadcast(self, levels: Levels, data: bytes, now: datetime) -> None:
        topic_id = levels["broadcast"]
        if topic_id in self._plan and self._plan[topic_id].row.raw == data:
            return
        try:
            opened = self._own_settings.keys.open(data, BROADCAST_TYP)
            self._plan.take(read_broadcast(opened, topic_id), data, now)
        except Rejected as refusal:
            if topic_id not in self._plan:
                self._tell_refusal(topic_id, data, refusal, now)
            raise

    def _tell_refusal(self, topic_id: str, data: bytes, refusal: Rejected, now: datetime) -> None:
        receipt = ReceiptDraft(
            topic_id, _revision_of(data, refusal), "rejected", now, self._clock.state(), refusal.rejected_reason
        )
        self._journal.tell_refusal(data, receipt)

    def _settings(self, _levels: Levels, data: bytes, _now: datetime) -> None:
        settings = read_settings(self._own_settings.keys.open(data, SETTINGS_TYP), self._own_settings.speaker)
        before = self._own_settings.current
        try:
            self._own_settings.take(settings, data)
        finally:  # they are in force also where the disk was full
            if self._own_settings.current is not before:
                log.info("revision %d of the settings is in force", settings.revision)
                self._plan.withdraw_moved()

    def _time(self, _levels: Levels, data: bytes, _now: datetime) -> None:
        if not self._time_requests.take(read_time(self._own_settings.keys.open(data, TIME_TYP))):
            raise NotForUs("time_not_asked", "nothing was asked in the last ten seconds that it answers")

    def _acknowledgement(self, _levels: Levels, data: bytes, now: datetime) -> None:
        opened = self._own_settings.keys.open(data, ACKNOWLEDGEMENT_TYP)
        if not self._outbox.take(read_acknowledgement(opened, self._own_settings.speaker), now):
            raise NotForUs("acknowledged_unsent", "it acknowledges what was never sent")

    def _chunk(self, levels: Levels, data: bytes, now: datetime) -> None:
        if not self._cache.take_chunk(levels["sha256"], int(levels["index"]), data, now):
            raise NotForUs("wrong_chunk", f"{len(data)} bytes")


def _revision_of(data: bytes, refusal: Rejected) -> int:
    """The revision that is refused; 0 if its signature was not verified, so that nothing of it may be believed."""
    if refusal.rejected_reason in ("bad_signature", "unknown_key"):
        return 0
    try:
        revision = parse_object(payload_of(data)).get("revision")
    except NotJson:
        return 0
    return revision if type(revision) is int and 0 <= revision <= MAX_INTEGER else 0
