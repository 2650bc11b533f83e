"""What the office says to systemd: that it answers (`Type=notify`), and that its main loop turns (`WatchdogSec=`).

The protocol of sd_notify(3): a datagram to the socket that `NOTIFY_SOCKET` names. Without it, nothing is said.
"""

import os
import socket
from contextlib import suppress
from typing import Literal

_SYSTEMD_IS_BUSY_S = 1.0


def tell(word: Literal["READY=1", "WATCHDOG=1"]) -> None:
    """Say it, or give up after a second: a socket that isn't read must not end the office."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(_SYSTEMD_IS_BUSY_S)
        line.sendto(word.encode(), "\0" + name[1:] if name.startswith("@") else name)
