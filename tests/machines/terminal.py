"""A person at a machine's keyboard: root's shell on a terminal that stays open from one box to the next."""

import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.machines.page import Box

LIMIT_S = 400.0
"""For one box on a busy machine."""

_DONE = "\x01done "
# The shell reads names of files with commands, runs them, and ends at the first command that fails.
_SHELL = """
set -e
while IFS= read -r -u {orders} typed; do
    . "$typed" {orders}<&-
    printf '{done}%s\\n' $?
done
"""


class Terminal:
    """Root's shell on a machine. `answers`: {end of a printed line: what is typed then}."""

    def __init__(self, process_1: int, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self._files = Path(f"/proc/{process_1}/root/run/typed")
        self._files.mkdir(exist_ok=True)
        self._typed = len(list(self._files.iterdir()))
        orders, self._orders = os.pipe()
        self._screen, keyboard = os.openpty()
        self._shell = subprocess.Popen(
            [
                *("setsid", "--ctty", "nsenter", "--target", str(process_1), "--all", "--"),
                *("bash", "--noprofile", "--norc", "-c", _SHELL.format(orders=orders, done=_DONE)),
            ],
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            pass_fds=[orders],
            umask=0o022,
            env={
                "HOME": "/root",
                "TERM": "dumb",
                "LANG": "C.UTF-8",
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            },
        )
        os.close(orders)
        os.close(keyboard)

    def follow(self, boxes: Sequence[Box], limit_s: float = LIMIT_S) -> None:
        """Type the boxes; AssertionError if a command fails, takes too long, or doesn't print the document's lines."""
        for box in boxes:
            printed = self.enter(box.commands, limit_s)
            missing = box.missing(printed)
            assert not missing, f"{box.commands}\nprinted\n{printed}\nwithout the line {missing[0]!r}"

    def enter(self, commands: str, limit_s: float = LIMIT_S) -> str:
        """Type commands; returns their output with standard error. AssertionError if one fails or takes too long."""
        self._typed += 1
        name = f"{self._typed:03}"
        (self._files / name).write_text(commands, "utf-8")
        os.write(self._orders, f"/run/typed/{name}\n".encode())
        printed, answered, until = "", 0, time.monotonic() + limit_s
        while True:
            before, done, status = printed.partition(_DONE)
            if done and status.endswith("\n"):
                assert status.strip() == "0", f"{commands}\nended with {status.strip()} and printed\n{before}"
                return before
            question = printed[answered:].rpartition("\n")[2]
            for words, answer in self._answers.items():
                if question.endswith(words):
                    answered = len(printed)
                    os.write(self._screen, f"{answer}\n".encode())
            assert select.select([self._screen], [], [], max(0.0, until - time.monotonic()))[0], (
                f"{commands}\ntook longer than {limit_s} s and printed\n{printed}"
            )
            printed += self._read(commands, printed)

    def close(self) -> None:
        os.close(self._orders)
        os.close(self._screen)
        self._shell.wait(10)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, commands: str, printed: str) -> str:
        try:
            seen = os.read(self._screen, 1 << 16)
        except OSError:  # the shell has ended, because a command failed
            seen = b""
        assert seen, f"{commands}\nfailed and printed\n{printed}"
        return seen.decode(errors="replace").replace("\r\n", "\n")
