"""Fetching clips: their order, how many at once, and what happens when they are late or wrong."""

import errno
import hashlib
import random
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from audio.clip_store import ClipStore
from audio.sound.opus import count_frames
from speaker_agent.clips import clip_cache
from speaker_agent.clips.chunk_folder import KEPT_FREE_BYTES, ChunkFolder
from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import (
    Message,
    broadcast,
    chunks_of,
    clip_of,
    revised,
    settings,
    signed,
    signed_settings,
    sound,
)
from wire.clips import CHUNK_BYTES, OGG_OPUS, Clip

MINUTE = timedelta(minutes=1)
SHORT = sound(2_000)
OTHER = sound(2_000, seed=2)
LONG = sound(90_000, seed=3)
"""Five chunks."""


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = enrolled_box(tmp_path)
    made.connect()
    return made


def waits_for(box: Box) -> list[str]:
    """The chunk topics that are subscribed to."""
    return [each for each in box.line.filters if "/audio/" in each]


def topics(data: bytes, *indexes: int) -> list[str]:
    return [topic for index, (topic, _) in enumerate(chunks_of(data)) if not indexes or index in indexes]


def deliver(box: Box, data: bytes) -> None:
    """Deliver a clip's chunks like the broker: those alone that are subscribed to."""
    messages: dict[str, Message] = {topic: (topic, payload) for topic, payload in chunks_of(data)}
    while due := [each for each in waits_for(box) if each in messages]:
        box.hear(messages[due[0]])


def requests(box: Box) -> list[tuple[str, list[int]]]:
    return [(each["sha256"], each["missing"]) for each in box.line.of_kind("requests") if each["kind"] == "audio"]


def test_chunks_are_fetched_two_at_a_time_by_exact_topic(box: Box) -> None:
    assert len(chunks_of(LONG)) >= 4
    said = broadcast(MONDAY + 60 * MINUTE, LONG)
    box.hear(signed(said))
    assert waits_for(box) == topics(LONG, 0, 1)
    box.hear(chunks_of(LONG)[0])
    assert waits_for(box) == topics(LONG, 1, 2)
    deliver(box, LONG)
    assert waits_for(box) == []
    assert box.states(said.broadcast)[-1] == ("ready", None)
    assert (box.folder / "clips" / clip_of(LONG).sha256).read_bytes() == LONG
    assert list((box.folder / "chunks").iterdir()) == []


def test_a_clip_that_is_needed_sooner_is_fetched_first_at_once(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, LONG)))
    box.hear(signed(broadcast(MONDAY + 30 * MINUTE, sound(60_000, seed=4))))
    assert waits_for(box) == topics(sound(60_000, seed=4), 0, 1)


def test_an_emergencys_clip_is_fetched_before_one_that_is_due_already(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY - MINUTE, LONG)))
    box.hear(signed(broadcast(None, SHORT, issued_at=MONDAY, bulletin_class="emergency")))
    assert set(waits_for(box)) == {*topics(SHORT), *topics(LONG, 0)}


def test_an_emergency_for_now_is_fetched_first_also_if_the_offices_clock_is_ahead(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY - MINUTE, LONG)))
    issued_at = MONDAY + timedelta(seconds=2)
    box.hear(signed(broadcast(None, SHORT, issued_at=issued_at, bulletin_class="emergency")))
    assert set(waits_for(box)) == {*topics(SHORT), *topics(LONG, 0)}


def test_clips_to_be_kept_are_fetched_after_planned_ones(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, SHORT)))
    kept = [clip_of(OTHER).fields(), clip_of(SHORT).fields()]
    box.hear(signed_settings(settings(MONDAY, 2, kept_clips=kept)))
    assert waits_for(box) == topics(SHORT) + topics(OTHER)
    deliver(box, OTHER)
    assert box.parts.cache.holds(clip_of(OTHER).sha256)


