"""A real station for the acceptance tests: broker, office and loudspeakers as processes.

    with Station(folder) as station:                              # Mosquitto and the office run
        speaker = station.add_speaker("loa-1")                    # admitted, started, online
        words = station.approved_announcement("Mời bà con đi họp.")
        broadcast = station.order(words)                          # to the whole commune, three seconds ahead
        speaker.wait_for_receipt(broadcast, "started")
        station.office.kill()                                     # SIGKILL
        station.office.start()
        assert station.wait_until_final(broadcast)["loa-1"]["state"] == "played"

A program's log is read as it comes, so that a test can act at the moment of a line. All started processes are ended
by their pids when the station is left, also after an error.
"""

import atexit
import functools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
from sqlalchemy import create_engine, text

from audio.sound.opus import decode
from tests.acceptance.shared_clock import MovedClock
from tests.correlation import RATE, Samples, samples
from tests.servers.demo_broker import DemoBrokerProcess
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import LIMIT_S, wait_for
from wire.outcomes import FINAL

PASSWORD = "mật khẩu của đài"
# User name, name, role: the first is the administrator, the second approves.
PEOPLE = (("tham", "Nguyễn Thị Hồng Thắm", "administrator"), ("quang", "Lê Minh Quang", "approver"))

_BIN = Path(sys.executable).parent
_LAST_LINES = 200

_Found = TypeVar("_Found")


class Program:
    """One process, with its log of all runs."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], ready: str) -> None:
        self.name = name
        self.killed_at: list[datetime] = []
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("LOA_")}
        self.environment |= {"PYTHONFAULTHANDLER": "1", **environment}
        self._command = command
        self._ready = ready
        self._lines: list[str] = []
        self._logged = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start it; returns once its log says that it is ready."""
        before = self.mark()
        self.start_without_waiting()
        self.wait_for_line(self._ready, since=before)

    def start_without_waiting(self) -> None:
        """Start it without waiting."""
        assert not self.running, f"{self.name} runs already"
        process = subprocess.Popen(
            self._command, env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._process = process
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()

    def kill(self) -> None:
        """End it by SIGKILL and wait; does nothing if it doesn't run."""
        self._end(subprocess.Popen.kill)

    def stop(self) -> int | None:
        """End it by SIGTERM and wait; returns its exit status (None if it didn't run)."""
        return self._end(subprocess.Popen.terminate)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} doesn't run"
        return self._process.pid

    def log_lines(self) -> list[str]:
        """Its log lines of all runs."""
        with self._logged:
            return list(self._lines)

    def mark(self) -> int:
        """The present end of its log, for `wait_for_line(since=…)`."""
        return len(self._lines)

    def wait_for_line(self, pattern: str, *, since: int = 0, limit_s: float = LIMIT_S) -> re.Match[str]:
        """Wait for a log line after the mark that holds the pattern; returns at the moment when it comes."""
        found: re.Match[str] | None = None
        at = since

        def look() -> bool:
            nonlocal found, at
            while found is None and at < len(self._lines):
                found, at = re.search(pattern, self._lines[at]), at + 1
            return found is not None or self._reader is None or not self._reader.is_alive()

        with self._logged:
            self._logged.wait_for(look, limit_s)
        assert found is not None, f"{self.name} never said {pattern!r}; it said last:\n{self.last_words()}"
        return found

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log_lines()[-_LAST_LINES:])

    def ended(self) -> str:
        """How it ended, for a test whose wait failed. A running one is ended and prints the stack of each thread."""
        process = self._process
        if process is None:
            return "not running"
        status = process.poll()
        if status is not None:
            return f"ended by itself with status {status}"
        process.send_signal(signal.SIGABRT)
        process.wait(15)
        if self._reader is not None:
            self._reader.join(5)
        return "was running; its threads are the last that it said"

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr as pipe:
            for line in pipe:
                with self._logged:
                    self._lines.append(line.decode(errors="replace").rstrip("\n"))
                    self._logged.notify_all()
        process.wait()
        with self._logged:
            self._logged.notify_all()

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        how(process)
        if how is subprocess.Popen.kill:
            self.killed_at.append(datetime.now(UTC))
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} did not end within 15 s:\n{self.last_words()}") from None
        finally:
            if self._reader is not None:
                self._reader.join(5)


