"""`arbitrate` decides what one speaker sounds now, and when to ask again.

One sound at a time. Emergency before priority before normal; in one class the earlier planned instant goes first, then
the lower id, whether an item waits or was stopped. The speaker's loop calls it with the clock's `now`, a preview with
future instants.

The answer doesn't depend on how late the calling loop woke: it uses the instants at which the sound arrived, the
speaker became able and the last sound ended. An item's **turn** is the latest of those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from schedules.quiet_hours import next_quiet, quiet_until
from wire.model import BulletinClass
from wire.outcomes import CancelledReason, MissedReason, PartialReason
from wire.settings import QuietHours

RANK: Mapping[BulletinClass, int] = {"emergency": 0, "priority": 1, "normal": 2}
# A start up to this much after `latest_start` is in time if, at `latest_start`, its sound was on the disk and no other
# sound was in its way.
START_TOLERANCE = timedelta(seconds=1)
_MS = timedelta(milliseconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """One broadcast at one speaker that has no final state yet.

    `at_once`: it has no start instant and waits only for its sound; `begins_at` is then when it was issued. That
    instant orders it and delays nothing, because the office's clock may be ahead of the speaker's.
    `known_at`: when the speaker received the broadcast. `sound_at`: when its sound was complete on the disk; None while
    it isn't, for the reason `no_sound`. `begun_at`: when it last began or continued, at `position_ms`; None before its
    first start. With `begun_at` set and `is_sounding` false it was stopped, and continues at `position_ms`.
    """

    broadcast: str
    bulletin_class: BulletinClass
    begins_at: datetime
    latest_start: datetime
    expires_at: datetime
    length_ms: int
    at_once: bool = False
    known_at: datetime = LONG_AGO
    sound_at: datetime | None = LONG_AGO
    no_sound: Literal["no_audio", "corrupt_audio"] = "no_audio"
    withdrawn: CancelledReason | None = None
    begun_at: datetime | None = None
    position_ms: int = 0
    is_sounding: bool = False

    @property
    def is_emergency(self) -> bool:
        """Quiet hours and `latest_start` don't hold back an emergency."""
        return self.bulletin_class == "emergency"

    @property
    def rank(self) -> int:
        """0 for emergency, 1 for priority, 2 for normal; the lowest sounds first."""
        return RANK[self.bulletin_class]

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Sort key: the lowest sounds first."""
        return self.rank, self.begins_at, self.broadcast

    @property
    def ends_at(self) -> datetime:
        """When its last sample sounds, if nothing stops it."""
        return (self.begun_at or self.begins_at) + timedelta(milliseconds=self.length_ms - self.position_ms)


@dataclass(frozen=True)
class Conditions:
    """The state of the speaker itself.

    `able_since`: since when it could begin a sound (running, clock trusted or held, device working); None while it
    can't. `unable` says why it can't or couldn't: the reason of broadcasts that are missed by it. `free_since`: for
    each class, the end of the last sound that a broadcast of this class couldn't interrupt.
    """

    able_since: datetime | None = LONG_AGO
    unable: Literal["late", "clock_untrusted", "device_failed"] = "late"
    muted: bool = False
    quiet_hours: Sequence[QuietHours] = ()
    zone: tzinfo = UTC
    free_since: Mapping[BulletinClass, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """A final state that the decision itself gives an item; "played" isn't among them, the device reports it."""

    broadcast: str
    state: Literal["partial", "missed", "cancelled"]
    reason: PartialReason | MissedReason | CancelledReason


@dataclass(frozen=True)
class Begin:
    """The item that begins or continues now, at `from_ms`. `at`: its turn, often a few milliseconds before now."""

    broadcast: str
    at: datetime
    from_ms: int


@dataclass(frozen=True)
class Decision:
    """What the loudspeaker does from now on.

    `sounding`: the broadcast that sounds; None is silence. An item that sounded until now and is neither `sounding`,
    nor in `endings`, nor at its end is stopped by a better one, and continues later. `look_again_at`: unless something
    happens, the answer stays the same until then; None: for ever.
    """

    sounding: str | None
    begins: Begin | None
    endings: tuple[Ending, ...]
    look_again_at: datetime | None


