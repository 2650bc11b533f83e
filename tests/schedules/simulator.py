"""Simulates one speaker: it goes from wake-up to wake-up and does what the arbitration decides."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from schedules.arbitration import LONG_AGO, Begin, Conditions, Decision, Item, arbitrate, free_after
from wire.model import BulletinClass
from wire.outcomes import ReceiptState
from wire.settings import QuietHours

MS = timedelta(milliseconds=1)
HA_NOI = ZoneInfo("Asia/Ho_Chi_Minh")
MOST_STEPS = 10_000


@dataclass(frozen=True)
class Scene:
    """A plan, and the events at the speaker while it carries the plan out.

    The speaker learns of each item at `known_at`. The sound of an item in `sound_comes` arrives at that instant,
    or never (None). `withdrawals`: broadcast → (instant, why). `muted`: from, to. `unable`: from, to, why.
    """

    items: tuple[Item, ...]
    sound_comes: Mapping[str, datetime | None] = field(default_factory=dict)
    withdrawals: Mapping[str, tuple[datetime, Literal["cancelled", "moved"]]] = field(default_factory=dict)
    muted: tuple[datetime, datetime] | None = None
    unable: tuple[datetime, datetime, Literal["late", "clock_untrusted", "device_failed"]] | None = None
    quiet_hours: Sequence[QuietHours] = ()
    zone: tzinfo = HA_NOI


@dataclass(frozen=True)
class Stretch:
    """A stretch that sounded without a break, and its position in the broadcast."""

    broadcast: str
    from_: datetime
    to: datetime
    offset_ms: int


@dataclass(frozen=True)
class Outcome:
    """The result of a scene. `finals`: broadcast → (state, reason, when). `turns`: the begun and resumed broadcasts."""

    stretches: tuple[Stretch, ...]
    finals: Mapping[str, tuple[ReceiptState, str | None, datetime]]
    steps: int
    turns: tuple[Begin, ...]

    def states(self) -> dict[str, tuple[ReceiptState, str | None]]:
        return {broadcast: (state, reason) for broadcast, (state, reason, _) in self.finals.items()}

    def sounded(self) -> list[tuple[str, datetime, datetime, int]]:
        return [(each.broadcast, each.from_, each.to, each.offset_ms) for each in self.stretches]


class _Speaker:
    def __init__(self, scene: Scene, shuffled_by: random.Random | None) -> None:
        self.scene = scene
        self.shuffled_by = shuffled_by
        self.items = {item.broadcast: item for item in scene.items}
        self.free_since: dict[BulletinClass, datetime] = {}
        self.stretches: list[Stretch] = []
        self.turns: list[Begin] = []
        self.finals: dict[str, tuple[ReceiptState, str | None, datetime]] = {}

    def step(self, now: datetime) -> datetime | None:
        """Ask the arbitration once and do what it says; returns when to look again."""
        open_items = [self._as_of(item, now) for item in self.items.values() if item.broadcast not in self.finals]
        known = [item for item in open_items if item.known_at <= now]
        if self.shuffled_by:
            self.shuffled_by.shuffle(known)
        conditions = self._conditions(now)
        decision = arbitrate(known, conditions, now)
        assert decision == arbitrate(known[::-1], conditions, now), "the order of the input changed the decision"
        self._stop_what_must_stop(known, decision, now)
        for ending in decision.endings:
            self._final(ending.broadcast, ending.state, ending.reason, now)
        if decision.begins:
            assert decision.begins.broadcast == decision.sounding
            item = self.items[decision.begins.broadcast]
            assert not item.is_sounding, "what sounds cannot begin"
            assert decision.begins.from_ms == item.position_ms
            assert decision.begins.at <= now, "a turn that hasn't come yet"
            self.items[item.broadcast] = replace(item, begun_at=now, is_sounding=True)
            self.turns.append(decision.begins)
        assert [item.broadcast for item in self.items.values() if item.is_sounding] == (
            [decision.sounding] if decision.sounding else []
        )
        assert decision.look_again_at is None or decision.look_again_at > now
        return decision.look_again_at

    def _stop_what_must_stop(self, known: Sequence[Item], decision: Decision, now: datetime) -> None:
        ended = {ending.broadcast for ending in decision.endings}
        for item in known:
            if not item.is_sounding or item.broadcast == decision.sounding:
                continue
            assert item.begun_at
            to = min(now, item.ends_at)
            self.stretches.append(Stretch(item.broadcast, item.begun_at, to, item.position_ms))
            heard_ms = (to - item.begun_at) // MS
            self.items[item.broadcast] = replace(item, is_sounding=False, position_ms=item.position_ms + heard_ms)
            if item.broadcast in ended:
                self.free_since = free_after(self.free_since, item.bulletin_class, to)
            elif item.ends_at <= now:
                self.free_since = free_after(self.free_since, item.bulletin_class, to)
                self._final(item.broadcast, "played", None, to)

    def _final(self, broadcast: str, state: ReceiptState, reason: str | None, at: datetime) -> None:
        assert broadcast not in self.finals, f"{broadcast} came to a second final state"
        self.finals[broadcast] = (state, reason, at)

    def _as_of(self, item: Item, now: datetime) -> Item:
        if item.broadcast in self.scene.sound_comes:
            comes = self.scene.sound_comes[item.broadcast]
            item = replace(item, sound_at=comes if comes and comes <= now else None)
        if item.broadcast in self.scene.withdrawals:
            at, why = self.scene.withdrawals[item.broadcast]
            if at <= now:
                item = replace(item, withdrawn=why)
        return item

    def _conditions(self, now: datetime) -> Conditions:
        able_since: datetime | None = LONG_AGO
        why: Literal["late", "clock_untrusted", "device_failed"] = "late"
        if self.scene.unable:
            begin, end, why = self.scene.unable
            able_since = LONG_AGO if now < begin else None if now < end else end
        muted = self.scene.muted is not None and self.scene.muted[0] <= now < self.scene.muted[1]
        return Conditions(able_since, why, muted, self.scene.quiet_hours, self.scene.zone, self.free_since)


def _happenings(scene: Scene) -> set[datetime]:
    """The instants of events that wake the speaker."""
    return {
        *(item.known_at for item in scene.items),
        *(at for at in scene.sound_comes.values() if at),
        *(at for at, _ in scene.withdrawals.values()),
        *(scene.muted or ()),
        *(scene.unable[:2] if scene.unable else ()),
    } - {LONG_AGO}


def simulate(
    scene: Scene,
    start: datetime,
    extra_wakings: Collection[datetime] = (),
    shuffled_by: random.Random | None = None,
    late_by: random.Random | None = None,
) -> Outcome:
    """Carry out a scene from `start` until nothing is left to wake for; `late_by`: the loop wakes up to 3 s late."""
    speaker = _Speaker(scene, shuffled_by)
    outside = sorted({*_happenings(scene), *extra_wakings} - {LONG_AGO})
    now = start.astimezone(UTC)
    for steps in range(1, MOST_STEPS):
        again = speaker.step(now)
        coming = [instant for instant in (again, *(at for at in outside if at > now)) if instant is not None]
        if not coming:
            return Outcome(tuple(speaker.stretches), speaker.finals, steps, tuple(speaker.turns))
        now = min(coming) + (late_by.choice((0, 1, 40, 900, 3000)) * MS if late_by else timedelta())
    raise AssertionError("the simulation doesn't end")
