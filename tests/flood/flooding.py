"""A flood from a process of its own: begun at a moment, watched, and ended with its block."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.mosquitto import Mosquitto


class Flooding:
    """One run of `tests.flood.flooder`. `told`, once it has ended: {"messages", "bytes", "cut"}."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.told: dict[str, int] = {}
        self.peak_mb = 0.0
        self._process = process

    def begin(self) -> None:
        """Let it send; its seconds count from now."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def is_running(self) -> bool:
        """Whether it still sends. Once it doesn't, `told` is filled."""
        if self._process.poll() is None:
            return True
        if not self.told:
            assert self._process.stdout is not None
            self.told = json.loads(self._process.stdout.read())
        return False

    def note_memory_of(self, pid: int) -> None:
        """Keep the most memory that this process was seen with."""
        self.peak_mb = max(self.peak_mb, resident_mb(pid))

    def close(self) -> None:
        """End it if it runs."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def flooding(
    broker: Mosquitto, name: str, password: str, kind: str, seconds: float, known: Mapping[str, Any] | None = None
) -> Iterator[Flooding]:
    """A connected flooder that waits for `begin`."""
    command = (sys.executable, "-m", "tests.flood.flooder", str(broker.port), name, password, kind, str(seconds))
    process = subprocess.Popen([*command, json.dumps(known or {})], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    made = Flooding(process)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", f"the flooder {kind} did not connect"
        yield made
    finally:
        made.close()


def resident_mb(pid: int) -> float:
    """The resident memory of a process, in MiB."""
    facts = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in facts if line.startswith("VmRSS")) / 1024
