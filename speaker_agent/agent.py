"""The agent: all parts of one speaker, wired, and their one loop: drain the queue, step everything, wait.

Data flows one way: what comes from the broker goes through the inbox into the journal, from there playback and the clip
cache read what is to be done, and what came of it goes out through the outbox. Nothing that must sound waits for the
network.
"""

import logging
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Protocol

from audio.clip_store import ClipStore
from schedules.arbitration import RANK
from speaker_agent.clips.chunk_folder import ChunkFolder
from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clips.clip_room import Wish
from speaker_agent.clock.time_requests import DisciplinedClock, TimeRequests
from speaker_agent.device.port import Device
from speaker_agent.health.status import Health, Measures, Standing
from speaker_agent.health.troubles import Troubles
from speaker_agent.health.watchdog import Watchdog
from speaker_agent.line.inbox import Inbox
from speaker_agent.line.outbox import Outbox
from speaker_agent.line.subscriptions import Line, Subscriptions
from speaker_agent.memory.clock_memory import ClockMemory
from speaker_agent.memory.journal import Journal
from speaker_agent.memory.plan import Plan
from speaker_agent.memory.station import Station
from speaker_agent.playback.playback import Playback
from speaker_agent.settings import AgentSettings
from wire.requests import AudioRequest, PlanRequest, TimeRequest
from wire.topics import RECEIPTS, REQUESTS, STATUS

log = logging.getLogger(__name__)

AFTER_A_FAULT = timedelta(seconds=1)
# A fault that is gone at the next try is shown for a while all the same.
FAULT_SHOWN_FOR = timedelta(minutes=1)
TIDY_EVERY = timedelta(minutes=10)
# So long after a journal was begun the plan may still be on its way.
LEARNS_FOR_S = 3_600.0
# So many messages are followed before the loudspeaker is looked at again: each may cost a write to a slow card.
MOST_AT_ONCE = 20
_LAST = datetime(2999, 1, 1, tzinfo=UTC)


class Connection(Line, Protocol):
    """The line, and what has come over it."""

    messages: "queue.Queue[tuple[str, bytes]]"
    dropped: int
    trouble: str | None


