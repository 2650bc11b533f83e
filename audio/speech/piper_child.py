"""The child process in which piper speaks. Only this process loads piper-tts, which is GPL-3.

Standard input: a JSON list of sentences. Standard output: one line of JSON, `{"rate": Hz, "bytes": [length of each
sentence]}`, then the mono 16-bit PCM of all. Run as `python -I -m audio.speech.piper_child VOICE_FILE SPEED`.
Exit status 3: piper-tts isn't installed; 4: it can't load the voice.
"""

import json
import sys
from pathlib import Path

NOT_INSTALLED, NO_VOICE = 3, 4


def main() -> int:
    """Speak standard input; returns the exit status."""
    try:
        from piper import PiperVoice, SynthesisConfig
    except ImportError:
        return NOT_INSTALLED
    try:
        voice = PiperVoice.load(Path(sys.argv[1]))
    except Exception as error:  # noqa: BLE001  # onnxruntime raises many types of its own for a file that isn't a voice
        sys.stderr.write(f"{type(error).__name__}: {error}")
        return NO_VOICE
    pace = SynthesisConfig(length_scale=voice.config.length_scale / float(sys.argv[2]))
    spoken = [
        b"".join(chunk.audio_int16_bytes for chunk in voice.synthesize(sentence, pace))
        for sentence in json.load(sys.stdin.buffer)
    ]
    head = {"rate": voice.config.sample_rate, "bytes": [len(pcm) for pcm in spoken]}
    sys.stdout.buffer.write(b"\n".join([json.dumps(head).encode(), b"".join(spoken)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
