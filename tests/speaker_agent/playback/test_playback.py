"""Playback: when broadcasts sound, and every state and reason of the protocol in their receipts."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audio.sound.opus import decode
from speaker_agent.memory.journal import Journal, Revoked
from speaker_agent.playback import playback
from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import (
    ME,
    broadcast,
    chunks_of,
    revised,
    settings,
    signed,
    signed_settings,
    sound,
)
from wire.broadcast import Broadcast
from wire.clips import OGG_OPUS, Clip
from wire.model import BulletinClass

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LONG = sound(10_000)
SHORT = sound(2_000, seed=2)
QUIET = {"from": "17:05", "to": "17:10"}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return enrolled_box(tmp_path)


def give(box: Box, *sounds: bytes) -> None:
    """Deliver the sounds' chunks, as if the speaker had asked for them."""
    was_up = box.line.connection is not None
    if not was_up:
        box.connect()
    for data in sounds:
        box.hear(*chunks_of(data))
    if not was_up:
        box.disconnect()


def plan(box: Box, *args: Any, with_sound: bool = True, **changes: Any) -> Broadcast:
    """Let the speaker get a broadcast and its sound."""
    said = broadcast(*args, **changes)
    box.hear(signed(said))
    if with_sound:
        give(box, *(each for each in args[1:]))
    return said


def pcm(data: bytes) -> bytes:
    return b"".join(decode(data))


# What sounds


def test_a_broadcast_sounds_at_its_instant_and_each_step_has_a_receipt(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_for(minutes=2)
    [played] = box.played
    assert (played.began_at, played.pcm) == (MONDAY + MINUTE, pcm(LONG))
    assert box.states(said.broadcast) == [
        ("accepted", None),
        ("ready", None),
        ("started", None),
        ("played", None),
    ]
    final = box.final(said.broadcast)
    assert (final.heard_ms, final.start_error_ms, final.volume) == (10_000, 0.0, 100)
    assert (final.at, final.clock) == (MONDAY + MINUTE + 10 * SECOND, "trusted")
    started = box.receipts(said.broadcast)[2]
    assert (started.at, started.heard_ms, started.start_error_ms) == (MONDAY + MINUTE, 0, None)


def test_clips_follow_each_other_without_a_gap_and_repeat_with_pauses(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG, SHORT, times=3, gap_ms=700)
    box.run_for(minutes=3)
    once = pcm(LONG) + pcm(SHORT)
    pause = bytes(700 * 96)
    assert box.played[0].pcm == once + pause + once + pause + once
    assert box.final(said.broadcast).heard_ms == 3 * 12_000


def test_started_is_on_the_disk_before_the_first_sample_leaves(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    before: list[list[tuple[str, str | None]]] = []
    box.device.before_first_frame = lambda: before.append(box.states(said.broadcast))
    box.run_until(MONDAY + MINUTE)
    assert [state for state, _ in before[0]] == ["accepted", "ready"]
    assert box.played[0].frames == 0
    assert [state for state, _ in box.states(said.broadcast)] == ["accepted", "ready", "started"]


def test_a_committed_start_wakes_the_loop_so_that_it_is_sent_at_once(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - SECOND)
    box.clock.advance_to(said.begins_at)
    box.wake.clear()
    box.device.run()
    assert box.states(said.broadcast)[-1] == ("started", None)
    assert box.wake.is_set()


def test_the_device_is_started_two_seconds_ahead_and_not_before(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - 2 * SECOND - timedelta(milliseconds=1))
    assert box.device.starts == []
    box.run_until(MONDAY + MINUTE - 2 * SECOND)
    assert box.device.starts == [(said.broadcast, MONDAY + MINUTE)]


def test_the_volume_of_its_class_and_its_own_gain_are_applied(box: Box) -> None:
    quieter = {"normal": 88, "priority": 80, "emergency": 100, "limit": 100}
    box.hear(signed_settings(settings(MONDAY, 2, volume=quieter)))
    said = plan(box, MONDAY + MINUTE, LONG, gain_db=-3.0)
    box.run_for(minutes=2)
    assert box.played[0].pcm == b"".join(decode(LONG, gain_db=-9.0))
    assert box.final(said.broadcast).volume == 88


def test_step_zero_is_silence_of_the_same_length(box: Box) -> None:
    silent = {"normal": 0, "priority": 80, "emergency": 100, "limit": 100}
    box.hear(signed_settings(settings(MONDAY, 2, volume=silent)))
    plan(box, MONDAY + MINUTE, LONG)
    box.run_for(minutes=2)
    assert box.played[0].pcm == bytes(10_000 * 96)


def test_the_delay_in_the_settings_shifts_the_start_and_is_no_start_error(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, output_delay_ms=300)))
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_for(minutes=2)
    assert box.played[0].began_at == MONDAY + MINUTE + timedelta(milliseconds=300)
    assert box.final(said.broadcast).start_error_ms == 0.0


