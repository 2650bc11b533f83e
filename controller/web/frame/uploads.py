"""A recorded voice that an officer uploads: judged, and kept by its content."""

from typing import BinaryIO

from audio.sound.opus import NotAudio
from audio.sound.recording import LARGEST_BYTES, LONGEST_S, RecordingTooLarge, RecordingTooLong, recorded_pcm
from controller.errors import Invalid
from controller.running.app import Office


def kept_recording(office: Office, file: BinaryIO, field: str) -> str:
    """The recording's SHA-256 in the recordings' store; raises Invalid on `field`, DiskFull."""
    data = file.read(LARGEST_BYTES + 1)
    try:
        recorded_pcm(data)
    except RecordingTooLarge:
        raise Invalid(field, f"Tệp lớn quá {LARGEST_BYTES // 2**20} MB. Chia thành hai bản tin.") from None
    except RecordingTooLong:
        raise Invalid(field, f"Bản ghi dài quá {LONGEST_S // 60} phút. Chia thành hai bản tin.") from None
    except NotAudio:
        raise Invalid(field, "Tệp này không phải âm thanh đọc được. Dùng WAV, MP3, M4A, Opus hoặc FLAC.") from None
    return office.recordings.put(data)
