"""Finished clips on disk, each in a file named by the SHA-256 of its bytes.

Writes are atomic, also through a power cut (`host.whole_file`): a clip is stored whole or not at all.
"""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from host.whole_file import PARTIAL_SUFFIX, whole_file

_SHA256_NAME = re.compile(r"[0-9a-f]{64}")
_LOCK_FILE = ".writing"
# EFBIG: the file system or the service's limits don't allow a file of that size.
_DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_log = logging.getLogger(__name__)


class CorruptClip(Exception):
    """The file's bytes didn't match its SHA-256. The clip has been removed, and must be made or fetched again."""


class DiskFull(OSError):
    """The disk has no room for the clip. No part of it was kept, and all other clips were."""


class _WrongHash(Exception):
    pass


class ClipStore:
    """A folder of clips. Several processes may use it at the same time."""

    def __init__(self, folder: Path) -> None:
        """Create the folder if it is missing, and remove temporary files that a crash left."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
            # While another process writes, a temporary file may be its: the next opening removes the leftovers.
            for leftover in folder.glob(f"*{PARTIAL_SUFFIX}") if alone else ():
                _log.warning("removing a half-written clip: %s", leftover.name)
                leftover.unlink(missing_ok=True)

    def put(self, data: bytes) -> str:
        """Store a clip, flushed to the disk, and return its SHA-256. Raises DiskFull, OSError."""
        sha256 = hashlib.sha256(data).hexdigest()
        self.put_parts(sha256, [data])
        return sha256

    def put_parts(self, sha256: str, parts: Iterable[bytes]) -> bool:
        """Store a clip from its parts, with one part in memory at a time.

        Returns False, and stores nothing, where the whole has another SHA-256. Raises DiskFull, OSError, and what
        iterating `parts` raises.
        """
        try:
            with self._lock(fcntl.LOCK_SH):
                return self._write(parts, self.path(sha256))
        except OSError as error:
            if error.errno in _DISK_FULL_ERRNOS:
                raise DiskFull(error.errno, "no room for another clip", str(self._folder)) from error
            raise

    def path(self, sha256: str) -> Path:
        """The file of a clip, whether it exists or not; raises ValueError unless `sha256` is lower-case hex."""
        if not _SHA256_NAME.fullmatch(sha256):
            raise ValueError("a clip is named by the 64 hexadecimal digits of its SHA-256")
        return self._folder / sha256

    def holds(self, sha256: str) -> bool:
        """Whether the clip's file exists; its bytes aren't checked."""
        return self.path(sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """The clip's bytes, verified by their SHA-256. Raises FileNotFoundError, CorruptClip."""
        data = self.path(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            self.remove(sha256)
            _log.error("clip %s was corrupt and has been removed", sha256)
            raise CorruptClip(f"clip {sha256} was corrupt and has been removed; make or fetch it again")
        return data

    def verify(self, sha256: str) -> bool:
        """Whether the clip exists with the right bytes, read as a stream. A corrupt clip isn't removed."""
        try:
            with self.path(sha256).open("rb") as clip:
                return hashlib.file_digest(clip, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def remove(self, sha256: str) -> None:
        """Delete a clip; does nothing where it doesn't exist."""
        self.path(sha256).unlink(missing_ok=True)

    def remove_older(self, sha256: str, than: datetime) -> bool:
        """Delete a clip that was last stored before `than`; returns whether it was deleted.

        The exclusive lock keeps a clip that another process stores again at this moment.
        """
        path = self.path(sha256)
        with self._lock(fcntl.LOCK_EX):
            if not path.exists() or path.stat().st_mtime >= than.timestamp():
                return False
            path.unlink()
            return True

    def clips(self) -> dict[str, int]:
        """The size in bytes of each clip, by its SHA-256; files that can't be read by `stat` are left out."""
        sizes = {}
        for entry in os.scandir(self._folder):
            if _SHA256_NAME.fullmatch(entry.name):
                with contextlib.suppress(OSError):  # removed meanwhile, or a bad sector
                    sizes[entry.name] = entry.stat().st_size
        return sizes

    def size_bytes(self) -> int:
        """The sum of all clips' sizes."""
        return sum(self.clips().values())

    def _write(self, parts: Iterable[bytes], path: Path) -> bool:
        digest = hashlib.sha256()
        try:
            with whole_file(path) as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                if digest.hexdigest() != path.name:
                    raise _WrongHash
        except _WrongHash:
            return False
        return True

    @contextlib.contextmanager
    def _lock(self, how: int) -> Iterator[bool]:
        """Writers take the lock shared, removers exclusive. Yields False where LOCK_NB was given and it isn't free."""
        with (self._folder / _LOCK_FILE).open("ab") as lock:
            try:
                fcntl.flock(lock, how)
            except BlockingIOError:
                yield False
            else:
                yield True
