"""From an announcement's present version to its finished clip: one at a time of each worker, outside any transaction.

A row whose `clip_version` lies below its `version` is work. Whatever ends the work in the middle, it is begun again.
"""

import logging
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Condition
from typing import Self

from sqlmodel import Session, col, select

from audio.clip_store import ClipStore, DiskFull
from audio.preparation import Manner, Prepared, prepare, prepare_recording
from audio.sound.mastering import Sound
from audio.speech.port import FailureReason, SpeechEngine, SpeechFailed, Voice
from controller.announcements.drafts import require_announcement, speaks_vietnamese
from controller.announcements.sound import sound_state
from controller.database.tables import Announcement, Clip
from controller.database.transactions import Database, note_change
from controller.station import facts
from controller.words.phrases import Phrase
from wire.model import ALL_CLASSES, BulletinClass

log = logging.getLogger(__name__)

SOUND_IS_WAITED_FOR_S = 20.0
"""How long a request waits for a sound that is being made, before it is answered without."""
AGAIN_AFTER_FULL_DISK = timedelta(minutes=1)

Engines = Callable[[Voice, BulletinClass, bool], Sequence[SpeechEngine]]
"""For a voice and a class, and whether Google's may be asked: who speaks, and who where that one can't."""


@dataclass(frozen=True)
class _Chosen:
    """What the station has chosen of how its clips sound."""

    gtts: bool
    sound: Sound

    @classmethod
    def read(cls, session: Session) -> Self:
        return cls(
            gtts=facts.read(session, "gtts") == "on",
            sound=Sound(facts.read(session, "horn_filter") == "on", facts.read(session, "siren") == "on"),
        )


def why_silent(reason: FailureReason) -> Phrase:
    """Why an engine did not speak, inside a sentence."""
    match reason:
        case FailureReason.MISSING:
            return Phrase("engine_missing")
        case FailureReason.HUNG:
            return Phrase("engine_hung")
        case FailureReason.DIED:
            return Phrase("engine_died")
        case FailureReason.OFFLINE:
            return Phrase("engine_offline")
        case FailureReason.REFUSED:
            return Phrase("engine_refused")
        case FailureReason.EMPTY:
            return Phrase("engine_silent")
        case FailureReason.BROKEN:
            return Phrase("engine_broken")


