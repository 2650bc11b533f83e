"""The sounds on this speaker's disk: which are needed, in which order they are fetched, and when to ask for them.

Chunks are fetched by exact topic, at most two at a time: an hour's programme must not stand before an emergency on a
thin line. The clip that is needed first has the places; a sooner one takes them at once; one without progress for ten
seconds gives its place to the next. Whole clips are put together and hashed in a thread, so that a long one doesn't
hold up the loop.

All clips together take no more than `limit_bytes`, and leave the journal its room on the disk; what finds no room waits
until there is some. While a clip is put together it lies there twice.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audio.clip_store import ClipStore
from audio.sound.opus import count_frames
from speaker_agent.clips.chunk_folder import ChunkFolder
from speaker_agent.clips.clip_room import Wish, share_room
from speaker_agent.clock.pause import Pause
from speaker_agent.health.troubles import Troubles
from wire.clips import Clip, chunk_count, chunk_length
from wire.requests import AudioRequest

log = logging.getLogger(__name__)

PLACES = 2
NO_PROGRESS = timedelta(seconds=10)
LONGEST_PAUSE_S = 300.0
# Nothing tells when others have freed some of the disk.
ROOM_LOOK_EVERY = timedelta(seconds=10)

Place = tuple[str, int]
"""A chunk that is waited for: the clip's SHA-256, and the index."""


@dataclass
class _Fetch:
    """A clip on its way here."""

    clip: Clip
    missing: list[int]
    request_pause: Pause
    again_pause: Pause = field(default_factory=lambda: Pause(1, LONGEST_PAUSE_S))
    progress_at: datetime | None = None
    """Since when nothing has come, while it has a place."""
    yielded_at: datetime | None = None
    checking: "Future[_Checked] | None" = None

    def gave_way(self, now: datetime) -> bool:
        """Whether it had a place in vain just now."""
        return self.yielded_at is not None and self.yielded_at <= now < self.yielded_at + NO_PROGRESS


@dataclass(frozen=True)
class _Checked:
    frames: int | None
    """0: the right bytes, and no sound that can be played. None: not the clip that was wanted."""
    error: str | None = None