def test_the_delay_in_the_settings_makes_no_broadcast_late(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, output_delay_ms=5_000)))
    said = plan(box, MONDAY + MINUTE, SHORT, latest_start=MONDAY + MINUTE)
    box.run_for(minutes=2)
    assert (box.final(said.broadcast).state, box.final(said.broadcast).start_error_ms) == ("played", 0.0)


def test_an_emergency_for_now_sounds_as_soon_as_its_sound_is_there(box: Box) -> None:
    said = broadcast(None, SHORT, issued_at=MONDAY, bulletin_class="emergency")
    box.run_for(seconds=20)
    box.hear(signed(said))
    box.run_for(seconds=20)
    assert box.played == []
    give(box, SHORT)
    box.run_for(seconds=20)
    final = box.final(said.broadcast)
    assert (final.state, final.start_error_ms) == ("played", 40_000.0)


def test_an_emergency_for_now_does_not_wait_for_a_clock_behind_the_offices(box: Box) -> None:
    said = broadcast(None, SHORT, issued_at=box.clock.now() + 90 * SECOND, bulletin_class="emergency")
    box.hear(signed(said))
    give(box, SHORT)
    box.run_for(seconds=5)
    assert box.final(said.broadcast).state == "played"


def test_a_broadcast_of_the_same_class_begins_when_the_first_has_ended(box: Box) -> None:
    first = plan(box, MONDAY + MINUTE, LONG)
    second = plan(box, MONDAY + MINUTE + 2 * SECOND, SHORT)
    box.run_for(minutes=3)
    assert [each.label for each in box.played] == [first.broadcast, second.broadcast]
    assert box.final(second.broadcast).start_error_ms == 8_000.0


def test_a_device_that_takes_longer_plays_to_its_end(box: Box) -> None:
    box.device.lag = timedelta(milliseconds=350)
    first = plan(box, MONDAY + MINUTE, LONG)
    second = plan(box, MONDAY + MINUTE + 2 * SECOND, SHORT)
    box.run_for(minutes=3)
    assert [each.pcm for each in box.played] == [pcm(LONG), pcm(SHORT)]
    assert [box.final(each.broadcast).state for each in (first, second)] == ["played", "played"]


def test_a_better_class_interrupts_at_once_and_the_interrupted_one_goes_on_at_its_millisecond(box: Box) -> None:
    normal = plan(box, MONDAY + MINUTE, LONG)
    urgent = plan(box, MONDAY + MINUTE + timedelta(milliseconds=3_210), SHORT, bulletin_class="priority")
    box.run_for(minutes=3)
    first, better, rest = box.played
    assert [each.label for each in box.played] == [normal.broadcast, urgent.broadcast, normal.broadcast]
    assert first.frames == 3_210 * 48
    assert better.began_at == urgent.begins_at
    assert first.pcm + rest.pcm == pcm(LONG)
    assert [state for state, _ in box.states(normal.broadcast)] == ["accepted", "ready", "started", "played"]
    assert box.final(normal.broadcast).heard_ms == 10_000
    assert box.final(normal.broadcast).start_error_ms == 0.0


