"""Notifying systemd that a program is ready (`Type=notify`) and that its main loop runs (`WatchdogSec=`).

The protocol of sd_notify(3): a datagram to the socket that `NOTIFY_SOCKET` names.
"""

import os
import socket
from contextlib import suppress
from typing import Literal


def tell(state: Literal["READY=1", "WATCHDOG=1"], *, timeout_s: float = 1.0) -> None:
    """Send a state, if NOTIFY_SOCKET is set. Never raises; waits at most `timeout_s` for a systemd that is busy."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify_socket:
        notify_socket.settimeout(timeout_s)
        notify_socket.sendto(state.encode(), "\0" + name[1:] if name.startswith("@") else name)