def test_a_clip_without_progress_for_ten_seconds_gives_its_place_to_the_next_and_gets_it_back(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 30 * MINUTE, LONG)))
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, SHORT)))
    box.run_for(seconds=9)
    assert waits_for(box) == topics(LONG, 0, 1)
    box.run_for(seconds=1)
    assert set(waits_for(box)) == {*topics(SHORT), *topics(LONG, 0)}
    assert box.parts.cache.awaited_chunks(box.clock.now())[0][0] == clip_of(SHORT).sha256
    box.run_for(seconds=10)
    assert box.parts.cache.awaited_chunks(box.clock.now())[0][0] == clip_of(LONG).sha256
    box.run_for(seconds=10)
    deliver(box, SHORT)
    assert waits_for(box) == topics(LONG, 0, 1)


def test_a_clip_with_progress_keeps_its_place(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 30 * MINUTE, LONG)), signed(broadcast(MONDAY + 60 * MINUTE, SHORT)))
    for chunk in chunks_of(LONG)[:3]:
        box.run_for(seconds=9)
        box.hear(chunk)
    assert waits_for(box)[0] == topics(LONG, 3)[0]


def test_chunks_outlive_a_restart(box: Box) -> None:
    said = broadcast(MONDAY + 60 * MINUTE, LONG)
    box.hear(signed(said), *chunks_of(LONG)[:2])
    box.restart()
    box.connect()
    assert waits_for(box) == topics(LONG, 2, 3)
    deliver(box, LONG)
    assert box.states(said.broadcast)[-1] == ("ready", None)


def test_a_clip_that_is_on_the_disk_is_not_fetched_again_after_a_restart(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, SHORT)))
    deliver(box, SHORT)
    box.restart()
    box.connect()
    again = broadcast(MONDAY + 70 * MINUTE, SHORT)
    box.hear(signed(again))
    assert waits_for(box) == []
    assert box.states(again.broadcast) == [("accepted", None), ("ready", None)]


@pytest.mark.parametrize("data", [b"", SHORT[:-1], SHORT + b"x", bytes(CHUNK_BYTES)])
def test_a_chunk_of_a_wrong_length_is_dropped(box: Box, data: bytes) -> None:
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, SHORT)))
    topic = topics(SHORT)[0]
    box.hear((topic, data), (topic.removesuffix("0") + "1", b"x"))
    assert waits_for(box) == [topic]
    assert box.parts.refused["wrong_chunk"] == (2 if data else 1)


def test_chunks_that_were_not_asked_for_are_dropped(box: Box) -> None:
    box.hear(*chunks_of(SHORT))
    assert list((box.folder / "chunks").iterdir()) == []


def test_a_clip_with_a_wrong_hash_is_fetched_again_after_a_pause_that_doubles_to_five_minutes(
    box: Box,
) -> None:
    said = broadcast(MONDAY + 600 * MINUTE, SHORT)
    box.hear(signed(said))
    topic = topics(SHORT)[0]
    wrong = bytes(len(SHORT))
    pauses = []
    for _ in range(11):
        thrown_away_at = box.clock.now()
        box.hear((topic, wrong))
        while not waits_for(box):
            box.run_for(seconds=1)
        pauses.append((box.clock.now() - thrown_away_at).total_seconds())
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert not (box.folder / "clips" / clip_of(SHORT).sha256).exists()
    assert box.states(said.broadcast) == [("accepted", None)]
    deliver(box, SHORT)
    assert box.states(said.broadcast)[-1] == ("ready", None)


def test_after_a_wrong_hash_the_office_is_asked_for_all_chunks(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, SHORT)))
    box.hear((topics(SHORT)[0], bytes(len(SHORT))))
    assert requests(box) == [(clip_of(SHORT).sha256, [0])]


def test_a_clip_with_the_right_hash_but_without_sound_is_fetched_once(box: Box) -> None:
    junk = b"not an Ogg at all"
    clip = Clip(sha256=hashlib.sha256(junk).hexdigest(), bytes=len(junk), duration_ms=1000, media_type=OGG_OPUS)
    box.hear(signed(broadcast(MONDAY + 60 * MINUTE, SHORT, clips=(clip,))))
    box.hear((f"loa/v1/office/audio/{clip.sha256}/0", junk))
    box.run_for(minutes=30)
    assert waits_for(box) == []
    assert requests(box) == []
    assert len([each for each in box.line.ever_subscribed if clip.sha256 in each]) == 1


def broken(*_args: object) -> bool:
    raise OSError(errno.EUCLEAN, "Structure needs cleaning")


