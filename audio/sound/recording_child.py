"""The child process that decodes an uploaded file: the file on standard input, 48 kHz mono PCM on standard output.

Run as `python -I -m audio.sound.recording_child CPU_S MEMORY_BYTES LONGEST_S`. It sets its own limits before it reads
the file, and opens no other file or address: playlists and similar formats aren't allowed. Exit status 3: not a sound
in an allowed format; 4: longer than allowed.
"""

import io
import resource
import sys

import av

from audio.sound.pcm import RATE, TO_PCM, apply_filters, pcm_of

NOT_AUDIO, TOO_LONG = 3, 4

_FORMATS = "wav,mp3,mov,ogg,flac"


def main() -> int:
    """Decode standard input within the limits given as arguments; returns the exit status."""
    cpu_s, memory_bytes, longest_s = map(int, sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    left = longest_s * RATE
    try:
        file = io.BytesIO(sys.stdin.buffer.read())
        # Tags may hold invalid UTF-8; they aren't used.
        options = {"format_whitelist": _FORMATS}
        with av.open(file, "r", options=options, metadata_errors="replace") as container:
            if not container.streams.audio:
                return NOT_AUDIO
            # At half volume: resampling a sound at full scale overshoots it.
            for frame in apply_filters(container.decode(audio=0), ("volume", "0.5:precision=float"), TO_PCM):
                left -= frame.samples
                if left < 0:
                    return TOO_LONG
                sys.stdout.buffer.write(pcm_of(frame))
    except (av.FFmpegError, MemoryError):
        return NOT_AUDIO
    return 0


if __name__ == "__main__":
    sys.exit(main())
