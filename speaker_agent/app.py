"""The agent's one composition root: what its commands are made of. Start is a list, stop is that list reversed."""

import fcntl
import logging
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from audio.clip_store import ClipStore
from host.shared_clock import SharedClock
from speaker_agent.agent import Agent, Parts
from speaker_agent.clips.chunk_folder import ChunkFolder
from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clock.agent_clock import AgentClock, kernel_synchronised
from speaker_agent.clock.time_requests import DisciplinedClock, TimeRequests
from speaker_agent.device.alsa import AlsaDevice
from speaker_agent.device.file import FileDevice, NoDevice
from speaker_agent.device.port import Device
from speaker_agent.health.status import SampledStatus, StatusReports, WatchedStatus, last_will
from speaker_agent.health.troubles import Troubles
from speaker_agent.line.inbox import Inbox
from speaker_agent.line.link import MqttLink
from speaker_agent.line.outbox import Outbox
from speaker_agent.line.port import BrokerLink
from speaker_agent.line.subscriptions import Subscriptions
from speaker_agent.line.to_office import ToOffice
from speaker_agent.memory.clock_memory import ClockMemory
from speaker_agent.memory.journal import Journal
from speaker_agent.memory.own_settings import OwnSettings
from speaker_agent.memory.plan import Plan
from speaker_agent.memory.tidying import Tidying
from speaker_agent.playback.clip_needs import ClipNeeds
from speaker_agent.playback.playback import Playback
from speaker_agent.settings import AgentSettings
from wire.topics import STATUS

log = logging.getLogger(__name__)

# An emergency's short clip doesn't wait until an hour's programme is put together and hashed.
CLIP_THREADS = 4
STOP_WITHIN_S = 1.0
# Speakers that miss the same chunks don't ask for them in the same moment.
_LONGEST_STRETCH = 1.5


class AlreadyRunning(Exception):
    """Another agent uses this data folder; two on one journal would both sound."""


@dataclass(frozen=True)
class Outside:
    """What the parts need of the machine and of the network. Tests pass fakes."""

    boot: str
    """A new random name for each start, told in the status."""
    journal: Journal
    clock: DisciplinedClock
    device: Device
    link: BrokerLink
    executor: Executor
    """Hashes clips."""
    wake: threading.Event
    """Makes the loop look again."""
    synchronised: Callable[[], bool]
    """Whether the system's clock is right, so that the office needn't be asked."""
    monotonic_s: Callable[[], float] = time.monotonic
    stretch: Callable[[], float] = lambda: random.uniform(1, _LONGEST_STRETCH)  # noqa: S311 - spreads load, no secret
    """By what factor to lengthen the next pause before a request."""


def build_parts(settings: AgentSettings, outside: Outside) -> Parts:
    """All parts of one speaker, wired."""
    journal, clock, link, wake = outside.journal, outside.clock, outside.link, outside.wake
    troubles, refused = Troubles(), Counter[str]()
    to_office = ToOffice(link, settings.topic_root, settings.speaker)
    own_settings = OwnSettings(settings.speaker, settings.office_keys, journal)
    plan = Plan(journal, own_settings, clock)
    store = ClipStore(settings.clips_folder)
    cache = ClipCache(
        store,
        ChunkFolder(settings.chunks_folder),
        outside.executor,
        to_office.send_request,
        troubles,
        outside.stretch,
        wake.set,
        settings.cache_bytes_limit,
    )
    playback = Playback(plan, journal, own_settings, cache, store, outside.device, clock, troubles, wake.set)
    outbox = Outbox(journal, to_office.send_receipts)
    time_requests = TimeRequests(clock, outside.synchronised, outside.monotonic_s, to_office.send_request)
    parts = Parts(
        clock=clock,
        link=link,
        wake=wake,
        troubles=troubles,
        refused=refused,
        own_settings=own_settings,
        plan=plan,
        clip_needs=ClipNeeds(plan, own_settings, cache, journal_is_new=journal.is_new, monotonic_s=outside.monotonic_s),
        playback=playback,
        cache=cache,
        inbox=Inbox(
            topic_root=settings.topic_root,
            own_settings=own_settings,
            plan=plan,
            journal=journal,
            cache=cache,
            outbox=outbox,
            time_requests=time_requests,
            clock=clock,
            refused=refused,
        ),
        outbox=outbox,
        to_office=to_office,
        subscriptions=Subscriptions(link, settings.topic_root, own_settings),
        time_requests=time_requests,
        clock_memory=ClockMemory(journal, clock),
        status=StatusReports(
            agent=version("loa-xa"),
            boot=outside.boot,
            journal=journal.id,
            data_dir=settings.data_dir,
            watched=lambda: _watched(parts),
            sampled=lambda at: _sampled(parts, at),
            refused=refused,
            send=to_office.send_status,
        ),
        tidying=Tidying(journal, own_settings, plan, clock),
    )
    return parts