class Agent:
    """All parts of one speaker, wired; `step` is one turn of the loop."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        boot: str,
        journal: Journal,
        clock: DisciplinedClock,
        device: Device,
        link: Connection,
        executor: Executor,
        wake: threading.Event,
        synchronised: Callable[[], bool],
        monotonic_s: Callable[[], float] = time.monotonic,
        stretch: Callable[[], float] = lambda: random.uniform(1, 1.5),  # noqa: S311 - spreads the load, keeps no secret
    ) -> None:
        self._root = settings.topic_root
        self._speaker = settings.speaker
        self._clock = clock
        self._link = link
        self._wake = wake
        self._journal = journal
        self._monotonic_s = monotonic_s
        self._begun_s = monotonic_s()
        self._troubles = Troubles()
        self._store = ClipStore(settings.clips_folder)
        chunks = ChunkFolder(settings.chunks_folder)
        self._station = Station(settings.speaker, settings.office_keys, journal)
        self._plan = Plan(journal, self._station, clock)
        self._cache = ClipCache(
            self._store,
            chunks,
            executor,
            self._request,
            self._troubles,
            stretch,
            wake.set,
            settings.cache_bytes_limit,
        )
        self._playback = Playback(
            self._plan, journal, self._station, self._cache, self._store, device, clock, self._troubles, wake.set
        )
        self._outbox = Outbox(journal, lambda data: self._say(RECEIPTS.under(self._root, speaker=self._speaker), data))
        self._time_requests = TimeRequests(clock, synchronised, monotonic_s, self._request)
        self._subscriptions = Subscriptions(link, self._root, self._station)
        self._clock_memory = ClockMemory(journal, clock)
        self._health = Health(
            agent=version("loa-xa"),
            boot=boot,
            journal=journal.id,
            data_dir=settings.data_dir,
            standing=self._standing,
            measure=self._measure,
            send=lambda data: link.publish(STATUS.under(self._root, speaker=self._speaker), data, retain=True),
        )
        self._inbox = Inbox(
            root=self._root,
            station=self._station,
            plan=self._plan,
            journal=journal,
            cache=self._cache,
            outbox=self._outbox,
            time_requests=self._time_requests,
            clock=clock,
            refused=self._health.refused,
        )
        self._connection: int | None = None
        self._wants_seen: tuple[int, int] | None = None
        self._tidied_at: datetime | None = None
        self._failed_at: dict[str, datetime] = {}
        self._running = True
        self._watchdog = Watchdog()
        self._recovered = False
        # Playback first: whatever else fails or takes long, what must sound comes before it.
        self._steps: list[Callable[[datetime], datetime | None]] = [
            self._see_clips,
            self._play,
            self._watch_connection,
            self._read_messages,
            self._see_clips,
            self._play,
            self._cache.step,
            self._listen,
            self._outbox.step,
            self._time_requests.step,
            self._clock_memory.step,
            self._health.step,
            self._tidy,
        ]

    def run(self) -> None:
        """Until `stop`: step everything, then sleep until something happens or is due."""
        while self._running:
            self._watchdog.tell_that_it_turns()
            self._wake.clear()
            now = self._clock.now()
            self._clock.wait(self._wake, self.step(), decided_at=now)

    def stop(self) -> None:
        """End the loop; callable from any thread."""
        self._running = False
        self._wake.set()

    def step(self) -> datetime:
        """One turn; when to look again."""
        return min(self._guarded(step) for step in self._steps)

    def shut_down(self) -> None:
        """Fall silent; the loop has ended."""
        self._playback.shut_down()

    def last_word(self) -> tuple[str, bytes]:
        """Where and what to say when leaving in order."""
        return STATUS.under(self._root, speaker=self._speaker), self._health.last_word()

    def _guarded(self, step: Callable[[datetime], datetime | None]) -> datetime:
        """The top of the loop: whatever a part raises, the others go on, and it is tried again in a second."""
        now = self._clock.now()
        name = getattr(step, "__qualname__", repr(step))
        try:
            until = step(now)
        except Exception as error:  # the one place that must outlive every fault: a full disk, a defect
            log.exception("%s failed, and is tried again", name)
            self._troubles.tell(name, f"{type(error).__name__}: {error}")
            self._failed_at[name] = now
            if type(error) is sqlite3.DatabaseError:
                log.critical("the journal is damaged: ending, so that the next start sets it aside")
                self.stop()
            return now + AFTER_A_FAULT
        if name in self._failed_at and not self._failed_at[name] <= now < self._failed_at[name] + FAULT_SHOWN_FOR:
            del self._failed_at[name]
            self._troubles.over(name)
        return until or _LAST

    # Steps of the loop that belong to no single part

    def _play(self, now: datetime) -> datetime | None:
        """What had begun when the power went is settled first: it must not go on as if nothing had been."""
        if not self._recovered:
            self._plan.recover(now)
            self._recovered = True
        self._plan.miss_what_may_have_sounded(now)
        return self._playback.step(now)

    def _watch_connection(self, _now: datetime) -> None:
        """A connection came, went, or was replaced by another."""
        connection = self._link.connection
        if self._link.trouble is not None:
            self._troubles.tell("broker", self._link.trouble)
        if connection == self._connection:
            return
        self._connection = connection
        self._subscriptions.forget()
        up = connection is not None
        self._cache.connected(up)
        self._outbox.connected(up)
        self._time_requests.connected(up)
        self._health.connected(connection)
        if up:
            self._troubles.over("broker")
            self._subscriptions.step([])
            self._request(PlanRequest(have=self._plan.have(self._clock.now())))

    def _read_messages(self, _now: datetime) -> None:
        if self._link.dropped:
            self._health.refused["queue_full"] += self._link.dropped
            self._link.dropped = 0
        try:
            for _ in range(MOST_AT_ONCE):
                topic, data = self._link.messages.get_nowait()
                self._inbox.take(topic, data, self._clock.now())
        except queue.Empty:
            return
        finally:
            # Also where one of them failed: what is behind it, a stop perhaps, doesn't wait for the next try.
            if not self._link.messages.empty():
                self._wake.set()

    def _see_clips(self, now: datetime) -> None:
        """After a change of the plan, of the settings or on the disk: what is needed, and what is there."""
        seen = self._plan.changes, self._cache.changes
        if seen == self._wants_seen:
            return
        self._cache.want(self._wishes(now), self._plan.size_bytes())
        self._plan.note_sounds(self._cache.holds, now)
        self._wants_seen = self._plan.changes, self._cache.changes

    def _wishes(self, now: datetime) -> list[Wish]:
        settings = self._station.settings
        kept = [Wish(clip, (_LAST, 0, clip.sha256), must=True) for clip in (settings.kept_clips if settings else ())]
        planned = [
            Wish(
                clip,
                (max(each.content.starts_at or now, now), RANK[each.content.bulletin_class], each.id),
                must=each.row.told_ready or each.begun or each.content.bulletin_class == "emergency",
            )
            for each in self._plan.open()
            if each.row.withdrawn is None or each.begun
            for clip in each.content.clips
        ]
        return planned + kept

    def _listen(self, now: datetime) -> None:
        if self._connection is not None:
            self._subscriptions.step(self._cache.places(now))

    def _tidy(self, now: datetime) -> datetime:
        """Forget what nobody needs any more."""
        if self._tidied_at is not None and self._tidied_at <= now < self._tidied_at + TIDY_EVERY:
            return self._tidied_at + TIDY_EVERY
        self._tidied_at = now
        if self._station.keep():
            self._plan.withdraw_moved()
        self._plan.forget_expired(now)
        if self._clock.state() != "untrusted":
            self._journal.forget_receipts(now)
        settings = self._station.settings
        learns = self._journal.is_new and self._monotonic_s() - self._begun_s < LEARNS_FOR_S
        if settings is None or learns:
            return now + TIDY_EVERY  # what is on the disk may be needed: nobody has said yet what is
        needed = {clip.sha256 for clip in settings.kept_clips}
        for kept in self._plan.naming_clips(now):
            needed.update(clip.sha256 for clip in (*kept.content.clips, *kept.newest.clips))
        self._cache.keep_only(needed)
        return now + TIDY_EVERY

    # What is said

    def _say(self, topic: str, data: bytes) -> None:
        self._link.publish(topic, data)

    def _request(self, request: PlanRequest | AudioRequest | TimeRequest) -> None:
        self._say(REQUESTS.under(self._root, speaker=self._speaker), request.to_json())

    def _standing(self) -> Standing:
        settings = self._station.settings
        return Standing(
            self._plan.revisions,
            settings.revision if settings else None,
            self._playback.playing,
            self._clock.state(),
            self._station.volume_step("normal"),
            self._troubles.last,
        )

    def _measure(self, at: datetime) -> Measures:
        return Measures(
            self._plan.report(at), self._clock.offset_ms(), self._cache.size_bytes(), self._outbox.unacknowledged
        )