class ClipPreparation:
    """The workers' steps, and the wait for what they make. Workers of different classes may step at the same time."""

    def __init__(self, database: Database, store: ClipStore, recordings: ClipStore, engines: Engines) -> None:
        self._database = database
        self._store = store
        self._recordings = recordings
        self._engines = engines
        self._made = Condition()
        self._not_before: datetime | None = None

    def step(self, now: datetime, classes: Collection[BulletinClass] = ALL_CLASSES) -> bool:
        """Make the clip of these classes that has waited longest; whether there was one."""
        if self._not_before is not None and now < self._not_before:
            return False
        with self._database.reading() as session:
            row = session.exec(
                select(Announcement)
                .where(
                    col(Announcement.clip_version) < col(Announcement.version),
                    col(Announcement.bulletin_class).in_(classes),
                )
                .order_by(col(Announcement.changed_at))
                .limit(1)
            ).first()
            chosen = _Chosen.read(session)
        if row is None:
            return False
        self._make(row, now, chosen)
        with self._made:
            self._made.notify_all()
        return True

    def sample(self, voice: Voice, words: str) -> bytes:
        """These words by this voice, at its own pace. Raises SpeechFailed where it can't; another doesn't speak."""
        with self._database.reading() as session:
            chosen = _Chosen.read(session)
        engines = self._engines(voice, "normal", chosen.gtts)[:1]
        with tempfile.TemporaryDirectory() as folder:
            store = ClipStore(Path(folder))
            made = prepare(words, Manner("normal", voice, 1.0, engines, chosen.sound), store)
            return store.read(made.sha256)

    def wait(self, announcement: str, timeout_s: float = SOUND_IS_WAITED_FOR_S) -> bool:
        """Wait until the present version's sound is made, or has failed; whether it came in time."""
        with self._made:
            return self._made.wait_for(lambda: self._is_made(announcement), timeout_s)

    def wait_if_there(self, announcement: str, timeout_s: float = SOUND_IS_WAITED_FOR_S) -> None:
        """The same, for an announcement that may not exist."""
        with self._database.reading() as session:
            there = session.get(Announcement, announcement) is not None
        if there:
            self.wait(announcement, timeout_s)

    def _is_made(self, announcement: str) -> bool:
        with self._database.reading() as session:
            row = require_announcement(session, announcement)
            return sound_state(row) != "being_made"

    def _make(self, row: Announcement, now: datetime, chosen: _Chosen) -> None:
        prepared: Prepared | None = None
        failure: Phrase | None = None
        made_by: str | None = None
        try:
            if row.recording is None and not speaks_vietnamese(row):
                failure = Phrase("speech_of_other_language")
            else:
                made_by, prepared = self._prepare(row, chosen)
        except SpeechFailed as error:
            log.warning("no speech for announcement %s: %s", row.announcement, error)
            failure = Phrase("speech_failed", why=why_silent(error.reason))
        except DiskFull as error:
            log.error("no clip for announcement %s: %s", row.announcement, error)
            self._not_before = now + AGAIN_AFTER_FULL_DISK
            self._write(row, now, None, Phrase("clip_without_room"), again=True)
            return
        except Exception:  # whatever is wrong with this one, the next one is not to wait for it
            log.exception("no clip for announcement %s", row.announcement)
            failure = Phrase("recording_unreadable") if row.recording else Phrase("clip_crashed")
        self._write(row, now, prepared, failure, made_by)

    def _prepare(self, row: Announcement, chosen: _Chosen) -> tuple[str | None, Prepared]:
        """The clip and the recipe that it was made by; where a clip of that recipe is there, that one."""
        if row.recording is not None:
            recording = self._recordings.read(row.recording)
            return None, prepare_recording(
                recording, bulletin_class=row.bulletin_class, sound=chosen.sound, store=self._store
            )
        engines = self._engines(row.voice, row.bulletin_class, chosen.gtts)
        manner = Manner(row.bulletin_class, row.voice, row.speed, engines, chosen.sound)
        made_by = manner.recipe(row.spoken_text)
        return made_by, self._made_before(made_by) or prepare(row.spoken_text, manner, self._store)

    def _made_before(self, made_by: str) -> Prepared | None:
        with self._database.reading() as session:
            clip = session.exec(select(Clip).where(Clip.recipe == made_by).limit(1)).first()
        if clip is None or not self._store.verify(clip.sha256):
            return None
        return Prepared(clip.sha256, clip.bytes, clip.duration_ms, clip.engine, None, clip.sentences)

    def _write(
        self,
        made_from: Announcement,
        now: datetime,
        prepared: Prepared | None,
        failure: Phrase | None,
        made_by: str | None = None,
        again: bool = False,
    ) -> None:
        with self._database.writing() as session:
            row = require_announcement(session, made_from.announcement)
            if row.version != made_from.version:
                return
            if prepared is not None:
                clip = session.get(Clip, prepared.sha256) or Clip(
                    sha256=prepared.sha256, bytes=prepared.bytes, duration_ms=prepared.duration_ms, created_at=now
                )
                clip.engine, clip.sentences = prepared.engine, prepared.sentences
                if prepared.fallback is None and made_by is not None:
                    clip.recipe = made_by
                session.add(clip)
                session.flush()
            row.clip = prepared.sha256 if prepared else None
            row.clip_engine = prepared.engine if prepared else None
            row.clip_fallback = prepared.fallback if prepared else None
            row.clip_failure = failure
            if not again:
                row.clip_version = row.version
            session.add(row)
            note_change(session, "announcement", row.announcement)
