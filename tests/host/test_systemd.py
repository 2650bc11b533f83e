"""Notifications of both programs to systemd; the agent doesn't wait for it."""

import socket
from pathlib import Path

import pytest

from host import systemd

WAITING = pytest.mark.parametrize("timeout_s", [0, 1.0])


@WAITING
@pytest.mark.parametrize("abstract", [False, True])
def test_a_notification_is_one_datagram(
    abstract: bool, timeout_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name if abstract else name)
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if abstract else name)
        systemd.tell("READY=1", timeout_s=timeout_s)
        systemd.tell("WATCHDOG=1", timeout_s=timeout_s)
        assert [listener.recv(100), listener.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


@WAITING
@pytest.mark.parametrize("address", [None, "", "/nowhere/notify"])
def test_without_systemd_a_notification_does_nothing(
    address: str | None, timeout_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.tell("READY=1", timeout_s=timeout_s)


def test_a_systemd_that_does_not_read_does_not_delay_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        for _ in range(2000):  # far more than the kernel queues; one that waited would hang here
            systemd.tell("WATCHDOG=1", timeout_s=0)