def test_a_broadcast_sounds_from_the_disk_without_network_also_after_a_power_cut(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    assert box.line.connection is None
    box.restart()
    box.run_for(minutes=2)
    assert box.played[0].began_at == MONDAY + MINUTE
    assert box.final(said.broadcast).state == "played"


def test_after_a_power_cut_a_broadcast_begins_until_its_latest_start(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.restart(off_for=2 * MINUTE)
    box.run_for(minutes=1)
    assert box.final(said.broadcast).start_error_ms == 60_000.0


def test_a_clock_that_is_set_back_revokes_a_start_that_was_given_to_the_device(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - SECOND)
    assert box.device.busy
    box.clock.jump(MONDAY)
    box.settle()
    assert not box.device.busy
    box.run_for(minutes=2)
    assert box.final(said.broadcast).start_error_ms == 0.0


# Withdrawn


def test_withdrawn_before_it_began_it_is_cancelled_even_if_the_device_was_started(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - SECOND)
    box.hear(signed(revised(said, state="cancelled")))
    box.run_for(minutes=2)
    assert box.played == []
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.revision, final.heard_ms) == ("cancelled", "cancelled", 2, 0)


def test_withdrawn_while_it_sounds_it_stops_at_once(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + timedelta(milliseconds=4_321))
    box.hear(signed(revised(said, state="cancelled")))
    assert not box.device.busy
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms, final.start_error_ms) == ("partial", "cancelled", 4_321, 0.0)


def test_withdrawn_after_its_last_frame_left_it_is_played(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.run_until(MONDAY + MINUTE + SECOND)
    box.clock.advance(SECOND)
    box.device.run()
    # Like a real device at the moment when it waits for its last frame to leave.
    unsure = replace(box.device.progress(), finished=False)
    monkeypatch.setattr(box.device, "progress", lambda: unsure)
    monkeypatch.setattr(box.device, "stop", lambda: unsure)
    box.hear(signed(revised(said, state="cancelled")))
    assert (box.final(said.broadcast).state, box.final(said.broadcast).heard_ms) == ("played", 2_000)


def test_withdrawn_at_the_moment_of_its_start_it_never_sounds_and_is_partial_with_nothing_heard(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - SECOND)
    box.device.before_first_frame = lambda: box.line.messages.put(signed(revised(said, state="cancelled")))
    box.run_for(minutes=2)
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "cancelled", 0)
    assert sum(each.frames for each in box.played) == 0


def test_a_broadcast_that_is_withdrawn_in_the_journal_can_no_longer_claim_its_start(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - SECOND)
    # The device's thread asks for the first frame after the withdrawal's commit and before the loop looks again.
    box.device.before_first_frame = lambda: box.journal.change(said.broadcast, withdrawn="cancelled")
    box.clock.advance_to(MONDAY + MINUTE)
    box.device.run()
    assert box.played == []
    box.settle()
    assert ("started", None) not in box.states(said.broadcast)
    assert box.final(said.broadcast).state == "cancelled"


