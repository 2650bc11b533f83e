"""A recorded voice: the sound of an uploaded WAV, MP3, M4A, Ogg Opus or FLAC, opened by a child process within limits.

A file that somebody made to harm the decoder harms that process alone; its name is never looked at.
"""

import sys

from audio.sound import child_process
from audio.sound.opus import NotAudio
from audio.sound.recording_child import NOT_AUDIO, TOO_LONG

LARGEST_BYTES = 64 * 2**20
LONGEST_S = 30 * 60

_CPU_S = 10
_MEMORY_BYTES = 256 * 2**20
_LIMIT_S = 60.0  # by the wall clock, on a machine that does other things too


class RecordingTooLarge(ValueError):
    """The file has more than `LARGEST_BYTES`."""


class RecordingTooLong(ValueError):
    """The sound lasts longer than `LONGEST_S`."""


def recorded_pcm(data: bytes) -> bytes:
    """The file's sound as 48 kHz PCM, never empty; raises NotAudio, RecordingTooLarge, RecordingTooLong."""
    if len(data) > LARGEST_BYTES:
        raise RecordingTooLarge(f"{len(data)} bytes are more than {LARGEST_BYTES}")
    limits = map(str, (_CPU_S, _MEMORY_BYTES, LONGEST_S))
    command = (sys.executable, "-I", "-m", "audio.sound.recording_child", *limits)
    try:
        pcm = child_process.run(command, data, limit_s=_LIMIT_S)
    except child_process.ChildDied as error:
        if error.status == TOO_LONG:
            raise RecordingTooLong(f"longer than {LONGEST_S} s") from error
        if error.status == NOT_AUDIO:
            raise NotAudio("not a WAV, MP3, M4A, Opus or FLAC with a sound in it") from error
        if error.status < 0:
            raise NotAudio("reading it takes more time than a recording may") from error
        raise
    except child_process.ChildHung as error:
        raise NotAudio("reading it takes more time than a recording may") from error
    if not pcm:
        raise NotAudio("a sound file without a sample")
    return pcm
