"""Chunks that have come for clips that are not whole yet: a folder for each clip, a file for each chunk.

They are not flushed to the disk: a chunk that a power cut left wrong shows in the hash of the whole clip.
"""

import errno
import shutil
from collections.abc import Iterator, Set
from pathlib import Path

from host.whole_file import write_whole_file
from wire.clips import Clip, chunk_count, chunk_length

# Nothing may sound that can't be written down first, so the clips leave this much of the disk to the journal.
KEPT_FREE_BYTES = 32 * 1024 * 1024


class ChunkFolder:
    """`folder` is made where it is missing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def held(self, clip: Clip) -> set[int]:
        """The indices of the chunks that are there in their right length; read from the disk."""
        found = set()
        for file in (self._folder / clip.sha256).glob("*"):
            if file.name.isdecimal() and file.stat().st_size == chunk_length(clip.bytes, int(file.name)):
                found.add(int(file.name))
        return found

    def put(self, clip: Clip, index: int, data: bytes) -> None:
        """Keep a chunk. Raises OSError, also where it would take the journal's room."""
        self.require_room(len(data))
        place = self._folder / clip.sha256
        place.mkdir(exist_ok=True)
        write_whole_file(place / str(index), data, durable=False)

    def parts(self, clip: Clip) -> Iterator[bytes]:
        """The bytes of all chunks in order. Raises OSError, also for one that is missing."""
        for index in range(chunk_count(clip.bytes)):
            yield (self._folder / clip.sha256 / str(index)).read_bytes()

    def size_bytes(self) -> int:
        """What all chunks of all clips take together."""
        return sum(file.stat().st_size for file in self._folder.glob("*/*"))

    def free_bytes(self) -> int:
        """What the disk has left for clips, without the journal's room; negative where that is touched."""
        return shutil.disk_usage(self._folder).free - KEPT_FREE_BYTES

    def require_room(self, needed_bytes: int) -> None:
        """Raises OSError if so many bytes more would take the journal's room."""
        if self.free_bytes() < needed_bytes:
            raise OSError(errno.ENOSPC, "the rest of the disk is kept for the journal")

    def remove(self, sha256: str) -> None:
        """Remove all chunks of a clip."""
        shutil.rmtree(self._folder / sha256, ignore_errors=True)

    def remove_others(self, needed: Set[str]) -> None:
        """Remove the chunks of all clips but these."""
        for place in self._folder.iterdir():
            if place.name not in needed:
                shutil.rmtree(place, ignore_errors=True)
