"""A clock that jumps by an hour, a day or ten years, either way: no broadcast begins twice or at a wrong time."""

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schedules.arbitration import START_TOLERANCE
from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import broadcast, chunks_of, signed, sound
from wire.broadcast import Broadcast

SECOND = timedelta(seconds=1)
SOUNDS = [sound(2_000, seed=seed) for seed in range(3)]
JUMPS = [
    timedelta(milliseconds=3),
    timedelta(seconds=1.5),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=3_653),
]
RUNS, JUMPS_A_RUN = 100, 10


@pytest.mark.parametrize("seed", range(RUNS))
def test_in_a_thousand_clock_jumps_no_broadcast_begins_twice_or_at_a_wrong_time(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    box = enrolled_box(tmp_path)
    box.connect()
    planned = [_planned(chance) for _ in range(8)]
    box.hear(*(signed(each) for each in planned), *(chunk for data in SOUNDS for chunk in chunks_of(data)))
    for _ in range(JUMPS_A_RUN):
        box.run_for(milliseconds=chance.randint(1, 40_000))
        _jump(box, chance)
    if chance.random() < 0.5:
        box.clock.jump(MONDAY)  # set right again, so that all broadcasts lie ahead
    box.clock.trust = "trusted"
    box.settle()
    box.run_for(minutes=15)
    _let_the_rest_expire(box, planned)
    for each in planned:
        _holds(box, each)


def _planned(chance: random.Random) -> Broadcast:
    jump = chance.choice([timedelta(), timedelta(), timedelta(hours=1), timedelta(days=1)])
    starts_at = MONDAY + jump + chance.randint(1, 400) * SECOND
    return broadcast(starts_at, chance.choice(SOUNDS), bulletin_class=chance.choice(["normal", "priority"]))


def _jump(box: Box, chance: random.Random) -> None:
    by = chance.choice(JUMPS) * chance.choice([1, -1])
    box.clock.trust = chance.choice(["trusted", "trusted", "held", "untrusted"])
    if chance.random() < 0.1:
        box.restart()
        box.connect()
    box.clock.jump(box.clock.now() + by)
    box.settle()


def _let_the_rest_expire(box: Box, planned: list[Broadcast]) -> None:
    """Let the broadcasts that a clock years behind still has ahead expire."""
    end = max(each.expires_at for each in planned) + SECOND
    if box.clock.now() < end:
        box.clock.jump(end)
    box.run_for(seconds=5)


def _holds(box: Box, said: Broadcast) -> None:
    final = box.final(said.broadcast)
    counts = Counter(receipt.state for receipt in box.receipts(said.broadcast))
    heard = [each for each in box.played if each.label == said.broadcast]
    assert counts["started"] <= 1
    assert sum(each.frames for each in heard) <= 2_000 * 48
    if final.state == "missed":
        assert heard == []
    begins: list[datetime] = [each.began_at for each in heard][:1]  # after the first, it went on
    for began_at in begins:
        assert said.begins_at <= began_at <= said.latest_start + START_TOLERANCE