class ClipCache:
    """Stepped by the main loop. `ask` sends a request to the office; `wake` makes the loop look again."""

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
        self._frames: dict[str, int] = {}
        self._absent: set[str] = set()
        self._corrupt: set[str] = set()
        self._unplayable: set[str] = set()
        """Those whose bytes are right: fetching them again would change nothing."""
        self._fetches: dict[str, _Fetch] = {}
        self._order: list[str] = []
        self._lacks_room = False
        self._room_looked_at: datetime | None = None
        self.changes = 0
        """Rises whenever a clip came or went."""

    # What playback asks

    def holds(self, sha256: str) -> bool:
        """Whether the clip is on the disk, checked when it was put there, and can be measured. Never raises."""
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
        """The exact length of a clip that is held."""
        return self._frames[sha256]

    def was_corrupt(self, sha256: str) -> bool:
        """Whether bytes have come or lain here that were not this clip, or no sound."""
        return sha256 in self._corrupt

    def check(self, hashes: Sequence[str]) -> "Future[list[str]]":
        """Hash held clips again, in a thread; those that are wrong. `wake` is called at its end."""
        checking = self._executor.submit(lambda: [sha256 for sha256 in hashes if not self._is_right(sha256)])
        checking.add_done_callback(lambda _: self._wake())
        return checking

    def throw_away(self, sha256: str) -> None:
        """Remove a clip that is not what it should be; it will be fetched anew. Never raises."""
        log.error("clip %s was corrupt, and is fetched again", sha256)
        try:
            self._store.remove(sha256)
        except OSError as error:
            log.error("clip %s can't be removed: %s; it will be written over", sha256, error)
        self._lost(sha256)

    def refuse(self, sha256: str) -> None:
        """A clip can't be played: with the right bytes it never will, with others it is fetched again."""
        if self._is_right(sha256):
            log.error("clip %s holds no sound that can be played", sha256)
            self._unplayable.add(sha256)
            self._lost(sha256)
        else:
            self.throw_away(sha256)

    def size_bytes(self) -> int:
        return self._store.size_bytes()

    # What the loop tells

    def connected(self, up: bool) -> None:
        """The line came or went: what waited without it has not been waiting."""
        self._connected = up
        for fetch in self._fetches.values():
            fetch.progress_at = fetch.yielded_at = None
            fetch.request_pause.reset()

    def want(self, wishes: Sequence[Wish], plan_bytes: int = 0) -> None:
        """All clips that are needed now, beside a plan of this size; the others are neither fetched nor kept half."""
        held = self._store.clips()
        on_disk = sum(held.values()) + self._chunks.size_bytes()
        by_limit, by_disk = self._limit_bytes - plan_bytes, on_disk + self._chunks.free_bytes()
        shares = share_room(wishes, held, max(0, min(by_limit, by_disk)))
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
        """Remove the clips that no broadcast and no setting names any more."""
        for sha256 in self._store.clips().keys() - needed:
            log.info("clip %s is no longer needed", sha256)
            self._store.remove(sha256)
            self._frames.pop(sha256, None)
        for known in (self._absent, self._corrupt, self._unplayable):
            known.intersection_update(needed)

    def take_chunk(self, sha256: str, index: int, data: bytes, now: datetime) -> bool:
        """A chunk came; False where it is of a wrong length or index. What nobody waits for is dropped."""
        fetch = self._fetches.get(sha256)
        if fetch is None or fetch.checking is not None:
            return True
        if len(data) != chunk_length(fetch.clip.bytes, index):
            return False
        if index in fetch.missing:
            try:
                self._chunks.put(fetch.clip, index, data)
            except OSError as error:
                self._troubles.tell("clips", f"a chunk can't be kept: {error.strerror}; free some disk space")
                self._changed()
                return True
            fetch.missing.remove(index)
            fetch.progress_at, fetch.yielded_at = now, None
            fetch.request_pause.reset()
        return True

    def places(self, now: datetime) -> list[Place]:
        """The chunks to wait for now, at most two."""
        places: list[Place] = []
        for fetch in self._by_turn(now):
            places += [(fetch.clip.sha256, index) for index in fetch.missing[: PLACES - len(places)]]
        return places

    def step(self, now: datetime) -> datetime | None:
        """Check what is whole, pass places on, ask for what doesn't come; when to look again."""
        fetching, look = self._step_fetches(now), self._look_for_room(now)
        return min((at for at in (fetching, look) if at is not None), default=None)

    def _look_for_room(self, now: datetime) -> datetime | None:
        """While something has no room: look again, whether others have freed some of the disk."""
        if not self._lacks_room:
            self._room_looked_at = None
            return None
        looked_at = self._room_looked_at
        if looked_at is None or not looked_at <= now < looked_at + ROOM_LOOK_EVERY:
            if looked_at is not None:
                self._changed()
            looked_at = self._room_looked_at = now
        return looked_at + ROOM_LOOK_EVERY

    def _step_fetches(self, now: datetime) -> datetime | None:
        for fetch in list(self._fetches.values()):
            self._check_if_whole(fetch, now)
        if not self._connected:
            return min(
                (at for fetch in self._fetches.values() if (at := _pending(fetch.again_pause, now))), default=None
            )
        holders = {sha256 for sha256, _ in self.places(now)}
        wake: list[datetime | None] = []
        for sha256, fetch in self._fetches.items():
            wake.append(_pending(fetch.again_pause, now))
            if fetch.gave_way(now) and fetch.yielded_at is not None:
                wake.append(fetch.yielded_at + NO_PROGRESS)
            elif sha256 in holders:
                wake.append(self._watch(fetch, now))
            else:
                fetch.progress_at = None
                fetch.request_pause.reset()
            if self._connected:
                wake.append(self._ask_if_due(fetch, now))
        return min((at for at in wake if at is not None), default=None)

    def _watch(self, fetch: _Fetch, now: datetime) -> datetime:
        """One that has a place: if nothing has come for it, it gives its place to the next."""
        if fetch.progress_at is None or fetch.progress_at > now:
            fetch.progress_at = now
        if fetch.request_pause.ends_at is None:
            fetch.request_pause.begin(now)
        if now < fetch.progress_at + NO_PROGRESS:
            return fetch.progress_at + NO_PROGRESS
        fetch.yielded_at, fetch.progress_at = now, None
        return now

    def _ask_if_due(self, fetch: _Fetch, now: datetime) -> datetime | None:
        if not fetch.missing or fetch.request_pause.ends_at is None:
            return None
        if fetch.request_pause.over(now):
            self._ask(AudioRequest(sha256=fetch.clip.sha256, missing=tuple(fetch.missing)))
            fetch.request_pause.begin(now)
        return fetch.request_pause.ends_at

    def _by_turn(self, now: datetime) -> list[_Fetch]:
        """Those that wait for chunks: by urgency, and behind them those that had a place in vain just now."""
        waiting = [
            fetch
            for sha256 in self._order
            if (fetch := self._fetches.get(sha256)) and fetch.missing and fetch.again_pause.over(now)
        ]
        in_vain = [fetch for fetch in waiting if fetch.gave_way(now)]
        behind = sorted(in_vain, key=lambda fetch: fetch.yielded_at or now)
        return [fetch for fetch in waiting if fetch not in in_vain] + behind

    # Checking what is whole

    def _new_fetch(self, clip: Clip) -> _Fetch:
        held = self._chunks.held(clip)
        missing = [index for index in range(chunk_count(clip.bytes)) if index not in held]
        return _Fetch(clip, missing, Pause(NO_PROGRESS.total_seconds(), LONGEST_PAUSE_S, self._stretch))

    def _check_if_whole(self, fetch: _Fetch, now: datetime) -> None:
        if fetch.missing or not fetch.again_pause.over(now):
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
            fetch.again_pause.begin(now)
        elif checked.frames is None:
            self._begin_again(fetch, now)
        else:
            self._troubles.over("clips")
            self._arrived(fetch.clip.sha256, checked.frames)

    def _arrived(self, sha256: str, frames: int) -> None:
        del self._fetches[sha256]
        self._chunks.remove(sha256)
        if not frames:
            self._unplayable.add(sha256)
            self._lost(sha256)
            return
        log.info("clip %s is on the disk", sha256)
        self._frames[sha256] = frames
        self._absent.discard(sha256)
        self._changed()

    def _lost(self, sha256: str) -> None:
        self._corrupt.add(sha256)
        self._absent.add(sha256)
        self._frames.pop(sha256, None)
        self._changed()

    def _changed(self) -> None:
        self.changes += 1
        self._wake()

    def _begin_again(self, fetch: _Fetch, now: datetime) -> None:
        """What came was not the clip: the broker may hold wrong bytes, so ask for all of it anew."""
        log.error("clip %s came with a wrong hash: thrown away", fetch.clip.sha256)
        self._corrupt.add(fetch.clip.sha256)
        self._chunks.remove(fetch.clip.sha256)
        fetch.missing = list(range(chunk_count(fetch.clip.bytes)))
        fetch.again_pause.begin(now)
        if self._connected:
            self._ask(AudioRequest(sha256=fetch.clip.sha256, missing=tuple(fetch.missing)))

    def _put_together(self, clip: Clip) -> _Checked:
        """In the thread: the clip into the store, if it is the one that was wanted and can be played."""
        try:
            self._chunks.require_room(clip.bytes)
            if not self._store.gather(clip.sha256, self._chunks.parts(clip)):
                return _Checked(None)
        except FileNotFoundError:
            return _Checked(None)
        except OSError as error:
            return _Checked(None, f"clip {clip.sha256} can't be kept: {error.strerror}; free some disk space")
        return _Checked(self._measure(clip.sha256))

    def _measure(self, sha256: str) -> int:
        """The exact frames of a clip that is on the disk; 0 where it holds no sound that can be played."""
        try:
            return count_frames(self._store.path(sha256))
        except (ValueError, OSError) as error:  # NotAudio, and whatever a library says to bytes that it can't read
            log.error("clip %s can't be read as sound: %s", sha256, error)
            return 0

    def _is_right(self, sha256: str) -> bool:
        try:
            return self._store.verify(sha256)
        except OSError as error:
            log.error("clip %s can't be read: %s", sha256, error)
            return False


def _pending(pause: Pause, now: datetime) -> datetime | None:
    return None if pause.over(now) else pause.ends_at
