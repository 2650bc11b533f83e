"""Notifying systemd that the office answers (`Type=notify`) and that its main loop runs (`WatchdogSec=`).

The protocol of sd_notify(3): a datagram to the socket that `NOTIFY_SOCKET` names.
"""

import os
import socket
from contextlib import suppress
from typing import Literal

_SEND_TIMEOUT_S = 1.0


def tell(state: Literal["READY=1", "WATCHDOG=1"]) -> None:
    """Send a state, if NOTIFY_SOCKET is set. Gives up after a second: an unread socket must not end the office."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify_socket:
        notify_socket.settimeout(_SEND_TIMEOUT_S)
        notify_socket.sendto(state.encode(), "\0" + name[1:] if name.startswith("@") else name)
