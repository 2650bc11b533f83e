"""The agent's one loop: what wakes it, and its notifications to systemd."""

import socket
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from speaker_agent.agent import Agent
from tests.speaker_agent.box import Box, enrolled_box

HOUR = timedelta(hours=1)


def run_loop(
    monkeypatch: pytest.MonkeyPatch, box: Box, turns_to_take: int, clock_back_by: timedelta = timedelta()
) -> None:
    """Run the loop for some turns; in the first one the clock is set back."""
    turns: list[datetime] = []

    def step(now: datetime) -> datetime:
        turns.append(now)
        if len(turns) == 1:
            box.clock.jump(now - clock_back_by)
        if len(turns) == turns_to_take:
            agent.stop()
        return now + timedelta(minutes=1)

    monkeypatch.setattr(box.parts.tidying, "step", step)
    agent = Agent(box.parts)
    agent.run()
    assert len(turns) == turns_to_take


def test_the_loop_does_not_sleep_an_hour_more_where_the_clock_is_set_back_while_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_loop(monkeypatch, enrolled_box(tmp_path), turns_to_take=2, clock_back_by=HOUR)


def test_each_turn_of_the_loop_is_notified_to_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        box = enrolled_box(tmp_path)
        run_loop(monkeypatch, box, turns_to_take=1)
        assert systemd.recv(100) == b"WATCHDOG=1"