@pytest.mark.parametrize("damage", ["looked_at", "measured", "hashed"])
def test_an_unreadable_clip_on_the_disk_does_not_stop_the_others(
    box: Box, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    bad = broadcast(MONDAY + MINUTE, OTHER)
    good = broadcast(MONDAY + 1.2 * MINUTE, SHORT)
    box.hear(signed(bad), signed(good))
    deliver(box, OTHER)
    deliver(box, SHORT)
    method = {"looked_at": "holds", "measured": "path", "hashed": "verify"}[damage]
    well = getattr(ClipStore, method)

    def ill(store: ClipStore, sha256: str) -> object:
        return broken() if sha256 == clip_of(OTHER).sha256 else well(store, sha256)

    monkeypatch.setattr(ClipStore, method, ill)
    monkeypatch.setattr(ClipStore, "remove", broken)
    box.disconnect()
    box.restart()
    box.run_for(minutes=5)
    assert box.final(bad.broadcast).state == "missed"
    final = box.final(good.broadcast)
    assert (final.state, final.start_error_ms) == ("played", 0)


def test_a_clip_that_raises_an_unexpected_error_does_not_stop_the_others(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = broadcast(MONDAY + MINUTE, OTHER)
    good = broadcast(MONDAY + 1.2 * MINUTE, SHORT)
    box.hear(signed(bad), signed(good))
    deliver(box, OTHER)
    deliver(box, SHORT)

    def measured(path: Path) -> int:
        if path.name == clip_of(OTHER).sha256:
            raise UnicodeDecodeError("utf-8", b"", 0, 0, "no text")
        return count_frames(path)

    monkeypatch.setattr(clip_cache, "count_frames", measured)
    box.disconnect()
    box.restart()
    box.run_for(minutes=5)
    assert box.final(bad.broadcast).reason == "corrupt_audio"
    final = box.final(good.broadcast)
    assert (final.state, final.start_error_ms) == ("played", 0)


def test_missing_chunks_are_asked_for_after_ten_seconds_and_a_pause_that_doubles_to_five_minutes(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 600 * MINUTE, LONG)), chunks_of(LONG)[0])
    times: list[int] = []
    for second in range(1, 1_300):
        box.run_for(seconds=1)
        if len(requests(box)) > len(times):
            times.append(second)
    assert [later - before for before, later in zip([0, *times], times, strict=False)] == [
        10,
        20,
        40,
        80,
        160,
        300,
        300,
        300,
    ]
    missing = list(range(1, len(chunks_of(LONG))))
    assert requests(box) == [(clip_of(LONG).sha256, missing)] * len(times)


def test_the_requests_of_several_speakers_are_spread_in_time(tmp_path: Path) -> None:
    def asked_at(seed: int) -> float:
        stretch = random.Random(seed).uniform(1, 1.5)
        box = Box(tmp_path / str(seed), enrolled=settings(MONDAY), stretch=stretch)
        box.connect()
        box.hear(signed(broadcast(MONDAY + 600 * MINUTE, SHORT)))
        while not requests(box):
            box.run_for(milliseconds=100)
        return (box.clock.now() - MONDAY).total_seconds()

    times = [asked_at(seed) for seed in range(5)]
    assert all(10 <= each <= 15.1 for each in times)
    assert len(set(times)) > 2


def test_without_a_connection_no_chunk_is_asked_for(box: Box) -> None:
    box.hear(signed(broadcast(MONDAY + 600 * MINUTE, SHORT)))
    box.disconnect()
    box.run_for(minutes=10)
    assert requests(box) == []
    box.connect()
    assert waits_for(box) == topics(SHORT)


def test_the_clip_of_a_withdrawn_broadcast_is_no_longer_fetched(box: Box) -> None:
    said = broadcast(MONDAY + 60 * MINUTE, LONG)
    box.hear(signed(said), chunks_of(LONG)[0], signed(revised(said, state="cancelled")))
    assert waits_for(box) == []
    assert list((box.folder / "chunks").iterdir()) == []


