"""Sounds of earlier versions are removed; sounds that are still to be heard or were submitted are kept."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from audio.clip_store import ClipStore
from controller.announcements.drafts import AnnouncementFields, change_announcement, write_announcement
from controller.announcements.sound import drop_recording, keep_recording
from controller.announcements.unused_sounds import MIN_AGE_OF_UNUSED, remove_unused_sounds
from controller.database.tables import Clip
from controller.planning.approvals import refuse
from controller.planning.submission import submit_announcement
from controller.running.alarm_clock import AlarmClock
from controller.running.app import Office
from controller.settings import OfficeSettings
from tests.people import SOUND, Commune


@pytest.fixture
def recordings(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "recordings")


def _put(store: ClipStore, commune: Commune, sound: bytes) -> str:
    """Put a sound into the store with the commune's time."""
    sha256 = store.put(sound)
    _set_file_time(store, commune, sha256)
    return sha256


def _set_file_time(store: ClipStore, commune: Commune, sha256: str) -> None:
    os.utime(store.path(sha256), (commune.now.timestamp(), commune.now.timestamp()))


def _save_with_speed(commune: Commune, announcement: str, speed: float) -> str:
    """Change the announcement's speed and make its new sound; returns the sound's hash."""
    with commune.writing() as session:
        row = change_announcement(session, commune.now, commune.officers["tham"], announcement, {"speed": speed})
        commune.give_sound(session, row, SOUND + str(speed).encode())
        assert row.clip is not None
        _set_file_time(commune.store, commune, row.clip)
        return row.clip


def _rows(commune: Commune) -> set[str]:
    with commune.database.reading() as session:
        return set(session.exec(select(Clip.sha256)).all())


def test_a_text_that_was_saved_fifty_times_keeps_one_sound(either_commune: Commune, recordings: ClipStore) -> None:
    commune = either_commune
    with commune.writing() as session:
        fields: AnnouncementFields = {
            "title": "Chưa có âm thanh",
            "text": "Kính mời bà con.",
            "bulletin_class": "normal",
        }
        write_announcement(session, commune.now, commune.officers["tham"], fields)
    announcement = commune.announcement()
    saved = [_save_with_speed(commune, announcement, 0.5 + step / 100) for step in range(50)]
    remove_unused_sounds(commune.database, commune.store, recordings, commune.later(hours=1, seconds=1))
    assert _rows(commune) == {saved[-1]}
    # The announcement's first sound was put by this machine's clock, so it isn't checked here.
    assert not set(saved[:-1]) & commune.store.clips().keys()
    assert commune.store.read(saved[-1])


def test_a_sound_that_was_submitted_once_stays(commune: Commune, recordings: ClipStore) -> None:
    announcement = commune.announcement()
    approved = commune.approved(title="Đã phê duyệt")
    handed_in, heard = commune.row(announcement).clip, _save_with_speed(commune, approved, 0.7)
    assert handed_in is not None
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        refuse(session, commune.now, commune.officers["quang"], announcement, "Sai ngày họp.")
    for each in (announcement, approved):
        _save_with_speed(commune, each, 0.9)
    remove_unused_sounds(commune.database, commune.store, recordings, commune.later(days=1))
    assert commune.store.holds(handed_in), "of both: refused, and approved before it was changed"
    assert not commune.store.holds(heard), "it was never handed in"


def test_a_recorded_voice_that_was_replaced_is_removed(commune: Commune, recordings: ClipStore) -> None:
    first, second, dropped = (_put(recordings, commune, sound) for sound in (b"first", b"second", b"dropped"))
    one, another = commune.announcement(), commune.announcement()
    with commune.writing() as session:
        for announcement, sha256 in ((one, first), (one, second), (another, dropped)):
            keep_recording(session, commune.now, commune.officers["tham"], announcement, sha256)
        drop_recording(session, commune.now, commune.officers["tham"], another)
    remove_unused_sounds(commune.database, commune.store, recordings, commune.later(hours=1, seconds=1))
    assert set(recordings.clips()) == {second}


def test_a_sound_less_than_an_hour_old_stays(commune: Commune, recordings: ClipStore) -> None:
    spoken, uploaded = _put(commune.store, commune, b"spoken"), _put(recordings, commune, b"uploaded")
    remove_unused_sounds(commune.database, commune.store, recordings, commune.later(minutes=59))
    assert (commune.store.holds(spoken), recordings.holds(uploaded)) == (True, True)
    _put(commune.store, commune, b"spoken")
    remove_unused_sounds(commune.database, commune.store, recordings, commune.later(minutes=2))
    assert (commune.store.holds(spoken), recordings.holds(uploaded)) == (True, False), "spoken again meanwhile"


def test_the_office_removes_unused_sounds_by_itself(
    tmp_path: Path, commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(AlarmClock, "every", lambda _clock, _seconds, call, _name: calls.append(call))
    settings = OfficeSettings(data_dir=tmp_path, broker_accounts="demo", broker_password_file=tmp_path / "passwords")
    office = Office(settings, now=lambda: commune.now)
    stores = (office.store, office.recordings)
    left = [_put(store, commune, b"nobody's") for store in stores]
    commune.later(seconds=(MIN_AGE_OF_UNUSED + timedelta(seconds=1)).total_seconds())
    for call in calls:
        call()
    assert [store.holds(sha256) for store, sha256 in zip(stores, left, strict=True)] == [False, False]
    office.database.close()
