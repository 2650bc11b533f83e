"""Running a program that may hang, die or answer for ever, and being none the worse for it."""

import subprocess
from collections.abc import Sequence


class ChildFailed(Exception):
    """The child gave no result; the message says what it said."""


class ChildMissing(ChildFailed):
    """There is no such program."""


class ChildHung(ChildFailed):
    """The child was killed: its time was over."""


class ChildDied(ChildFailed):
    """The child ended with an error, or by a signal (`status` below zero)."""

    def __init__(self, status: int, last_words: str) -> None:
        super().__init__(f"exit status {status}: {last_words}")
        self.status = status


def run(command: Sequence[str], data: bytes, *, limit_s: float) -> bytes:
    """Give `data` to the command's standard input; its standard output. Raises ChildFailed."""
    try:
        # S603: no shell, and every command comes from the code.
        ended = subprocess.run(command, input=data, capture_output=True, timeout=limit_s, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise ChildMissing(f"{command[0]} is not there") from error
    except subprocess.TimeoutExpired as error:
        raise ChildHung(f"no end after {limit_s:.0f} s") from error
    except subprocess.CalledProcessError as error:
        last_words = error.stderr.decode("utf-8", "replace").strip()[-200:]
        raise ChildDied(error.returncode, last_words) from error
    return ended.stdout