def free_after(
    free_since: Mapping[BulletinClass, datetime], bulletin_class: BulletinClass, ended_at: datetime
) -> dict[BulletinClass, datetime]:
    """`free_since` updated by a sound of that class that ended: only equal and lower classes had to wait for it."""
    return {
        each: max(free_since.get(each, LONG_AGO), ended_at if rank >= RANK[bulletin_class] else LONG_AGO)
        for each, rank in RANK.items()
    }


def arbitrate(items: Sequence[Item], conditions: Conditions, now: datetime) -> Decision:
    """Decide for one speaker at one instant. `items` in any order; at most one of them may be sounding."""
    endings: dict[str, Ending] = {}
    wake: list[datetime] = []
    sounding = next((item for item in items if item.is_sounding), None)
    if sounding and sounding.ends_at <= now:
        conditions = _free_loudspeaker(conditions, sounding)
        sounding = None
    if sounding:
        cut = _end_sounding(sounding, conditions, now, wake)
        if cut:
            endings[sounding.broadcast] = cut
            conditions = _free_loudspeaker(conditions, sounding, now)
            sounding = None
    waiting: list[tuple[Item, datetime]] = []
    for item in sorted((item for item in items if not item.is_sounding), key=lambda item: item.order):
        blocked = bool(sounding and item.rank >= sounding.rank) or bool(waiting)
        outcome = _judge(item, conditions, now, blocked, wake)
        if isinstance(outcome, Ending):
            endings[item.broadcast] = outcome
        elif outcome is not None and not blocked:
            waiting.append((item, outcome))
    begins = None
    holder = sounding.broadcast if sounding else None
    if waiting:
        item, turn = waiting[0]
        begins = Begin(item.broadcast, turn, item.position_ms)
        holder = item.broadcast
        wake.append(max(turn, now) + timedelta(milliseconds=item.length_ms - item.position_ms))
        quiet = None if item.is_emergency else next_quiet(turn, conditions.quiet_hours, conditions.zone)
        if quiet is not None:
            wake.append(max(quiet, now + _MS))
    if waiting and sounding:
        if sounding.expires_at <= now:
            endings[sounding.broadcast] = Ending(sounding.broadcast, "partial", "pre_empted")
        wake.append(sounding.expires_at)
    later = [instant for instant in wake if instant > now]
    return Decision(holder, begins, tuple(endings.values()), min(later, default=None))


def _free_loudspeaker(conditions: Conditions, item: Item, at: datetime | None = None) -> Conditions:
    return replace(conditions, free_since=free_after(conditions.free_since, item.bulletin_class, at or item.ends_at))


def _end_sounding(item: Item, conditions: Conditions, now: datetime, wake: list[datetime]) -> Ending | None:
    """The end of the sounding item if it must stop for good now. Adds to `wake` when that may change."""
    wake.append(item.ends_at)
    if item.withdrawn == "cancelled":
        return Ending(item.broadcast, "partial", "cancelled")
    if conditions.muted:
        return Ending(item.broadcast, "partial", "muted")
    if item.is_emergency or item.begun_at is None:
        return None
    quiet_end = quiet_until(now, conditions.quiet_hours, conditions.zone)
    # Nothing begins inside quiet hours. If they end within 1 s of its start, the device or clock was that much early.
    if quiet_end is not None and quiet_end > item.begun_at + START_TOLERANCE:
        return Ending(item.broadcast, "partial", "quiet_hours")
    quiet = next_quiet(quiet_end or now, conditions.quiet_hours, conditions.zone)
    if quiet is not None:
        wake.append(quiet)
    return None