@dataclass(frozen=True)
class Heard:
    """One recording of the file device: when its first sample sounded, and its samples."""

    began_at: datetime
    sound: Samples

    @property
    def ended_at(self) -> datetime:
        return self.began_at + timedelta(seconds=len(self.sound) / RATE)


class Speaker(Program):
    """`loa-speaker run` with the `config` that the office gave it."""

    def __init__(
        self,
        name: str,
        folder: Path,
        config: Mapping[str, Any],
        sound: str,
        environment: Mapping[str, str],
        clock: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self.config_file = folder / "speaker.json"
        self.heard_folder = folder / "heard"
        self._journal_file = folder / "data" / "journal.db"
        # The test machine's clock is right enough, even if its kernel doesn't say so (in a container).
        time = "system" if clock is None else f"test:{clock}"
        self.configure(**config, data_dir="data", sound=sound, clock=time)
        command = [str(_BIN / "loa-speaker"), "run", "--config", str(self.config_file)]
        super().__init__(name, command, environment, r"speaker .* runs as process")

    def configure(self, **changed: Any) -> None:
        """Write its configuration with these changes; it is read at the next start."""
        before = json.loads(self.config_file.read_text()) if self.config_file.exists() else {}
        self.config_file.write_text(json.dumps(before | changed), encoding="utf-8")

    def wait_for_receipt(self, broadcast: str, state: str, limit_s: float = LIMIT_S) -> int:
        """Wait until the receipt is committed to the journal; returns its `seq` at that moment."""
        pattern = rf"receipt seq=(\d+) broadcast={broadcast} state={state} "
        return int(self.wait_for_line(pattern, limit_s=limit_s)[1])

    def heard(self, broadcast: str) -> list[Heard]:
        """The file device's recordings of a broadcast, in order."""
        return [_read_recording(file) for file in sorted(self.heard_folder.glob(f"*_{broadcast}.wav"))]

    def frames_heard(self, broadcast: str) -> int:
        """How many frames of a broadcast have sounded so far."""
        return sum(len(each.sound) for each in self.heard(broadcast))

    def plan(self) -> dict[str, int]:
        """{broadcast: revision} of the journal's broadcasts whose sounds are all on the disk."""
        with self._read_journal() as database:
            return dict(database.execute("SELECT broadcast, revision FROM broadcasts WHERE sound_at IS NOT NULL"))

    def journal(self) -> tuple[str, dict[int, dict[str, Any]]]:
        """The journal's id and its receipts by `seq`, read from its disk; also while it runs."""
        with self._read_journal() as database:
            [[journal]] = database.execute("SELECT value FROM facts WHERE name = 'journal'")
            rows = database.execute("SELECT seq, fields FROM receipts").fetchall()
        return journal.decode(), {seq: json.loads(fields) for seq, fields in rows}

    def _read_journal(self) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(f"{self._journal_file.as_uri()}?mode=ro", uri=True, timeout=10))


