"""The plan: every broadcast that this speaker keeps, what came of it, and the rules of its revisions.

A change is committed in the journal together with its receipt, and only then seen here in memory. Broadcasts stay until
they expire, also after their final state, so that copies and older revisions are recognised.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Unpack

from schedules.arbitration import Item
from speaker_agent.clock.agent_clock import Clock
from speaker_agent.memory.journal import BroadcastChanges, BroadcastRow, Journal, ReceiptDraft
from speaker_agent.memory.own_settings import OwnSettings, payload_of
from wire.broadcast import Broadcast
from wire.envelope import Rejected
from wire.instants import cut_to_milliseconds, format_instant, parse_instant
from wire.outcomes import CancelledReason, MissedReason, PartialReason, ReceiptState
from wire.requests import MAX_HAVE
from wire.status import PlanReport, plan_digest

log = logging.getLogger(__name__)

# A retained copy that comes a little after the end is still recognised as a copy.
REMEMBERED_AFTER_EXPIRY = timedelta(days=1)


@dataclass(frozen=True)
class KeptBroadcast:
    """One broadcast of the journal, its messages parsed."""

    row: BroadcastRow
    newest: Broadcast = field(init=False)
    """The highest revision."""
    content: Broadcast = field(init=False)
    """What sounds: the revision with which it began, before that the highest one."""

    def __post_init__(self) -> None:
        newest = Broadcast.from_json(payload_of(self.row.raw))
        followed = self.row.followed
        object.__setattr__(self, "newest", newest)
        object.__setattr__(self, "content", Broadcast.from_json(payload_of(followed)) if followed else newest)

    @property
    def id(self) -> str:
        return self.row.broadcast

    @property
    def open(self) -> bool:
        """Whether it has no final state yet."""
        return self.row.final is None

    @property
    def begun(self) -> bool:
        return self.row.begun_at is not None

    @property
    def told_revision(self) -> int:
        """The revision that its receipts name: that of `content`, or the one that cancelled it."""
        return (self.newest if self.row.withdrawn == "cancelled" else self.content).revision


class Plan:
    """All broadcasts that are kept, by id. Changed by the main loop alone."""

    def __init__(self, journal: Journal, own_settings: OwnSettings, clock: Clock) -> None:
        self._journal = journal
        self._own_settings = own_settings
        self._clock = clock
        # None: no journal was lost before this one. Empty: one was, and the clock has not been right since.
        self._remembers_from = journal.fact("remembers_from")
        self._kept = {row.broadcast: KeptBroadcast(row) for row in journal.rows()}
        self.changes = 0
        """Rises with each change of any kind."""
        self.revisions = 0
        """Rises with each change that may show in the digest."""

    def __contains__(self, broadcast: object) -> bool:
        return broadcast in self._kept

    def __getitem__(self, broadcast: str) -> KeptBroadcast:
        return self._kept[broadcast]

    def open(self) -> list[KeptBroadcast]:
        """All that have no final state yet."""
        return [kept for kept in self._kept.values() if kept.open]

    # What the office says

    def take(self, broadcast: Broadcast, raw: bytes, now: datetime) -> None:
        """Keep a verified broadcast, if it is new.

        Raises Rejected (expired, wrong_target, conflicting_revision, not_allowed), and sqlite3.Error where it can't be
        kept; one that withdraws another is followed all the same.
        """
        held = self._kept.get(broadcast.broadcast)
        if held and self._is_old(broadcast, raw, held):
            return
        if broadcast.expires_at <= now and self._clock.state() != "untrusted":
            raise Rejected("expired", f"at {broadcast.expires_at}")
        for_me = self._own_settings.may_be_for_me(broadcast)
        if not held and not for_me:
            raise Rejected("wrong_target", "it names neither this speaker nor an area of its chain")
        withdrawn: CancelledReason | None = None
        if broadcast.state == "cancelled" or not for_me or (held and held.begun and held.row.withdrawn == "cancelled"):
            withdrawn = "cancelled"
        # Once it has begun or is over, a receipt `accepted` would say nothing of the sound.
        tells = held is None or (held.open and not held.begun)
        receipt = self._receipt(broadcast, "accepted", now) if tells else None
        try:
            self._journal.accept(broadcast.broadcast, broadcast.revision, raw, now, withdrawn, receipt)
        except sqlite3.Error:
            if held and withdrawn:  # it must fall silent also where the disk is full
                row = replace(held.row, revision=broadcast.revision, raw=raw, withdrawn=withdrawn)
                self._kept[broadcast.broadcast] = KeptBroadcast(row)
            raise
        self.revisions += 1
        self._see(broadcast.broadcast)

    @staticmethod
    def _is_old(broadcast: Broadcast, raw: bytes, held: KeptBroadcast) -> bool:
        """Whether it is a copy or an older revision. Raises Rejected for one that contradicts what is held."""
        if raw == held.row.raw or broadcast.revision < held.newest.revision:
            return True
        if broadcast.revision == held.newest.revision:
            raise Rejected("conflicting_revision", f"revision {broadcast.revision} is held with other bytes")
        if broadcast.bulletin_class != held.newest.bulletin_class:
            raise Rejected("not_allowed", f"it was {held.newest.bulletin_class} before")
        return False

    def withdraw_moved(self) -> None:
        """After new settings: withdraw what no longer names this speaker and has not begun. Raises sqlite3.Error."""
        self.changes += 1
        self.revisions += 1
        if self._own_settings.current is None:
            return
        failed: sqlite3.Error | None = None
        for kept in self.open():
            if kept.begun or kept.row.withdrawn is not None or self._own_settings.names_me(kept.newest):
                continue
            try:
                self._change(kept.id, withdrawn="moved")
            except sqlite3.Error as error:  # it must not begin, also where the disk is full
                self._kept[kept.id] = KeptBroadcast(replace(kept.row, withdrawn="moved"))
                failed = error
        if failed is not None:
            raise failed

    # What comes of it

    def recover(self, now: datetime) -> None:
        """After a start: end what had begun when the power went. Only an emergency begins again."""
        for kept in self.open():
            if not kept.begun:
                continue
            if kept.content.bulletin_class != "emergency":
                self.finish(kept.id, "partial", "power_lost", now, heard_ms=kept.row.heard_ms)
            elif kept.row.sounding:
                self._change(kept.id, sounding=False, position=0, heard_ms=None, start_error_ms=None)
        self.withdraw_moved()

    def miss_what_may_have_sounded(self, now: datetime) -> None:
        """After a journal was lost: end what was planned before the new one, since it may have sounded already.

        When the new one was made is known once the clock is right; until then nothing but an emergency begins.
        """
        if self._remembers_from is None or self._clock.state() == "untrusted":
            return
        if not self._remembers_from:
            self._remembers_from = format_instant(now).encode()
            self._journal.keep_facts({"remembers_from": self._remembers_from})
        remembers_from = parse_instant(self._remembers_from.decode())
        for kept in self.open():
            one_time = kept.content.bulletin_class != "emergency" and not kept.begun and kept.row.withdrawn is None
            if one_time and kept.content.begins_at < remembers_from:
                self.finish(kept.id, "missed", "late", now)

    def note_sounds(self, on_disk: Callable[[str], bool], now: datetime) -> None:
        """Note which broadcasts have all their clips on the disk; the first time, with a receipt `ready`."""
        for kept in self.open():
            there = all(on_disk(clip.sha256) for clip in kept.content.clips)
            if there and kept.row.sound_at is None:
                tells = not kept.row.told_ready and not kept.begun
                receipt = self._receipt(kept.content, "ready", now) if tells else None
                self._change(kept.id, receipt, sound_at=cut_to_milliseconds(now), told_ready=True)
            elif not there and kept.row.sound_at is not None:
                self._change(kept.id, sound_at=None)

    def started(self, broadcast: str, now: datetime, *, revision: int, volume: int) -> ReceiptDraft:
        """The receipt for the moment in which it begins; the device's thread gives it to `Journal.begin`."""
        return ReceiptDraft(broadcast, revision, "started", now, self._clock.state(), volume=volume)

    def see_begun(self, broadcast: str) -> None:
        """Read its row again: the device's thread has written that it began."""
        self._see(broadcast)

    def stopped(self, broadcast: str, position: int, heard_ms: int, start_error_ms: float | None) -> None:
        """It gave way to another broadcast, and goes on later at frame `position` of its layout."""
        self._change(broadcast, sounding=False, position=position, heard_ms=heard_ms, start_error_ms=start_error_ms)

    def finish(
        self,
        broadcast: str,
        state: ReceiptState,
        reason: PartialReason | MissedReason | CancelledReason | None,
        now: datetime,
        *,
        heard_ms: int | None = 0,
        start_error_ms: float | None = None,
        volume: int | None = None,
    ) -> None:
        """Give it its final state, with the receipt. `volume`: None for the one of the current settings."""
        kept = self._kept[broadcast]
        receipt = ReceiptDraft(
            broadcast,
            kept.told_revision,
            state,
            now,
            self._clock.state(),
            reason,
            heard_ms,
            kept.row.start_error_ms if start_error_ms is None else start_error_ms,
            self._volume(kept.content) if volume is None else volume,
        )
        self._change(broadcast, receipt, final=state, sounding=False, heard_ms=heard_ms)

    def forget_expired(self, now: datetime) -> None:
        """Forget what is over and has expired a day ago; nothing while the clock isn't believed."""
        if self._clock.state() == "untrusted":
            return
        old = [
            kept.id
            for kept in self._kept.values()
            if not kept.open and kept.newest.expires_at + REMEMBERED_AFTER_EXPIRY <= now
        ]
        if old:
            self._journal.forget(old)
            for broadcast in old:
                del self._kept[broadcast]
            self.changes += 1
            self.revisions += 1

    # What others ask

    def items(self, now: datetime) -> list[Item]:
        """The input of arbitration. An instant that a wrong clock wrote into the future counts as `now`."""
        return [
            Item(
                kept.id,
                kept.content.bulletin_class,
                kept.content.begins_at,
                kept.content.latest_start,
                kept.content.expires_at,
                kept.content.length_ms,
                known_at=min(kept.row.known_at, now),
                sound_at=kept.row.sound_at and min(kept.row.sound_at, now),
                withdrawn=kept.row.withdrawn,
                begun_at=kept.row.begun_at,
                at_once=kept.content.starts_at is None,
            )
            for kept in self.open()
            if kept.begun or kept.row.withdrawn or self._own_settings.may_sound(kept.content)
        ]

    def report(self, at: datetime) -> PlanReport:
        """Count and digest of the broadcasts that name this speaker and have not expired."""
        mine = [
            (kept.id, kept.newest.revision) for kept in self._unexpired(at) if self._own_settings.names_me(kept.newest)
        ]
        return PlanReport(count=len(mine), digest=plan_digest(mine))

    def size_bytes(self) -> int:
        """What the kept messages take together."""
        return sum(len(kept.row.raw) for kept in self._kept.values())

    def have(self, now: datetime) -> tuple[tuple[str, int], ...]:
        """Ids and revisions for a plan request; if they are too many, those that begin last."""
        unexpired = sorted(self._unexpired(now), key=lambda kept: (kept.newest.begins_at, kept.id))
        return tuple((kept.id, kept.newest.revision) for kept in unexpired[-MAX_HAVE:])

    def naming_clips(self, now: datetime) -> list[KeptBroadcast]:
        """The broadcasts whose clips stay on the disk: until they expire, and while they are open."""
        believed = self._clock.state() != "untrusted"
        return [kept for kept in self._kept.values() if kept.open or not believed or kept.newest.expires_at > now]

    def _unexpired(self, at: datetime) -> Iterator[KeptBroadcast]:
        return (kept for kept in self._kept.values() if kept.newest.expires_at > at)

    def _receipt(self, broadcast: Broadcast, state: ReceiptState, now: datetime) -> ReceiptDraft:
        return ReceiptDraft(
            broadcast.broadcast, broadcast.revision, state, now, self._clock.state(), volume=self._volume(broadcast)
        )

    def _volume(self, broadcast: Broadcast) -> int | None:
        if not self._own_settings.may_sound(broadcast):
            return None
        return self._own_settings.volume_step(broadcast.bulletin_class)

    def _change(self, broadcast: str, receipt: ReceiptDraft | None = None, **changes: Unpack[BroadcastChanges]) -> None:
        self._journal.change(broadcast, receipt, **changes)
        self._see(broadcast)

    def _see(self, broadcast: str) -> None:
        self._kept[broadcast] = KeptBroadcast(self._journal.row(broadcast))
        self.changes += 1
