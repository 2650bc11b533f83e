import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.broker.accounts import (
    Account,
    BrokerAccounts,
    hash_password,
    new_password,
    password_matches,
)
from controller.broker.accounts_demo import DemoAccounts
from controller.broker.accounts_mosquitto import MosquittoAccounts, read_password_file

OFFICE = Account("office", hash_password("secret-0"))
SPEAKER = Account("loa-1", hash_password("secret-1"))


class Signals:
    """Records the signals that would be sent, and sends none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "kill", lambda pid, number: self.sent.append((pid, number)))


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Signals:
    return Signals(monkeypatch)


@given(password=st.text())
def test_a_password_matches_its_own_hash_and_no_other(password: str) -> None:
    hashed = hash_password(password)
    assert password_matches(password, hashed)
    assert not password_matches(password + "x", hashed)
    assert hash_password(password) != hashed, "each has its own salt"


@given(password=st.text(), not_a_hash=st.text() | st.from_regex(r"\A\$7\$\d{0,7}\$[\w+/=]{0,20}\$[\w+/=]{0,90}\Z"))
def test_no_password_matches_a_text_that_is_no_hash(password: str, not_a_hash: str) -> None:
    assert not password_matches(password, not_a_hash)


@pytest.mark.servers
def test_hashes_by_mosquitto_passwd_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    password = new_password()
    subprocess.run(["mosquitto_passwd", "-c", "-b", file, "loa-1", password], check=True, timeout=10)
    made = read_password_file(file)["loa-1"]
    assert password_matches(password, made)
    assert not password_matches(new_password(), made)
    assert made.split("$")[:3] == hash_password(password).split("$")[:3], "the same form, the same count of rounds"


def test_new_passwords_are_long_and_need_no_quoting() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password) == 43 and password.replace("-", "").replace("_", "").isalnum() for password in made)


@pytest.mark.parametrize("name", ["", "Office", "a:b", "a\nb", "#", "+", "loa 1", "-a", "loa-1\n", "x" * 65])
def test_a_name_that_would_break_the_file_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a speaker's id"):
        Account(name, OFFICE.password_hash)


@pytest.mark.parametrize("clear", ["", "secret", "$7$101$short$short", OFFICE.password_hash + "\nintruder:x"])
def test_a_plain_password_is_refused_and_not_repeated_in_the_error(clear: str) -> None:
    with pytest.raises(ValueError, match=r"of loa-1 is not hashed: use hash_password\(\)$"):
        Account("loa-1", clear)


def either_port(folder: Path) -> list[tuple[BrokerAccounts, Path]]:
    return [
        (MosquittoAccounts(folder / "m", None), folder / "m"),
        (DemoAccounts(folder / "d"), folder / "d"),
    ]


def test_the_file_holds_exactly_the_accounts_that_were_given_last(tmp_path: Path) -> None:
    for accounts, file in either_port(tmp_path):
        accounts.replace([OFFICE, SPEAKER])
        assert file.read_text() == f"loa-1:{SPEAKER.password_hash}\noffice:{OFFICE.password_hash}\n"
        assert read_password_file(file) == {"office": OFFICE.password_hash, "loa-1": SPEAKER.password_hash}
        accounts.replace([OFFICE])
        assert read_password_file(file) == {"office": OFFICE.password_hash}
        accounts.replace([])
        assert file.read_bytes() == b""


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_only_owner_and_group_read_the_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        for accounts, file in either_port(tmp_path):
            accounts.replace([OFFICE])
            assert stat.S_IMODE(file.stat().st_mode) == 0o640
    finally:
        os.umask(before)


def test_two_accounts_with_one_name_are_refused_and_the_file_stays(tmp_path: Path) -> None:
    for accounts, file in either_port(tmp_path):
        accounts.replace([SPEAKER])
        with pytest.raises(ValueError, match="one name"):
            accounts.replace([OFFICE, SPEAKER, Account("loa-1", OFFICE.password_hash)])
        assert read_password_file(file) == {"loa-1": SPEAKER.password_hash}


def test_the_same_accounts_in_another_order_are_not_written_again(tmp_path: Path) -> None:
    for accounts, file in either_port(tmp_path):
        accounts.replace([OFFICE, SPEAKER])
        written = file.stat()
        accounts.replace([SPEAKER, OFFICE])
        assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_a_full_disk_leaves_the_old_accounts_whole_and_the_next_call_writes_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    for accounts, file in either_port(tmp_path):
        accounts.replace([OFFICE])
        with monkeypatch.context() as full_disk:
            full_disk.setattr(os, "fsync", no_space)
            with pytest.raises(OSError, match="No space"):
                accounts.replace([OFFICE, SPEAKER])
        assert read_password_file(file) == {"office": OFFICE.password_hash}
        accounts.replace([OFFICE, SPEAKER])
        assert set(read_password_file(file)) == {"office", "loa-1"}


def test_only_a_change_touches_the_file_that_the_reload_unit_watches(tmp_path: Path) -> None:
    word = tmp_path / "accounts.changed"
    accounts = MosquittoAccounts(tmp_path / "accounts", None)
    accounts.replace([OFFICE])
    word.unlink()
    accounts.replace([OFFICE])
    assert not word.exists()
    accounts.replace([OFFICE, SPEAKER])
    assert word.exists()


def test_an_office_that_starts_again_signals_the_broker_again(tmp_path: Path) -> None:
    """It may have ended after writing the file and before signalling."""
    MosquittoAccounts(tmp_path / "accounts", None).replace([OFFICE])
    (tmp_path / "accounts.changed").unlink()
    MosquittoAccounts(tmp_path / "accounts", None).replace([OFFICE])
    assert (tmp_path / "accounts.changed").exists()


@pytest.mark.parametrize(
    "content", [None, "", "999999999\n", str(os.getpid())], ids=["no file", "empty", "nobody", "another program"]
)
def test_a_broker_that_does_not_run_is_no_error_and_no_other_process_is_signalled(
    tmp_path: Path, signals: Signals, content: str | None
) -> None:
    pid_file = tmp_path / "mosquitto.pid"
    if content is not None:
        pid_file.write_text(content)
    MosquittoAccounts(tmp_path / "accounts", pid_file).replace([OFFICE])
    assert signals.sent == []
    assert set(read_password_file(tmp_path / "accounts")) == {"office"}


def test_a_broker_that_could_not_be_signalled_is_signalled_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.broker.accounts_mosquitto._running_mosquitto", lambda _pid_file: 4711)
    monkeypatch.setattr("controller.broker.accounts_mosquitto.catches_hangup", lambda _pid: True)

    def not_permitted(_pid: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    accounts = MosquittoAccounts(tmp_path / "accounts", tmp_path / "pid")
    monkeypatch.setattr(os, "kill", not_permitted)
    with pytest.raises(PermissionError):
        accounts.replace([OFFICE])
    signals = Signals(monkeypatch)
    accounts.replace([OFFICE])
    accounts.replace([OFFICE])
    assert len(signals.sent) == 1


def test_a_broker_that_is_still_starting_is_signalled_only_the_next_time(tmp_path: Path) -> None:
    """Mosquitto listens before it handles SIGHUP; until then that signal ends it."""
    program = tmp_path / "mosquitto"
    shutil.copy("/bin/sleep", program)  # its name, and no handler
    accounts = MosquittoAccounts(tmp_path / "accounts", tmp_path / "pid")
    with subprocess.Popen([program, "60"]) as starting:
        try:
            (tmp_path / "pid").write_text(str(starting.pid))
            with pytest.raises(BlockingIOError, match="still starting"):
                accounts.replace([OFFICE])
            assert starting.poll() is None
        finally:
            starting.kill()
    assert set(read_password_file(tmp_path / "accounts")) == {"office"}


def test_without_a_file_there_are_no_accounts(tmp_path: Path) -> None:
    assert read_password_file(tmp_path / "nothing") == {}
