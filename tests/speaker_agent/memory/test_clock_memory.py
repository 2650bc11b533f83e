"""What is remembered of the clock across a restart."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest

from speaker_agent.memory.clock_memory import ClockMemory
from speaker_agent.memory.journal import Journal
from tests.speaker_agent.box import MONDAY, BoxClock


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db", MONDAY)


def test_the_floor_is_kept_every_ten_minutes_while_the_clock_is_trusted(journal: Journal) -> None:
    clock = BoxClock(MONDAY)
    memory = ClockMemory(journal, clock)
    assert memory.step(clock.now()) == MONDAY + timedelta(minutes=10)
    clock.advance(timedelta(minutes=9))
    memory.step(clock.now())
    assert ClockMemory.recall(journal)[0] == MONDAY
    clock.advance(timedelta(minutes=1))
    memory.step(clock.now())
    assert ClockMemory.recall(journal)[0] == MONDAY + timedelta(minutes=10)


def test_a_clock_is_remembered_at_once_when_it_becomes_trusted_and_not_before(journal: Journal) -> None:
    clock = BoxClock(MONDAY)
    clock.trust = "untrusted"
    memory = ClockMemory(journal, clock)
    memory.step(clock.now())
    assert ClockMemory.recall(journal) == (None, None)
    clock.trust = "trusted"
    memory.step(clock.now())
    assert ClockMemory.recall(journal) == (MONDAY, MONDAY - timedelta(hours=1))


def test_after_another_boot_the_floor_is_known_and_the_boots_instant_is_not(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ClockMemory(journal, BoxClock(MONDAY)).step(MONDAY)
    monkeypatch.setattr(Path, "read_bytes", lambda _boot_id_file: b"another\n")
    assert ClockMemory.recall(journal) == (MONDAY, None)


def test_without_a_boot_id_of_the_kernel_each_start_counts_as_another_boot(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_bytes", Mock(side_effect=FileNotFoundError))
    ClockMemory(journal, BoxClock(MONDAY)).step(MONDAY)
    assert ClockMemory.recall(journal) == (MONDAY, None)
