"""Finished clips on disk, each named by the SHA-256 of its bytes: whole, or not there.

A power cut leaves the old state or the new one (`disk.whole_file`).
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

from disk.whole_file import PARTIAL, whole_file

_NAME = re.compile(r"[0-9a-f]{64}")
_LOCK = ".writing"
# EFBIG: the file system, or the limits of the service, allow no file of that size.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_log = logging.getLogger(__name__)


class CorruptClip(Exception):
    """The bytes were no longer those of the name; the clip has been removed: it must be made or fetched again."""


class DiskFull(OSError):
    """There is no room for the clip: nothing of it is kept, all others are. Free space, then try again."""


class _AnotherClip(Exception):
    """The parts make another clip than the one that was named."""


class ClipStore:
    """A folder of clips. Several programs may use it at the same time."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it where it is missing, and clear away what a crash left half-written."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
            # Another program is writing: what a crash left is cleared at the next opening.
            for left in folder.glob(f"*{PARTIAL}") if alone else ():
                _log.warning("removing a half-written clip: %s", left.name)
                left.unlink(missing_ok=True)

    def put(self, data: bytes) -> str:
        """Keep the bytes; their SHA-256. They are on the disk when this returns. Raises DiskFull, OSError."""
        sha256 = hashlib.sha256(data).hexdigest()
        self.gather(sha256, [data])
        return sha256

    def gather(self, sha256: str, parts: Iterable[bytes]) -> bool:
        """Keep a clip that comes in parts, one in memory at a time; False, and nothing kept, where they make another.

        Raises as `put` does, and what `parts` raises.
        """
        try:
            with self._lock(fcntl.LOCK_SH):
                return self._write(parts, self.path(sha256))
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull(error.errno, "no room for another clip", str(self._folder)) from error
            raise

    def path(self, sha256: str) -> Path:
        """Where a clip lies or would lie; raises ValueError for what is no SHA-256 in lower-case hex."""
        if not _NAME.fullmatch(sha256):
            raise ValueError("a clip is named by the 64 hexadecimal digits of its SHA-256")
        return self._folder / sha256

    def holds(self, sha256: str) -> bool:
        """Whether the clip is there; its bytes are not looked at."""
        return self.path(sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """The clip's bytes, verified. Raises FileNotFoundError, and CorruptClip where they are others."""
        data = self.path(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            self.remove(sha256)
            _log.error("clip %s was corrupt and has been removed", sha256)
            raise CorruptClip(f"clip {sha256} was corrupt and has been removed; make or fetch it again")
        return data

    def verify(self, sha256: str) -> bool:
        """Whether the clip is there with the right bytes, read as a stream; it is left as it is."""
        try:
            with self.path(sha256).open("rb") as clip:
                return hashlib.file_digest(clip, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def remove(self, sha256: str) -> None:
        """Forget a clip; one that isn't there is forgotten already."""
        self.path(sha256).unlink(missing_ok=True)

    def remove_older(self, sha256: str, than: datetime) -> bool:
        """Forget a clip that was last put before an instant; whether it was. One that is put meanwhile stays."""
        path = self.path(sha256)
        with self._lock(fcntl.LOCK_EX):
            if not path.exists() or path.stat().st_mtime >= than.timestamp():
                return False
            path.unlink()
            return True

    def clips(self) -> dict[str, int]:
        """Every clip that can be looked at, with its size in bytes."""
        sizes = {}
        for entry in os.scandir(self._folder):
            if _NAME.fullmatch(entry.name):
                with contextlib.suppress(OSError):  # removed meanwhile, or on a broken piece of the disk
                    sizes[entry.name] = entry.stat().st_size
        return sizes

    def size_bytes(self) -> int:
        """What all clips take together."""
        return sum(self.clips().values())

    def _write(self, parts: Iterable[bytes], path: Path) -> bool:
        digest = hashlib.sha256()
        try:
            with whole_file(path) as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                if digest.hexdigest() != path.name:
                    raise _AnotherClip
        except _AnotherClip:
            return False
        return True

    @contextlib.contextmanager
    def _lock(self, how: int) -> Iterator[bool]:
        """Writers share the lock; clearing away takes it alone. False where it could not be had at once."""
        with (self._folder / _LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, how)
            except BlockingIOError:
                yield False
            else:
                yield True