def _judge(
    item: Item, conditions: Conditions, now: datetime, blocked: bool, wake: list[datetime]
) -> Ending | datetime | None:
    """The final state of an item that doesn't sound; its turn, if it may sound now; or None while it must wait.

    `blocked`: another item goes before it. Adds to `wake` when the answer may change.
    """
    if item.withdrawn and (item.begun_at is None or item.withdrawn == "cancelled"):
        if item.begun_at is not None:
            return Ending(item.broadcast, "partial", "cancelled")
        return Ending(item.broadcast, "cancelled", item.withdrawn)
    if conditions.able_since is None and conditions.unable == "clock_untrusted":
        return None
    if item.begins_at > now and not item.at_once:
        wake.append(item.begins_at)
        return None
    if conditions.muted:
        return Ending(item.broadcast, "partial" if item.begun_at else "missed", "muted")
    if item.begun_at is not None:
        return _judge_stopped(item, conditions, now, wake)
    return _judge_new(item, conditions, now, blocked, wake)


def _judge_stopped(item: Item, conditions: Conditions, now: datetime, wake: list[datetime]) -> Ending | datetime | None:
    if item.expires_at <= now:
        return Ending(item.broadcast, "partial", "pre_empted")
    wake.append(item.expires_at)
    if conditions.able_since is None or item.sound_at is None:
        return None
    turn = max(conditions.able_since, item.sound_at, conditions.free_since.get(item.bulletin_class, LONG_AGO))
    if item.is_emergency:
        return turn
    quiet_end = quiet_until(turn, conditions.quiet_hours, conditions.zone)
    if quiet_end is None:
        return turn
    wake.append(quiet_end)
    return quiet_end if quiet_end <= now else None


def _judge_new(
    item: Item, conditions: Conditions, now: datetime, blocked: bool, wake: list[datetime]
) -> Ending | datetime | None:
    turn, held_back_by = _find_turn(item, conditions)
    wake += [item.latest_start + _MS, item.latest_start + START_TOLERANCE + _MS, item.expires_at]
    if item.expires_at <= now:
        return Ending(item.broadcast, "missed", "busy" if blocked else held_back_by)
    if blocked or turn is None:
        only_unable = not blocked and item.sound_at is not None
        until = item.latest_start + (START_TOLERANCE if only_unable else timedelta())
        too_late = now > until and not item.is_emergency
        return Ending(item.broadcast, "missed", "busy" if blocked else held_back_by) if too_late else None
    if item.is_emergency:
        return turn
    if _unobstructed_since(item, conditions) > item.latest_start or turn > item.latest_start + START_TOLERANCE:
        return Ending(item.broadcast, "missed", held_back_by)
    quiet_end = quiet_until(turn, conditions.quiet_hours, conditions.zone)
    if quiet_end is not None:
        if quiet_end > item.latest_start or quiet_end >= item.expires_at:
            return Ending(item.broadcast, "missed", "quiet_hours")
        wake.append(quiet_end)
        if quiet_end > now:
            return None
        turn = quiet_end
    return turn if now <= item.latest_start + START_TOLERANCE else Ending(item.broadcast, "missed", "late")


def _unobstructed_since(item: Item, conditions: Conditions) -> datetime:
    """Since when its sound is on the disk and no sound plays that it can't interrupt: must be by `latest_start`."""
    return max(item.sound_at or LONG_AGO, conditions.free_since.get(item.bulletin_class, LONG_AGO))


def _find_turn(item: Item, conditions: Conditions) -> tuple[datetime | None, MissedReason]:
    """Its turn (None: not yet), and the reason to report if that turn is too late: what it waited for last."""
    if conditions.able_since is None:
        return None, conditions.unable
    if item.sound_at is None:
        known_too_late = not item.is_emergency and item.known_at > item.latest_start
        return None, "late" if known_too_late else item.no_sound
    causes: list[tuple[datetime, MissedReason]] = [
        (item.known_at if item.at_once else item.begins_at, "late"),
        (item.known_at, "late"),
        (item.sound_at, item.no_sound),
        (conditions.able_since, conditions.unable),
        (conditions.free_since.get(item.bulletin_class, LONG_AGO), "busy"),
    ]
    return max(causes, key=lambda cause: cause[0])
