"""Atomic file writing: a reader finds the old content or the new, whole, also after a crash or a power cut.

The new content goes to a temporary file in the same folder, is flushed to the disk, and renamed. An error removes the
temporary file; a kill leaves it behind as `.*.partial`, which no reader opens.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PARTIAL_SUFFIX = ".partial"
"""The ending of temporary files' names."""
_OWNER_ALONE = 0o600


@contextmanager
def whole_file(path: Path, *, mode: int = _OWNER_ALONE, durable: bool = True) -> Iterator[BinaryIO]:
    """A temporary file to write to; it replaces `path` at the end of the block, and is removed on an exception.

    `mode` holds from the first byte on, whatever the umask. `durable`: after the block the file also survives a power
    cut, which costs two flushes of the disk. Without it a power cut may leave `path` with wrong bytes: use that only
    for data that has a checksum or can be fetched again. Raises OSError.
    """
    # mkstemp creates it with mode 0600, so others can't read a secret even for a moment.
    descriptor, partial = tempfile.mkstemp(prefix=".", suffix=PARTIAL_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode != _OWNER_ALONE:
                os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def write_whole_file(path: Path, data: bytes, *, mode: int = _OWNER_ALONE, durable: bool = True) -> None:
    """Replace the content of `path` by `data`, as `whole_file` does. Raises OSError."""
    with whole_file(path, mode=mode, durable=durable) as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Flush the folder, so that renames in it survive a power cut (POSIX: a name is stored in its folder)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
