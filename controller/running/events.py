"""What has changed, for those who watch: pages and scripts follow it as server-sent events.

A change has a number and says only what it is about; what is sent is read from the database when it is sent. After a
restart of the office the old numbers mean nothing, and a follower that comes with one is told to begin anew.
"""

import asyncio
import contextlib
import re
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from threading import Lock

from controller.database.transactions import Change, ChangeKind

KEPT = 5000
TOLD: frozenset[ChangeKind] = frozenset({"broadcast", "delivery", "speaker", "announcement"})


@dataclass(frozen=True)
class Event:
    """A change with its number; `change` None: some were missed, begin anew."""

    id: str
    change: Change | None


class Events:
    """A short memory of changes, and those who wait for more."""

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)
        self._kept: deque[tuple[int, Change]] = deque(maxlen=KEPT)
        self._last = 0
        self._lock = Lock()
        self._followers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def publish(self, changes: Sequence[Change]) -> None:
        """Tell the followers. From any thread, after the commit."""
        with self._lock:
            for change in changes:
                if change.kind in TOLD:
                    self._last += 1
                    self._kept.append((self._last, change))
            followers = list(self._followers)
        for loop, woken in followers:
            with contextlib.suppress(RuntimeError):  # its loop has just been closed: the office is going down
                loop.call_soon_threadsafe(woken.set)

    async def follow(self, last_id: str | None, pause_s: float) -> AsyncGenerator[Event | None, None]:
        """Changes after `last_id` (None: from now on), and None whenever nothing came for `pause_s`."""
        at = self._position(last_id)
        if at is None:
            at = self._last
            yield Event(self._name(at), None)
        follower = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._followers.add(follower)
        try:
            while True:
                follower[1].clear()
                with self._lock:
                    due = [(number, change) for number, change in self._kept if number > at]
                    missed = bool(due) and due[0][0] > at + 1
                if missed:
                    yield Event(self._name(due[0][0] - 1), None)
                for number, change in due:
                    yield Event(self._name(number), change)
                    at = number
                if not due:
                    try:
                        await asyncio.wait_for(follower[1].wait(), pause_s)
                    except TimeoutError:
                        yield None
        finally:
            with self._lock:
                self._followers.discard(follower)

    def _position(self, last_id: str | None) -> int | None:
        """The number to go on from; None where it isn't one of ours, or too old."""
        if last_id is None:
            return self._last
        boot, _, number = last_id.partition("-")
        if boot != self._boot or not re.fullmatch("[0-9]{1,18}", number) or int(number) > self._last:
            return None
        return int(number)

    def _name(self, number: int) -> str:
        return f"{self._boot}-{number}"
