"""Notifications to systemd."""

import socket
from pathlib import Path

import pytest

from controller.running import systemd


@pytest.mark.parametrize("abstract", [False, True])
def test_a_notification_is_one_datagram(abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name if abstract else name)
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if abstract else name)
        systemd.tell("READY=1")
        systemd.tell("WATCHDOG=1")
        assert [listener.recv(100), listener.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_without_systemd_a_notification_does_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.tell("READY=1")
