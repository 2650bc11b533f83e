"""Runs a program that may hang or crash, with a time limit; each way in which it fails has its own error."""

import subprocess
from collections.abc import Sequence


class ChildFailed(Exception):
    """The child gave no result; `str()` says why."""


class ChildMissing(ChildFailed):
    """The program doesn't exist."""


class ChildHung(ChildFailed):
    """The child exceeded its time limit, and was killed."""


class ChildDied(ChildFailed):
    """The child exited with `status` other than 0; below zero: minus the signal that killed it."""

    def __init__(self, status: int, last_words: str) -> None:
        super().__init__(f"exit status {status}: {last_words}")
        self.status = status


def run(command: Sequence[str], data: bytes, *, timeout_s: float) -> bytes:
    """Run the command with `data` on standard input; returns its standard output. Raises ChildFailed."""
    try:
        # S603: no shell, and every command comes from the code.
        ended = subprocess.run(command, input=data, capture_output=True, timeout=timeout_s, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise ChildMissing(f"{command[0]} is not there") from error
    except subprocess.TimeoutExpired as error:
        raise ChildHung(f"no end after {timeout_s:.0f} s") from error
    except subprocess.CalledProcessError as error:
        last_words = error.stderr.decode("utf-8", "replace").strip()[-200:]
        raise ChildDied(error.returncode, last_words) from error
    return ended.stdout
