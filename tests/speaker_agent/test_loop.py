"""The agent's one loop: what wakes it, and who sees that it turns."""

import socket
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from speaker_agent.health.watchdog import Watchdog
from tests.speaker_agent.box import Box, enrolled_box

HOUR = timedelta(hours=1)


def let_it_turn(box: Box, times: int, clock_back_by: timedelta = timedelta()) -> None:
    """Run the loop with one step, which wants to be called again in a minute; in the first turn the clock moves."""
    turns: list[datetime] = []

    def step(now: datetime) -> datetime:
        turns.append(now)
        if len(turns) == 1:
            box.clock.jump(now - clock_back_by)
        if len(turns) == times:
            box.agent.stop()
        return now + timedelta(minutes=1)

    box.agent._steps = [("playback", step)]
    box.agent.run()


def test_a_clock_that_is_set_back_while_the_loop_works_is_not_slept_through(tmp_path: Path) -> None:
    let_it_turn(enrolled_box(tmp_path), times=2, clock_back_by=HOUR)


def test_each_turn_of_the_loop_is_told_to_the_system_that_restarts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        box = enrolled_box(tmp_path)
        let_it_turn(box, times=1)
        assert systemd.recv(100) == b"WATCHDOG=1"


def test_a_system_that_does_not_listen_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Watchdog().tell_that_it_turns()
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    Watchdog().tell_that_it_turns()


def test_an_abstract_socket_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("")  # the kernel finds a free abstract name
        systemd.settimeout(10)
        name: bytes = systemd.getsockname()
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name[1:].decode())
        Watchdog().tell_that_it_turns()
        assert systemd.recv(100) == b"WATCHDOG=1"
