"""The sign of life for systemd: a unit with `WatchdogSec=` is restarted when it no longer comes.

The protocol of sd_notify(3): a datagram to the socket that the environment names in `NOTIFY_SOCKET`.
"""

import os
import socket
from contextlib import suppress


class Watchdog:
    """Does nothing where `NOTIFY_SOCKET` is not set."""

    def __init__(self) -> None:
        name = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name

    def tell_that_it_turns(self) -> None:
        """Call it in each turn of the loop. It never waits and never raises."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # a systemd that is busy must not hold up the loop
            line.sendto(b"WATCHDOG=1", self._address)
