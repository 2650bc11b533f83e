"""From an announcement's current version to its finished clip: each worker makes one at a time, outside transactions.

A row whose `clip_version` is below its `version` is work. If the work is cut off, the row stays as it is, and the next
step makes the clip anew.
"""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Self

from sqlmodel import Session, col, select

from audio.clip_store import ClipStore, DiskFull
from audio.preparation import Manner, PreparedClip, prepare, prepare_recording
from audio.sound.mastering import SoundOptions
from audio.speech.port import FailureReason, SpeechEngine, SpeechFailed, Voice
from controller.announcements.lists import require_announcement
from controller.announcements.readings import speaks_vietnamese
from controller.announcements.sound import sound_state
from controller.database.tables import Announcement, Clip
from controller.database.transactions import Database, note_change
from controller.station import facts
from controller.words.phrases import Phrase
from wire.model import ALL_CLASSES, BulletinClass

log = logging.getLogger(__name__)

RETRY_AFTER_FULL_DISK = timedelta(minutes=1)

Engines = Callable[[Voice, BulletinClass, bool], Sequence[SpeechEngine]]
"""(voice, bulletin class, whether Google may be asked) → the engines to try, in order."""


@dataclass(frozen=True)
class _StationChoices:
    """The station's choices that decide how its clips sound."""

    gtts: bool
    sound: SoundOptions

    @classmethod
    def read(cls, session: Session) -> Self:
        return cls(
            gtts=facts.read(session, "gtts") == "on",
            sound=SoundOptions(facts.read(session, "horn_filter") == "on", facts.read(session, "siren") == "on"),
        )


def why_silent(reason: FailureReason) -> Phrase:
    """Why an engine did not speak, as a clause of a sentence."""
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
    """Makes clips step by step, and lets requests wait for them. Several workers may step at the same time."""

    def __init__(self, database: Database, store: ClipStore, recordings: ClipStore, engines: Engines) -> None:
        self._database = database
        self._store = store
        self._recordings = recordings
        self._engines = engines
        self._watchers: list[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._lock = Lock()
        self._not_before: datetime | None = None

    def step(self, now: datetime, classes: Collection[BulletinClass] = ALL_CLASSES) -> bool:
        """Make the clip of these classes that has waited longest. Returns whether there was one to make."""
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
            choices = _StationChoices.read(session)
        if row is None:
            return False
        self._make_clip(row, now, choices)
        self._wake_watchers(row.announcement)
        return True

    def sample(self, voice: Voice, words: str) -> bytes:
        """Ogg Opus of these words in this voice at normal speed. Raises SpeechFailed; no other voice steps in."""
        with self._database.reading() as session:
            choices = _StationChoices.read(session)
        engines = self._engines(voice, "normal", choices.gtts)[:1]
        with tempfile.TemporaryDirectory() as folder:
            store = ClipStore(Path(folder))
            made = prepare(words, Manner("normal", voice, 1.0, engines, choices.sound), store)
            return store.read(made.sha256)

    def is_made(self, announcement: str) -> bool:
        """Whether the current version's clip is made or has failed; True also where there is no such announcement."""
        with self._database.reading() as session:
            row = session.get(Announcement, announcement)
            return row is None or sound_state(row) != "being_made"

    @contextmanager
    def watched(self, announcement: str) -> Iterator[asyncio.Event]:
        """An event of the running event loop, set when `is_made` may have changed. Waiting for it takes no thread."""
        watcher = (announcement, asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._watchers.append(watcher)
        try:
            yield watcher[2]
        finally:
            with self._lock:
                self._watchers.remove(watcher)

    def _wake_watchers(self, made: str) -> None:
        with self._lock:
            watchers = [each for each in self._watchers if each[0] == made]
        for _, loop, woken in watchers:
            with contextlib.suppress(RuntimeError):  # the event loop is closed: the office is stopping
                loop.call_soon_threadsafe(woken.set)

    def _make_clip(self, row: Announcement, now: datetime, choices: _StationChoices) -> None:
        prepared: PreparedClip | None = None
        failure: Phrase | None = None
        recipe: str | None = None
        try:
            if row.recording is None and not speaks_vietnamese(row):
                failure = Phrase("speech_of_other_language")
            else:
                recipe, prepared = self._prepare(row, choices)
        except SpeechFailed as error:
            log.warning("no speech for announcement %s: %s", row.announcement, error)
            failure = Phrase("speech_failed", why=why_silent(error.reason))
        except DiskFull as error:
            log.error("no clip for announcement %s: %s", row.announcement, error)
            self._not_before = now + RETRY_AFTER_FULL_DISK
            self._store_result(row, now, None, Phrase("clip_without_room"), retry=True)
            return
        except Exception:  # a fault in one announcement must not stop the next
            log.exception("no clip for announcement %s", row.announcement)
            failure = Phrase("recording_unreadable") if row.recording else Phrase("clip_crashed")
        self._store_result(row, now, prepared, failure, recipe)

    def _prepare(self, row: Announcement, choices: _StationChoices) -> tuple[str | None, PreparedClip]:
        """(recipe or None for a recording, the clip): a stored clip of the same recipe, or a new one."""
        if row.recording is not None:
            recording = self._recordings.read(row.recording)
            return None, prepare_recording(
                recording, bulletin_class=row.bulletin_class, sound=choices.sound, store=self._store
            )
        engines = self._engines(row.voice, row.bulletin_class, choices.gtts)
        manner = Manner(row.bulletin_class, row.voice, row.speed, engines, choices.sound)
        recipe = manner.recipe(row.spoken_text)
        return recipe, self._find_by_recipe(recipe) or prepare(row.spoken_text, manner, self._store)

    def _find_by_recipe(self, recipe: str) -> PreparedClip | None:
        with self._database.reading() as session:
            clip = session.exec(select(Clip).where(Clip.recipe == recipe).limit(1)).first()
        if clip is None or not self._store.verify(clip.sha256):
            return None
        return PreparedClip(clip.sha256, clip.bytes, clip.duration_ms, clip.engine, None, clip.sentences)

    def _store_result(
        self,
        made_from: Announcement,
        now: datetime,
        prepared: PreparedClip | None,
        failure: Phrase | None,
        recipe: str | None = None,
        retry: bool = False,
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
                if prepared.fallback is None and recipe is not None:
                    clip.recipe = recipe
                session.add(clip)
                session.flush()
            row.clip = prepared.sha256 if prepared else None
            row.clip_engine = prepared.engine if prepared else None
            row.clip_fallback = prepared.fallback if prepared else None
            row.clip_failure = failure
            if not retry:
                row.clip_version = row.version
            session.add(row)
            note_change(session, "announcement", row.announcement)