class Station:
    """A running Mosquitto (or the demonstration's broker) and office, to which loudspeakers are added."""

    def __init__(
        self,
        folder: Path,
        *,
        demo_broker: bool = False,
        database_url: str = "",
        data_dir: Path | None = None,
        clock: MovedClock | None = None,
    ) -> None:
        """No program runs yet. By default the office has SQLite and a data folder of its own inside `folder`.

        With a `clock`, office and loudspeakers take their time from it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data_dir = data_dir or folder / "office"
        self._approved_at_once: set[str] = set()
        self.speakers: dict[str, Speaker] = {}
        self.broker: Mosquitto | DemoBrokerProcess
        self.broker = DemoBrokerProcess(folder / "broker") if demo_broker else Mosquitto(folder / "broker")
        self._demo_broker = demo_broker
        self._database_url = database_url
        self._clock = clock
        self._open = ExitStack()

    def __enter__(self) -> "Station":
        with ExitStack() as undo:
            undo.callback(self._end)
            atexit.register(self._end)  # it was begun in a thread that isn't joined
            self.broker.start()
            self._port = self._open.enter_context(_reserved_port())
            self.url = f"http://127.0.0.1:{self._port}"
            command = [str(_BIN / "loa-controller"), "serve"]
            self.office = Program("office", command, self.office_environment(), "serving on http")
            self._add_officers()
            self.office.start()
            self.all_sign_in()
            self.commune: str = said(self.administrator.post("/areas", json={"name": "Xã Phú Lâm", "kind": "xã"}))[
                "area"
            ]
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    # People

    def client(self, token: str | None = None) -> httpx.Client:
        """The office's REST interface, by this token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._open.enter_context(
            httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=LIMIT_S, trust_env=False)
        )

    def all_sign_in(self) -> None:
        """Sign in PEOPLE, again if their sessions of twelve hours have expired."""
        self.administrator, self.approver = (self.sign_in(username) for username, _, _ in PEOPLE)

    def sign_in(self, username: str) -> httpx.Client:
        """Sign in one of PEOPLE, and use that session from now on."""
        with httpx.Client(base_url=f"{self.url}/api/v1", timeout=LIMIT_S, trust_env=False) as anybody:
            token = said(anybody.post("/sessions", json={"username": username, "password": PASSWORD}))["token"]
        return self.client(token)

    def command(self, *arguments: str, status: int = 0) -> str:
        """Run `loa-controller` with this office's settings; returns its output. AssertionError if it ends otherwise."""
        return _controller(arguments, self.office_environment(), status)

    # Speakers

    def add_area(self, name: str, **more: Any) -> str:
        """Add a hamlet of the commune; returns its id."""
        body = {"name": name, "kind": "ấp", "parent": self.commune, **more}
        area: str = said(self.administrator.post("/areas", json=body))["area"]
        return area

    def add_speaker(
        self,
        name: str,
        *,
        sound: str = "file:heard",
        environment: Mapping[str, str] | None = None,
        area: str | None = None,
        clock: Path | None = None,
    ) -> Speaker:
        """Admit a loudspeaker to the commune, start it, and wait until the office sees it online with its settings.

        `clock`: its clock file, if not the station's.
        """
        speaker = self.admit_speaker(name, sound=sound, environment=environment, area=area, clock=clock)
        speaker.start()
        self.wait_until_online(name)
        return speaker

    def admit_speaker(
        self,
        name: str,
        *,
        sound: str = "file:heard",
        environment: Mapping[str, str] | None = None,
        area: str | None = None,
        clock: Path | None = None,
    ) -> Speaker:
        """Admit a loudspeaker to the commune without starting it."""
        config = self.admit(name, area)
        clock = clock or (self._clock.file if self._clock else None)
        self.speakers[name] = Speaker(name, self.folder / name, config, sound, environment or {}, clock)
        return self.speakers[name]

    def admit(self, name: str, area: str | None = None) -> dict[str, Any]:
        """Admit a loudspeaker of any maker to the commune or to one of its areas; returns its `config`."""
        body = {"speaker": name, "name": f"Cụm {name}", "area": area or self.commune}
        config: dict[str, Any] = said(self.administrator.post("/speakers", json=body))["config"]
        return config

    def wait_until_online(self, *names: str) -> None:
        """Wait until the office sees these loudspeakers online with their newest settings."""

        def all_there() -> bool:
            seen = [said(self.administrator.get(f"/speakers/{name}")) for name in names]
            return all(each["online"] and each["settings_in_force"] for each in seen)

        self.wait_for(all_there, f"{names} aren't all online")

    # Announcements and broadcasts

    def announcement(self, words: str, bulletin_class: str = "normal") -> str:
        """Write an announcement without submitting it; returns its id."""
        body = {"title": words[:60], "text": words, "bulletin_class": bulletin_class}
        announcement: str = said(self.administrator.post("/announcements", json=body))["announcement"]
        return announcement

    def approved_announcement(self, words: str, bulletin_class: str = "normal") -> str:
        """Write an announcement and hand it in; what `order` orders of it is approved at once. Returns its id."""
        announcement = self.announcement(words, bulletin_class)
        said(self.administrator.post(f"/announcements/{announcement}/submission", json={}))
        self._approved_at_once.add(announcement)
        return announcement

    def approve(self, announcement: str) -> None:
        """Approve all orders of an announcement that wait, as the other officer."""
        waiting = said(self.approver.get("/approvals", params={"limit": 500}))["items"]
        manifests = [each["manifest"] for each in waiting if each["announcement"] == announcement]
        if manifests:
            said(self.approver.post(f"/announcements/{announcement}/approval", json={"manifests": manifests}))

    def audio(self, announcement: str) -> Samples:
        """The announcement's sound, decoded."""
        answer = self.administrator.get(f"/announcements/{announcement}/audio")
        assert answer.status_code == 200, answer
        return samples(b"".join(decode(answer.content)))

    def order(
        self,
        announcement: str,
        *,
        starts_at: str | None = None,
        speakers: Sequence[str] = (),
        key: str | None = None,
        **more: Any,
    ) -> str:
        """Order a broadcast for the commune or for these speakers, by default three seconds ahead; returns its id."""
        places = {"speakers": list(speakers)} if speakers else {"areas": [self.commune]}
        body = {"announcement": announcement, "starts_at": starts_at or self.ahead(3), **places, **more}
        headers = {"Idempotency-Key": key} if key else {}
        broadcast: str = said(self.administrator.post("/broadcasts", json=body, headers=headers))["broadcast"]
        if announcement in self._approved_at_once:
            self.approve(announcement)
        return broadcast

    def ahead(self, seconds: float) -> str:
        """The instant `seconds` from now by the station's clock, as text."""
        return written((self._clock.now() if self._clock else datetime.now(UTC)) + timedelta(seconds=seconds))

    def deliveries(self, broadcast: str) -> dict[str, dict[str, Any]]:
        """A broadcast's deliveries by speaker; empty if the office doesn't know it (yet)."""
        answer = self.administrator.get(f"/broadcasts/{broadcast}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        return {each["speaker"]: each for each in said(answer)["deliveries"]}

    def wait_until_final(self, *broadcasts: str, limit_s: float = LIMIT_S) -> dict[str, dict[str, Any]]:
        """Wait until the broadcasts are final at all speakers; returns the deliveries of the last one."""
        last: dict[str, dict[str, Any]] = {}
        for broadcast in broadcasts:

            def all_final(broadcast: str = broadcast) -> dict[str, dict[str, Any]] | None:
                now = self.deliveries(broadcast)
                return now if now and all(each["state"] in FINAL for each in now.values()) else None

            last = self.wait_for(all_final, f"broadcast {broadcast} isn't final everywhere", limit_s)
        return last

    # Committed rows

    def receipts(self) -> dict[tuple[str, str, int], tuple[str | None, str | None]]:
        """(broadcast, state) of every receipt in the office's database, by speaker, journal and `seq`."""
        engine = create_engine(self.database_url)
        try:
            with engine.connect() as connection:
                rows = connection.execute(text("SELECT speaker, journal, seq, broadcast, state FROM receipt")).all()
        finally:
            engine.dispose()
        return {(row.speaker, row.journal, row.seq): (row.broadcast, row.state) for row in rows}

    def wait_until_all_is_committed(self, speaker: Speaker) -> None:
        """Wait until every receipt of the journal is an equal row of the office; `seq` must have no hole."""

        def missing() -> dict[int, dict[str, Any]]:
            journal, receipts = speaker.journal()
            assert sorted(receipts) == list(range(1, len(receipts) + 1)), f"holes in the journal: {sorted(receipts)}"
            rows = self.receipts()
            return {
                seq: receipt
                for seq, receipt in receipts.items()
                if rows.get((speaker.name, journal, seq)) != (receipt["broadcast"], receipt["state"])
            }

        self.wait_for(lambda: not missing(), lambda: f"not committed of {speaker.name}: {missing()}")

    # The whole station

    @property
    def database_url(self) -> str:
        """The URL of the office's database, as for LOA_DATABASE_URL."""
        return self._database_url or f"sqlite:///{self.data_dir / 'office.db'}"

    def office_environment(self) -> dict[str, str]:
        """The office's settings."""
        settings = {
            "data_dir": str(self.data_dir),
            "port": str(self._port),
            "broker_port": str(self.broker.port),
            "broker_accounts": "demo" if self._demo_broker else "mosquitto",
            "broker_password_file": str(self.broker.password_file),
        }
        if isinstance(self.broker, Mosquitto):
            settings["broker_pid_file"] = str(self.broker.pid_file)
        if self._database_url:
            settings["database_url"] = self._database_url
        if self._clock:
            settings["test_clock"] = str(self._clock.file)
        return {f"LOA_{name.upper()}": value for name, value in settings.items()}

    def wait_for(
        self, found: Callable[[], _Found | None], complaint: str | Callable[[], str], limit_s: float = LIMIT_S
    ) -> _Found:
        """Like `wait_for`; while the office doesn't answer, `found` is called again."""

        def look() -> _Found | None:
            try:
                return found()
            except httpx.TransportError:
                return None

        return wait_for(look, lambda: f"{complaint() if callable(complaint) else complaint}\n{self.logs()}", limit_s)

    def logs(self) -> str:
        """How each program ended and the end of its log, for a test whose wait failed; running programs are ended."""
        programs = [self.office, *self.speakers.values()]
        return "\n".join(f"--- {each.name}: {each.ended()}\n{each.last_words()}" for each in programs)

    def _add_officers(self) -> None:
        """Add PEOPLE by the command. All offices with SQLite copy the same database, because it takes seconds."""
        if self._database_url:
            _add_people(self.office_environment(), self.folder)
        else:
            shutil.copytree(Path(_founded().name, "office"), self.data_dir)

    def _end(self) -> None:
        atexit.unregister(self._end)
        for speaker in self.speakers.values():
            speaker.kill()
        if hasattr(self, "office"):
            self.office.kill()
        self.broker.kill()
        if isinstance(self.broker, Mosquitto):
            self.broker.close()
        self._open.close()


def wait_for_instant(at: datetime) -> None:
    """Wait until this machine's clock has reached the instant, like programs with real clocks."""
    while (left := (at - datetime.now(UTC)).total_seconds()) > 0:
        threading.Event().wait(left)


def said(answer: httpx.Response) -> Any:
    """The JSON of an answer; AssertionError if the call was refused."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def ahead(seconds: float) -> str:
    """The instant `seconds` from now, as text."""
    return written(datetime.now(UTC) + timedelta(seconds=seconds))


def written(at: datetime) -> str:
    """An instant as text."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_recording(file: Path) -> Heard:
    """A recording; it is valid at any moment, because the file device keeps the header's length right."""
    stamp = file.name.split("_")[1]
    with wave.open(str(file)) as recording:
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (RATE, 1, 2)
        sound = samples(recording.readframes(recording.getnframes()))
    return Heard(datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC), sound)


