"""What arrives: topic and bytes become a wire model, and that goes to one function, by one table.

Whatever it is, nothing stops: what must be refused is counted by reason and logged; a broadcast that is refused, and
that no valid revision is held of, is told as `rejected`, once for the same bytes.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clock.agent_clock import Clock
from speaker_agent.clock.time_requests import TimeRequests
from speaker_agent.line.outbox import Outbox
from speaker_agent.memory.journal import Draft, Journal
from speaker_agent.memory.plan import Plan
from speaker_agent.memory.station import Station, payload_of
from wire.broadcast import TYP as BROADCAST_TYP
from wire.broadcast import read_broadcast
from wire.envelope import Refusal, Rejected, Unreadable
from wire.receipts import ACKNOWLEDGEMENT_TYP, read_acknowledgement
from wire.requests import TIME_TYP, read_time
from wire.settings import TYP as SETTINGS_TYP
from wire.settings import read_settings
from wire.strict_json import LARGEST_INTEGER, NotJson, parse_object
from wire.topics import (
    ACKNOWLEDGEMENT,
    AREA_BROADCAST,
    AUDIO,
    SETTINGS,
    SPEAKER_BROADCAST,
    TIME,
    Topic,
    understand,
)

log = logging.getLogger(__name__)

_LOGGED_BYTES = 200
# None of ours comes near it; what is remembered of topics must not grow by those of others.
_LONGEST_TOPIC = 1_000

Levels = Mapping[str, str]


class Inbox:
    """One message at a time, in the main loop."""

    def __init__(
        self,
        *,
        root: str,
        station: Station,
        plan: Plan,
        journal: Journal,
        cache: ClipCache,
        outbox: Outbox,
        time_requests: TimeRequests,
        clock: Clock,
        refused: Counter[str],
    ) -> None:
        self._root = root
        self._station = station
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
        """Follow a message, or refuse it."""
        if not data:
            return  # "gone from here" changes nothing of what is to be done
        address = understand(self._root, topic) if len(topic) <= _LONGEST_TOPIC else None
        try:
            if address is None or address.topic not in self._handlers:
                raise Unreadable("unknown_topic", "no speaker listens to it")
            if address.levels.get("speaker", self._station.speaker) != self._station.speaker:
                raise Unreadable("wrong_target", "another speaker's topic")
            self._handlers[address.topic](address.levels, data, now)
        except Refusal as refusal:
            self._refused[refusal.reason] += 1
            log.warning("refused on %.200r: %.200r: %r", topic, str(refusal), data[:_LOGGED_BYTES])

    def _broadcast(self, levels: Levels, data: bytes, now: datetime) -> None:
        topic_id = levels["broadcast"]
        if topic_id in self._plan and self._plan[topic_id].row.raw == data:
            return
        try:
            opened = self._station.keys.open(data, BROADCAST_TYP)
            self._plan.take(read_broadcast(opened, topic_id), data, now)
        except Rejected as refusal:
            if topic_id not in self._plan:
                self._tell(topic_id, data, refusal, now)
            raise

    def _tell(self, topic_id: str, data: bytes, refusal: Rejected, now: datetime) -> None:
        receipt = Draft(
            topic_id, _revision_of(data, refusal), "rejected", now, self._clock.state(), refusal.rejected_reason
        )
        self._journal.tell_refusal(data, receipt)

    def _settings(self, _levels: Levels, data: bytes, _now: datetime) -> None:
        settings = read_settings(self._station.keys.open(data, SETTINGS_TYP), self._station.speaker)
        before = self._station.settings
        try:
            self._station.take(settings, data)
        finally:  # they are in force also where the disk was full
            if self._station.settings is not before:
                log.info("settings revision %d taken", settings.revision)
                self._plan.withdraw_moved()

    def _time(self, _levels: Levels, data: bytes, _now: datetime) -> None:
        if not self._time_requests.take(read_time(self._station.keys.open(data, TIME_TYP))):
            raise Unreadable("time_not_asked", "an answer to nothing that was asked in the last ten seconds")

    def _acknowledgement(self, _levels: Levels, data: bytes, now: datetime) -> None:
        opened = self._station.keys.open(data, ACKNOWLEDGEMENT_TYP)
        if not self._outbox.take(read_acknowledgement(opened, self._station.speaker), now):
            raise Unreadable("acknowledged_unsent", "it acknowledges what was never sent")

    def _chunk(self, levels: Levels, data: bytes, now: datetime) -> None:
        if not self._cache.take_chunk(levels["sha256"], int(levels["index"]), data, now):
            raise Unreadable("wrong_chunk", f"{len(data)} bytes")


def _revision_of(data: bytes, refusal: Rejected) -> int:
    """The revision that is refused, where its bytes were verified; 0 where nothing of it may be believed."""
    if refusal.reason in ("bad_signature", "unknown_key"):
        return 0
    try:
        revision = parse_object(payload_of(data)).get("revision")
    except NotJson:
        return 0
    return revision if type(revision) is int and 0 <= revision <= LARGEST_INTEGER else 0