def test_a_revision_that_no_longer_names_it_withdraws_the_broadcast(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.hear(signed(revised(said, areas=("thon-2",))))
    final = box.final(said.broadcast)
    assert (final.state, final.reason) == ("cancelled", "cancelled")


def test_after_the_start_only_a_withdrawal_has_effect(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + SECOND)
    box.hear(signed(revised(said, starts_at=MONDAY + 5 * MINUTE, latest_start=MONDAY + 6 * MINUTE, times=3)))
    box.run_for(minutes=7)
    assert [each.frames for each in box.played] == [10_000 * 48]
    assert (box.final(said.broadcast).state, box.final(said.broadcast).revision) == ("played", 1)
    box.connect()
    assert box.line.of_kind("requests")[-1]["have"] == [[said.broadcast, 2]]


def test_after_a_final_state_no_revision_has_effect(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.run_for(minutes=2)
    box.hear(signed(revised(said, starts_at=MONDAY + 5 * MINUTE, latest_start=MONDAY + 6 * MINUTE)))
    box.run_for(minutes=7)
    assert len(box.played) == 1
    assert box.final(said.broadcast).state == "played"


def test_a_higher_revision_before_the_start_is_followed(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE - SECOND)
    box.hear(signed(revised(said, starts_at=MONDAY + 5 * MINUTE, latest_start=MONDAY + 6 * MINUTE)))
    box.run_for(minutes=7)
    [played] = box.played
    assert played.began_at == MONDAY + 5 * MINUTE
    assert box.final(said.broadcast).revision == 2


# partial


def test_interrupted_until_it_expires_it_is_partial_pre_empted(box: Box) -> None:
    normal = plan(box, MONDAY + MINUTE, LONG, expires_at=MONDAY + MINUTE + 8 * SECOND)
    plan(box, MONDAY + MINUTE + 3 * SECOND, LONG, bulletin_class="priority")
    box.run_for(minutes=3)
    final = box.final(normal.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "pre_empted", 3_000)


def test_running_into_quiet_hours_it_is_stopped_there(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, quiet_hours=[QUIET])))
    said = plan(box, MONDAY + 5 * MINUTE - 4 * SECOND, LONG)
    box.run_for(minutes=20)
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "quiet_hours", 4_000)


def test_muted_while_it_sounds_it_is_partial_muted(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + 2 * SECOND)
    box.hear(signed_settings(settings(MONDAY, 2, muted=True)))
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "muted", 2_000)
    assert not box.device.busy


def test_cut_by_a_power_cut_it_is_partial_power_lost_and_never_begins_again(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + 2 * SECOND)
    box.restart()
    box.run_for(minutes=2)
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "power_lost", None)
    assert len(box.played) == 1


