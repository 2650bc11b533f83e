"""`loa-controller`: setting up a station by hand, checking it, and serving until a signal ends it."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from controller import cli
from controller.database.tables import AuditEntry, Speaker
from controller.database.transactions import Database
from controller.settings import OfficeSettings
from controller.station.officers import check_password
from controller.upkeep import checks
from tests.audio.speech.piper_voice import make_voice
from tests.servers.demonstration import free_port
from tests.servers.mosquitto import Mosquitto, mosquitto
from tests.servers.waiting import wait_for

__all__ = ["mosquitto"]

PASSWORD = "Mua-lon-tren-song-7"
ADMINISTRATOR = ["--username", "tham", "--name", "Nguyễn Thị Hồng Thắm", "--role", "administrator"]
_SERVES_WITHIN_S = 30.0
_ENDS_WITHIN_S = 5.0


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An office's settings in the environment; its broker doesn't exist."""
    values = {
        "LOA_DATA_DIR": str(tmp_path / "office"),
        "LOA_PORT": str(free_port()),
        "LOA_BROKER_PORT": str(free_port()),
        "LOA_BROKER_PASSWORD_FILE": str(tmp_path / "accounts"),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return values


@pytest.fixture
def with_broker(environment: dict[str, str], mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The same with a real Mosquitto."""
    there = {
        "LOA_BROKER_PORT": str(mosquitto.port),
        "LOA_BROKER_PASSWORD_FILE": str(mosquitto.password_file),
        "LOA_BROKER_PID_FILE": str(mosquitto.pid_file),
    }
    for name, value in there.items():
        monkeypatch.setenv(name, value)
    return environment | there


def run(*arguments: str) -> int:
    """Run the command in this process; returns its exit status."""
    before = os.umask(0o022)  # the command sets a narrower one, which the next tests would keep
    try:
        return cli.main(arguments)
    finally:
        os.umask(before)


def add_administrator(monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    """Add an administrator with a password on standard input."""
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123
        Path("password").write_text(PASSWORD + "\n")
        return run("officer", "add", *ADMINISTRATOR, "--password-file", "password", *more)


def database() -> Database:
    """The office's database."""
    return Database(OfficeSettings.read().database)


def add_area(capsys: pytest.CaptureFixture[str]) -> str:
    """Add the commune; returns its id."""
    assert run("area", "add", "--name", "Xã Phú Lâm", "--kind", "xã") == 0
    return capsys.readouterr().out.splitlines()[-1]


@pytest.mark.usefixtures("environment")
class TestOfficers:
    def test_an_officer_is_added_with_a_password_file_and_may_sign_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert add_administrator(monkeypatch) == 0
        with database().reading() as session:
            officer = check_password(session, "tham", PASSWORD)
            assert officer is not None
            assert (officer.role, officer.area) == ("administrator", None)

    def test_standard_input_gives_the_password(self) -> None:
        added = subprocess.run(
            [_program(), "officer", "add", *ADMINISTRATOR, "--password-file", "-"],
            input=PASSWORD + "\n",
            text=True,
            check=False,
            capture_output=True,
        )
        assert (added.returncode, added.stderr) == (0, "")
        with database().reading() as session:
            assert check_password(session, "tham", PASSWORD) is not None

    @pytest.mark.parametrize("password", ["", "short"])
    def test_an_empty_or_short_password_is_refused(self, password: str, capsys: pytest.CaptureFixture[str]) -> None:
        Path("password").write_text(password)
        assert run("officer", "add", *ADMINISTRATOR, "--password-file", "password") == 1
        assert "ít nhất 10 ký tự" in capsys.readouterr().err
        with database().reading() as session:
            assert check_password(session, "tham", password) is None

    def test_the_terminal_asks_twice_and_two_different_passwords_add_no_officer(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        answers = iter([PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD])
        monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
        assert run("officer", "add", *ADMINISTRATOR) == 1
        assert "không giống nhau" in capsys.readouterr().err
        assert run("officer", "add", *ADMINISTRATOR) == 0

    def test_without_a_terminal_it_asks_for_a_file_instead(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("officer", "add", *ADMINISTRATOR) == 1
        assert "--password-file" in capsys.readouterr().err

    def test_a_user_name_that_exists_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add_administrator(monkeypatch)
        assert add_administrator(monkeypatch) == 1
        assert "đã có" in capsys.readouterr().err


class TestSpeakers:
    def test_a_speaker_is_added_with_a_private_file_and_an_account_at_the_broker(
        self, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        area = add_area(capsys)
        assert run("speaker", "add", "--speaker", "loa-1", "--name", "Ấp 1", "--area", area) == 0
        file = Path("loa-1.json")
        assert file.stat().st_mode & 0o777 == 0o600
        config = json.loads(file.read_text())
        assert set(config) == {"speaker", "password", "broker", "topic_root", "office_keys"}
        assert config["broker"]["port"] == int(environment["LOA_BROKER_PORT"])
        assert len(config["office_keys"]) == 2
        accounts = Path(environment["LOA_BROKER_PASSWORD_FILE"]).read_text()
        assert re.findall(r"^[^:]+", accounts, re.MULTILINE) == ["loa-1", "office"]

    @pytest.mark.usefixtures("environment")
    def test_an_existing_file_is_kept_and_no_speaker_is_added(self, capsys: pytest.CaptureFixture[str]) -> None:
        area = add_area(capsys)
        Path("loa-1.json").write_text("something else")
        assert run("speaker", "add", "--speaker", "loa-1", "--name", "Ấp 1", "--area", area) == 1
        assert "loa-1.json" in capsys.readouterr().err
        assert Path("loa-1.json").read_text() == "something else"
        with database().reading() as session:
            assert session.get(Speaker, "loa-1") is None

    @pytest.mark.usefixtures("environment")
    def test_an_area_that_does_not_exist_is_refused_with_a_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("speaker", "add", "--speaker", "loa-1", "--name", "Ấp 1", "--area", "a-none") == 1
        assert "a-none" in capsys.readouterr().err
        assert not Path("loa-1.json").exists()


@pytest.mark.usefixtures("environment")
def test_the_second_key_is_exported_once(capsys: pytest.CaptureFixture[str]) -> None:
    add_area(capsys)
    here = OfficeSettings.read().within("keys", "safe.key")
    secret = here.read_text()
    assert run("key", "export", "safe") == 0
    assert Path("safe").read_text() == secret
    assert Path("safe").stat().st_mode & 0o777 == 0o600
    assert not here.exists()
    assert run("key", "export", "again") == 1
    assert "không còn ở máy này" in capsys.readouterr().err
    assert not Path("again").exists()


@pytest.mark.usefixtures("environment")
def test_backup_and_restore_by_hand(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    area = add_area(capsys)
    assert run("backup", "station.tar") == 0
    assert run("area", "add", "--name", "Ấp 1", "--kind", "ấp", "--parent", area) == 0
    assert run("restore", "station.tar") == 1
    assert "--replace" in capsys.readouterr().err
    assert run("restore", "station.tar", "--replace") == 0
    said = capsys.readouterr().out
    assert "Tiếp theo" in said
    assert list((tmp_path / "office").glob("before-restore-*/office.db"))
    with database().reading() as session:
        added = session.exec(select(AuditEntry).where(AuditEntry.action == "area added")).all()
    assert [entry.subject for entry in added] == [area]


class TestCheck:
    def said(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
        """The exit status, and {thing that was checked: its result}."""
        capsys.readouterr()
        status = run("check")
        lines = capsys.readouterr().out.splitlines()
        return status, dict(line.split(": ", 1) for line in lines)

    @pytest.mark.usefixtures("environment")
    def test_on_an_empty_machine_it_says_what_to_do_and_makes_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        status, said = self.said(capsys)
        assert status == 1
        assert "loa-controller migrate" in said["cơ sở dữ liệu"]
        assert "loa-controller serve" in said["khóa ký"]
        assert not OfficeSettings.read().data_dir.exists()

    @pytest.mark.acceptance
    def test_a_station_without_a_fault_passes(
        self, with_broker: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checks, "_clock", lambda: None)  # a test machine's clock needn't be synchronised
        add_administrator(monkeypatch)
        approver = ["--username", "quang", "--name", "Lê Minh Quang", "--role", "approver"]
        run("officer", "add", *approver, "--password-file", "password")
        run("speaker", "add", "--speaker", "loa-1", "--name", "Ấp 1", "--area", add_area(capsys))  # signals the broker
        run("key", "export", "safe")
        status, said = self.said(capsys)
        assert {what: verdict for what, verdict in said.items() if verdict != "ok"} == {}
        assert status == 0
        assert f"máy chủ truyền tin 127.0.0.1:{with_broker['LOA_BROKER_PORT']}" in said

    @pytest.mark.usefixtures("environment")
    def test_each_fault_is_reported(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "_BROKER_ANSWERS_WITHIN_S", 0.5)
        monkeypatch.setenv("LOA_BROKER_ACCOUNTS", "demo")
        add_administrator(monkeypatch)
        office_key = OfficeSettings.read().within("keys", "office.key")
        office_key.chmod(0o644)
        status, said = self.said(capsys)
        assert status == 1
        assert "Mosquitto" in said["cài đặt"]
        assert f"chmod 600 {office_key}" in said["khóa ký"]
        assert "loa-controller key export" in said["khóa dự phòng"]
        assert "xem Mosquitto có chạy không" in next(said[what] for what in said if what.startswith("máy chủ"))
        assert "người thứ hai" in said["cán bộ"]

    @pytest.mark.usefixtures("environment")
    def test_lost_keys_are_to_be_restored_and_are_not_made_anew(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checks, "_BROKER_ANSWERS_WITHIN_S", 0.5)
        add_administrator(monkeypatch)
        folder = OfficeSettings.read().within("keys")
        (folder / "public.json").rename(folder / "moved")
        assert "khôi phục thư mục keys" in self.said(capsys)[1]["khóa ký"]
        assert not (folder / "public.json").exists(), "it changes nothing"
        folder.rename(folder.with_name("lost"))
        said = self.said(capsys)[1]
        assert "khôi phục thư mục keys" in said["khóa ký"]
        assert run("serve") == 1
        assert "Khôi phục thư mục keys" in capsys.readouterr().err
        assert "khôi phục thư mục keys" in self.said(capsys)[1]["khóa ký"]

    @pytest.mark.usefixtures("environment")
    def test_the_communes_own_voice_is_tried_and_its_hash_is_shown(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def verdict() -> tuple[str, str]:
            return next(each for each in self.said(capsys)[1].items() if each[0].startswith("giọng đọc Piper"))

        monkeypatch.setattr(checks, "_BROKER_ANSWERS_WITHIN_S", 0.1)
        assert verdict()[1] == "ok"
        assert "không dùng" in verdict()[0]
        file = tmp_path / "vi_VN-thu-low.onnx"
        monkeypatch.setenv("LOA_PIPER_VOICE", str(file))
        assert f"chép {file.name} và {file.name}.json vào {tmp_path}" in verdict()[1]
        make_voice(tmp_path)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        assert f"SHA-256 {sha256[:16]}…" in verdict()[0]
        assert verdict()[1] == "ok"
        monkeypatch.setenv("LOA_PIPER_VOICE_SHA256", sha256)
        assert verdict()[1] == "ok"
        monkeypatch.setenv("LOA_PIPER_VOICE_SHA256", "0" * 64)
        assert "khác tệp đã cho phép" in verdict()[1]

    @pytest.mark.usefixtures("environment")
    def test_without_time_synchronisation_a_setting_must_say_that_the_clock_is_kept_right(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checks, "_BROKER_ANSWERS_WITHIN_S", 0.1)
        monkeypatch.setattr(checks, "_clock", lambda: "chưa được đồng bộ")
        assert self.said(capsys)[1]["đồng hồ"] == "chưa được đồng bộ"
        monkeypatch.setenv("LOA_CLOCK", "system")
        [(what, verdict)] = [each for each in self.said(capsys)[1].items() if each[0].startswith("đồng hồ")]
        assert re.search(r"máy này đang là \d\d:\d\d:\d\d ngày \d\d/\d\d/\d{4}", what)
        assert verdict == "ok"

    def test_invalid_settings_are_named(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LOA_PORT", "http")
        assert run("check") == 1
        assert "LOA_PORT" in capsys.readouterr().err

    @pytest.mark.acceptance
    def test_a_running_office_keeps_its_connection_to_the_broker(
        self, office: "Office", capsys: pytest.CaptureFixture[str]
    ) -> None:
        office.start()
        _, said = self.said(capsys)
        assert next(said[what] for what in said if what.startswith("máy chủ")) == "ok"
        assert "the line to the broker is down" not in office.log()


class Office:
    """`loa-controller serve` as a process."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = int(environment["LOA_PORT"])
        self._log = log
        self._environment = os.environ | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, healthy: bool = True) -> None:
        """Start, and return once it is healthy (`healthy` False: once it answers)."""
        self.begin()
        wait_for(lambda: self.health()[0] in ((200,) if healthy else (200, 503)), self.log, _SERVES_WITHIN_S)

    def begin(self, **environment: str) -> None:
        """Start it without waiting."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [_program(), "serve"], env=self._environment | environment, stdout=log, stderr=log
            )

    def health(self) -> tuple[int, str]:
        """HTTP status and body; status 0 where it doesn't answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
        except OSError:
            return 0, ""
        return int(answer.split()[1]), answer

    def end(self) -> int:
        """End it by SIGTERM; returns its exit status. Raises subprocess.TimeoutExpired."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_ENDS_WITHIN_S)

    def close(self) -> None:
        """Kill it if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        """All its output."""
        return self._log.read_text()


@pytest.fixture
def office(with_broker: dict[str, str], tmp_path: Path) -> Iterator[Office]:
    """An office that isn't started yet."""
    made = Office(with_broker, tmp_path / "office.log")
    yield made
    made.close()


@pytest.mark.acceptance
class TestServe:
    def test_it_ends_in_order_within_five_seconds_while_a_page_follows_events(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add_administrator(monkeypatch)
        office.start()
        with socket.create_connection(("127.0.0.1", office.port), timeout=10) as page:
            page.sendall(
                b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % _token(office).encode()
            )
            assert page.recv(65536).startswith(b"HTTP/1.1 200")
            assert office.end() == 0
        log = office.log()
        assert "ended in order" in log
        assert "Traceback" not in log

    def test_it_notifies_systemd_when_it_is_ready_and_at_each_turn_of_its_loop(
        self, office: Office, tmp_path: Path
    ) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(f"{tmp_path}/notify")
            systemd.settimeout(_SERVES_WITHIN_S)
            office.begin(NOTIFY_SOCKET=f"{tmp_path}/notify")
            assert systemd.recv(100) == b"READY=1"
            assert office.health()[0] in (200, 503)
            assert [systemd.recv(100), systemd.recv(100)] == [b"WATCHDOG=1", b"WATCHDOG=1"]

    def test_without_its_broker_it_says_so_and_tries_again(self, office: Office, mosquitto: Mosquitto) -> None:
        mosquitto.kill()
        office.start(healthy=False)
        status, said = office.health()
        assert status == 503
        assert "máy chủ truyền tin" in said
        mosquitto.start()
        wait_for(lambda: office.health()[0] == 200, office.log, _SERVES_WITHIN_S)

    def test_a_second_office_on_the_same_folder_is_refused(self, office: Office) -> None:
        office.start()
        second = subprocess.run(
            [_program(), "serve"],
            env=os.environ | {"LOA_PORT": str(free_port())},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert second.returncode == 1
        assert "đang được một chương trình khác" in second.stderr
        assert office.health()[0] == 200

    @pytest.mark.usefixtures("environment")
    def test_a_port_in_use_is_reported_in_a_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            monkeypatch.setenv("LOA_PORT", str(taken.getsockname()[1]))
            assert run("serve") == 1
        assert "Chọn cổng khác bằng LOA_PORT" in capsys.readouterr().err

    def test_a_running_office_is_backed_up_and_the_restored_copy_serves(
        self, office: Office, with_broker: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add_administrator(monkeypatch)
        office.start()
        assert run("backup", "station.tar") == 0
        assert run("restore", "station.tar", "--replace") == 1, "restored under a running office"
        assert office.health()[0] == 200
        office.end()
        copy = with_broker | {"LOA_DATA_DIR": str(tmp_path / "copy")}
        monkeypatch.setenv("LOA_DATA_DIR", copy["LOA_DATA_DIR"])
        assert run("restore", "station.tar") == 0
        restored = Office(copy, tmp_path / "copy.log")
        try:
            restored.start()
            assert _token(restored)
        finally:
            restored.close()


@pytest.mark.parametrize(
    "command",
    ["serve", "migrate", "check", "officer add", "area add", "speaker add", "key export", "backup", "restore"],
)
def test_the_help_of_each_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run(*command.split(), "--help")
    said = capsys.readouterr().out
    assert f"Ví dụ:\n  loa-controller {command}" in said


class TestEnglish:
    @pytest.fixture(autouse=True)
    def english(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOA_LANGUAGE", "en")

    @pytest.mark.usefixtures("environment")
    def test_a_check_says_what_to_do(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("check") == 1
        said = capsys.readouterr().out
        assert "signing keys: not there yet: run loa-controller serve once, which makes them\n" in said
        assert "database: not there yet: run loa-controller migrate\n" in said

    @pytest.mark.usefixtures("environment")
    def test_a_refusal_says_what_to_do(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("password").write_text("short")
        assert run("officer", "add", *ADMINISTRATOR, "--password-file", "password") == 1
        assert capsys.readouterr().err == "password: A password needs at least 10 characters.\n"

    def test_help_is_english(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="0"):
            run("key", "export", "--help")
        said = capsys.readouterr().out
        assert "Copy the safe's key to a file" in said
        assert "Example:\n  loa-controller key export" in said

    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("LOA_PORT", "many", "port (or LOA_PORT): must be a whole number.\n"),
            ("LOA_PORT", "0", "port (or LOA_PORT): is at least 1.\n"),
            (
                "LOA_TIME_ZONE",
                "Mars",
                "time_zone (or LOA_TIME_ZONE): there is no such time zone; a right one is Asia/Ho_Chi_Minh.\n",
            ),
            (
                "LOA_BROKER_ACCOUNTS",
                "x",
                "broker_accounts (or LOA_BROKER_ACCOUNTS): must be one of 'mosquitto', 'demo'.\n",
            ),
        ],
    )
    @pytest.mark.usefixtures("environment")
    def test_a_wrong_setting_is_named(
        self, variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert run("migrate") == 1
        assert capsys.readouterr().err == said
        monkeypatch.setenv("LOA_LANGUAGE", "vi")
        assert run("migrate") == 1
        assert f"(hoặc {variable}): " in capsys.readouterr().err


def _token(office: Office) -> str:
    body = json.dumps({"username": "tham", "password": PASSWORD}).encode()
    with socket.create_connection(("127.0.0.1", office.port), timeout=10) as line:
        line.sendall(
            b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    token: str = json.loads(answer.partition(b"\r\n\r\n")[2])["token"]
    return token


def _program() -> str:
    return str(Path(sys.executable).with_name("loa-controller"))
