"""Runs `make demo` as a user does: starts it by its command, uses its REST interface, and ends it by a signal.

Imports the standard library alone, because tests.acceptance.bare runs it where nothing is installed.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.servers.waiting import wait_for

ENDED_STATES = {"played", "partial", "missed", "cancelled", "rejected", "no_report"}


class Demonstration:
    """One run with its data in `data_dir`. Calls ignore the proxies of the environment."""

    def __init__(
        self, command: Sequence[str], *, data_dir: Path, port: int, cwd: Path, environment: Mapping[str, str]
    ) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{port}"
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._command = command
        self._cwd = cwd
        self._environment = {**environment, "LOA_PORT": str(port), "LOA_DATA_DIR": str(data_dir)}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, limit_s: float) -> None:
        """Start, and wait for the line `Ready: …`; raises AssertionError where it doesn't come in `limit_s`."""
        self._process = subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        wait_for(self._is_ready, lambda: "no Ready: line; it said:\n" + "\n".join(self.said()), limit_s)

    def said(self) -> list[str]:
        """The lines of its output so far, standard error included."""
        return os.pread(self._output.fileno(), 1 << 20, 0).decode(errors="replace").splitlines()

    @property
    def access(self) -> dict[str, Any]:
        """The current content of `access.json`."""
        access: dict[str, Any] = json.loads((self.data_dir / "access.json").read_text(encoding="utf-8"))
        return access

    def call(self, method: str, path: str, body: object = None, *, as_approver: bool = False) -> Any:
        """Call the REST interface with a token of access.json; returns decoded JSON, or bytes of another type.

        Raises AssertionError for an HTTP error, OSError where the office doesn't answer.
        """
        access = self.access["approver"] if as_approver else self.access
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {access['token']}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                data: bytes = answer.read()
                return json.loads(data) if answer.headers.get_content_type() == "application/json" else data
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def submitted_announcement(self, title: str, text: str) -> str:
        """Write an announcement and submit it; returns its id."""
        written = self.call("POST", "/announcements", {"title": title, "text": text, "bulletin_class": "normal"})
        announcement: str = written["announcement"]
        self.call("POST", f"/announcements/{announcement}/submission", {})
        return announcement

    def approve(self) -> None:
        """Approve all that waits, as the second officer."""
        for each in self.call("GET", "/approvals", as_approver=True)["items"]:
            self.call("POST", f"/approvals/{each['manifest']}", {}, as_approver=True)

    def broadcast_now(self, announcement: str, limit_s: float = 60.0) -> dict[str, dict[str, Any]]:
        """Broadcast to the whole commune now, have it approved, and wait for a final state everywhere.

        Returns deliveries by speaker.
        """
        [root] = [area["area"] for area in self.call("GET", "/areas")["items"] if area["parent"] is None]
        ordered = self.call("POST", "/broadcasts", {"announcement": announcement, "areas": [root], "starts_at": None})
        self.approve()

        def all_final() -> dict[str, dict[str, Any]] | None:
            now = self.call("GET", f"/broadcasts/{ordered['broadcast']}")["deliveries"]
            return (
                {each["speaker"]: each for each in now} if all(each["state"] in ENDED_STATES for each in now) else None
            )

        return wait_for(all_final, lambda: str(self.call("GET", f"/broadcasts/{ordered['broadcast']}")), limit_s)

    def processes(self) -> list[str]:
        """`PID COMMAND` of each of its processes: those with the data folder in their arguments or environment."""
        mark = str(self.data_dir).encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if mark in command or mark in (process / "environ").read_bytes():
                    found.append(f"{process.name} {command.replace(bytes(1), b' ').decode(errors='replace')}")
        return found

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the command, or to its whole process group."""
        assert self._process is not None
        (os.killpg if group else os.kill)(self._process.pid, number)

    def wait_for_end(self, limit_s: float) -> None:
        """Wait until none of its processes is left; raises AssertionError where one is after `limit_s`."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(limit_s)
        wait_for(lambda: not self.processes(), lambda: f"still there: {self.processes()}", limit_s)

    def close(self) -> None:
        """Kill the processes that are left, and close the output file."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process.split()[0]), signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
        self._output.close()

    def _is_ready(self) -> bool:
        assert self._process is not None
        ended = self._process.poll()
        assert ended is None, f"it ended with status {ended}; it said:\n" + "\n".join(self.said())
        return f"Ready: {self.url}" in self.said()


def free_port() -> int:
    """A port of 127.0.0.1 on which no program listens now; another may take it before the caller does."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
