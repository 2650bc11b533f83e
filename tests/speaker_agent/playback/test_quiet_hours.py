"""Quiet hours at the speaker: a broadcast signed for 03:15 doesn't sound, one signed for 05:00 does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.speaker_agent.box import Box, enrolled_box
from tests.speaker_agent.office import broadcast, chunks_of, signed, sound
from wire.broadcast import Broadcast
from wire.model import BulletinClass

NIGHT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
"""03:00 in Vietnam."""
QUARTER_PAST_THREE = NIGHT + timedelta(minutes=15)
FIVE = NIGHT + timedelta(hours=2)
ONE_MS = timedelta(milliseconds=1)
CLIP = sound(2_000)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = enrolled_box(tmp_path, now=NIGHT, quiet_hours=[{"from": "21:30", "to": "05:00"}])
    made.connect()
    return made


def plan(box: Box, starts_at: datetime, bulletin_class: BulletinClass = "normal") -> Broadcast:
    said = broadcast(starts_at, CLIP, bulletin_class=bulletin_class, issued_at=NIGHT)
    box.hear(signed(said), *chunks_of(CLIP))
    return said


@pytest.mark.parametrize("bulletin_class", ["normal", "priority"])
def test_a_broadcast_signed_for_the_night_does_not_sound_and_its_receipt_says_why(
    box: Box, bulletin_class: BulletinClass
) -> None:
    said = plan(box, QUARTER_PAST_THREE, bulletin_class)
    box.run_until(FIVE + timedelta(minutes=5))
    assert box.played == []
    assert (box.final(said.broadcast).state, box.final(said.broadcast).reason) == ("missed", "quiet_hours")


def test_an_emergency_sounds_in_the_night(box: Box) -> None:
    said = plan(box, QUARTER_PAST_THREE, "emergency")
    box.run_until(QUARTER_PAST_THREE + timedelta(minutes=1))
    assert box.played[0].began_at == QUARTER_PAST_THREE
    assert box.final(said.broadcast).state == "played"


def test_a_broadcast_at_five_sounds_whole(box: Box) -> None:
    said = plan(box, FIVE)
    box.run_until(FIVE + timedelta(minutes=1))
    assert box.played[0].began_at == FIVE
    assert (box.final(said.broadcast).state, box.final(said.broadcast).heard_ms) == ("played", 2_000)


def test_a_broadcast_at_five_sounds_whole_also_if_the_clock_reads_a_millisecond_before(box: Box) -> None:
    said = plan(box, FIVE)
    box.run_until(FIVE)
    box.clock.jump(FIVE - ONE_MS)
    box.settle()
    box.run_until(FIVE + timedelta(minutes=1))
    assert len(box.played) == 1
    assert (box.final(said.broadcast).state, box.final(said.broadcast).heard_ms) == ("played", 2_000)


def test_a_loudspeaker_that_begins_a_millisecond_early_at_five_sounds_whole(box: Box) -> None:
    said = plan(box, FIVE)
    box.run_until(FIVE - timedelta(seconds=1))
    assert box.device.starts == [(said.broadcast, FIVE)]
    box.device.move_beginning(FIVE - ONE_MS)
    box.run_until(FIVE + timedelta(minutes=1))
    assert box.played[0].began_at == FIVE - ONE_MS
    assert (box.final(said.broadcast).state, box.final(said.broadcast).heard_ms) == ("played", 2_000)
