"""One speaker in memory: the agent's real parts with a fake clock, a fake device and a fake link to the broker."""

import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from audio.clip_store import ClipStore
from speaker_agent.agent import Agent
from speaker_agent.app import Outside, build_parts
from speaker_agent.memory.journal import Journal
from speaker_agent.settings import AgentSettings, read_settings_file
from tests.fakes.clock import FakeClock
from tests.fakes.device import FakeDevice, Played
from tests.speaker_agent.office import ME, Message, configuration, signed_settings
from tests.speaker_agent.office import settings as some_settings
from wire.receipts import Receipt, Receipts, read_receipts
from wire.settings import Settings

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""17:00 in Vietnam."""


class BoxClock(FakeClock):
    """The fake clock, with what time requests and the clock memory need."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.answers: list[tuple[datetime, timedelta]] = []

    def take_answer(self, office_now: datetime, round_trip: timedelta) -> None:
        self.answers.append((office_now, round_trip))
        self.jump(office_now + round_trip / 2)
        self.trust = "trusted"

    def floor_to_keep(self) -> datetime | None:
        return self.now() if self.trust == "trusted" else None

    def booted_at_to_keep(self) -> datetime | None:
        return self.now() - timedelta(hours=1) if self.trust == "trusted" else None


class FakeBrokerLink:
    """Records what is published and subscribed; refuses a filter that is subscribed already."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.dropped = 0
        self.trouble: str | None = None
        self.connection: int | None = None
        self.said: list[tuple[str, bytes, bool]] = []
        self.filters: dict[str, None] = {}
        self.ever_subscribed: list[str] = []

    def connect(self, session: int) -> None:
        self.connection, self.filters = session, {}

    def disconnect(self) -> None:
        self.connection, self.filters = None, {}

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert self.connection is not None, "the main loop asks whether there is a connection"
        self.said.append((topic, payload, retain))

    def subscribe(self, filters: Sequence[str]) -> None:
        assert self.connection is not None
        for each in filters:
            assert each not in self.filters, f"{each} is subscribed to already"
            self.filters[each] = None
            self.ever_subscribed.append(each)

    def unsubscribe(self, filters: Sequence[str]) -> None:
        for each in filters:
            del self.filters[each]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The messages on one of the speaker's topics, decoded."""
        return [json.loads(payload) for topic, payload, _ in self.said if topic == f"loa/v1/speakers/{ME}/{kind}"]


class FakeExecutor(Executor):
    """Does each job at once, in the caller's thread; a job that comes while `keeps_jobs` waits for `work`."""

    def __init__(self) -> None:
        self.keeps_jobs = False
        self.jobs: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.keeps_jobs:
            self.jobs.append((future, lambda: fn(*args, **kwargs)))
        else:
            future.set_result(fn(*args, **kwargs))
        return future

    def work(self) -> None:
        """Do the jobs that wait."""
        while self.jobs:
            future, job = self.jobs.pop(0)
            future.set_result(job())


