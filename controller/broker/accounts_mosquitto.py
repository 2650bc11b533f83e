"""Accounts of a Mosquitto: its password file, and the signal to reload it.

Mosquitto reads the file when it starts and at SIGHUP. At a reload it checks every connected client again, and cuts
those whose password is no longer right.
"""

import errno
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from controller.broker.accounts import Account
from host.whole_file import write_whole_file

_log = logging.getLogger(__name__)


class MosquittoAccounts:
    """The accounts of the Mosquitto that reads `password_file`.

    With a `pid_file` the office sends SIGHUP itself (it must run as Mosquitto's user or root). Without, it touches
    `{password_file}.changed`, and deploy/systemd/loa-mosquitto-reload.path reloads the broker: a web program needs no
    right to signal other programs.
    """

    def __init__(self, password_file: Path, pid_file: Path | None) -> None:
        self._password_file = password_file
        self._pid_file = pid_file
        self._reloaded = False  # the last run may have ended after the write and before the reload

    def replace(self, accounts: Sequence[Account]) -> None:
        """See BrokerAccounts. Raises BlockingIOError if the broker is still starting; the next call reloads it."""
        if write_password_file(self._password_file, accounts):
            self._reloaded = False
        if not self._reloaded:
            self._reload_broker()
            self._reloaded = True

    def _reload_broker(self) -> None:
        if self._pid_file is None:
            self._password_file.with_name(self._password_file.name + ".changed").touch()
            return
        pid = _running_mosquitto(self._pid_file)
        if pid is None:
            _log.info("mosquitto isn't running: it will read %s when it starts", self._password_file)
        elif not catches_hangup(pid):
            raise BlockingIOError(errno.EAGAIN, "mosquitto is still starting")
        else:
            os.kill(pid, signal.SIGHUP)


def _running_mosquitto(pid_file: Path) -> int | None:
    """The process of the pid file; None if it has ended. A killed broker's pid may belong to another program by now."""
    try:
        pid = int(pid_file.read_text())
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if name == "mosquitto" else None


def catches_hangup(pid: int) -> bool:
    """Whether this process has a handler for SIGHUP, by SigCgt of proc(5).

    A starting mosquitto takes connections before it has its handler: SIGHUP would end it then, and systemd takes that
    for an orderly end and doesn't start it again.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGHUP - 1) & 1)


def write_password_file(file: Path, accounts: Sequence[Account]) -> bool:
    """Write all accounts as Mosquitto's password file, atomically. Returns False if the file had this content already.

    Mode 0640: the folder is setgid, so the broker's group can read it. Raises ValueError if two accounts have one name.
    """
    hashes = {account.name: account.password_hash for account in accounts}
    if len(hashes) != len(accounts):
        raise ValueError("two broker accounts have one name")
    content = "".join(f"{name}:{hashes[name]}\n" for name in sorted(hashes)).encode()
    if file.exists() and file.read_bytes() == content:
        return False
    write_whole_file(file, content, mode=0o640)
    _log.info("%d broker accounts written to %s", len(hashes), file)
    return True


def read_password_file(file: Path) -> dict[str, str]:
    """{name: password hash} of all lines that are accounts; {} if there is no file yet."""
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split(":", 1) for line in lines if ":" in line)