def _watched(parts: Parts) -> WatchedStatus:
    settings = parts.own_settings.current
    return WatchedStatus(
        plan_revisions=parts.plan.revisions,
        settings_revision=settings.revision if settings else None,
        playing=parts.playback.playing,
        clock=parts.clock.state(),
        volume=parts.own_settings.volume_step("normal"),
        last_error=parts.troubles.last,
    )


def _sampled(parts: Parts, at: datetime) -> SampledStatus:
    return SampledStatus(
        plan=parts.plan.report(at),
        clock_offset_ms=parts.clock.offset_ms(),
        cache_bytes=parts.cache.size_bytes(),
        unacknowledged=parts.outbox.unacknowledged,
    )


def open_device(settings: AgentSettings, clock: AgentClock, on_change: Callable[[], None]) -> Device:
    """The sound device that the configuration names."""
    kind, _, where = settings.sound.partition(":")
    if kind == "alsa":
        return AlsaDevice(where, clock, on_change)
    if kind == "file":
        return FileDevice(Path(where), settings.speaker, clock, on_change)
    return NoDevice(clock, on_change)


def open_clock(settings: AgentSettings, journal: Journal | None) -> AgentClock:
    """The agent's clock, with what the journal remembers of it."""
    floor, booted_at = ClockMemory.recall(journal) if journal else (None, None)
    if settings.test_clock is None:
        return AgentClock(floor=floor, booted_at=booted_at, system_synchronised=synchronised(settings))
    shared = SharedClock(settings.test_clock)
    return AgentClock(
        floor=floor,
        booted_at=booted_at,
        system_synchronised=synchronised(settings),
        system_ns=shared.now_ns,
        boot_ns=shared.now_ns,
        pause_s=shared.pause_s,
    )


def synchronised(settings: AgentSettings) -> Callable[[], bool]:
    """A function that tells whether the system's clock is right: the kernel says so, or the configuration."""
    return kernel_synchronised if settings.clock == "kernel" else (lambda: True)


def lock_data(settings: AgentSettings, stack: ExitStack) -> None:
    """Hold the data folder for as long as the stack is open. Raises AlreadyRunning, OSError."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context((settings.data_dir / "lock").open("ab"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(f"another agent runs on {settings.data_dir}: end it first") from None


def run(settings: AgentSettings, wait_for_stop: Callable[[], None], on_end: Callable[[], None]) -> bool:
    """Run the agent until `wait_for_stop` returns; True if it ended in order.

    `on_end` is called when the loop has ended, also by itself, and must make `wait_for_stop` return.
    """
    with ExitStack() as stack:  # each part that is started goes onto the stack, and is ended in the reverse order
        lock_data(settings, stack)
        wake, boot = threading.Event(), secrets.token_hex(8)
        if settings.test_clock is not None:
            log.warning("a test moves the time by %s: nothing sounds when people expect it", settings.test_clock)
        journal = Journal(settings.journal_file, open_clock(settings, None).now())
        stack.callback(journal.close)
        clock = open_clock(settings, journal)
        device = open_device(settings, clock, wake.set)
        executor = ThreadPoolExecutor(CLIP_THREADS, thread_name_prefix="clips")
        stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        status_topic = STATUS.under(settings.topic_root, speaker=settings.speaker)
        link = MqttLink(settings, lambda session: (status_topic, last_will(boot, session)), wake.set)
        parts = build_parts(
            settings, Outside(boot, journal, clock, device, link, executor, wake, synchronised(settings))
        )
        agent = Agent(parts)
        link.start()
        stack.callback(lambda: link.stop((status_topic, parts.status.last_word()), STOP_WITHIN_S))
        stack.callback(parts.playback.shut_down)
        log.info("speaker %s runs as process %d, sound goes to %s", settings.speaker, os.getpid(), settings.sound)
        loop = threading.Thread(target=_run_loop, args=(agent, on_end), name="loop", daemon=True)
        loop.start()
        stack.callback(loop.join, STOP_WITHIN_S)
        stack.callback(agent.stop)
        wait_for_stop()
        return loop.is_alive()


def _run_loop(agent: Agent, on_end: Callable[[], None]) -> None:
    try:
        agent.run()
    finally:
        on_end()
