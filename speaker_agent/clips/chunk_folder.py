"""Chunks that have come for clips that are not whole yet: a folder for each clip, a file for each chunk.

A chunk that a power cut left wrong is found by the hash of the whole.
"""

import errno
import shutil
from collections.abc import Iterator, Set
from pathlib import Path

from disk.whole_file import write_whole_file
from wire.clips import Clip, chunk_count, chunk_length

# Nothing sounds that can't be written down first: whatever sounds are sent, the journal keeps its room.
KEPT_FREE_BYTES = 32 * 1024 * 1024


class ChunkFolder:
    """What is there is looked up on the disk once, and known from then on."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def held(self, clip: Clip) -> set[int]:
        """The chunks of a clip that are there in their right length."""
        found = set()
        for file in (self._folder / clip.sha256).glob("*"):
            if file.name.isdecimal() and file.stat().st_size == chunk_length(clip.bytes, int(file.name)):
                found.add(int(file.name))
        return found

    def put(self, clip: Clip, index: int, data: bytes) -> None:
        """Keep a chunk; raises OSError."""
        self.require_room(len(data))
        place = self._folder / clip.sha256
        place.mkdir(exist_ok=True)
        write_whole_file(place / str(index), data, durable=False)

    def parts(self, clip: Clip) -> Iterator[bytes]:
        """The chunks of a clip that are all there, in order; raises OSError."""
        for index in range(chunk_count(clip.bytes)):
            yield (self._folder / clip.sha256 / str(index)).read_bytes()

    def size_bytes(self) -> int:
        """What all chunks take together."""
        return sum(file.stat().st_size for file in self._folder.glob("*/*"))

    def free_bytes(self) -> int:
        """What the disk has left for sounds, beside the journal's room; negative where that is touched."""
        return shutil.disk_usage(self._folder).free - KEPT_FREE_BYTES

    def require_room(self, needed_bytes: int) -> None:
        """Raises OSError where the disk would be as good as full behind so many bytes."""
        if self.free_bytes() < needed_bytes:
            raise OSError(errno.ENOSPC, "the rest of the disk is kept for the journal")

    def remove(self, sha256: str) -> None:
        """Throw away all chunks of a clip."""
        shutil.rmtree(self._folder / sha256, ignore_errors=True)

    def remove_others(self, wanted: Set[str]) -> None:
        """Throw away what belongs to none of these clips."""
        for place in self._folder.iterdir():
            if place.name not in wanted:
                shutil.rmtree(place, ignore_errors=True)
