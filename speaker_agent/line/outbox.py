"""The outbox: every receipt goes to the office until the office says that it has committed it."""

import logging
from collections.abc import Callable
from datetime import datetime

from speaker_agent.clock.pause import Pause
from speaker_agent.memory.journal import Journal
from wire.receipts import MAX_RECEIPTS, Acknowledgement, write_receipts

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
# A week's receipts must not fill the line at once: only so many are sent ahead of the office's answer.
MOST_UNANSWERED = 10 * MAX_RECEIPTS


class Outbox:
    """Stepped by the main loop. `send` publishes one message of receipts."""

    def __init__(self, journal: Journal, send: Callable[[bytes], None]) -> None:
        self._journal = journal
        self._send = send
        self._connected = False
        self._acknowledged = journal.acknowledged()
        self._sent = self._acknowledged
        # What was written before this start may have been sent then.
        self._highest_sent = journal.last_seq()
        self._pause = Pause(FIRST_PAUSE_S, LONGEST_PAUSE_S)

    @property
    def unacknowledged(self) -> int:
        """How many receipts the office has not committed yet."""
        return self._journal.last_seq() - self._acknowledged

    def connected(self, up: bool) -> None:
        """On each connect all that isn't acknowledged is sent again."""
        self._connected = up
        self._sent = self._acknowledged
        self._pause.reset()

    def take(self, acknowledgement: Acknowledgement, now: datetime) -> bool:
        """Note what the office has committed; it may be less than before, after a restore from an older backup.

        False if it acknowledges what was never sent. An acknowledgement of another journal changes nothing.
        """
        if acknowledgement.journal != self._journal.id:
            return True
        if acknowledgement.upto > self._highest_sent:
            return False
        if acknowledgement.upto != self._acknowledged:
            self._journal.acknowledge(acknowledgement.upto, now)
            log.info("acknowledged upto=%d", acknowledgement.upto)
            self._pause.reset()
            if acknowledgement.upto < self._acknowledged:
                self._sent = acknowledgement.upto
            self._acknowledged = acknowledgement.upto
            self._sent = max(self._sent, self._acknowledged)
            if self._sent > self._acknowledged:
                self._pause.begin(now)
        return True

    def step(self, now: datetime) -> datetime | None:
        """Send what is new, and again what the office has not answered for a while; when to look again."""
        if not self._connected:
            return None
        if self._sent > self._acknowledged and self._pause.ends_at is not None and self._pause.over(now):
            self._sent = self._acknowledged
        if self._sent == self._acknowledged and self.unacknowledged:
            self._pause.begin(now)
        while self._sent < self._acknowledged + MOST_UNANSWERED:
            batch = self._journal.receipts_after(self._sent, MAX_RECEIPTS)
            if not batch:
                break
            self._send(write_receipts(self._journal.id, self._journal.first_seq(), batch))
            self._sent = batch[-1].seq
            self._highest_sent = max(self._highest_sent, self._sent)
            log.info("sent receipts upto=%d", self._sent)
        return self._pause.ends_at if self.unacknowledged else None
