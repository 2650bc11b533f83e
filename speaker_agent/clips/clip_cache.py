"""The clips on this speaker's disk: which are needed, in which order they are fetched, and when to ask for them.

Chunks are fetched by exact topic, at most two at a time: an hour's programme must not delay an emergency on a
thin line. They are chunks of the clip that is needed first. A more urgent clip takes its turn at once; a clip of which
nothing has come for ten seconds gives its turn to the next. Whole clips are put together and hashed in a thread, so
that a long one doesn't hold up the loop.

All clips together take no more than `limit_bytes`, and leave the journal its room on the disk; a clip that finds no
room waits until there is some. While a clip is put together it lies on the disk twice.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from audio.clip_store import ClipStore
from audio.sound.opus import count_frames
from speaker_agent.clips.chunk_folder import ChunkFolder
from speaker_agent.clips.clip_room import NeededClip, share_room
from speaker_agent.clock.pause import Pause
from speaker_agent.health.troubles import Troubles
from wire.clips import Clip, chunk_count, chunk_length
from wire.requests import AudioRequest

log = logging.getLogger(__name__)

MOST_AWAITED_CHUNKS = 2
GIVES_WAY_AFTER = timedelta(seconds=10)
LONGEST_PAUSE_S = 300.0
# Nothing tells the agent when another program has freed some of the disk.
CHECK_ROOM_EVERY = timedelta(seconds=10)


class ChunkAddress(NamedTuple):
    """One chunk of one clip."""

    sha256: str
    chunk: int
    """Its index, from 0."""


@dataclass
class _Fetch:
    """A clip on its way here."""

    clip: Clip
    missing: list[int]
    """Indices of the chunks that have not come."""
    request_pause: Pause
    """Before the next request to the office; begins with its turn."""
    retry_pause: Pause = field(default_factory=lambda: Pause(1, LONGEST_PAUSE_S))
    """After a clip that was wrong or could not be kept."""
    progress_at: datetime | None = None
    """When its turn began or its last chunk came; None: it isn't its turn."""
    gave_way_at: datetime | None = None
    """When it gave its turn to the next, because nothing had come."""
    checking: "Future[_Checked] | None" = None

    def just_gave_way(self, now: datetime) -> bool:
        return self.gave_way_at is not None and self.gave_way_at <= now < self.gave_way_at + GIVES_WAY_AFTER


@dataclass(frozen=True)
class _Checked:
    """What came of putting a clip together."""

    frames: int | None
    """Its length; 0: the right bytes, but no sound that can be played. None: other bytes than the clip's."""
    error: str | None = None
    """Why it could not be kept; the chunks are still there."""


