"""`make demo` as a user meets it: started by its command, used through its REST interface, ended by a signal.

The standard library alone: it also runs where nothing is installed (tools.bare).
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

FINAL = {"played", "partial", "missed", "cancelled", "rejected", "no_report"}


class Demonstration:
    """One run on `data_dir`. Proxies of the environment are not asked."""

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
        """Start, and return at the line `Ready: …`; AssertionError where it doesn't come."""
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
        """The lines that it printed."""
        return os.pread(self._output.fileno(), 1 << 20, 0).decode(errors="replace").splitlines()

    @property
    def access(self) -> dict[str, Any]:
        """`access.json`, as it is now."""
        access: dict[str, Any] = json.loads((self.data_dir / "access.json").read_text(encoding="utf-8"))
        return access

    def call(self, method: str, path: str, body: object = None, *, as_approver: bool = False) -> Any:
        """One call of the REST interface, by the tokens of access.json; JSON is decoded.

        AssertionError: it was refused. OSError: nobody answered.
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

    def approved_announcement(self, title: str, text: str) -> str:
        """Written by one person and approved by the other."""
        written = self.call("POST", "/announcements", {"title": title, "text": text, "bulletin_class": "normal"})
        announcement: str = written["announcement"]
        self.call("POST", f"/announcements/{announcement}/submission", {})
        self.call("POST", f"/announcements/{announcement}/approval", {}, as_approver=True)
        return announcement

    def broadcast_now(self, announcement: str, limit_s: float = 60.0) -> dict[str, dict[str, Any]]:
        """To the whole commune, at once; what became of it at each speaker, once it is final everywhere."""
        [root] = [area["area"] for area in self.call("GET", "/areas")["items"] if area["parent"] is None]
        ordered = self.call("POST", "/broadcasts", {"announcement": announcement, "areas": [root], "starts_at": None})

        def all_final() -> dict[str, dict[str, Any]] | None:
            now = self.call("GET", f"/broadcasts/{ordered['broadcast']}")["deliveries"]
            return {each["speaker"]: each for each in now} if all(each["state"] in FINAL for each in now) else None

        return wait_for(all_final, lambda: str(self.call("GET", f"/broadcasts/{ordered['broadcast']}")), limit_s)

    def processes(self) -> list[str]:
        """The command lines of all its processes: each names the data folder, in its arguments or its environment."""
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
        """AssertionError where a process of it is left after so long."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(limit_s)
        wait_for(lambda: not self.processes(), lambda: f"still there: {self.processes()}", limit_s)

    def close(self) -> None:
        """Kill what is left, and let go of its output."""
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
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
