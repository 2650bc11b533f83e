"""Which clips the plan and the settings need: what is fetched, in which order, and what may be removed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from schedules.arbitration import RANK
from speaker_agent.clips.clip_cache import ClipCache
from speaker_agent.clips.clip_room import NeededClip
from speaker_agent.memory.own_settings import OwnSettings
from speaker_agent.memory.plan import Plan

REMOVE_EVERY = timedelta(minutes=10)
# In the first hour of a new journal the plan may still be on its way: nothing on the disk is unneeded yet.
LEARNS_FOR_S = 3_600.0
# Clips that the settings keep are fetched after those of every broadcast.
_AFTER_ALL_BROADCASTS = datetime(2999, 1, 1, tzinfo=UTC)


class ClipNeeds:
    """Stepped by the main loop. `journal_is_new`: this start has made the journal, so its plan is still empty."""

    def __init__(
        self,
        plan: Plan,
        own_settings: OwnSettings,
        cache: ClipCache,
        *,
        journal_is_new: bool,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._own_settings = own_settings
        self._cache = cache
        self._journal_is_new = journal_is_new
        self._monotonic_s = monotonic_s
        self._begun_s = monotonic_s()
        self._changes_seen: tuple[int, int] | None = None
        self._removed_at: datetime | None = None

    def step(self, now: datetime) -> None:
        """After a change of the plan, of the settings or on the disk: tell the cache what is needed now.

        Then tell the plan which clips are there.
        """
        changes = self._plan.changes, self._cache.changes
        if changes == self._changes_seen:
            return
        self._cache.want(self._needed(now), self._plan.size_bytes())
        self._plan.note_sounds(self._cache.holds, now)
        self._changes_seen = self._plan.changes, self._cache.changes

    def remove_unneeded(self, now: datetime) -> datetime:
        """Every ten minutes: remove the clips that no broadcast and no setting names; when to look again."""
        if self._removed_at is not None and self._removed_at <= now < self._removed_at + REMOVE_EVERY:
            return self._removed_at + REMOVE_EVERY
        self._removed_at = now
        settings = self._own_settings.current
        learns = self._journal_is_new and self._monotonic_s() - self._begun_s < LEARNS_FOR_S
        if settings is not None and not learns:
            named = {clip.sha256 for clip in settings.kept_clips}
            for kept in self._plan.naming_clips(now):
                named.update(clip.sha256 for clip in (*kept.content.clips, *kept.newest.clips))
            self._cache.keep_only(named)
        return now + REMOVE_EVERY

    def _needed(self, now: datetime) -> list[NeededClip]:
        settings = self._own_settings.current
        planned = [
            NeededClip(
                clip,
                (max(kept.content.starts_at or now, now), RANK[kept.content.bulletin_class], kept.id),
                required=kept.row.told_ready or kept.begun or kept.content.bulletin_class == "emergency",
            )
            for kept in self._plan.open()
            if kept.row.withdrawn is None or kept.begun
            for clip in kept.content.clips
        ]
        always = [
            NeededClip(clip, (_AFTER_ALL_BROADCASTS, 0, clip.sha256), required=True)
            for clip in (settings.kept_clips if settings else ())
        ]
        return planned + always
