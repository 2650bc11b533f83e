"""A lock on a data folder, so that one program at a time uses it: an office that serves, or a restore."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.words.phrases import PhrasedError


class InUse(PhrasedError):
    """Another program has locked the folder."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Lock an existing folder until the end of the block, or of this process. Raises InUse, OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InUse("folder_in_use", folder=str(folder)) from None
    finally:
        os.close(descriptor)