@contextmanager
def _reserved_port() -> Iterator[int]:
    """Reserve a port of 127.0.0.1 for a program, also while it is down: it is bound, but doesn't listen."""
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind(("127.0.0.1", 0))
        port: int = reservation.getsockname()[1]
        yield port


@functools.cache
def _founded() -> "tempfile.TemporaryDirectory[str]":
    """A folder whose `office` is the data folder of an office with SQLite and PEOPLE; removed with this process."""
    folder = tempfile.TemporaryDirectory(prefix="loa-founded-")
    where = Path(folder.name)
    settings = {"LOA_DATA_DIR": str(where / "office"), "LOA_BROKER_PASSWORD_FILE": str(where / "accounts")}
    _add_people(settings, where)
    return folder


def _add_people(settings: Mapping[str, str], folder: Path) -> None:
    password_file = folder / "password"
    password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    for username, name, role in PEOPLE:
        who = ("--username", username, "--name", name, "--role", role, "--password-file", str(password_file))
        _controller(("officer", "add", *who), settings)


def _controller(arguments: Sequence[str], settings: Mapping[str, str], status: int = 0) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LOA_")}
    ended = subprocess.run(
        [str(_BIN / "loa-controller"), *arguments],
        env={**environment, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    said_all = ended.stdout + ended.stderr
    assert ended.returncode == status, f"loa-controller {' '.join(arguments)}: {ended.returncode} {said_all}"
    return ended.stdout if status == 0 else said_all
