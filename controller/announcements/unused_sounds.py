"""Sounds that nobody names any more: each change of an announcement makes a new clip, and the old one goes.

A clip is named by an announcement as it is now, or by what was handed in once (its broadcasts play that); a recorded
voice by an announcement. No speaker is told to keep a clip beyond that (`kept_clips` is empty).
"""

import logging
from datetime import datetime, timedelta

from sqlmodel import col, delete, select

from audio.clip_store import ClipStore
from controller.database.tables import Announcement, Clip, Submission
from controller.database.transactions import Database

log = logging.getLogger(__name__)

NAMED_WITHIN = timedelta(hours=1)
"""A sound is kept first and named after; one that is younger may still be named."""


def forget_unused_sounds(database: Database, clips: ClipStore, recordings: ClipStore, now: datetime) -> None:
    """Remove them, the rows first: whatever ends this in the middle, the next time does the rest."""
    with database.writing() as session:
        session.exec(
            delete(Clip).where(
                ~select(Announcement.clip).where(Announcement.clip == Clip.sha256).exists(),
                ~select(Submission.clip).where(Submission.clip == Clip.sha256).exists(),
            )
        )
        known = set(session.exec(select(Clip.sha256)).all())
        recorded = set(session.exec(select(Announcement.recording).where(col(Announcement.recording).is_not(None))))
    for store, named in ((clips, known), (recordings, recorded)):
        removed = [sha256 for sha256 in store.clips().keys() - named if store.remove_older(sha256, now - NAMED_WITHIN)]
        if removed:
            log.info("removed %d sounds that nobody names any more", len(removed))
