"""Decodes an uploaded recording (WAV, MP3, M4A, Ogg Opus or FLAC) in a child process with limits.

A file that was crafted to attack the decoder can only harm that process. The file's name isn't used.
"""

import sys

from audio.sound import child_process
from audio.sound.opus import NotAudio
from audio.sound.recording_child import NOT_AUDIO, TOO_LONG

MAX_RECORDING_BYTES = 64 * 2**20
MAX_RECORDING_S = 30 * 60

_CPU_S = 10
_MEMORY_BYTES = 256 * 2**20
_TIMEOUT_S = 60.0  # of wall time, also where other processes keep the machine busy


class RecordingTooLarge(ValueError):
    """The file has more than 64 MiB (`MAX_RECORDING_BYTES`)."""


class RecordingTooLong(ValueError):
    """The sound lasts longer than 30 minutes (`MAX_RECORDING_S`)."""


def decode_recording(data: bytes) -> bytes:
    """Decode the file to 48 kHz PCM, never empty; raises NotAudio, RecordingTooLarge, RecordingTooLong."""
    if len(data) > MAX_RECORDING_BYTES:
        raise RecordingTooLarge(f"{len(data)} bytes are more than {MAX_RECORDING_BYTES}")
    limits = map(str, (_CPU_S, _MEMORY_BYTES, MAX_RECORDING_S))
    command = (sys.executable, "-I", "-m", "audio.sound.recording_child", *limits)
    try:
        pcm = child_process.run(command, data, timeout_s=_TIMEOUT_S)
    except child_process.ChildDied as error:
        if error.status == TOO_LONG:
            raise RecordingTooLong(f"longer than {MAX_RECORDING_S} s") from error
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
