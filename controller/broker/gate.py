"""Which messages of the speakers are read at all: a token bucket for each speaker and topic, before anything is parsed.

What is over its bucket is dropped and counted. A speaker that goes on is not listened to for some seconds: the office
ends its subscription, and the broker drops the flood. (Reading 60,000 messages a second only to drop them keeps a
processor busy, and the broker's queue for the office so full that it drops the messages of others.) An honest speaker
that is dropped loses nothing: it sends receipts again until they are acknowledged, and statuses each minute.
"""

import threading
from collections import Counter
from typing import Literal, NamedTuple

from controller.broker.token_bucket import Buckets, Rate
from wire.topics import RECEIPTS, REQUESTS, STATUS, Topic, parse_topic

KIB = 1024

RECEIPT_BYTES = Rate(burst=1024 * KIB, per_s=32 * KIB)
"""About 5,000 receipts at once, then 160 a second: a month's receipts are in after a minute."""
STATUSES = Rate(burst=60, per_s=1)
"""The protocol allows one a second; the office may have stood for a minute."""
REQUESTS_AT_ONCE = Rate(burst=60, per_s=1)
SMALLEST_RECEIPTS = 64
"""Bytes that a message of receipts counts for at least."""
STATUS_BYTES, REQUEST_BYTES = 4 * KIB, 8 * KIB
"""So many bytes of a status or a request count as another one."""

PATIENCE = Rate(burst=100, per_s=10)
"""Dropped messages, until the speaker isn't listened to for a while: soon, for the broker's queue is full in a third of
a second, and then it drops others' messages, which they repeat after five."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 20.0, 60.0
"""Twice as long each time: whenever a flood is heard again, the broker may drop others' messages. Below SILENT_AFTER_S:
the broker keeps the last status, so the speaker stays online.
"""
FORGIVEN_AFTER_S = 600.0


SpokenKind = Literal["status", "receipts", "requests"]
_KINDS: dict[Topic, SpokenKind] = {STATUS: "status", RECEIPTS: "receipts", REQUESTS: "requests"}


class Dropped(NamedTuple):
    """What is counted: messages of this speaker on this topic."""

    speaker: str
    kind: SpokenKind


class _Pause(NamedTuple):
    until_s: float
    length_s: float


class Gate:
    """`admits` and `not_heard` are called by the link's thread, `take_counts` by any. Instants: a monotonic clock's."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._buckets: dict[Topic, Buckets[str]] = {
            RECEIPTS: Buckets(RECEIPT_BYTES),
            STATUS: Buckets(STATUSES),
            REQUESTS: Buckets(REQUESTS_AT_ONCE),
        }
        self._patience: Buckets[str] = Buckets(PATIENCE)
        self._pauses: dict[str, _Pause] = {}
        self.has_news = False
        """Whether `not_heard` gives one more since it was asked."""
        self._counts: Counter[Dropped] = Counter()
        self._counting = threading.Lock()

    def admits(self, topic: str, size: int, now_s: float) -> bool:
        """Whether a message of `size` bytes is read; if not, it is counted."""
        address = parse_topic(self._root, topic)
        if address is None or address.topic not in self._buckets:
            return True  # the inbox says what is wrong with it
        speaker = address.levels["speaker"]
        if not self._is_paused(speaker, now_s):
            if self._buckets[address.topic].take(speaker, _tokens(address.topic, size), now_s):
                return True
            if not self._patience.take(speaker, 1, now_s):
                self._pause(speaker, now_s)
        with self._counting:
            self._counts[Dropped(speaker, _KINDS[address.topic])] += 1
        return False

    def not_heard(self, now_s: float) -> frozenset[str]:
        """The speakers that aren't listened to at the moment."""
        self.has_news = False
        return frozenset(speaker for speaker in list(self._pauses) if self._is_paused(speaker, now_s))

    def take_counts(self) -> Counter[Dropped]:
        """How many messages were dropped since the last call."""
        with self._counting:
            counts, self._counts = self._counts, Counter()
        return counts

    def _is_paused(self, speaker: str, now_s: float) -> bool:
        pause = self._pauses.get(speaker)
        if pause is not None and now_s >= pause.until_s + FORGIVEN_AFTER_S:
            del self._pauses[speaker]
        return pause is not None and now_s < pause.until_s

    def _pause(self, speaker: str, now_s: float) -> None:
        before = self._pauses.get(speaker)
        length_s = min(before.length_s * 2, LONGEST_PAUSE_S) if before else FIRST_PAUSE_S
        self._pauses[speaker] = _Pause(now_s + length_s, length_s)
        self.has_news = True


def _tokens(topic: Topic, size: int) -> float:
    if topic is RECEIPTS:
        return max(size, SMALLEST_RECEIPTS)
    return 1 + size // (STATUS_BYTES if topic is STATUS else REQUEST_BYTES)