class ClipCache:
    """Stepped by the main loop. `ask` sends a request to the office; `wake` makes the loop look again.

    `stretch` gives the factor, at least 1, for each pause before a request.
    """

    def __init__(
        self,
        store: ClipStore,
        chunks: ChunkFolder,
        executor: Executor,
        ask: Callable[[AudioRequest], None],
        troubles: Troubles,
        stretch: Callable[[], float],
        wake: Callable[[], None],
        limit_bytes: int,
    ) -> None:
        self._store = store
        self._limit_bytes = limit_bytes
        self._chunks = chunks
        self._executor = executor
        self._ask = ask
        self._troubles = troubles
        self._stretch = stretch
        self._wake = wake
        self._connected = False
        # By SHA-256: what the disk was found to hold, and what not.
        self._frames: dict[str, int] = {}
        self._absent: set[str] = set()
        self._corrupt: set[str] = set()
        # The bytes are right, so fetching them again would change nothing.
        self._unplayable: set[str] = set()
        self._fetches: dict[str, _Fetch] = {}
        # The clips that have room, the most urgent first.
        self._order: list[str] = []
        self._lacks_room = False
        self._room_checked_at: datetime | None = None
        self.changes = 0
        """Rises whenever a clip came or went."""

    # What playback asks

    def holds(self, sha256: str) -> bool:
        """Whether the clip is on the disk and is a sound that can be measured. Never raises.

        Its bytes were checked when it was put there; `check` does so again.
        """
        if sha256 in self._frames:
            return True
        if sha256 in self._absent:
            return False
        try:
            there = self._store.holds(sha256)
        except OSError as error:
            log.error("clip %s can't be looked at: %s", sha256, error)
            self.throw_away(sha256)
            return False
        if not there:
            self._absent.add(sha256)
            return False
        frames = self._measure(sha256)
        if not frames:
            self.refuse(sha256)
            return False
        self._frames[sha256] = frames
        return True

    def frames(self, sha256: str) -> int:
        """The exact length of a clip for which `holds` was True; raises KeyError for another."""
        return self._frames[sha256]

    def was_corrupt(self, sha256: str) -> bool:
        """Whether wrong bytes, or bytes that are no sound, have come or lain here under this name."""
        return sha256 in self._corrupt

    def check(self, hashes: Sequence[str]) -> "Future[list[str]]":
        """Hash held clips again in a thread, and call `wake` at the end. The future gives those that are wrong."""
        checking = self._executor.submit(lambda: [sha256 for sha256 in hashes if not self._is_right(sha256)])
        checking.add_done_callback(lambda _: self._wake())
        return checking

    def throw_away(self, sha256: str) -> None:
        """Remove a corrupt clip; it will be fetched again. Never raises."""
        log.error("clip %s was corrupt, and is fetched again", sha256)
        try:
            self._store.remove(sha256)
        except OSError as error:
            log.error("clip %s can't be removed (%s); the new one will take its place", sha256, error)
        self._note_loss(sha256)

    def refuse(self, sha256: str) -> None:
        """Give up a clip that can't be played; it is fetched again only if its bytes are wrong. Never raises."""
        if self._is_right(sha256):
            log.error("clip %s holds no sound that can be played, and is not fetched again", sha256)
            self._unplayable.add(sha256)
            self._note_loss(sha256)
        else:
            self.throw_away(sha256)

    def size_bytes(self) -> int:
        return self._store.size_bytes()

    # What the loop tells

    def connected(self, up: bool) -> None:
        """The connection came or went; the time without it counts for no fetch."""
        self._connected = up
        for fetch in self._fetches.values():
            fetch.progress_at = fetch.gave_way_at = None
            fetch.request_pause.reset()

    def want(self, needed: Sequence[NeededClip], plan_bytes: int = 0) -> None:
        """Fetch these clips and no others, as far as they have room next to a plan of this size.

        Chunks of other clips are removed; other clips only if their room is needed.
        """
        held = self._store.clips()
        on_disk = sum(held.values()) + self._chunks.size_bytes()
        by_limit, by_disk = self._limit_bytes - plan_bytes, on_disk + self._chunks.free_bytes()
        shares = share_room(needed, held, max(0, min(by_limit, by_disk)))
        for sha256 in shares.evict:
            self._evict(sha256)
        self._tell_of_room(shares.without, "the limit of this speaker" if by_limit <= by_disk else "the disk")
        by_sha256 = {clip.sha256: clip for clip in shares.room}
        self._order = list(by_sha256)
        for sha256, clip in by_sha256.items():
            if sha256 not in self._fetches and not self.holds(sha256) and sha256 not in self._unplayable:
                self._fetches[sha256] = self._new_fetch(clip)
        for sha256 in [each for each in self._fetches if each not in by_sha256]:
            del self._fetches[sha256]
        self._chunks.remove_others(self._fetches.keys())

    def _evict(self, sha256: str) -> None:
        log.info("clip %s makes room for what is needed sooner", sha256)
        try:
            self._store.remove(sha256)
        except OSError as error:
            log.error("clip %s can't be removed: %s", sha256, error)
            return
        self._frames.pop(sha256, None)
        self._absent.add(sha256)

    def _tell_of_room(self, without: Sequence[Clip], what_is_full: str) -> None:
        self._lacks_room = bool(without)
        if not without:
            self._troubles.over("room")
            return
        size_mb = sum(clip.bytes for clip in without) / 1e6
        self._troubles.tell(
            "room",
            f"{len(without)} sounds ({size_mb:.1f} MB) have no room yet: {what_is_full} is full (cache_bytes_limit is"
            f" {self._limit_bytes / 1e6:.0f} MB); they are fetched, the nearest first, once there is room",
        )

    def keep_only(self, needed: set[str]) -> None:
        """Remove all clips but these. Raises OSError."""
        for sha256 in self._store.clips().keys() - needed:
            log.info("clip %s is no longer needed, and is removed", sha256)
            self._store.remove(sha256)
            self._frames.pop(sha256, None)
        for known in (self._absent, self._corrupt, self._unplayable):
            known.intersection_update(needed)

    def take_chunk(self, sha256: str, index: int, data: bytes, now: datetime) -> bool:
        """Keep a chunk that is needed, drop another; False if its length or index is wrong."""
        fetch = self._fetches.get(sha256)
        if fetch is None or fetch.checking is not None:
            return True
        if len(data) != chunk_length(fetch.clip.bytes, index):
            return False
        if index in fetch.missing:
            try:
                self._chunks.put(fetch.clip, index, data)
            except OSError as error:
                self._troubles.tell(
                    "clips", f"a chunk can't be kept ({error.strerror}) and is fetched again: free some disk space"
                )
                self._note_change()
                return True
            fetch.missing.remove(index)
            fetch.progress_at, fetch.gave_way_at = now, None
            fetch.request_pause.reset()
        return True

    def awaited_chunks(self, now: datetime) -> list[ChunkAddress]:
        """The chunks to listen for now, at most two."""
        awaited: list[ChunkAddress] = []
        for fetch in self._by_turn(now):
            free = MOST_AWAITED_CHUNKS - len(awaited)
            awaited += [ChunkAddress(fetch.clip.sha256, index) for index in fetch.missing[:free]]
        return awaited

    def step(self, now: datetime) -> datetime | None:
        """Check what is whole, pass the turn on, ask for what doesn't come; when to look again."""
        fetching, room = self._step_fetches(now), self._check_room(now)
        return min((at for at in (fetching, room) if at is not None), default=None)

    def _check_room(self, now: datetime) -> datetime | None:
        """While a clip has no room: look every ten seconds whether there is some now."""
        if not self._lacks_room:
            self._room_checked_at = None
            return None
        checked_at = self._room_checked_at
        if checked_at is None or not checked_at <= now < checked_at + CHECK_ROOM_EVERY:
            if checked_at is not None:
                self._note_change()
            checked_at = self._room_checked_at = now
        return checked_at + CHECK_ROOM_EVERY

    def _step_fetches(self, now: datetime) -> datetime | None:
        for fetch in list(self._fetches.values()):
            self._check_if_whole(fetch, now)
        if not self._connected:
            return min(
                (at for fetch in self._fetches.values() if (at := _pending(fetch.retry_pause, now))), default=None
            )
        have_their_turn = {sha256 for sha256, _ in self.awaited_chunks(now)}
        wake: list[datetime | None] = []
        for sha256, fetch in self._fetches.items():
            wake.append(_pending(fetch.retry_pause, now))
            if fetch.just_gave_way(now) and fetch.gave_way_at is not None:
                wake.append(fetch.gave_way_at + GIVES_WAY_AFTER)
            elif sha256 in have_their_turn:
                wake.append(self._watch(fetch, now))
            else:
                fetch.progress_at = None
                fetch.request_pause.reset()
            if self._connected:
                wake.append(self._ask_if_due(fetch, now))
        return min((at for at in wake if at is not None), default=None)

    def _watch(self, fetch: _Fetch, now: datetime) -> datetime:
        """A clip has its turn: it gives way to the next if nothing has come for ten seconds; when to look again."""
        if fetch.progress_at is None or fetch.progress_at > now:
            fetch.progress_at = now
        if fetch.request_pause.ends_at is None:
            fetch.request_pause.begin(now)
        if now < fetch.progress_at + GIVES_WAY_AFTER:
            return fetch.progress_at + GIVES_WAY_AFTER
        fetch.gave_way_at, fetch.progress_at = now, None
        return now

    def _ask_if_due(self, fetch: _Fetch, now: datetime) -> datetime | None:
        if not fetch.missing or fetch.request_pause.ends_at is None:
            return None
        if fetch.request_pause.over(now):
            self._ask(AudioRequest(sha256=fetch.clip.sha256, missing=tuple(fetch.missing)))
            fetch.request_pause.begin(now)
        return fetch.request_pause.ends_at

    def _by_turn(self, now: datetime) -> list[_Fetch]:
        """The clips that wait for chunks: by urgency, after them those that have just given way."""
        waiting = [
            fetch
            for sha256 in self._order
            if (fetch := self._fetches.get(sha256)) and fetch.missing and fetch.retry_pause.over(now)
        ]
        gave_way = [fetch for fetch in waiting if fetch.just_gave_way(now)]
        last = sorted(gave_way, key=lambda fetch: fetch.gave_way_at or now)
        return [fetch for fetch in waiting if fetch not in gave_way] + last

    # Checking what is whole

    def _new_fetch(self, clip: Clip) -> _Fetch:
        held = self._chunks.held(clip)
        missing = [index for index in range(chunk_count(clip.bytes)) if index not in held]
        return _Fetch(clip, missing, Pause(GIVES_WAY_AFTER.total_seconds(), LONGEST_PAUSE_S, self._stretch))

    def _check_if_whole(self, fetch: _Fetch, now: datetime) -> None:
        if fetch.missing or not fetch.retry_pause.over(now):
            return
        if fetch.checking is None:
            fetch.checking = self._executor.submit(self._put_together, fetch.clip)
            fetch.checking.add_done_callback(lambda _: self._wake())
        if not fetch.checking.done():
            return
        checking, fetch.checking = fetch.checking, None
        checked = checking.result()
        if checked.error is not None:
            self._troubles.tell("clips", checked.error)
            fetch.retry_pause.begin(now)
        elif checked.frames is None:
            self._begin_again(fetch, now)
        else:
            self._troubles.over("clips")
            self._note_arrival(fetch.clip.sha256, checked.frames)

    def _note_arrival(self, sha256: str, frames: int) -> None:
        del self._fetches[sha256]
        self._chunks.remove(sha256)
        if not frames:
            self._unplayable.add(sha256)
            self._note_loss(sha256)
            return
        log.info("clip %s is on the disk", sha256)
        self._frames[sha256] = frames
        self._absent.discard(sha256)
        self._note_change()

    def _note_loss(self, sha256: str) -> None:
        self._corrupt.add(sha256)
        self._absent.add(sha256)
        self._frames.pop(sha256, None)
        self._note_change()

    def _note_change(self) -> None:
        self.changes += 1
        self._wake()

    def _begin_again(self, fetch: _Fetch, now: datetime) -> None:
        """The chunks were not the clip: the broker may hold wrong bytes, so ask the office for all of them again."""
        log.error(
            "clip %s came with a wrong hash: it is thrown away, and the office is asked for it", fetch.clip.sha256
        )
        self._corrupt.add(fetch.clip.sha256)
        self._chunks.remove(fetch.clip.sha256)
        fetch.missing = list(range(chunk_count(fetch.clip.bytes)))
        fetch.retry_pause.begin(now)
        if self._connected:
            self._ask(AudioRequest(sha256=fetch.clip.sha256, missing=tuple(fetch.missing)))

    def _put_together(self, clip: Clip) -> _Checked:
        """Write the clip into the store, if the chunks have its hash. Runs in a thread."""
        try:
            self._chunks.require_room(clip.bytes)
            if not self._store.put_parts(clip.sha256, self._chunks.parts(clip)):
                return _Checked(None)
        except FileNotFoundError:
            return _Checked(None)
        except OSError as error:
            return _Checked(
                None,
                f"clip {clip.sha256} can't be put together ({error.strerror}), its chunks are kept: free disk space",
            )
        return _Checked(self._measure(clip.sha256))

    def _measure(self, sha256: str) -> int:
        """The exact frames of a clip that is on the disk; 0 if it is no sound that can be played."""
        try:
            return count_frames(self._store.path(sha256))
        except (ValueError, OSError) as error:  # NotAudio, and what the libraries raise for bytes that they can't read
            log.error("clip %s can't be read as sound: %s", sha256, error)
            return 0

    def _is_right(self, sha256: str) -> bool:
        try:
            return self._store.verify(sha256)
        except OSError as error:
            log.error("clip %s can't be read: %s", sha256, error)
            return False


def _pending(pause: Pause, now: datetime) -> datetime | None:
    """When a pause ends that is not over yet."""
    return None if pause.over(now) else pause.ends_at