def test_interrupted_before_a_power_cut_it_still_knows_what_was_heard(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    plan(box, MONDAY + MINUTE + 3 * SECOND, LONG, bulletin_class="priority")
    box.run_until(MONDAY + MINUTE + 5 * SECOND)
    box.restart()
    final = box.final(said.broadcast)
    assert (final.reason, final.heard_ms, final.start_error_ms) == ("power_lost", 3_000, 0.0)


def test_cut_by_the_power_after_it_went_on_it_does_not_say_what_was_heard(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    plan(box, MONDAY + MINUTE + 3 * SECOND, SHORT, bulletin_class="priority")
    box.run_until(MONDAY + MINUTE + 7 * SECOND)
    box.restart()
    assert box.final(said.broadcast).heard_ms is None


def test_an_emergency_that_a_power_cut_interrupted_begins_again_from_its_start(box: Box) -> None:
    said = plan(box, None, LONG, issued_at=MONDAY, bulletin_class="emergency")
    box.run_until(MONDAY + 4 * SECOND)
    box.restart()
    box.run_for(minutes=1)
    assert [each.frames for each in box.played] == [4_000 * 48, 10_000 * 48]
    assert box.final(said.broadcast).heard_ms == 10_000


def test_an_emergency_that_expired_while_the_power_was_off_is_partial_power_lost(box: Box) -> None:
    said = plan(box, None, LONG, issued_at=MONDAY, bulletin_class="emergency", expires_at=MONDAY + MINUTE)
    box.run_until(MONDAY + 4 * SECOND)
    box.restart(off_for=2 * MINUTE)
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "power_lost", None)


@pytest.mark.parametrize("bulletin_class", ["normal", "emergency"])
def test_a_device_that_dies_in_the_middle_is_partial_device_failed_with_what_was_heard(
    box: Box, bulletin_class: BulletinClass
) -> None:
    said = plan(box, MONDAY + MINUTE, LONG, bulletin_class=bulletin_class)
    box.run_until(MONDAY + MINUTE + 2 * SECOND)
    box.device.fail()
    box.device.opens = True
    box.run_for(minutes=2)
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", "device_failed", 2_000)
    assert len(box.played) == 1


def test_the_pauses_between_repetitions_are_never_counted_as_heard(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT, times=2, gap_ms=3_000)
    box.run_until(MONDAY + MINUTE + 4 * SECOND)
    box.hear(signed(revised(said, state="cancelled")))
    assert box.final(said.broadcast).heard_ms == 2_000


# missed


def test_a_broadcast_that_arrives_after_its_latest_start_is_missed_late(box: Box) -> None:
    plan(box, MONDAY + MINUTE, SHORT)
    said = plan(box, MONDAY - 3 * MINUTE, SHORT)
    assert box.states(said.broadcast)[-1] == ("missed", "late")
    assert box.played == []


def test_with_the_power_off_at_latest_start_it_is_missed_late(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.restart(off_for=4 * MINUTE)
    assert box.states(said.broadcast)[-1] == ("missed", "late")


def test_waiting_for_another_beyond_latest_start_it_is_missed_busy(box: Box) -> None:
    plan(box, MONDAY + MINUTE, LONG)
    said = plan(box, MONDAY + MINUTE + SECOND, SHORT, latest_start=MONDAY + MINUTE + 5 * SECOND)
    box.run_for(minutes=3)
    assert box.states(said.broadcast)[-1] == ("missed", "busy")


def test_without_its_sound_at_latest_start_it_is_missed_no_audio(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT, with_sound=False)
    box.run_for(minutes=4)
    assert box.states(said.broadcast) == [("accepted", None), ("missed", "no_audio")]


def test_a_sound_that_comes_late_but_by_latest_start_still_sounds(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT, with_sound=False)
    box.run_until(MONDAY + 2 * MINUTE)
    give(box, SHORT)
    box.run_for(minutes=1)
    assert box.final(said.broadcast).start_error_ms == 60_000.0


def test_a_clip_that_was_damaged_on_the_disk_is_removed_and_missed_corrupt_audio(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    _damage_clip(box, said)
    box.run_for(minutes=4)
    assert box.states(said.broadcast)[-1] == ("missed", "corrupt_audio")
    assert box.played == []


def test_a_damaged_clip_is_fetched_again_and_sounds_if_it_comes_by_latest_start(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    _damage_clip(box, said)
    box.connect()
    box.run_until(MONDAY + MINUTE + SECOND)
    give(box, SHORT)
    box.run_for(minutes=1)
    assert box.final(said.broadcast).state == "played"


def _damage_clip(box: Box, said: Broadcast) -> None:
    file = box.folder / "clips" / said.clips[0].sha256
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_clips_are_verified_ahead_of_their_start_while_the_loop_goes_on(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    urgent = plan(box, MONDAY + 2 * MINUTE, SHORT, bulletin_class="emergency")
    box.executor.keeps_jobs = True
    box.run_until(MONDAY + MINUTE - 10 * SECOND)
    assert len(box.executor.jobs) == 1
    box.run_until(MONDAY + MINUTE + 5 * SECOND)
    assert (len(box.executor.jobs), box.played) == (1, [])
    box.executor.work()
    box.run_until(MONDAY + 2 * MINUTE - 5 * SECOND)
    assert box.final(said.broadcast).start_error_ms == 5_000.0
    box.executor.work()
    box.run_for(minutes=1)
    assert box.final(urgent.broadcast).start_error_ms == 0.0


def test_an_emergency_does_not_wait_for_the_verification_of_a_long_clip(box: Box) -> None:
    plan(box, MONDAY + MINUTE, LONG)
    box.executor.keeps_jobs = True
    box.run_until(MONDAY + MINUTE - SECOND)
    box.executor.keeps_jobs = False
    urgent = plan(box, None, SHORT, issued_at=box.clock.now(), bulletin_class="emergency")
    assert [label for label, _ in box.device.starts] == [urgent.broadcast]
    assert len(box.executor.jobs) == 1


def test_a_clip_with_the_right_hash_but_without_sound_is_missed_corrupt_audio(box: Box) -> None:

    junk = b"not an Ogg at all"
    clip = Clip(sha256=hashlib.sha256(junk).hexdigest(), bytes=len(junk), duration_ms=1000, media_type=OGG_OPUS)
    said = broadcast(MONDAY + MINUTE, SHORT, clips=(clip,))
    box.connect()
    box.hear(signed(said))
    box.hear((f"loa/v1/office/audio/{clip.sha256}/0", junk))
    box.run_for(minutes=4)
    assert box.states(said.broadcast)[-1] == ("missed", "corrupt_audio")


def test_a_clip_that_cannot_be_decoded_to_its_end_is_partial_and_the_last_error_says_why(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)

    def breaks(*args: Any, **changes: Any) -> Iterator[bytes]:
        for number, block in enumerate(decode(*args, **changes)):
            if number == 50:
                raise ValueError("corrupt page")
            yield block

    monkeypatch.setattr(playback, "decode", breaks)
    box.connect()
    box.run_for(minutes=3)
    final = box.final(said.broadcast)
    assert (final.state, final.reason) == ("partial", "device_failed")
    assert 0 < (final.heard_ms or 0) < 10_000
    assert "corrupt page" in box.status()["last_error"]


def test_a_broadcast_whose_clip_cannot_be_decoded_at_all_never_began(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)

    def breaks(*_args: object, **_changes: object) -> Iterator[bytes]:
        raise ValueError("no page")
        yield b""

    monkeypatch.setattr(playback, "decode", breaks)
    box.connect()
    subscribed = len(box.line.ever_subscribed)
    box.run_for(minutes=4)
    assert box.states(said.broadcast) == [("accepted", None), ("ready", None), ("missed", "corrupt_audio")]
    assert len(box.line.ever_subscribed) == subscribed, "its bytes are right: others would not come"


def test_with_an_untrusted_clock_a_broadcast_waits_and_is_missed_clock_untrusted(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.clock.trust = "untrusted"
    box.run_for(minutes=10)
    assert box.states(said.broadcast)[-1] == ("ready", None)
    assert box.played == []
    box.clock.trust = "trusted"
    box.settle()
    assert box.states(said.broadcast)[-1] == ("missed", "clock_untrusted")


def test_a_clock_that_is_trusted_again_by_latest_start_lets_it_sound(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.clock.trust = "untrusted"
    box.run_until(MONDAY + 2 * MINUTE)
    box.clock.trust = "held"
    box.run_for(minutes=1)
    assert box.final(said.broadcast).state == "played"
    assert box.final(said.broadcast).clock == "held"


def test_an_untrusted_clock_is_checked_every_few_seconds(box: Box) -> None:
    plan(box, MONDAY + MINUTE, SHORT)
    box.clock.trust = "untrusted"
    assert box.settle() <= MONDAY + 5 * SECOND


def test_a_broadcast_that_arrived_while_the_clock_ran_ahead_sounds_by_the_right_clock(box: Box) -> None:
    box.clock.trust = "untrusted"
    box.clock.jump(MONDAY + timedelta(days=400))
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.clock.jump(MONDAY)
    box.clock.trust = "trusted"
    box.run_for(minutes=2)
    assert box.final(said.broadcast).start_error_ms == 0.0


def test_latest_start_inside_quiet_hours_is_missed_quiet_hours(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, quiet_hours=[QUIET])))
    said = plan(box, MONDAY + 6 * MINUTE, SHORT)
    emergency = plan(box, MONDAY + 7 * MINUTE, LONG, bulletin_class="emergency")
    box.run_for(minutes=20)
    assert box.states(said.broadcast)[-1] == ("missed", "quiet_hours")
    assert box.final(emergency.broadcast).state == "played"


def test_it_waits_for_the_end_of_quiet_hours_if_latest_start_allows(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, quiet_hours=[QUIET])))
    plan(box, MONDAY + 9 * MINUTE, SHORT, latest_start=MONDAY + 10 * MINUTE)
    box.run_for(minutes=20)
    assert box.played[0].began_at == MONDAY + 10 * MINUTE


def test_a_muted_speaker_keeps_and_reports_everything_and_plays_nothing(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 2, muted=True)))
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.run_for(minutes=2)
    assert box.states(said.broadcast) == [("accepted", None), ("ready", None), ("missed", "muted")]
    assert box.played == []


def test_a_missing_device_is_tried_each_second_and_the_broadcast_missed_device_failed(box: Box) -> None:
    box.device.opens = False
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.run_for(minutes=4)
    assert box.states(said.broadcast)[-1] == ("missed", "device_failed")
    tries = [at for _, at in box.device.starts]
    assert 100 <= len(tries) <= 130


def test_a_device_that_comes_back_by_latest_start_plays_the_broadcast(box: Box) -> None:
    box.device.opens = False
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.run_until(MONDAY + 2 * MINUTE)
    box.device.opens = True
    box.run_for(minutes=1)
    assert box.final(said.broadcast).state == "played"


def test_an_emergency_keeps_trying_a_missing_device_until_it_expires(box: Box) -> None:
    box.device.opens = False
    said = plan(box, None, SHORT, issued_at=MONDAY, bulletin_class="emergency", expires_at=MONDAY + 10 * MINUTE)
    box.run_until(MONDAY + 9 * MINUTE)
    assert box.states(said.broadcast)[-1] == ("ready", None)
    box.run_for(minutes=2)
    assert box.states(said.broadcast)[-1] == ("missed", "device_failed")


# cancelled


def test_a_speaker_that_moved_away_withdraws_broadcasts_that_no_longer_name_it(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    elsewhere = plan(box, MONDAY + MINUTE, SHORT, areas=("xa-phu-lam",))
    box.hear(signed_settings(settings(MONDAY, 2, areas=["xa-phu-lam", "thon-2"])))
    box.run_for(minutes=2)
    assert box.states(said.broadcast)[-1] == ("cancelled", "moved")
    assert box.final(elsewhere.broadcast).state == "played"


def test_a_broadcast_that_sounds_when_the_speaker_moves_sounds_on(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + SECOND)
    box.hear(signed_settings(settings(MONDAY, 2, areas=["xa-phu-lam", "thon-2"])))
    box.run_for(minutes=1)
    assert box.final(said.broadcast).state == "played"


# Before the first settings


def test_before_its_settings_only_an_emergency_that_names_this_speaker_begins(tmp_path: Path) -> None:
    box = Box(tmp_path)
    named = plan(box, None, SHORT, issued_at=MONDAY, bulletin_class="emergency", areas=(), speakers=(ME,))
    by_area = plan(box, None, SHORT, issued_at=MONDAY, bulletin_class="emergency")
    normal = plan(box, MONDAY, SHORT, areas=(), speakers=(ME,))
    box.run_for(minutes=1)
    assert [each.label for each in box.played] == [named.broadcast]
    assert box.final(named.broadcast).volume == 100
    assert box.states(by_area.broadcast) == [("accepted", None), ("ready", None)]
    assert box.states(normal.broadcast) == [("accepted", None), ("ready", None)]


def test_with_its_first_settings_broadcasts_that_do_not_name_it_are_withdrawn_and_others_begin(tmp_path: Path) -> None:
    box = Box(tmp_path)
    mine = plan(box, MONDAY, SHORT)
    not_mine = plan(box, MONDAY, SHORT, areas=("thon-7",))
    box.run_for(minutes=1)
    box.hear(signed_settings(settings(MONDAY)))
    box.run_for(minutes=1)
    assert box.final(mine.broadcast).state == "played"
    assert box.states(not_mine.broadcast)[-1] == ("cancelled", "moved")


# Faults


def test_if_the_start_cannot_be_written_the_broadcast_does_not_sound_and_the_status_says_why(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)

    def full(*_args: object, **_changes: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "begin", full)
        box.connect()
        box.run_until(MONDAY + MINUTE + 30 * SECOND)
        assert box.played == []
        assert "disk is full" in box.status()["last_error"]
    box.run_for(minutes=1)
    assert box.final(said.broadcast).state == "played"
    assert box.status()["last_error"] is None


@pytest.mark.parametrize("word", ["cancelled", "muted"])
def test_with_a_full_disk_a_broadcast_still_stops(box: Box, word: str) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + 2 * SECOND)
    stop = {
        "cancelled": signed(revised(said, state="cancelled")),
        "muted": signed_settings(settings(MONDAY, 2, muted=True)),
    }
    with box.unwritable_journal():
        box.line.messages.put(stop[word])
        box.run_for(seconds=3)
        assert not box.device.busy
    box.run_for(minutes=1)
    final = box.final(said.broadcast)
    assert (final.state, final.reason, final.heard_ms) == ("partial", word, 2_000)


def test_settings_that_a_full_disk_refused_are_kept_and_withdraw_broadcasts_once_there_is_room(box: Box) -> None:
    old = [plan(box, MONDAY + MINUTE + after * SECOND, SHORT) for after in (0, 10)]
    mine = plan(box, MONDAY + 2 * MINUTE, SHORT, areas=("xa-phu-lam",))
    moved = signed_settings(settings(MONDAY, 2, areas=["xa-phu-lam", "thon-2"]))
    with box.unwritable_journal():
        box.line.messages.put(moved)
        box.run_for(seconds=3)
    box.hear(moved)
    box.run_for(minutes=12)
    for said in old:
        assert box.final(said.broadcast).reason == "moved"
    assert box.final(mine.broadcast).state == "played"
    box.restart()
    kept = box.parts.own_settings.current
    assert kept is not None
    assert kept.revision == 2


def test_a_broadcast_that_a_power_cut_interrupted_is_reported_once_the_full_disk_has_room(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = plan(box, MONDAY + MINUTE, LONG)
    box.run_until(MONDAY + MINUTE + 2 * SECOND)

    def full(*_args: object, **_changes: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "change", full)
        box.restart()
        box.connect()
        assert "disk is full" in box.status()["last_error"]
    box.run_for(minutes=2)
    assert (box.final(said.broadcast).reason, len(box.played)) == ("power_lost", 1)


def test_an_end_that_cannot_be_written_is_written_later_and_no_other_sounds_meanwhile(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    box.run_until(MONDAY + MINUTE + SECOND)

    def full(*_args: object, **_changes: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "change", full)
        box.run_for(seconds=20)
        assert box.states(said.broadcast)[-1] == ("started", None)
    box.run_for(seconds=5)
    final = box.final(said.broadcast)
    assert (final.state, final.heard_ms) == ("played", 2_000)
    assert len(box.played) == 1


def test_the_right_to_begin_is_given_once(box: Box) -> None:
    said = plan(box, MONDAY + MINUTE, SHORT)
    receipt = box.parts.plan.started(said.broadcast, MONDAY, revision=1, volume=70)
    box.journal.begin(receipt, again=False, tells=True)
    with pytest.raises(Revoked):
        box.journal.begin(receipt, again=False, tells=True)
    with pytest.raises(Revoked):
        box.journal.begin(receipt, again=True, tells=True)