class Box:
    """A speaker. `run_until` lets time pass like the real loop; `restart` is a power cut."""

    def __init__(
        self,
        folder: Path,
        *,
        now: datetime = MONDAY,
        enrolled: Settings | None = None,
        file: Path | None = None,
        stretch: float = 1.0,
        **fields: Any,
    ) -> None:
        """A speaker that keeps its data in `folder`.

        `file` is its configuration file; without one it has the fields of `configuration`, changed by `fields`.
        `stretch` lengthens the pauses before requests.
        """
        self.folder = folder
        if file is not None:
            self._settings = read_settings_file(file)
        else:
            broker = {"host": "127.0.0.1", "port": 1, "tls": False}
            self._settings = AgentSettings.from_fields(configuration(broker, **fields))
        self.clock = BoxClock(now)
        self.line = FakeBrokerLink()
        self.executor = FakeExecutor()
        self.monotonic_s = 0.0
        self.synchronised = True
        self.sessions = 0
        self.played_before: list[Played] = []
        self._stretch = stretch
        self._start()
        if enrolled is not None:
            self.hear(signed_settings(enrolled))

    def _start(self) -> None:
        self.device = FakeDevice(self.clock)
        self.wake = threading.Event()
        self.journal, self.journal_connection = _open_journal(self.folder / "journal.db", self.clock.now())
        self.parts = build_parts(
            self._settings.model_copy(update={"data_dir": self.folder}),
            Outside(
                boot="boot-1",
                journal=self.journal,
                clock=self.clock,
                device=self.device,
                link=self.line,
                executor=self.executor,
                wake=self.wake,
                synchronised=lambda: self.synchronised,
                monotonic_s=lambda: self.monotonic_s,
                stretch=lambda: self._stretch,
            ),
        )
        self.agent = Agent(self.parts)

    def restart(self, off_for: timedelta = timedelta(seconds=5)) -> None:
        """Cut the power and switch it on again."""
        self.played_before += self.device.played
        self.journal.close()
        self.line.disconnect()
        self.clock.advance(off_for)
        self._start()
        self.settle()

    def connect(self) -> None:
        self.sessions += 1
        self.line.connect(self.sessions)
        self.settle()

    def disconnect(self) -> None:
        self.line.disconnect()
        self.settle()

    def hear(self, *messages: Message) -> None:
        """Let messages arrive, one after the other."""
        for message in messages:
            self.line.messages.put(message)
            self.settle()

    def settle(self) -> datetime:
        """Step until nothing is left to do at this instant; returns when to step again."""
        for _ in range(100):
            self.wake.clear()
            until = self.agent.step()
            if until > self.clock.now() and not self.wake.is_set():
                return until
        raise AssertionError("the loop never rests")

    def run_until(self, instant: datetime) -> None:
        """Let time pass; wake when the loop asked for it, and when the device changes."""
        until = self.settle()
        while self.clock.now() < instant:
            self.clock.advance_to(max(self.clock.now(), min(filter(None, [until, self.device.next_change, instant]))))
            self.device.run()
            until = self.settle()

    def run_for(self, **length: float) -> None:
        self.run_until(self.clock.now() + timedelta(**length))

    @contextmanager
    def unwritable_journal(self) -> Iterator[None]:
        """Meanwhile SQLite refuses each change of the journal with an OperationalError, as for a full disk."""
        self.journal_connection.execute("PRAGMA query_only = ON")
        try:
            yield
        finally:
            self.journal_connection.execute("PRAGMA query_only = OFF")

    @property
    def played(self) -> list[Played]:
        """All that left the loudspeaker, also before power cuts."""
        return self.played_before + self.device.played

    def receipts(self, broadcast: str | None = None) -> list[Receipt]:
        """The journal's receipts, of one broadcast or of all."""
        every = self.journal.receipts_after(0, 10_000)
        return [receipt for receipt in every if broadcast in (None, receipt.broadcast)]

    def states(self, broadcast: str) -> list[tuple[str, str | None]]:
        return [(receipt.state, receipt.reason) for receipt in self.receipts(broadcast)]

    def final(self, broadcast: str) -> Receipt:
        """The receipt of its final state; fails unless there is exactly one."""
        [final] = [each for each in self.receipts(broadcast) if each.state not in ("accepted", "ready", "started")]
        return final

    def sent(self) -> list[Receipts]:
        """The published messages of receipts."""
        return [read_receipts(payload) for topic, payload, _ in self.line.said if topic.endswith("/receipts")]

    def clips_on_disk(self) -> dict[str, int]:
        """Every whole clip, with its size in bytes."""
        return ClipStore(self.folder / "clips").clips()

    def status(self) -> dict[str, Any]:
        """The last published status."""
        return self.line.of_kind("status")[-1]


def _open_journal(file: Path, now: datetime) -> tuple[Journal, sqlite3.Connection]:
    """A journal, and the connection through which it writes: SQLite's limits hold for one connection alone."""
    connect, connections = sqlite3.connect, list[sqlite3.Connection]()

    def connect_and_note(*given: Any, **options: Any) -> sqlite3.Connection:
        connections.append(connect(*given, **options))
        return connections[-1]

    with patch.object(sqlite3, "connect", connect_and_note):
        journal = Journal(file, now)
    return journal, connections[-1]


def enrolled_box(folder: Path, *, now: datetime = MONDAY, **changes: Any) -> Box:
    """A speaker that has its settings and no connection."""
    return Box(folder, now=now, enrolled=some_settings(now, **changes))
