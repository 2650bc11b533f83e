"""What one speaker sounds now, and when to look again: the one function that decides it.

One sound at a time. Emergency before priority before normal; in one class the earlier planned instant, then the lower
id; stopped and waiting ones alike. The speaker's loop calls it with the clock's `now`, a preview with instants to come.

Its answers depend on instants that happened (when the sound came, when the speaker was able, when the last sound ended)
and not on how late the loop that asks has woken: an item's **turn** is the latest of those instants.
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
# A start up to this long after `latest_start` isn't late where nothing stood in its way at that instant.
START_TOLERANCE = timedelta(seconds=1)
_TICK = timedelta(milliseconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """One broadcast at one speaker, in no final state.

    `at_once`: it has no planned instant of its own and waits for its sound alone; `planned_at` is then when it was
    issued, which puts it in order and holds nothing back (the office's clock may be ahead of the speaker's).
    `known_at`: when the speaker learned of it. `sound_at`: since when its sound is on the disk (None: it isn't, for the
    reason `no_sound`). `begun_at` is None until it begins; then it is the instant at which it last began or went on, at
    `position_ms`, and `sounding` tells whether it still does; else it was stopped, and goes on at `position_ms`.
    """

    broadcast: str
    bulletin_class: BulletinClass
    planned_at: datetime
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
    sounding: bool = False

    @property
    def emergency(self) -> bool:
        """Whether quiet hours and `latest_start` don't bind it."""
        return self.bulletin_class == "emergency"

    @property
    def rank(self) -> int:
        """Its place among the classes; the lower one is the better."""
        return RANK[self.bulletin_class]

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Who goes first."""
        return self.rank, self.planned_at, self.broadcast

    @property
    def ends_at(self) -> datetime:
        """When it will have sounded whole, if it goes on as it does."""
        return (self.begun_at or self.planned_at) + timedelta(milliseconds=self.length_ms - self.position_ms)


@dataclass(frozen=True)
class Conditions:
    """What holds for the speaker as a whole.

    `able_since`: since when it could have begun a sound (running, clock believed, device there); None while it can't,
    for the reason `unable`, which is also the reason of what is too late because of `able_since`. `free_since`: for
    each class, when the last sound that it could not have stopped ended.
    """

    able_since: datetime | None = LONG_AGO
    unable: Literal["late", "clock_untrusted", "device_failed"] = "late"
    muted: bool = False
    quiet_hours: Sequence[QuietHours] = ()
    zone: tzinfo = UTC
    free_since: Mapping[BulletinClass, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """A final state that an item has come to without the device's word."""

    broadcast: str
    state: Literal["partial", "missed", "cancelled"]
    reason: PartialReason | MissedReason | CancelledReason


@dataclass(frozen=True)
class Begin:
    """What begins or goes on now: at which instant its turn came (often a little ago), and where in it."""

    broadcast: str
    at: datetime
    from_ms: int


@dataclass(frozen=True)
class Decision:
    """Who has the loudspeaker from now on.

    `sounding` is None for silence. What sounded before and is neither `sounding` nor among the `endings` nor at its end
    was stopped by a better one, and goes on later. `look_again_at`: nothing changes before it by itself.
    """

    sounding: str | None
    begins: Begin | None
    endings: tuple[Ending, ...]
    look_again_at: datetime | None


def free_after(
    free_since: Mapping[BulletinClass, datetime], bulletin_class: BulletinClass, ended_at: datetime
) -> dict[BulletinClass, datetime]:
    """`free_since` once a sound of that class has ended: what is equal or worse had to wait for it."""
    return {
        each: max(free_since.get(each, LONG_AGO), ended_at if rank >= RANK[bulletin_class] else LONG_AGO)
        for each, rank in RANK.items()
    }


def arbitrate(items: Sequence[Item], conditions: Conditions, now: datetime) -> Decision:
    """Decide for one speaker at one instant. Pure; `items` in any order, at most one of them `sounding`."""
    endings: dict[str, Ending] = {}
    wake: list[datetime] = []
    sounding = next((item for item in items if item.sounding), None)
    if sounding and sounding.ends_at <= now:
        conditions = _freed(conditions, sounding)
        sounding = None
    if sounding:
        cut = _cut(sounding, conditions, now, wake)
        if cut:
            endings[sounding.broadcast] = cut
            conditions = _freed(conditions, sounding, now)
            sounding = None
    waiting: list[tuple[Item, datetime]] = []
    for item in sorted((item for item in items if not item.sounding), key=lambda item: item.order):
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
        quiet = None if item.emergency else next_quiet(turn, conditions.quiet_hours, conditions.zone)
        if quiet is not None:
            wake.append(max(quiet, now + _TICK))
    if waiting and sounding:
        if sounding.expires_at <= now:
            endings[sounding.broadcast] = Ending(sounding.broadcast, "partial", "pre_empted")
        wake.append(sounding.expires_at)
    later = [instant for instant in wake if instant > now]
    return Decision(holder, begins, tuple(endings.values()), min(later, default=None))


