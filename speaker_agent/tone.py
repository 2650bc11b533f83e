"""`loa-speaker tone`: three seconds of a soft tone, so that a technician hears whether sound comes out."""

import math
import threading
from array import array
from collections.abc import Iterator
from datetime import timedelta

from speaker_agent.app import open_clock, open_device
from speaker_agent.device.port import RATE, DeviceFailed, Sound
from speaker_agent.settings import AgentSettings

LENGTH_S = 3
PITCH_HZ = 440
LEVEL_DB = -12.0
_ENDS_WITHIN = timedelta(seconds=LENGTH_S + 7)


def sound_tone(settings: AgentSettings) -> str | None:
    """Play the tone to its end; what is wrong with the device, or None."""
    changed = threading.Event()
    clock = open_clock(settings, None)
    device = open_device(settings, clock, changed.set)
    ends_by = clock.now() + _ENDS_WITHIN
    try:
        device.start(Sound("tone", _tone(), LENGTH_S * RATE), clock.now())
        while not (progress := device.progress()).finished:
            if progress.failure or progress.sound_error:
                return progress.failure or progress.sound_error
            if clock.now() >= ends_by:
                return "the sound device did not come to the end of the tone"
            clock.wait(changed, ends_by)
            changed.clear()
    except DeviceFailed as error:
        return str(error)
    finally:
        device.close()
    return None


def _tone() -> Iterator[bytes]:
    """Computed before it begins: a slow processor can't do it in the time that it takes to sound."""
    peak = 32767 * 10 ** (LEVEL_DB / 20)
    second = array("h", (round(peak * math.sin(2 * math.pi * PITCH_HZ * frame / RATE)) for frame in range(RATE)))
    return iter([second.tobytes()] * LENGTH_S)  # the pitch is a whole number of hertz: each second is the same
