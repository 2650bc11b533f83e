"""Removing unused sounds: each change of an announcement makes a new clip and leaves the old one behind.

A clip is in use if an announcement's current version or any submission names it (broadcasts play submitted clips); a
recording if an announcement names it. No speaker is told to keep other clips (`kept_clips` is empty).
"""

import logging
from datetime import datetime, timedelta

from sqlmodel import col, delete, select

from audio.clip_store import ClipStore
from controller.database.tables import Announcement, Clip, Submission
from controller.database.transactions import Database

log = logging.getLogger(__name__)

MIN_AGE_OF_UNUSED = timedelta(hours=1)
"""A sound is stored first and named in a row afterwards, so a younger file may still come into use."""


def remove_unused_sounds(database: Database, clips: ClipStore, recordings: ClipStore, now: datetime) -> None:
    """Remove unused clips and recordings, rows before files: if this is cut off, the next call removes the rest."""
    with database.writing() as session:
        session.exec(
            delete(Clip).where(
                ~select(Announcement.clip).where(Announcement.clip == Clip.sha256).exists(),
                ~select(Submission.clip).where(Submission.clip == Clip.sha256).exists(),
            )
        )
        clips_in_use = set(session.exec(select(Clip.sha256)).all())
        recordings_in_use = set(
            session.exec(select(Announcement.recording).where(col(Announcement.recording).is_not(None)))
        )
    for store, in_use in ((clips, clips_in_use), (recordings, recordings_in_use)):
        removed = [
            sha256 for sha256 in store.clips().keys() - in_use if store.remove_older(sha256, now - MIN_AGE_OF_UNUSED)
        ]
        if removed:
            log.info("removed %d sounds that nobody names any more", len(removed))
