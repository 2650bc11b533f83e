"""piper, a natural voice without a network, by a voice file that the commune supplies (an `.onnx`, its `.onnx.json`).

Each voice has a licence of its own, which the commune answers for: none comes with this project.
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
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice, heard

# Loading a voice takes a second or two; a slow office speaks half as fast as people do.
_LIMIT_S = 30.0
_LIMIT_S_PER_CHARACTER = 0.2
COMMAND = (sys.executable, "-I", "-m", "audio.speech.piper_child")


@dataclass(frozen=True)
class Piper:
    """A SpeechEngine. `sha256`: which the file must have; empty: any."""

    voice_file: Path
    sha256: str = ""
    command: tuple[str, ...] = COMMAND

    @property
    def name(self) -> str:
        """With the voice's own name, which its file bears."""
        return f"Piper {self.voice_file.stem}"

    @property
    def identity(self) -> str:
        """Its file's hash: another voice may be put in under the same name."""
        files = (self.voice_file, self._config)
        return " ".join([self.name, *(file_sha256(each) if each.is_file() else "" for each in files)])

    @property
    def _config(self) -> Path:
        """How fast and at which rate the voice speaks, beside it."""
        return self.voice_file.with_name(f"{self.voice_file.name}.json")

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """Speak as the port says, all sentences by one child; `voice` makes no difference."""
        del voice
        self._check()
        limit_s = _LIMIT_S + _LIMIT_S_PER_CHARACTER * sum(map(len, sentences))
        words = json.dumps([each.replace("[[", "[ [") for each in sentences]).encode()  # [[ begins raw phonemes
        try:
            answer = child_process.run((*self.command, str(self.voice_file), str(speed)), words, limit_s=limit_s)
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
        return heard(spoken, rate, self.name)

    def _check(self) -> None:
        for file in (self.voice_file, self._config):
            if not file.is_file():
                raise SpeechFailed(self.name, FailureReason.MISSING, f"{file} is not there")
        if self.sha256 and file_sha256(self.voice_file) != self.sha256.lower():
            raise SpeechFailed(self.name, FailureReason.BROKEN, "the voice file is another than was allowed")


def file_sha256(file: Path) -> str:
    """The SHA-256 of a voice file in hex; of one that hasn't changed since, without reading it again."""
    there = file.stat()
    return _sha256(file, there.st_size, there.st_mtime_ns)


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
