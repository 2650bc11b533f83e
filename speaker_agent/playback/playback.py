"""Playback: asks arbitration which broadcast has the loudspeaker, tells the device, and writes the receipts.

A start must lie on the frame, and yet be written down before the first sample leaves. So two seconds ahead the device
is *armed* with a sound that may begin. When the device's thread asks for the first frame, it claims the right to begin
in the journal and writes the receipt `started`; only then is there a sample. A start that is revoked while it is armed
has never begun; if the two race, the journal tells after `device.stop()` whether the claim was made.

The device says what is true: a sound ends when the device says so, and `heard_ms` is counted there.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from audio.clip_store import ClipStore
from audio.sound.opus import decode
from schedules.arbitration import Begin, Conditions, Decision, Ending, Item, arbitrate, free_after
from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clock.agent_clock import Clock
from speaker_agent.device.port import Device, DeviceFailed, Progress, Sound
from speaker_agent.health.troubles import Troubles
from speaker_agent.memory.journal import Journal, Revoked
from speaker_agent.memory.own_settings import OwnSettings
from speaker_agent.memory.plan import KeptBroadcast, Plan
from speaker_agent.playback.attempt import Attempt, AttemptEnd
from speaker_agent.playback.layout import FRAMES_PER_MS, Layout
from wire.model import BulletinClass
from wire.settings import gain_of_step_db

log = logging.getLogger(__name__)

ARM_AHEAD = timedelta(seconds=2)
# A small board takes seconds to hash a long programme.
CHECK_AHEAD = timedelta(seconds=10)
RETRY_DEVICE_AFTER = timedelta(seconds=1)
# Nothing wakes the loop when the system's clock becomes right.
CHECK_CLOCK_EVERY = timedelta(seconds=5)
# How often to look at a sound that takes longer than its frames should.
_CHECK_OVERDUE_EVERY = timedelta(milliseconds=100)
_MOST_ROUNDS_PER_STEP = 1000


@dataclass(frozen=True)
class ClipCheck:
    """The clips of the next broadcast are hashed again, in a thread."""

    kept: KeptBroadcast
    wrong: "Future[list[str]]"
    """SHA-256 of the clips that are corrupt."""


Unable = Literal["late", "clock_untrusted", "device_failed"]
"""Why no sound can begin, as `Conditions` has it."""


@dataclass
class _Ability:
    """Whether this speaker could begin a sound; see the fields of the same names in `Conditions`."""

    since: datetime | None = None
    unable: Unable = "late"
    retry_device_at: datetime | None = None
    free_since: dict[BulletinClass, datetime] = field(default_factory=dict)


class Playback:
    """Stepped by the main loop."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        own_settings: OwnSettings,
        cache: ClipCache,
        store: ClipStore,
        device: Device,
        clock: Clock,
        troubles: Troubles,
        wake: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._own_settings = own_settings
        self._cache = cache
        self._store = store
        self._device = device
        self._clock = clock
        self._troubles = troubles
        self._wake = wake
        self._recovered = False
        self._ability = _Ability()
        self._attempt: Attempt | None = None
        self._check: ClipCheck | None = None

    @property
    def playing(self) -> str | None:
        """The broadcast that sounds."""
        return self._attempt.id if self._attempt and self._attempt.begun else None

    def step(self, now: datetime) -> datetime | None:
        """Do all that is to be done now; when to look again. Raises sqlite3.Error: the rest is done the next time."""
        if not self._recovered:
            # First what had begun when the power went: it must not go on as if nothing had happened.
            self._plan.recover(now)
            self._recovered = True
        self._plan.miss_what_may_have_sounded(now)
        for _ in range(_MOST_ROUNDS_PER_STEP):
            again, look_again_at = self._round(now)
            if not again:
                return look_again_at
        log.error("playback did not come to rest within %d rounds; it goes on in a second", _MOST_ROUNDS_PER_STEP)
        return now + RETRY_DEVICE_AFTER

    # One round: look, decide, do one thing

    def _round(self, now: datetime) -> tuple[bool, datetime | None]:
        """Whether something was changed, so that all must be decided again; and when to look again."""
        if self._hear_device(now):
            return True, None
        attempt, conditions = self._attempt, self._conditions(now)
        sounds = attempt is not None and self._has_begun(attempt)
        items = self._items(now, attempt if sounds else None)
        decision = arbitrate(items, conditions, now)
        coming = None if sounds else next_begin(items, conditions, decision, now + CHECK_AHEAD)
        if attempt is not None and sounds and decision.sounding != attempt.id:
            self._halt(attempt, _ending_of(attempt.id, decision), now)
            return True, None
        if attempt is not None and not sounds and not self._is_due(attempt, coming):
            self._revoke(attempt)
            return True, None
        for ending in decision.endings:
            self._end_without_device(ending, now)
        if decision.endings:
            return True, None
        if coming is None:
            self._check = None
        elif attempt is None and self._is_checked(self._plan[coming.broadcast]) and coming.at <= now + ARM_AHEAD:
            return self._start(coming, now), self._look_again(decision, now)
        return False, self._look_again(decision, now)

    def _look_again(self, decision: Decision, now: datetime) -> datetime | None:
        wake = [at for at in (decision.look_again_at, self._ability.retry_device_at) if at is not None and at > now]
        if self._ability.unable == "clock_untrusted" and self._ability.since is None:
            wake.append(now + CHECK_CLOCK_EVERY)
        if decision.look_again_at is not None and self._attempt is None:
            wake += [at for ahead in (CHECK_AHEAD, ARM_AHEAD) if (at := decision.look_again_at - ahead) > now]
        return min(wake, default=None)

    def _has_begun(self, attempt: Attempt) -> bool:
        """Whether the first sample may have left. The journal has the claim a moment before `begun` is set."""
        if attempt.begun or self._plan[attempt.id].row.sounding:
            if not self._plan[attempt.id].row.sounding:
                self._plan.see_begun(attempt.id)
            return True
        return False

    def _items(self, now: datetime, sounding: Attempt | None) -> list[Item]:
        return [self._measured(item, now, sounding) for item in self._plan.items(now)]

    def _measured(self, item: Item, now: datetime, sounding: Attempt | None) -> Item:
        """The item, completed with what the device and the disk say of it."""
        kept = self._plan[item.broadcast]
        hashes = [clip.sha256 for clip in kept.content.clips]
        if sounding is not None and sounding.id == item.broadcast:
            began_at = self._device.progress().began_at or sounding.turn
            position_ms = sounding.position // FRAMES_PER_MS
            # It ends when the device says so, not before: until then its length goes beyond now.
            so_far_ms = max(0, (now - began_at) // timedelta(milliseconds=1)) + position_ms
            length_ms = max(sounding.layout.length_ms, so_far_ms + _CHECK_OVERDUE_EVERY // timedelta(milliseconds=1))
            return replace(item, length_ms=length_ms, begun_at=began_at, position_ms=position_ms, is_sounding=True)
        if self._attempt is not None and self._attempt.id == item.broadcast and self._attempt.turn <= now:
            # It waits for nothing but the output delay of the settings.
            began_by = self._attempt.turn + self._attempt.output_delay
            item = replace(item, latest_start=max(item.latest_start, began_by))
        if any(self._cache.was_corrupt(sha256) for sha256 in hashes):
            item = replace(item, no_sound="corrupt_audio")
        if not all(self._cache.holds(sha256) for sha256 in hashes):
            return replace(item, sound_at=None)
        return replace(item, length_ms=self._layout(kept).length_ms, position_ms=kept.row.position // FRAMES_PER_MS)

    def _layout(self, kept: KeptBroadcast) -> Layout:
        content = kept.content
        return Layout(tuple(self._cache.frames(clip.sha256) for clip in content.clips), content.times, content.gap_ms)

    def _conditions(self, now: datetime) -> Conditions:
        ability = self._ability
        if self._clock.state() == "untrusted":
            ability.since, ability.unable = None, "clock_untrusted"
        elif ability.retry_device_at is not None and not _may_retry(ability.retry_device_at, now):
            ability.since, ability.unable = None, "device_failed"
        else:
            ability.retry_device_at = None
            # After the clock was set back, an instant that it told before may lie in the future.
            ability.since = now if ability.since is None else min(ability.since, now)
        settings = self._own_settings.current
        return Conditions(
            able_since=ability.since,
            unable=ability.unable,
            muted=self._own_settings.muted,
            quiet_hours=settings.quiet_hours if settings else (),
            zone=self._own_settings.zone,
            free_since={each: min(at, now) for each, at in ability.free_since.items()},
        )

    # What the device says

    def _hear_device(self, now: datetime) -> bool:
        """Read the device's progress; True if the attempt is over and its end is committed."""
        attempt = self._attempt
        if attempt is None:
            return False
        if attempt.end is None:
            self._read_progress(attempt, self._device.progress(), now)
        if self._attempt is not None and attempt.end is not None:
            self._settle(attempt, attempt.end)
        return self._attempt is None

    def _read_progress(self, attempt: Attempt, progress: Progress, now: datetime) -> None:
        if progress.finished:
            self._troubles.over("device")
            attempt.end = AttemptEnd("played", None, progress, now, attempt.ended_at(progress, now))
        elif progress.failure is not None:
            self._note_device_failure(progress.failure, now)
            self._end_broken_off(attempt, progress, now)
        elif progress.sound_error is not None:
            self._note_sound_failure(attempt, progress.sound_error, now)
            self._end_broken_off(attempt, progress, now)

    def _end_broken_off(self, attempt: Attempt, progress: Progress, now: datetime) -> None:
        if attempt.begun:
            attempt.end = AttemptEnd("partial", "device_failed", progress, now, now)
        else:
            self._attempt = None

    def _note_device_failure(self, words: str, now: datetime) -> None:
        self._troubles.tell("device", words)
        self._ability.retry_device_at = now + RETRY_DEVICE_AFTER

    def _note_sound_failure(self, attempt: Attempt, words: str, now: datetime) -> None:
        if isinstance(attempt.begin_failed, Revoked):
            self._plan.see_begun(attempt.id)
            if self._plan[attempt.id].row.sounding:  # claimed by an earlier thread, which hung in a driver
                self._plan.finish(attempt.id, "partial", "device_failed", now, heard_ms=None)
            return
        if attempt.begin_failed is not None:
            self._note_device_failure(
                f"nothing may sound that can't be written down first: {attempt.begin_failed}", now
            )
            return
        self._troubles.tell("clips", f"broadcast {attempt.id}: {words}")
        if attempt.opened is not None:
            self._cache.refuse(attempt.opened)

    def _settle(self, attempt: Attempt, end: AttemptEnd) -> None:
        """Commit the end; only then is the device free for the next sound. Raises sqlite3.Error: it is tried again."""
        position = attempt.position + end.progress.frames_heard
        error_ms = attempt.start_error_ms(end.progress)
        if end.state == "stopped":
            self._plan.stopped(attempt.id, position, attempt.layout.heard_ms(position), error_ms)
        else:
            heard_ms = attempt.layout.heard_ms(attempt.layout.frames if end.state == "played" else position)
            self._plan.finish(
                attempt.id,
                end.state,
                end.reason,
                end.at,
                heard_ms=heard_ms,
                start_error_ms=error_ms,
                volume=attempt.volume,
            )
        if end.frees_at is not None:
            self._ability.free_since = free_after(self._ability.free_since, attempt.bulletin_class, end.frees_at)
        self._attempt = None

    # Starting and stopping

    def _is_checked(self, kept: KeptBroadcast) -> bool:
        """Whether all its clips were just found right; False while they are hashed. A wrong one is thrown away."""
        if self._check is None or self._check.kept.content != kept.content:
            self._check = ClipCheck(kept, self._cache.check([clip.sha256 for clip in kept.content.clips]))
        if not self._check.wrong.done():
            return False
        wrong = self._check.wrong.result()
        for sha256 in wrong:
            self._cache.throw_away(sha256)
        if wrong:
            self._check = None
        return not wrong

    def _start(self, begin: Begin, now: datetime) -> bool:
        """Arm the device for a start within two seconds; True if it failed, so that all must be decided again."""
        self._check = None
        kept = self._plan[begin.broadcast]
        delay_ms = self._own_settings.current.output_delay_ms if self._own_settings.current else 0
        attempt = Attempt(kept, begin.at, kept.row.position, self._layout(kept), timedelta(milliseconds=delay_ms))
        sound = Sound(kept.id, self._blocks(attempt), attempt.frames)
        try:
            self._device.start(sound, begin.at + attempt.output_delay)
        except DeviceFailed as error:
            self._device.stop()  # a device that hangs while it opens must not begin when it comes back
            self._note_device_failure(str(error), now)
            return True
        self._attempt = attempt
        return False

    def _blocks(self, attempt: Attempt) -> Iterator[bytes]:
        """The PCM for the device, run in its thread. The first block comes after the journal has the claim."""
        content = attempt.kept.content
        volume = self._own_settings.volume_step(content.bulletin_class)
        gain_db = content.gain_db + gain_of_step_db(volume)

        def clip_from(clip: int, from_ms: int) -> Iterator[bytes]:
            attempt.opened = content.clips[clip].sha256
            return decode(self._store.path(attempt.opened), gain_db=gain_db, from_ms=from_ms)

        pcm = attempt.layout.pcm(attempt.position, clip_from)
        first = next(pcm)  # before the claim: a clip that doesn't decode has never begun
        again = attempt.kept.begun
        at = max(attempt.turn + attempt.output_delay, self._clock.now())
        if at > attempt.begins_by:  # the clock was set while it was armed
            attempt.begin_failed = Revoked(attempt.id)
            raise attempt.begin_failed
        receipt = self._plan.started(attempt.id, at, revision=content.revision, volume=volume)
        try:
            self._journal.begin(receipt, again=again, tells=not again or attempt.kept.row.heard_ms is None)
        except (Revoked, sqlite3.Error) as error:
            attempt.begin_failed = error
            raise
        attempt.volume = volume
        attempt.begun = True
        # The device says that it begins before it asks for this block: the loop may have looked too early.
        self._wake()
        yield first
        yield from pcm

    def _is_due(self, attempt: Attempt, coming: Begin | None) -> bool:
        """Whether the armed attempt is still what would begin, with the same content at the same instant."""
        return (
            coming is not None
            and (coming.broadcast, coming.at) == (attempt.id, attempt.turn)
            and self._plan[attempt.id].content == attempt.kept.content
        )

    def _revoke(self, attempt: Attempt) -> None:
        """Take back an armed start. If it has begun in this moment, it counts as stopped, and may go on later."""
        progress = self._device.stop()
        if self._has_begun(attempt):
            now = self._clock.now()
            state: Literal["played", "stopped"] = "played" if attempt.all_left(progress) else "stopped"
            attempt.end = AttemptEnd(state, None, progress, now)
            self._settle(attempt, attempt.end)
        self._attempt = None

    def _halt(self, attempt: Attempt, ending: Ending | None, now: datetime) -> None:
        """Silence what sounds: for good (`ending`), or until the broadcast that goes first is over."""
        progress = self._device.stop()
        if attempt.all_left(progress):
            attempt.end = AttemptEnd("played", None, progress, now, attempt.ended_at(progress, now))
        elif ending is not None and ending.state == "partial":
            attempt.end = AttemptEnd("partial", ending.reason, progress, now, now)
        else:
            attempt.end = AttemptEnd("stopped", None, progress, now)
        self._settle(attempt, attempt.end)

    def _end_without_device(self, ending: Ending, now: datetime) -> None:
        kept = self._plan[ending.broadcast]
        reason, heard_ms = ending.reason, kept.row.heard_ms if kept.begun else 0
        if kept.begun and heard_ms is None and reason == "pre_empted":
            reason = "power_lost"  # an emergency that a crash cut off, and that expired before it could begin again
        self._plan.finish(ending.broadcast, ending.state, reason, now, heard_ms=heard_ms)

    def shut_down(self) -> None:
        """Fall silent. The journal stays as a power cut would leave it, and the next start tells what was cut off."""
        self._device.close()


def next_begin(items: Sequence[Item], conditions: Conditions, decision: Decision, horizon: datetime) -> Begin | None:
    """The next start, now or until `horizon`, if nothing happens that isn't known yet."""
    while decision.begins is None:
        at = decision.look_again_at
        if at is None or at > horizon:
            return None
        decision = arbitrate(items, conditions, at)
    return decision.begins


def _ending_of(broadcast: str, decision: Decision) -> Ending | None:
    return next((ending for ending in decision.endings if ending.broadcast == broadcast), None)


def _may_retry(instant: datetime, now: datetime) -> bool:
    """Whether the pause before the next try of the device is over, also where the clock was set back meanwhile."""
    return not now < instant <= now + RETRY_DEVICE_AFTER
