"""What one speaker may have the office do and keep, after its messages were read (broker/gate.py measures the reading).

A flooding speaker costs at most 10 MB of database a day: 20,000 receipts are 5 MB, all else together below 2 MB. An
honest speaker never meets these: it makes a few hundred receipts a day, and some thousand in a month without a line.
The measures are kept in memory, so an office that is started again gives each speaker its day anew.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from controller.broadcasts.deliveries import MOST_AHEAD
from controller.broker.token_bucket import Buckets, Rate, a_day
from controller.database.column_types import ExcessKind
from wire.instants import unix_milliseconds

MOST_UNREAD_BYTES = 1024
"""So many bytes are kept of a receipt that can't be read."""

QuotaKind = Literal[
    "stored_receipts",
    "unread_receipts",
    "unknown_broadcasts",
    "journals",
    "contradictions",
    "new_settings",
    "plan_requests",
    "chunks",
]

RATES: dict[QuotaKind, Rate] = {
    # New rows. What is over is neither stored nor acknowledged: the speaker sends it again, until there is room.
    "stored_receipts": a_day(20_000),
    # Of them those that can't be read. What is over is acknowledged and not stored: else it would come for ever.
    "unread_receipts": a_day(500),
    # Found at the speaker and unknown here. Each costs queries, so few at once. What is over isn't listed.
    "unknown_broadcasts": Rate(burst=100, per_s=300 / 86_400),
    # A speaker begins a new one when its disk was lost. Receipts of one that is over are acknowledged and not stored;
    # once it is taken, its `upto` of 0 asks for them again.
    "journals": a_day(20),
    # Receipts that were known to be lost have come after all, so the journal is read again.
    "contradictions": Rate(burst=3, per_s=1 / 600),
    # Made because the speaker says that it has newer ones than this office.
    "new_settings": Rate(burst=3, per_s=1 / 3600),
    # Answered with all that is missing. Without an answer, the digest of the next status brings it (watch.py).
    "plan_requests": Rate(burst=10, per_s=1 / 10),
    # Of sound, published again: 32 MiB at once, then 2 MiB a second, which is more than a speaker's line carries.
    "chunks": Rate(burst=512, per_s=32),
}


class Quotas:
    """The measures of each speaker. What is over one, or isn't believed, is told to `note` (speaker, kind, count)."""

    def __init__(self, note: Callable[[str, ExcessKind, int], None]) -> None:
        self._note = note
        self._buckets: dict[QuotaKind, Buckets[str]] = {kind: Buckets(rate) for kind, rate in RATES.items()}

    def take(self, speaker: str, kind: QuotaKind, wanted: int, now: datetime) -> int:
        """How many of those wanted are within the speaker's measure; they are taken from it."""
        within = self._buckets[kind].take_up_to(speaker, wanted, now.timestamp())
        self.refuse(speaker, kind, wanted - within)
        return within

    def refuse(self, speaker: str, kind: ExcessKind, count: int = 1) -> None:
        """Count what isn't taken for another reason than its number."""
        if count:
            self._note(speaker, kind, count)


def is_believable(now: datetime, revision: int) -> bool:
    """Whether an office can have made this revision by now: Unix milliseconds, or the one before plus 1."""
    return revision <= unix_milliseconds(now + MOST_AHEAD)
