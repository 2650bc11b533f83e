"""One program at a time has a data folder to itself: an office that serves, or a restore."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.words.phrases import PhrasedError


class InUse(PhrasedError):
    """Another program has the folder."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Have the folder (which exists) until the end of the block, or of this process; raises InUse, OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InUse("folder_in_use", folder=str(folder)) from None
    finally:
        os.close(descriptor)
