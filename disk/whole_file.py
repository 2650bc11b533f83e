"""Files that are there whole or not at all, with the old content or with the new.

The new content is written to a file of another name in the same folder, flushed to the disk, and renamed. Whatever ends
the program or the power in between, a reader finds one of the two. An error removes the unfinished file; after a kill
it stays as `.*.partial`, which no reader looks for.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PARTIAL = ".partial"
"""How the names of unfinished files end."""
_OWNER_ALONE = 0o600


@contextmanager
def whole_file(path: Path, *, mode: int = _OWNER_ALONE, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at the end of the block; after an exception nothing changed.

    `mode` holds from the first byte on, whatever the umask is. `durable`: once the block has ended, the file also
    survives a power cut; that costs two flushes of the disk. Without it a power cut may leave a file of the right name
    with wrong bytes: for what has a checksum, or can be had again. Raises OSError.
    """
    # Made with mode 0600, so that a secret is never readable by others, not even for a moment.
    descriptor, partial = tempfile.mkstemp(prefix=".", suffix=PARTIAL, dir=path.parent)
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
    """Write these bytes as `whole_file` does. Raises OSError."""
    with whole_file(path, mode=mode, durable=durable) as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Make renames in it last through a power cut (POSIX: a name belongs to its folder, not to its file)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
