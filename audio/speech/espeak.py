"""espeak-ng, the voice that works everywhere: offline and free. It runs as a child process (GPL-3, global state).

Uses Debian's `espeak-ng` where it is installed, else the library of PyPI's espeakng-loader through `espeak_child`.
"""

import importlib.util
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from audio.sound import child_process
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice, require_audible

NAME = "eSpeak NG"

_VOICES = {"central": "vi-vn-x-central", "south": "vi-vn-x-south"}
_NORTHERN_VOICE = "vi"  # also for voices of other engines, in whose place this one speaks
_WORDS_PER_MINUTE = 175  # espeak-ng's own default
# It speaks a thousand times faster than real time; these limits give a slow and busy machine a hundred times as long.
_TIMEOUT_S = 5.0
_TIMEOUT_S_PER_CHARACTER = 0.01
_MAX_CHILDREN = 2
"""Children that run at the same time. Each speaks one sentence, and spends most of its time starting."""

DEBIAN_COMMAND = ("espeak-ng", "-b", "1", "--stdin", "--stdout")
LOADER_COMMAND = (sys.executable, "-I", "-m", "audio.speech.espeak_child")


@dataclass(frozen=True)
class Espeak:
    """A SpeechEngine. `command` reads UTF-8 and writes WAV; None: the installed one, looked up at each use."""

    command: tuple[str, ...] | None = None
    name: str = NAME

    @property
    def identity(self) -> str:
        """Its name alone: the version of espeak-ng isn't part of a recipe."""
        return self.name

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """As the port says, with a child process for each sentence. It has a voice for each region."""
        command = self.command or _installed_command()
        pace = ("-v", _VOICES.get(voice, _NORTHERN_VOICE), "-s", str(round(_WORDS_PER_MINUTE * speed)))
        with ThreadPoolExecutor(_MAX_CHILDREN) as children:
            spoken = list(children.map(lambda words: self._speak_sentence((*command, *pace), words), sentences))
        return require_audible([pcm for pcm, _rate in spoken], spoken[0][1] if spoken else 0, self.name)

    def _speak_sentence(self, command: Sequence[str], words: str) -> tuple[bytes, int]:
        """Speak one sentence; returns its PCM and its rate in Hz."""
        timeout_s = _TIMEOUT_S + _TIMEOUT_S_PER_CHARACTER * len(words)
        try:
            wav = child_process.run(command, _defuse(words).encode(), timeout_s=timeout_s)
        except child_process.ChildMissing as error:
            raise SpeechFailed(self.name, FailureReason.MISSING, str(error)) from error
        except child_process.ChildHung as error:
            raise SpeechFailed(self.name, FailureReason.HUNG, str(error)) from error
        except child_process.ChildFailed as error:
            raise SpeechFailed(self.name, FailureReason.DIED, str(error)) from error
        if not wav:
            raise SpeechFailed(self.name, FailureReason.EMPTY)
        try:
            return _read_wav(wav)
        except ValueError as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error


def _installed_command() -> tuple[str, ...]:
    if shutil.which(DEBIAN_COMMAND[0]):
        return DEBIAN_COMMAND
    if importlib.util.find_spec("espeakng_loader"):
        return LOADER_COMMAND
    raise SpeechFailed(NAME, FailureReason.MISSING, "install Debian's espeak-ng, or espeakng-loader from PyPI")


def _defuse(words: str) -> str:
    """Defuse what espeak-ng takes as commands: control characters (^A changes the voice) and `[[` (phonemes).

    A line break becomes an empty line, because espeak-ng makes no pause at a single one.
    """
    said = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") and c != "\n" else c for c in words)
    return said.replace("[[", "[ [").replace("\n", "\n\n")


def _read_wav(wav: bytes) -> tuple[bytes, int]:
    """PCM and rate of a mono 16-bit WAV. Its length field is wrong: into a pipe espeak-ng writes two gigabytes."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise ValueError("not a WAV")
    at = 12
    rate = 0
    while (kind := wav[at : at + 4]) != b"data":
        length = int.from_bytes(wav[at + 4 : at + 8], "little")
        if kind == b"fmt ":
            encoding, channels = wav[at + 8 : at + 10], wav[at + 10 : at + 12]
            bits = wav[at + 22 : at + 24]
            if (encoding, channels, bits) != (b"\1\0", b"\1\0", b"\x10\0"):
                raise ValueError("not a mono WAV of 16 bits")
            rate = int.from_bytes(wav[at + 12 : at + 16], "little")
        at += 8 + length + length % 2
        if at >= len(wav):
            raise ValueError("a WAV without sound")
    if not rate:
        raise ValueError("a WAV without a rate")
    pcm = wav[at + 8 :]
    return pcm[: len(pcm) // 2 * 2], rate
