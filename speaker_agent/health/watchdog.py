"""The word to systemd that the loop still turns: a unit with `WatchdogSec=` is restarted where it no longer comes.

The protocol of sd_notify(3): a datagram to the socket that `NOTIFY_SOCKET` names. Where there is none, nothing is said.
"""

import os
import socket
from contextlib import suppress


class Watchdog:
    """Told by the loop at each turn."""

    def __init__(self) -> None:
        name = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name

    def tell_that_it_turns(self) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # a system that is busy must not hold up the loop
            line.sendto(b"WATCHDOG=1", self._address)