def test_a_clip_is_removed_when_its_broadcasts_have_expired_and_no_setting_keeps_it(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, kept_clips=[clip_of(OTHER).fields()])))
    deliver(box, OTHER)
    box.hear(
        signed(broadcast(MONDAY + 10 * MINUTE, SHORT, expires_at=MONDAY + 20 * MINUTE)),
        signed(broadcast(MONDAY + 10 * MINUTE, OTHER, expires_at=MONDAY + 20 * MINUTE)),
    )
    deliver(box, SHORT)
    box.monotonic_s = 3_600
    box.run_for(minutes=18)
    assert box.clips_on_disk().keys() == {clip_of(SHORT).sha256, clip_of(OTHER).sha256}
    box.run_for(minutes=20)
    assert box.clips_on_disk().keys() == {clip_of(OTHER).sha256}


def test_with_a_new_journal_no_clip_is_removed_before_the_plan_is_known(box: Box) -> None:
    said = settings(MONDAY, 2, kept_clips=[clip_of(OTHER).fields()])
    tomorrow = broadcast(MONDAY + timedelta(days=1), SHORT)
    box.hear(signed_settings(said), signed(tomorrow))
    deliver(box, OTHER)
    deliver(box, SHORT)
    box.journal.close()
    (box.folder / "journal.db").write_bytes(b"no database " * 1_000)
    box.disconnect()
    box.restart()
    box.run_for(minutes=59)
    box.connect()
    box.hear(signed_settings(said))
    box.run_for(minutes=12)
    box.hear(signed(tomorrow))
    assert waits_for(box) == []
    assert box.states(tomorrow.broadcast)[-1] == ("ready", None)
    assert box.clips_on_disk().keys() == {clip_of(SHORT).sha256, clip_of(OTHER).sha256}


def test_with_an_untrusted_clock_no_clip_is_removed(box: Box) -> None:
    said = broadcast(MONDAY + 10 * MINUTE, SHORT, expires_at=MONDAY + 20 * MINUTE)
    box.hear(signed(said))
    deliver(box, SHORT)
    box.clock.trust = "untrusted"
    box.clock.jump(MONDAY + timedelta(days=3_000))
    box.run_for(minutes=30)
    assert box.clips_on_disk().keys() == {clip_of(SHORT).sha256}
    assert said.broadcast in box.parts.plan


def test_a_full_disk_is_reported_as_last_error_and_the_chunk_is_fetched_later(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = broadcast(MONDAY + 60 * MINUTE, SHORT)
    box.hear(signed(said))

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("speaker_agent.clips.chunk_folder.write_whole_file", full)
        box.hear(*chunks_of(SHORT))
        box.run_for(seconds=2)
        assert "No space left" in box.status()["last_error"]
    deliver(box, SHORT)
    box.run_for(seconds=2)
    assert box.states(said.broadcast)[-1] == ("ready", None)
    assert box.status()["last_error"] is None


def test_the_last_free_space_is_left_to_the_journal(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    said = broadcast(MONDAY + 60 * MINUTE, SHORT)
    box.hear(signed(said))
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=KEPT_FREE_BYTES + 100))
        box.hear(*chunks_of(SHORT))
        box.run_for(seconds=2)
        assert list((box.folder / "chunks" / said.clips[0].sha256).glob("*")) == []
        assert "the disk is full" in box.status()["last_error"]
    box.run_for(seconds=11)
    deliver(box, SHORT)
    box.run_for(seconds=2)
    assert box.states(said.broadcast)[-1] == ("ready", None)


def test_a_clip_is_put_together_from_chunks_in_any_order(box: Box) -> None:
    data = random.Random(7).randbytes(5 * CHUNK_BYTES + 17)
    clip = Clip(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), duration_ms=1, media_type=OGG_OPUS)
    folder = ChunkFolder(box.folder / "other")
    for index in (5, 0, 3, 1, 4, 2):
        folder.put(clip, index, data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES])
    assert folder.held(clip) == {0, 1, 2, 3, 4, 5}
    assert b"".join(folder.parts(clip)) == data


# The room on the disk


HALF = max(len(SHORT), len(OTHER)) + 4_000
"""Room for one of the two clips and for the plan; not for both."""


def small_box(tmp_path: Path, room: int = HALF) -> Box:
    made = Box(tmp_path, enrolled=settings(MONDAY), cache_bytes_limit=room)
    made.connect()
    return made


