"""The child process that opens an uploaded sound file: the file on standard input, 48 kHz mono PCM on standard output.

Run as `python -I -m audio.sound.recording_child CPU_S MEMORY_BYTES LONGEST_S`. It bounds itself before it looks at the
file, and opens no other: playlists, and whatever else names a place to fetch from, are not among its formats. Exit
status 3: no sound that it reads; 4: longer than allowed.
"""

import io
import resource
import sys

import av

from audio.sound.pcm import RATE, TO_PCM, filtered, pcm_of

NOT_AUDIO, TOO_LONG = 3, 4

_FORMATS = "wav,mp3,mov,ogg,flac"


def main() -> int:
    """Decode standard input within the limits given as arguments; the exit status."""
    cpu_s, memory_bytes, longest_s = map(int, sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    left = longest_s * RATE
    try:
        file = io.BytesIO(sys.stdin.buffer.read())
        # A tag need not be text: nobody reads it.
        options = {"format_whitelist": _FORMATS}
        with av.open(file, "r", options=options, metadata_errors="replace") as container:
            if not container.streams.audio:
                return NOT_AUDIO
            # Half the strength: what reaches full scale overshoots it when it is resampled.
            for frame in filtered(container.decode(audio=0), ("volume", "0.5:precision=float"), TO_PCM):
                left -= frame.samples
                if left < 0:
                    return TOO_LONG
                sys.stdout.buffer.write(pcm_of(frame))
    except (av.FFmpegError, MemoryError):
        return NOT_AUDIO
    return 0


if __name__ == "__main__":
    sys.exit(main())
