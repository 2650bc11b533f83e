"""The demonstration's broker as a process, in the shape of tests.servers.mosquitto.Mosquitto."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from controller.broker.accounts import Account, hash_password
from controller.broker.accounts_demo import DemoAccounts
from wire.topics import DEFAULT_ROOT


class DemoBrokerProcess:
    """`python -m controller.demo.broker` on a free port of 127.0.0.1; a restart keeps the port."""

    host = "127.0.0.1"
    ca_file = None

    def __init__(self, folder: Path, *, topic_root: str = DEFAULT_ROOT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.password_file = folder / "accounts"
        self.accounts = DemoAccounts(self.password_file)
        self.port = 0
        self._topic_root = topic_root
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[str] | None = None

    def admit(self, passwords: Mapping[str, str] | None = None, /, **more: str) -> None:
        """Let exactly these accounts sign in: name=password (a mapping for names with a hyphen)."""
        named = {**(passwords or {}), **more}
        self.accounts.replace([Account(name, hash_password(password)) for name, password in named.items()])

    def start(self) -> None:
        """Start, and return once it listens. It gets an empty environment: no HOME, no PATH."""
        assert self._process is None, "it runs already"
        options = ["--port", str(self.port), "--accounts", str(self.password_file), "--topic-root", self._topic_root]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "controller.demo.broker", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={},
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        found = re.fullmatch(r"Listening on 127\.0\.0\.1:(\d+)\n", said)
        if found is None:
            self.kill()
            raise RuntimeError(f"the demonstration's broker did not start: {said}" + "\n".join(self.log_lines()))
        self.port = int(found[1])

    def stop(self) -> None:
        """End it by SIGTERM and wait; does nothing if it doesn't run."""
        if self._process is not None:
            self._process.terminate()
            self._reap()

    def kill(self) -> None:
        """End it by SIGKILL and wait; does nothing if it doesn't run."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    @property
    def pid(self) -> int:
        assert self._process is not None, "it doesn't run"
        return self._process.pid

    def wait_for_end(self, limit_s: float) -> int:
        """Wait for its end, by itself or by a signal sent to `pid`; returns its exit code."""
        assert self._process is not None, "it doesn't run"
        self._process.wait(limit_s)
        return self._reap()

    def log_lines(self) -> list[str]:
        """Its standard error of all runs."""
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []

    def __enter__(self) -> "DemoBrokerProcess":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _reap(self) -> int:
        assert self._process is not None
        code = self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code
