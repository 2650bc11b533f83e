"""Makes sounds for announcements: the oldest first, one failure delays no other, and the officer is told why."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest

from audio.clip_store import ClipStore, DiskFull
from audio.speech.port import FailureReason, Speech, SpeechEngine, Voice
from controller.announcements.clip_preparation import ClipPreparation, why_silent
from controller.announcements.drafts import AnnouncementFields, change_announcement, write_announcement
from controller.announcements.lists import require_announcement
from controller.announcements.sound import keep_recording
from controller.announcements.voices import Voices
from controller.broker.link import Link
from controller.database.tables import Announcement, Clip
from controller.running.alarm_clock import AlarmClock
from controller.station import facts
from controller.words.phrases import Phrase
from tests.audio.speech.voices import FailingEngine, ToneEngine
from tests.people import Commune
from tests.servers.waiting import wait_for
from tests.web.api.test_requests import recorded
from tests.web.conftest import make_website
from wire.model import BulletinClass

Prepare = Callable[..., ClipPreparation]
TONE = ToneEngine()


@pytest.fixture
def prepare(commune: Commune, tmp_path: Path) -> Prepare:
    """Makes a worker that speaks with the given engines."""

    def make(*engines: SpeechEngine) -> ClipPreparation:
        recordings = ClipStore(tmp_path / "recordings")
        return ClipPreparation(
            commune.database, commune.store, recordings, lambda _voice, _class, _gtts: engines or (TONE,)
        )

    return make


def write_draft(commune: Commune, bulletin_class: BulletinClass = "normal") -> str:
    with commune.writing() as session:
        fields: AnnouncementFields = {"title": "Họp dân", "text": "Kính mời bà con.", "bulletin_class": bulletin_class}
        return write_announcement(session, commune.now, commune.officers["tham"], fields).announcement


def has_its_sound(row: Announcement) -> bool:
    return row.clip_version == row.version and row.clip is not None


def test_an_announcement_gets_its_sound_once(commune: Commune, prepare: Prepare) -> None:
    announcement, worker = write_draft(commune), prepare()
    assert (worker.step(commune.now), worker.step(commune.now)) == (True, False)
    row = commune.row(announcement)
    assert (row.clip_engine, row.clip_failure, row.clip_fallback) == (TONE.name, None, None)
    assert row.clip is not None
    with commune.database.reading() as session:
        clip = session.get_one(Clip, row.clip)
    assert clip.bytes == len(commune.store.read(clip.sha256))
    assert clip.duration_ms > 1500


def test_the_announcement_that_waited_longest_gets_its_sound_first(commune: Commune, prepare: Prepare) -> None:
    first = write_draft(commune)
    commune.later(seconds=1)
    second = write_draft(commune)
    prepare().step(commune.now)
    assert [has_its_sound(commune.row(each)) for each in (first, second)] == [True, False]


def test_two_announcements_with_the_same_words_share_one_clip(commune: Commune, prepare: Prepare) -> None:
    first, second, worker = write_draft(commune), write_draft(commune), prepare()
    while worker.step(commune.now):
        pass
    assert commune.row(first).clip == commune.row(second).clip


def test_a_text_that_changes_while_it_is_spoken_is_spoken_again(commune: Commune, prepare: Prepare) -> None:
    announcement = write_draft(commune)

    class ChangesWhileItSpeaks(ToneEngine):
        def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
            with commune.writing() as session:
                change_announcement(session, commune.now, commune.officers["tham"], announcement, {"speed": 0.5})
            return super().speak(sentences, voice, speed)

    assert prepare(ChangesWhileItSpeaks()).step(commune.now)
    assert not has_its_sound(commune.row(announcement)), "the old version's sound is nobody's"
    assert prepare().step(commune.now)
    assert has_its_sound(commune.row(announcement))


def test_when_an_engine_fails_the_next_one_speaks_and_the_officer_is_told(commune: Commune, prepare: Prepare) -> None:
    announcement = write_draft(commune)
    prepare(FailingEngine(FailureReason.OFFLINE, "Google"), TONE).step(commune.now)
    row = commune.row(announcement)
    assert (row.clip_engine, row.clip_fallback) == (TONE.name, "Google")


@pytest.mark.parametrize("reason", list(FailureReason))
def test_when_no_engine_speaks_the_officer_is_told_why(
    commune: Commune, prepare: Prepare, reason: FailureReason
) -> None:
    announcement, worker = write_draft(commune), prepare(FailingEngine(reason))
    assert (worker.step(commune.now), worker.step(commune.now)) == (True, False), "not again and again"
    row = commune.row(announcement)
    assert row.clip is None
    assert row.clip_failure == Phrase("speech_failed", why=why_silent(reason))


def test_an_announcement_that_meets_a_defect_delays_no_other(commune: Commune, prepare: Prepare) -> None:
    class Breaks(ToneEngine):
        def speak(self, *_given: object) -> Speech:
            raise RuntimeError("a fault of our own")

    first = write_draft(commune)
    commune.later(seconds=1)
    second = write_draft(commune)
    assert prepare(Breaks()).step(commune.now)
    assert str(commune.row(first).clip_failure) == "máy chủ gặp lỗi khi làm âm thanh"
    assert prepare().step(commune.now)
    assert has_its_sound(commune.row(second))


def test_a_sound_that_a_full_disk_refused_is_tried_again_a_minute_later(
    commune: Commune, prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_data: bytes) -> str:
        raise DiskFull(28, "no room")

    announcement, worker = write_draft(commune), prepare()
    with monkeypatch.context() as disk:
        disk.setattr(commune.store, "put", full)
        assert worker.step(commune.now)
        assert not worker.step(commune.later(seconds=59)), "not all the time"
    row = commune.row(announcement)
    assert row.clip_version < row.version
    assert "hết chỗ" in str(row.clip_failure)
    assert worker.step(commune.later(seconds=1))
    row = commune.row(announcement)
    assert has_its_sound(row)
    assert row.clip_failure is None


class TestARecordedVoice:
    """In place of speech."""

    @pytest.fixture
    def announcement(self, commune: Commune, tmp_path: Path) -> str:
        written = write_draft(commune)
        sha256 = ClipStore(tmp_path / "recordings").put(recorded(2))
        with commune.writing() as session:
            keep_recording(session, commune.now, commune.officers["tham"], written, sha256)
        return written

    def test_is_the_sound(self, commune: Commune, prepare: Prepare, announcement: str) -> None:
        prepare(FailingEngine(FailureReason.DIED)).step(commune.now)
        row = commune.row(announcement)
        assert has_its_sound(row)
        assert row.clip_engine is None

    def test_that_is_lost_is_reported(
        self, commune: Commune, prepare: Prepare, announcement: str, tmp_path: Path
    ) -> None:
        for file in (tmp_path / "recordings").glob("?" * 64):
            file.write_bytes(b"not any more")
        prepare().step(commune.now)
        assert str(commune.row(announcement).clip_failure) == "tệp ghi âm không còn đọc được"


def test_whoever_watches_an_announcement_is_woken_when_its_sound_is_made(commune: Commune, prepare: Prepare) -> None:
    announcement, worker = write_draft(commune), prepare()

    async def watch() -> None:
        with worker.watched(announcement) as woken, worker.watched("another") as others:
            assert not worker.is_made(announcement)
            await asyncio.to_thread(worker.step, commune.now)
            async with asyncio.timeout(10):
                await woken.wait()
            assert worker.is_made(announcement)
            assert not others.is_set()

    asyncio.run(watch())


def test_the_online_voice_is_asked_only_where_an_administrator_allowed_it(commune: Commune, tmp_path: Path) -> None:
    asked: list[bool] = []

    def engines(_voice: str, _class: str, gtts: bool) -> Sequence[SpeechEngine]:
        asked.append(gtts)
        return (TONE,)

    worker = ClipPreparation(commune.database, commune.store, ClipStore(tmp_path / "recordings"), engines)
    write_draft(commune)
    worker.step(commune.now)
    with commune.writing() as session:
        facts.write(session, "gtts", "on")
    write_draft(commune)
    worker.step(commune.now + timedelta(seconds=1))
    assert asked == [False, True]


def test_an_emergency_gets_its_sound_while_another_announcement_waits_for_a_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = Event()

    class WaitsForTheNetwork(ToneEngine):
        def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
            spoken.wait(60)
            return super().speak(sentences, voice, speed)

    def engines(_voices: Voices, _voice: str, bulletin_class: str, _gtts: bool) -> Sequence[SpeechEngine]:
        return (TONE,) if bulletin_class == "emergency" else (WaitsForTheNetwork(),)

    monkeypatch.setattr(Voices, "engines", engines)
    for part in (Link, AlarmClock):
        monkeypatch.setattr(part, "start", lambda _part: None)
        monkeypatch.setattr(part, "stop", lambda _part: None)
    website = make_website(tmp_path)
    office, commune = website.office, website.commune
    commune.database.close()
    commune.database = office.database  # what is written there wakes the office's workers
    with commune.writing() as session:
        facts.write(session, "keys", facts.keys_text(office.keys.public))
    office.start()
    try:
        normal = write_draft(commune)
        commune.later(seconds=1)
        emergency = write_draft(commune, bulletin_class="emergency")
        wait_for(lambda: office.preparation.is_made(emergency), lambda: "the emergency has no sound")
        assert not has_its_sound(commune.row(normal)), "it still speaks"
        spoken.set()
        wait_for(lambda: office.preparation.is_made(normal), lambda: "the other one was forgotten")
    finally:
        spoken.set()
        office.stop()


def test_nobody_waits_for_an_announcement_that_does_not_exist(commune: Commune, prepare: Prepare) -> None:
    assert prepare().is_made("nobody's")
    with commune.database.reading() as session, pytest.raises(Exception, match="Không có bản tin này"):
        require_announcement(session, "nobody's")


class Counting(ToneEngine):
    """Counts how often it is asked."""

    asked: ClassVar[list[Sequence[str]]] = []

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        self.asked.append(sentences)
        return super().speak(sentences, voice, speed)


class TestTheSameWordsAgain:
    @pytest.fixture(autouse=True)
    def _reset_the_count(self) -> None:
        Counting.asked.clear()

    def test_no_engine_is_asked_and_it_is_the_same_clip(self, commune: Commune, prepare: Prepare) -> None:
        first, worker = write_draft(commune), prepare(Counting())
        worker.step(commune.now)
        second = write_draft(commune)
        worker.step(commune.now)
        assert len(Counting.asked) == 1
        one, other = commune.row(first), commune.row(second)
        assert one.clip == other.clip
        assert other.clip_engine == Counting.name

    def test_a_changed_voice_speed_class_or_text_makes_a_new_clip(self, commune: Commune, prepare: Prepare) -> None:
        worker = prepare(Counting())
        changes: tuple[AnnouncementFields, ...] = (
            {},
            {"voice": "south"},
            {"speed": 0.85},
            {"bulletin_class": "priority"},
            {"text": "Khác"},
        )
        for change in changes:
            with commune.writing() as session:
                fields: AnnouncementFields = {
                    "title": "Họp",
                    "text": "Kính mời bà con.",
                    "bulletin_class": "normal",
                    **change,
                }
                write_announcement(session, commune.now, commune.officers["tham"], fields)
            assert worker.step(commune.now)
        with commune.writing() as session:
            facts.write(session, "horn_filter", "off")
        write_draft(commune)
        worker.step(commune.now)
        assert len(Counting.asked) == 6

    def test_a_clip_that_was_lost_is_made_again(self, commune: Commune, prepare: Prepare) -> None:
        first, worker = write_draft(commune), prepare(Counting())
        worker.step(commune.now)
        clip = commune.row(first).clip
        assert clip
        commune.store.remove(clip)
        write_draft(commune)
        worker.step(commune.now)
        assert len(Counting.asked) == 2
        assert commune.store.holds(clip)

    def test_a_clip_that_another_voice_spoke_instead_is_made_again(self, commune: Commune, prepare: Prepare) -> None:
        write_draft(commune)
        prepare(FailingEngine(FailureReason.OFFLINE, "Google"), Counting()).step(commune.now)
        write_draft(commune)
        prepare(FailingEngine(FailureReason.OFFLINE, "Google"), Counting()).step(commune.now)
        assert len(Counting.asked) == 2

    def test_where_each_sentence_sounds_is_kept_with_the_clip(self, commune: Commune, prepare: Prepare) -> None:
        announcement = write_draft(commune)
        prepare(Counting()).step(commune.now)
        with commune.database.reading() as session:
            clip = session.get_one(Clip, commune.row(announcement).clip)
        assert clip.sentences is not None
        assert len(clip.sentences) == len(Counting.asked[0])