def on_disk(box: Box) -> set[str]:
    return set(box.clips_on_disk())


def test_a_clip_that_does_not_fit_is_fetched_once_there_is_room_and_is_reported_meanwhile(tmp_path: Path) -> None:
    box = small_box(tmp_path)
    near, far = broadcast(MONDAY + 10 * MINUTE, SHORT), broadcast(MONDAY + 60 * MINUTE, OTHER)
    box.hear(signed(far), signed(near))
    deliver(box, SHORT)
    deliver(box, OTHER)
    box.run_for(seconds=2)
    assert on_disk(box) == {clip_of(SHORT).sha256}
    assert "have no room yet" in box.status()["last_error"]
    box.run_until(MONDAY + 11 * MINUTE)
    deliver(box, OTHER)
    box.run_until(MONDAY + 62 * MINUTE)
    assert box.final(near.broadcast).state == box.final(far.broadcast).state == "played"
    assert box.status()["last_error"] is None


def test_a_clip_that_was_reported_ready_stays_when_a_sooner_one_needs_room(tmp_path: Path) -> None:
    box = small_box(tmp_path)
    ready, sooner = broadcast(MONDAY + 60 * MINUTE, SHORT), broadcast(MONDAY + 10 * MINUTE, OTHER)
    box.hear(signed(ready))
    deliver(box, SHORT)
    box.hear(signed(sooner))
    deliver(box, OTHER)
    box.run_until(MONDAY + 62 * MINUTE)
    assert (box.final(sooner.broadcast).state, box.final(sooner.broadcast).reason) == ("missed", "no_audio")
    assert box.final(ready.broadcast).state == "played"


def test_an_emergencys_clip_and_those_that_settings_keep_always_have_room(tmp_path: Path) -> None:
    box = small_box(tmp_path, room=0)
    box.hear(signed_settings(settings(MONDAY, 2, kept_clips=(clip_of(OTHER),))))
    deliver(box, OTHER)
    emergency = broadcast(MONDAY + MINUTE, SHORT, bulletin_class="emergency")
    box.hear(signed(emergency))
    deliver(box, SHORT)
    box.run_until(MONDAY + 3 * MINUTE)
    assert box.final(emergency.broadcast).state == "played"
    assert clip_of(OTHER).sha256 in on_disk(box)


def test_a_clip_that_is_no_longer_needed_makes_room_at_once(tmp_path: Path) -> None:
    box = small_box(tmp_path)
    first = broadcast(MONDAY + 10 * MINUTE, SHORT)
    box.hear(signed(first))
    deliver(box, SHORT)
    box.hear(signed(revised(first, state="cancelled")), signed(broadcast(MONDAY + 60 * MINUTE, OTHER)))
    deliver(box, OTHER)
    assert on_disk(box) == {clip_of(OTHER).sha256}


def test_on_a_disk_that_others_fill_planned_clips_wait_and_the_space_is_checked_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = broadcast(MONDAY + 60 * MINUTE, SHORT)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=KEPT_FREE_BYTES + 100))
        box.hear(signed(said))
        box.run_for(seconds=30)
        assert waits_for(box) == []
        assert "the disk is full" in box.status()["last_error"]
    box.run_for(seconds=11)
    deliver(box, SHORT)
    box.run_for(seconds=2)
    assert box.states(said.broadcast)[-1] == ("ready", None)
    assert box.status()["last_error"] is None


def test_a_timetable_larger_than_the_disk_is_played_as_planned(tmp_path: Path) -> None:
    sounds = [sound(2_000, seed=100 + number) for number in range(28)]
    room = 6 * max(map(len, sounds)) + 28 * 2_000
    box = small_box(tmp_path, room)
    planned = [broadcast(MONDAY + (20 * slot + 5) * MINUTE, data) for slot, data in enumerate(sounds)]
    box.hear(*(signed(each) for each in reversed(planned)))
    for slot in range(28):
        for data in sounds:
            deliver(box, data)
        assert sum(box.clips_on_disk().values()) <= room
        box.run_until(MONDAY + (20 * slot + 10) * MINUTE)
    assert {box.final(each.broadcast).state for each in planned} == {"played"}
