"""Committed changes, for pages and scripts that follow them as server-sent events.

An event has a number and an id of what changed; the follower reads the rest from the database. After a restart of the
office old numbers are invalid, and a follower that names one is told to read everything anew.
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

MOST_CHANGES_KEPT = 5000
PUBLISHED_KINDS: frozenset[ChangeKind] = frozenset({"broadcast", "delivery", "speaker", "announcement"})


@dataclass(frozen=True)
class Event:
    """A change with its event id. `change` None: changes were missed, so the follower has to read everything anew."""

    id: str
    change: Change | None


class Events:
    """The last MOST_CHANGES_KEPT changes, and the followers that wait for more."""

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)
        self._kept: deque[tuple[int, Change]] = deque(maxlen=MOST_CHANGES_KEPT)
        self._last = 0
        self._lock = Lock()
        self._followers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def publish(self, changes: Sequence[Change]) -> None:
        """Add changes and wake the followers. Called after a commit, from any thread."""
        with self._lock:
            for change in changes:
                if change.kind in PUBLISHED_KINDS:
                    self._last += 1
                    self._kept.append((self._last, change))
            followers = list(self._followers)
        for loop, woken in followers:
            with contextlib.suppress(RuntimeError):  # the follower's event loop is closed: the office is stopping
                loop.call_soon_threadsafe(woken.set)

    async def follow(self, last_id: str | None, pause_s: float) -> AsyncGenerator[Event | None, None]:
        """Yield the changes after event id `last_id` (None: from now on), and None after each `pause_s` without one."""
        at = self._number_of(last_id)
        if at is None:
            at = self._last
            yield Event(self._event_id(at), None)
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
                    yield Event(self._event_id(due[0][0] - 1), None)
                for number, change in due:
                    yield Event(self._event_id(number), change)
                    at = number
                if not due:
                    try:
                        await asyncio.wait_for(follower[1].wait(), pause_s)
                    except TimeoutError:
                        yield None
        finally:
            with self._lock:
                self._followers.discard(follower)

    def _number_of(self, last_id: str | None) -> int | None:
        """The number of an event id; None if this run of the office didn't give it out."""
        if last_id is None:
            return self._last
        boot, _, number = last_id.partition("-")
        if boot != self._boot or not re.fullmatch("[0-9]{1,18}", number) or int(number) > self._last:
            return None
        return int(number)

    def _event_id(self, number: int) -> str:
        return f"{self._boot}-{number}"
