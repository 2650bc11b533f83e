"""How the second loudspeaker fetches clips: by exact topic, two chunks at a time, the most urgent clip first."""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.second_loudspeaker.wire import LONG_AGO, SECOND, Clip, NotOurs

AT_A_TIME = 2
PATIENCE = 10 * SECOND
LONGEST_PAUSE = timedelta(minutes=5)
MOST_ASKED_FOR = 1024


@dataclass
class _Partial:
    """One clip with missing chunks."""

    clip: Clip
    progress_at: datetime
    chunks: dict[int, bytes] = field(default_factory=dict)
    stalled_at: datetime = LONG_AGO
    blocked_until: datetime = LONG_AGO
    wrong_hashes: int = 0
    ask_at: datetime = LONG_AGO
    ask_pause: timedelta = PATIENCE

    @property
    def missing(self) -> list[int]:
        return [index for index in range(self.clip.chunks) if index not in self.chunks]


class Gathering:
    """The complete clips, the partial ones, and the (at most two) chunks that are subscribed to.

    `subscribe` and `unsubscribe` take a topic below the root, `ask` the fields of a request.
    """

    def __init__(
        self,
        subscribe: Callable[[str], None],
        unsubscribe: Callable[[str], None],
        ask: Callable[[dict[str, Any]], None],
        chance: random.Random,
    ) -> None:
        self.clips: dict[str, bytes] = {}
        self.wrong_hashes = 0
        self._subscribe, self._unsubscribe, self._ask, self._chance = subscribe, unsubscribe, ask, chance
        self._partial: dict[str, _Partial] = {}
        self._places: set[tuple[str, int]] = set()

    def has(self, clips: Iterable[Clip]) -> bool:
        """Whether every clip is complete. Each hash is verified again, and a damaged clip is removed."""
        for clip in clips:
            data = self.clips.get(clip.sha256)
            if data is None:
                return False
            if hashlib.sha256(data).hexdigest() != clip.sha256:
                del self.clips[clip.sha256]
                return False
        return True

    def line_lost(self) -> None:
        """The connection has ended: there are no subscriptions any more. The chunks that came stay."""
        self._places.clear()

    def step(self, wanted: Sequence[Clip], now: datetime) -> None:
        """Give the two places to the most urgent clips. `wanted` is in order of urgency. Call it while connected."""
        rank = {clip.sha256: number for number, clip in enumerate(wanted) if clip.sha256 not in self.clips}
        for clip in wanted:
            if clip.sha256 in rank and clip.sha256 not in self._partial:
                self._partial[clip.sha256] = _Partial(clip, now)
        coming = [self._partial[sha256] for sha256 in rank if self._partial[sha256].blocked_until <= now]
        # A clip without progress goes after the others, and among such clips after those that wait longer.
        coming.sort(key=lambda each: (each.stalled_at, rank[each.clip.sha256]))
        chosen = [(each, index) for each in coming for index in each.missing[:AT_A_TIME]][:AT_A_TIME]
        places = {(each.clip.sha256, index) for each, index in chosen}
        had_a_place = {sha256 for sha256, _ in self._places}
        for sha256, index in self._places - places:
            self._unsubscribe(f"office/audio/{sha256}/{index}")
        for each, index in chosen:
            if each.clip.sha256 not in had_a_place:
                each.progress_at = max(each.progress_at, now)
            if (each.clip.sha256, index) not in self._places:
                self._subscribe(f"office/audio/{each.clip.sha256}/{index}")
        self._places = places
        for sha256 in {sha256 for sha256, _ in places}:
            self._press(self._partial[sha256], now)

    def _press(self, each: _Partial, now: datetime) -> None:
        """After 10 s without progress: ask for it, after a pause that doubles, and give its place to the next clip."""
        if now - each.progress_at < PATIENCE:
            return
        each.stalled_at = each.progress_at = now
        if each.ask_at <= now:
            self._ask({"kind": "audio", "sha256": each.clip.sha256, "missing": each.missing[:MOST_ASKED_FOR]})
            each.ask_at = now + each.ask_pause * self._chance.uniform(0.8, 1.0)
            each.ask_pause = min(LONGEST_PAUSE, each.ask_pause * 2)

    def take(self, sha256: str, index_text: str, payload: bytes, now: datetime) -> None:
        """Keep a chunk; raises NotOurs for a wrong length or index."""
        each = self._partial.get(sha256)
        if each is None:
            return
        if not re.fullmatch("0|[1-9][0-9]{0,3}", index_text) or int(index_text) >= each.clip.chunks:
            raise NotOurs("chunk index")
        index = int(index_text)
        if len(payload) != each.clip.length_of(index):
            raise NotOurs("chunk length")
        if index in each.chunks:
            return
        each.chunks[index] = payload
        each.progress_at, each.stalled_at, each.ask_at, each.ask_pause = now, LONG_AGO, LONG_AGO, PATIENCE
        if not each.missing:
            self._finish(each, now)

    def _finish(self, each: _Partial, now: datetime) -> None:
        whole = b"".join(each.chunks[index] for index in range(each.clip.chunks))
        if hashlib.sha256(whole).hexdigest() == each.clip.sha256:
            self.clips[each.clip.sha256] = whole
            del self._partial[each.clip.sha256]
            return
        self.wrong_hashes += 1
        each.chunks.clear()
        each.blocked_until = now + min(LONGEST_PAUSE, SECOND * 2 ** min(each.wrong_hashes, 10))
        each.wrong_hashes += 1
