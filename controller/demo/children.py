"""The programs of the demonstration. They are ended in order, and the kernel kills them if we are killed."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

STOPS = (signal.SIGTERM, signal.SIGINT)
_END_WITHIN_S = 2.5
_PR_SET_PDEATHSIG = 1


class Child:
    """One program, which logs to a file. The kernel kills it when the thread that started it ends."""

    def __init__(
        self, name: str, command: Sequence[str | Path], log_file: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._command = command
        self._log_file = log_file
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program, or start it again."""
        log_mode = "wb" if self._process is None else "ab"
        with self._log_file.open(log_mode) as log:
            # Its own process group: Ctrl-C goes to us alone, and we end all programs in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                process_group=0,
                preexec_fn=_dying_with(os.getpid()),
            )

    def ended(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll() if self._process else None

    def last_words(self) -> str:
        """The last five lines of its log."""
        return "\n".join(self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])

    def tell_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def wait_for_end(self, limit_s: float) -> None:
        """Wait for its end; kill it after `limit_s`."""
        if self._process is None:
            return
        try:
            self._process.wait(max(limit_s, 0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def end(children: Sequence[Child]) -> None:
    """Send SIGTERM to all, and kill those that run on after `_END_WITHIN_S`."""
    for child in children:
        child.tell_to_end()
    until = time.monotonic() + _END_WITHIN_S
    for child in children:
        child.wait_for_end(until - time.monotonic())


def _dying_with(parent: int) -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl

    def between_fork_and_exec() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # our process was killed before prctl took effect
            os._exit(1)

    return between_fork_and_exec
