"""Recorded voices that officers upload: checked, and stored under their hash."""

from typing import BinaryIO

from fastapi import Request

from audio.sound.opus import NotAudio
from audio.sound.recording import (
    MAX_RECORDING_BYTES,
    MAX_RECORDING_S,
    RecordingTooLarge,
    RecordingTooLong,
    decode_recording,
)
from controller.errors import Invalid
from controller.running.app import Office
from controller.web.admission.places import outside


async def kept_recording(request: Request, office: Office, file: BinaryIO, field: str) -> str:
    """The SHA-256 under which the recording is stored; raises Invalid on `field`, DiskFull, Overloaded."""
    async with outside(request):
        return await office.sound_work.run(lambda: _kept(office, file, field))


def _kept(office: Office, file: BinaryIO, field: str) -> str:
    data = file.read(MAX_RECORDING_BYTES + 1)
    try:
        decode_recording(data)
    except RecordingTooLarge:
        raise Invalid(field, "recording_too_large", most_mb=MAX_RECORDING_BYTES // 2**20) from None
    except RecordingTooLong:
        raise Invalid(field, "recording_too_long", most_minutes=MAX_RECORDING_S // 60) from None
    except NotAudio:
        raise Invalid(field, "recording_not_audio") from None
    return office.recordings.put(data)
