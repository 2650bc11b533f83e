"""Waits for a condition, with a limit."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

LIMIT_S = 60.0
_LOOK_EACH_S = 0.01
# A virtual machine is stopped at times; a pause of the machine must not use up the limit.
_LONGEST_LOOK_S = 1.0

_Found = TypeVar("_Found")


def wait_for(found: Callable[[], _Found | None], complaint: Callable[[], str], limit_s: float = LIMIT_S) -> _Found:
    """Call `found` until its result is true, and return that; AssertionError with `complaint` after `limit_s`."""
    left_s = limit_s
    pause = threading.Event()
    while True:
        began_s = time.monotonic()
        if result := found():
            return result
        assert left_s > 0, f"not within {limit_s:.0f} s: {complaint()}"
        pause.wait(_LOOK_EACH_S)
        left_s -= min(time.monotonic() - began_s, _LONGEST_LOOK_S)
