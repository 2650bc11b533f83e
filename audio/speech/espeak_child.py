"""The child process in which PyPI's espeak-ng library speaks: UTF-8 on standard input, WAV on standard output.

Run as `python -I -m audio.speech.espeak_child -v VOICE -s WORDS_PER_MINUTE`: the options of Debian's espeak-ng.
"""

import argparse
import ctypes
import os
import sys
import wave
from pathlib import Path
from typing import Any

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: all sound goes to the callback before espeak_Synth returns
_RATE = 1  # espeakRATE
_CHARS_UTF8 = 1
_ENDPAUSE = 0x1000
_OK = 0

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(text: bytes, voice: str, words_per_minute: int) -> tuple[bytes, int]:
    """Speak the text; returns mono 16-bit PCM and its rate in Hz. Raises RuntimeError where the library refuses."""
    import espeakng_loader

    library: Any = ctypes.CDLL(str(espeakng_loader.get_library_path()))  # its functions have no types
    # espeak-ng cuts its data path at 160 bytes, and paths into a .venv are longer: so change there, and pass ".".
    os.chdir(Path(espeakng_loader.get_data_path()).parent)
    rate: int = library.espeak_Initialize(_SYNCHRONOUS, 0, b".", 0)
    if rate <= 0:
        raise RuntimeError("espeak-ng does not find its data")
    if library.espeak_SetVoiceByName(voice.encode()) != _OK:
        raise RuntimeError(f"espeak-ng has no voice {voice}")
    library.espeak_SetParameter(_RATE, words_per_minute, 0)
    pcm = bytearray()

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if samples and count > 0:
            pcm.extend(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    flags = _CHARS_UTF8 | _ENDPAUSE
    text = text.replace(b"\0", b" ") + b"\0"
    result = library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, flags, None, None)
    if result != _OK:
        raise RuntimeError(f"espeak-ng refuses the text: error {result}")
    return bytes(pcm), rate


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("-v", required=True, metavar="VOICE")
    options.add_argument("-s", required=True, type=int, metavar="WORDS_PER_MINUTE")
    chosen = options.parse_args()
    pcm, rate = speak(sys.stdin.buffer.read(), chosen.v, chosen.s)
    with wave.open(sys.stdout.buffer, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.setnframes(len(pcm) // 2)
        wav.writeframesraw(pcm)


if __name__ == "__main__":
    main()