def _freed(conditions: Conditions, item: Item, at: datetime | None = None) -> Conditions:
    return replace(conditions, free_since=free_after(conditions.free_since, item.bulletin_class, at or item.ends_at))


def _cut(item: Item, conditions: Conditions, now: datetime, wake: list[datetime]) -> Ending | None:
    """Why the item that sounds must fall silent for good, if it must."""
    wake.append(item.ends_at)
    if item.withdrawn == "cancelled":
        return Ending(item.broadcast, "partial", "cancelled")
    if conditions.muted:
        return Ending(item.broadcast, "partial", "muted")
    if item.emergency or item.begun_at is None:
        return None
    quiet_end = quiet_until(now, conditions.quiet_hours, conditions.zone)
    # Nothing begins inside them: where they end as it began, a device or a clock was a moment early.
    if quiet_end is not None and quiet_end > item.begun_at + START_TOLERANCE:
        return Ending(item.broadcast, "partial", "quiet_hours")
    quiet = next_quiet(quiet_end or now, conditions.quiet_hours, conditions.zone)
    if quiet is not None:
        wake.append(quiet)
    return None


def _judge(
    item: Item, conditions: Conditions, now: datetime, blocked: bool, wake: list[datetime]
) -> Ending | datetime | None:
    """A final state; or the instant at which its turn came, if it may sound now; or None while it waits."""
    if item.withdrawn and (item.begun_at is None or item.withdrawn == "cancelled"):
        if item.begun_at is not None:
            return Ending(item.broadcast, "partial", "cancelled")
        return Ending(item.broadcast, "cancelled", item.withdrawn)
    if conditions.able_since is None and conditions.unable == "clock_untrusted":
        return None
    if item.planned_at > now and not item.at_once:
        wake.append(item.planned_at)
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
    if item.emergency:
        return turn
    quiet_end = quiet_until(turn, conditions.quiet_hours, conditions.zone)
    if quiet_end is None:
        return turn
    wake.append(quiet_end)
    return quiet_end if quiet_end <= now else None


def _judge_new(
    item: Item, conditions: Conditions, now: datetime, blocked: bool, wake: list[datetime]
) -> Ending | datetime | None:
    turn, held_back_by = _turn(item, conditions)
    wake += [item.latest_start + _TICK, item.latest_start + START_TOLERANCE + _TICK, item.expires_at]
    if item.expires_at <= now:
        return Ending(item.broadcast, "missed", "busy" if blocked else held_back_by)
    if blocked or turn is None:
        only_unable = not blocked and item.sound_at is not None
        until = item.latest_start + (START_TOLERANCE if only_unable else timedelta())
        too_late = now > until and not item.emergency
        return Ending(item.broadcast, "missed", "busy" if blocked else held_back_by) if too_late else None
    if item.emergency:
        return turn
    if _stood_in_its_way_until(item, conditions) > item.latest_start or turn > item.latest_start + START_TOLERANCE:
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


def _stood_in_its_way_until(item: Item, conditions: Conditions) -> datetime:
    """When its sound was there and nothing sounded that it couldn't stop: that must be so by `latest_start`."""
    return max(item.sound_at or LONG_AGO, conditions.free_since.get(item.bulletin_class, LONG_AGO))


def _turn(item: Item, conditions: Conditions) -> tuple[datetime | None, MissedReason]:
    """When its turn came (None: not yet), and what it was that came last."""
    if conditions.able_since is None:
        return None, conditions.unable
    if item.sound_at is None:
        known_too_late = not item.emergency and item.known_at > item.latest_start
        return None, "late" if known_too_late else item.no_sound
    causes: list[tuple[datetime, MissedReason]] = [
        (item.known_at if item.at_once else item.planned_at, "late"),
        (item.known_at, "late"),
        (item.sound_at, item.no_sound),
        (conditions.able_since, conditions.unable),
        (conditions.free_since.get(item.bulletin_class, LONG_AGO), "busy"),
    ]
    return max(causes, key=lambda cause: cause[0])
