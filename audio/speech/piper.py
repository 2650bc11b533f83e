"""piper, a natural offline voice. The commune supplies the voice: an `.onnx` file with its `.onnx.json`.

Each voice has its own licence, for which the commune is responsible; this project ships none.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audio.sound import child_process
from audio.speech.piper_child import NO_VOICE, NOT_INSTALLED
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice, require_audible

# Loading a voice takes a second or two; a slow machine speaks at half of real time.
_TIMEOUT_S = 30.0
_TIMEOUT_S_PER_CHARACTER = 0.2
COMMAND = (sys.executable, "-I", "-m", "audio.speech.piper_child")


@dataclass(frozen=True)
class Piper:
    """A SpeechEngine. `sha256`: what the voice file's hash must be; empty: not checked."""

    voice_file: Path
    sha256: str = ""
    command: tuple[str, ...] = COMMAND

    @property
    def name(self) -> str:
        """ "Piper", and the name of the voice file without its ending."""
        return f"Piper {self.voice_file.stem}"

    @property
    def identity(self) -> str:
        """Its name and the hashes of both files, because another voice may be installed under the same name."""
        files = (self.voice_file, self._config)
        return " ".join([self.name, *(file_sha256(each) if each.is_file() else "" for each in files)])

    @property
    def _config(self) -> Path:
        """The `.onnx.json` next to the voice file: its pace and sample rate."""
        return self.voice_file.with_name(f"{self.voice_file.name}.json")

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """As the port says, with one child process for all sentences; `voice` is ignored."""
        del voice
        self._check()
        timeout_s = _TIMEOUT_S + _TIMEOUT_S_PER_CHARACTER * sum(map(len, sentences))
        words = json.dumps([each.replace("[[", "[ [") for each in sentences]).encode()  # [[ begins raw phonemes
        try:
            answer = child_process.run((*self.command, str(self.voice_file), str(speed)), words, timeout_s=timeout_s)
        except child_process.ChildHung as error:
            raise SpeechFailed(self.name, FailureReason.HUNG, str(error)) from error
        except child_process.ChildDied as error:
            reasons = {NOT_INSTALLED: FailureReason.MISSING, NO_VOICE: FailureReason.BROKEN}
            raise SpeechFailed(self.name, reasons.get(error.status, FailureReason.DIED), str(error)) from error
        except child_process.ChildFailed as error:
            raise SpeechFailed(self.name, FailureReason.MISSING, str(error)) from error
        try:
            rate, spoken = _read(answer, len(sentences))
        except (ValueError, KeyError, TypeError) as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error
        return require_audible(spoken, rate, self.name)

    def _check(self) -> None:
        for file in (self.voice_file, self._config):
            if not file.is_file():
                raise SpeechFailed(self.name, FailureReason.MISSING, f"{file} is not there")
        if self.sha256 and file_sha256(self.voice_file) != self.sha256.lower():
            raise SpeechFailed(self.name, FailureReason.BROKEN, "the voice file is another than was allowed")


def file_sha256(file: Path) -> str:
    """The SHA-256 of a voice file in hex, cached by its size and modification time. Raises OSError."""
    status = file.stat()
    return _sha256(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _sha256(file: Path, _size: int, _changed_ns: int) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _read(answer: bytes, count: int) -> tuple[int, list[bytes]]:
    line, _, pcm = answer.partition(b"\n")
    head = json.loads(line)
    lengths = head["bytes"]
    if len(lengths) != count or sum(lengths) != len(pcm) or any(each % 2 for each in lengths):
        raise ValueError("the answer is not as long as it says")
    spoken, at = [], 0
    for length in lengths:
        spoken.append(pcm[at : at + length])
        at += length
    return int(head["rate"]), spoken
