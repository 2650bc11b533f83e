"""The agent's composition root: what its commands are made of. Start is a list, stop is that list reversed."""

import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from speaker_agent.agent import Agent
from speaker_agent.clock.agent_clock import AgentClock, kernel_synchronised
from speaker_agent.clock.shared_clock import SharedClock
from speaker_agent.device.alsa import AlsaDevice
from speaker_agent.device.file import FileDevice, NoDevice
from speaker_agent.device.port import Device
from speaker_agent.health.status import last_will
from speaker_agent.line.link import MqttLink
from speaker_agent.memory.clock_memory import ClockMemory
from speaker_agent.memory.journal import Journal
from speaker_agent.settings import AgentSettings
from wire.topics import STATUS

log = logging.getLogger(__name__)

# An emergency's short clip doesn't wait until an hour's programme is put together and hashed.
CLIP_THREADS = 4
STOP_WITHIN_S = 1.0


class AlreadyRunning(Exception):
    """Another agent uses this data folder; two on one journal would both sound."""


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
    """Whether the system's clock is right, as the configuration says or the kernel."""
    return kernel_synchronised if settings.clock == "kernel" else (lambda: True)


def lock_data(settings: AgentSettings, stack: ExitStack) -> None:
    """Hold the data folder while the stack is open; raises AlreadyRunning."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context((settings.data_dir / "lock").open("ab"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(f"another agent runs on {settings.data_dir}: end it first") from None


def run(settings: AgentSettings, wait_for_stop: Callable[[], None], on_end: Callable[[], None]) -> bool:
    """Run the agent until `wait_for_stop` returns; whether it ended in order. `on_end` makes that return.

    Each part that is started is put on a stack, and ended in the reverse order.
    """
    boot = secrets.token_hex(8)
    with ExitStack() as stack:
        lock_data(settings, stack)
        wake = threading.Event()
        if settings.test_clock is not None:
            log.warning("a test moves the time by %s: nothing sounds when people expect it", settings.test_clock)
        journal = Journal(settings.journal_file, open_clock(settings, None).now())
        stack.callback(journal.close)
        clock = open_clock(settings, journal)
        device = open_device(settings, clock, wake.set)
        executor = ThreadPoolExecutor(CLIP_THREADS, thread_name_prefix="clips")
        stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        topic = STATUS.under(settings.topic_root, speaker=settings.speaker)
        link = MqttLink(settings, lambda session: (topic, last_will(boot, session)), wake.set)
        agent = Agent(
            settings,
            boot=boot,
            journal=journal,
            clock=clock,
            device=device,
            link=link,
            executor=executor,
            wake=wake,
            synchronised=synchronised(settings),
        )
        link.start()
        stack.callback(lambda: link.stop(agent.last_word(), STOP_WITHIN_S))
        stack.callback(agent.shut_down)
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
