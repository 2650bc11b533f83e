"""Which speech engines speak a voice: the one that was chosen, then those that step in if it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.speech.espeak import Espeak
from audio.speech.gtts import NAME as GOOGLE
from audio.speech.gtts import GoogleSpeech
from audio.speech.piper import Piper
from audio.speech.port import SpeechEngine, SwitchedOff, Voice
from wire.model import BulletinClass


@dataclass(frozen=True)
class Voices:
    """The voices of one station. `piper_voice` None: no piper. `gtts_folder`: cache of Google's speech."""

    gtts_folder: Path
    piper_voice: Path | None
    piper_voice_sha256: str

    def engines(self, voice: Voice, bulletin_class: BulletinClass, gtts_allowed: bool) -> Sequence[SpeechEngine]:
        """The engines in the order in which to try them. An emergency never waits for a connection abroad."""
        if voice == "google":
            may_ask = gtts_allowed and bulletin_class != "emergency"
            return [GoogleSpeech(self.gtts_folder) if may_ask else SwitchedOff(GOOGLE), *self._offline()]
        if voice == "piper":
            return self._offline() if self.piper_voice else [SwitchedOff("Piper"), Espeak()]
        return [Espeak()]

    def _offline(self) -> list[SpeechEngine]:
        piper = [Piper(self.piper_voice, self.piper_voice_sha256)] if self.piper_voice else []
        return [*piper, Espeak()]
