"""The agent's one loop: drain the queue, step every part, wait.

Data flows one way: what comes from the broker goes through the inbox into the journal; playback and the clip cache read
there what is to be done; what came of it goes out through the outbox. Nothing that must sound waits for the network.
"""

import logging
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from host import systemd
from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clock.time_requests import DisciplinedClock, TimeRequests
from speaker_agent.health.status import StatusReports
from speaker_agent.health.troubles import LoopStep, Troubles
from speaker_agent.line.inbox import Inbox
from speaker_agent.line.outbox import Outbox
from speaker_agent.line.port import BrokerLink
from speaker_agent.line.subscriptions import Subscriptions
from speaker_agent.line.to_office import ToOffice
from speaker_agent.memory.clock_memory import ClockMemory
from speaker_agent.memory.own_settings import OwnSettings
from speaker_agent.memory.plan import Plan
from speaker_agent.memory.tidying import Tidying
from speaker_agent.playback.clip_needs import ClipNeeds
from speaker_agent.playback.playback import Playback
from wire.requests import PlanRequest

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=1)
# A fault that is gone at the next try stays in the status for a while, so that somebody sees it.
FAULT_SHOWN_FOR = timedelta(minutes=1)
# Each message may cost a write to a slow card; after so many of them the loudspeaker is looked at again.
MOST_MESSAGES_PER_TURN = 20
_NO_END = datetime(2999, 1, 1, tzinfo=UTC)

Step = Callable[[datetime], datetime | None]
"""Does what is due at this instant, and returns when to be called again; None: after the next event."""


@dataclass(frozen=True)
class Parts:
    """The parts of one speaker, ready-made by `app.build_parts`."""

    clock: DisciplinedClock
    link: BrokerLink
    wake: threading.Event
    """Set by any thread when the loop has something to look at."""
    troubles: Troubles
    refused: Counter[str]
    """How many messages were refused since this start, by reason."""
    own_settings: OwnSettings
    plan: Plan
    clip_needs: ClipNeeds
    playback: Playback
    cache: ClipCache
    inbox: Inbox
    outbox: Outbox
    to_office: ToOffice
    subscriptions: Subscriptions
    time_requests: TimeRequests
    clock_memory: ClockMemory
    status: StatusReports
    tidying: Tidying


class Agent:
    """The loop of one speaker."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._connection: int | None = None
        self._failed_at: dict[LoopStep, datetime] = {}
        self._running = True
        # Playback first, and again after the messages: whatever else fails or takes long, what must sound goes before.
        self._steps: list[tuple[LoopStep, Step]] = [
            ("clip needs", parts.clip_needs.step),
            ("playback", parts.playback.step),
            ("connection", self._watch_connection),
            ("messages", self._read_messages),
            ("clip needs", parts.clip_needs.step),
            ("playback", parts.playback.step),
            ("clip cache", parts.cache.step),
            ("subscriptions", self._subscribe),
            ("outbox", parts.outbox.step),
            ("time requests", parts.time_requests.step),
            ("clock memory", parts.clock_memory.step),
            ("status", parts.status.step),
            ("tidying", parts.tidying.step),
            ("removal of clips", parts.clip_needs.remove_unneeded),
        ]

    def run(self) -> None:
        """Until `stop`: step everything, then sleep until something happens or is due."""
        clock, wake = self._parts.clock, self._parts.wake
        while self._running:
            systemd.tell("WATCHDOG=1", timeout_s=0)  # a systemd that is busy must not hold up the loop
            wake.clear()
            now = clock.now()
            clock.wait(wake, self.step(), decided_at=now)

    def stop(self) -> None:
        """End the loop after this turn. Safe to call from any thread."""
        self._running = False
        self._parts.wake.set()

    def step(self) -> datetime:
        """One turn of the loop; when to take the next one."""
        return min(self._guarded(name, step) for name, step in self._steps)

    def _guarded(self, name: LoopStep, step: Step) -> datetime:
        """One step; when to call it again. If it raises, the others go on, and it is tried again in a second."""
        now, troubles = self._parts.clock.now(), self._parts.troubles
        try:
            until = step(now)
        except Exception as error:  # the one place that must outlive every fault: a full disk, a defect
            log.exception("%s failed; it is tried again in a second, all else goes on", name)
            troubles.tell(name, f"{type(error).__name__}: {error}")
            self._failed_at[name] = now
            if type(error) is sqlite3.DatabaseError:
                log.critical("the journal is damaged: the agent ends, and its next start sets the file aside")
                self.stop()
            return now + RETRY_AFTER
        if name in self._failed_at and not self._failed_at[name] <= now < self._failed_at[name] + FAULT_SHOWN_FOR:
            del self._failed_at[name]
            troubles.over(name)
        return until or _NO_END

    # Steps of the loop that belong to no single part

    def _watch_connection(self, now: datetime) -> None:
        """Tell the parts when a connection came, went, or was replaced by another."""
        parts = self._parts
        connection = parts.link.connection
        if parts.link.trouble is not None:
            parts.troubles.tell("broker", parts.link.trouble)
        if connection == self._connection:
            return
        self._connection = connection
        up = connection is not None
        parts.subscriptions.forget()
        parts.cache.connected(up)
        parts.outbox.connected(up)
        parts.time_requests.connected(up)
        parts.status.connected(connection)
        if up:
            parts.troubles.over("broker")
            parts.subscriptions.step([])
            parts.to_office.send_request(PlanRequest(have=parts.plan.have(now)))

    def _read_messages(self, _now: datetime) -> None:
        link, inbox, clock = self._parts.link, self._parts.inbox, self._parts.clock
        if link.dropped:
            self._parts.refused["queue_full"] += link.dropped
            link.dropped = 0
        try:
            for _ in range(MOST_MESSAGES_PER_TURN):
                topic, data = link.messages.get_nowait()
                inbox.take(topic, data, clock.now())
        except queue.Empty:
            return
        finally:
            # Also after a fault: the next message may stop a broadcast, and must not wait for the next try.
            if not link.messages.empty():
                self._parts.wake.set()

    def _subscribe(self, now: datetime) -> None:
        if self._connection is not None:
            self._parts.subscriptions.step(self._parts.cache.awaited_chunks(now))
