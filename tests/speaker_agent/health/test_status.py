"""The status: sent on connect, on a change and every minute; and its fields."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import broadcast, chunks_of, revised, settings, signed, signed_settings, sound
from wire.status import Status, plan_digest

MINUTE = timedelta(minutes=1)
SOUND = sound(3_000)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return enrolled_box(tmp_path)


def test_on_connect_the_whole_status_is_published_retained(box: Box) -> None:
    box.connect()
    _, payload, retained = next(each for each in box.line.said if each[0].endswith("/status"))
    assert retained
    status = Status.from_json(payload)
    assert (status.online, status.boot, status.session) == (True, "boot-1", 1)
    assert (status.journal, status.settings_revision, status.volume) == (box.journal.id, 1, 100)
    assert status.at == MONDAY
    assert status.clock is not None
    assert status.clock.state == "trusted"
    assert (status.playing, status.last_error, status.unacknowledged, status.refused) == (None, None, 0, {})
    assert (status.disk_free_bytes or 0) > 0


def test_the_status_is_published_each_minute(box: Box) -> None:
    box.connect()
    box.run_for(minutes=10)
    assert len(box.line.of_kind("status")) == 11


def test_each_connection_has_a_new_session_number(box: Box) -> None:
    box.connect()
    box.disconnect()
    box.connect()
    assert [each["session"] for each in box.line.of_kind("status")] == [1, 2]


def test_a_change_is_published_at_once_but_at_most_once_a_second(box: Box) -> None:
    box.connect()
    box.run_for(seconds=5)
    before = len(box.line.of_kind("status"))
    for revision in range(2, 30):
        box.hear(signed_settings(settings(MONDAY, revision)))
        box.run_for(milliseconds=100)
    told = box.line.of_kind("status")[before:]
    assert told[0]["settings_revision"] == 2
    box.run_for(seconds=1)
    assert box.status()["settings_revision"] == 29
    assert 3 <= len(told) <= 4


def test_the_sounding_broadcast_is_in_the_status(box: Box) -> None:
    box.connect()
    said = broadcast(MONDAY + MINUTE, SOUND)
    box.hear(signed(said), *chunks_of(SOUND))
    box.run_until(MONDAY + MINUTE + timedelta(seconds=2))
    assert box.status()["playing"] == said.broadcast
    box.run_for(seconds=5)
    assert box.status()["playing"] is None
    assert box.status()["cache_bytes"] == len(SOUND)


def test_a_change_of_the_clocks_state_is_published_within_seconds(box: Box) -> None:
    box.connect()
    box.run_for(seconds=5)
    box.clock.trust = "held"
    box.run_for(seconds=10)
    assert box.status()["clock"]["state"] == "held"


def test_a_missing_device_is_the_last_error_until_a_broadcast_has_sounded(box: Box) -> None:
    box.connect()
    box.device.opens = False
    said = broadcast(MONDAY + MINUTE, SOUND)
    box.hear(signed(said), *chunks_of(SOUND))
    box.run_until(MONDAY + MINUTE + timedelta(seconds=10))
    assert box.status()["last_error"] == "no such device"
    box.device.opens = True
    box.run_for(minutes=1)
    assert box.status()["last_error"] is None


def test_the_digest_covers_all_unexpired_broadcasts_for_the_speaker_planned_or_cancelled(box: Box) -> None:
    planned = broadcast(MONDAY + 60 * MINUTE, SOUND)
    cancelled = revised(broadcast(MONDAY + 60 * MINUTE, SOUND), state="cancelled")
    short = broadcast(MONDAY + MINUTE, SOUND, expires_at=MONDAY + 5 * MINUTE)
    moved = broadcast(MONDAY + 60 * MINUTE, SOUND)
    moved_away = revised(moved, areas=("thon-2",))
    box.connect()
    box.hear(*(signed(each) for each in (planned, cancelled, short, moved, moved_away)))
    box.run_for(seconds=2)
    named = [(planned.broadcast, 1), (cancelled.broadcast, 2), (short.broadcast, 1)]
    assert box.status()["plan"] == {"count": 3, "digest": plan_digest(named)}
    box.run_for(minutes=10)
    assert box.status()["plan"] == {"count": 2, "digest": plan_digest(named[:2])}
    box.hear(signed_settings(settings(MONDAY, 2, areas=["thon-2"])))
    box.run_for(seconds=2)
    assert box.status()["plan"] == {"count": 1, "digest": plan_digest([(moved.broadcast, 2)])}
