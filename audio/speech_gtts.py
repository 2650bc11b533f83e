"""Google's voice by way of gTTS: natural, online, one voice for all regions. The text leaves the country.

So it is built only where an administrator turned it on. gTTS cuts the text and writes the requests; they are sent here,
because gTTS 2.5 sends them without checking the server's certificate: whoever sits on the line could put words into
the commune's mouth. What was said once is kept on disk, and isn't asked for again.
"""

import base64
import hashlib
import io
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import av
import requests
from gtts import gTTS

from audio.pcm import RATE, TO_PCM, filtered, pcm_of
from audio.speech import FailureReason, Speech, SpeechFailed, Voice, heard

NAME = "Google (gTTS)"
ADDRESS = "https://translate.google.com/_/TranslateWebserverUi/data/batchexecute"

_LANGUAGE = "vi"
_CONNECT_S, _READ_S = 3, 10
# A server that sends a byte now and then never times out by itself.
_LIMIT_S, _LIMIT_S_PER_REQUEST = 10.0, 5.0
_LARGEST_ANSWER_BYTES = 4 * 2**20
_MP3_IN_ANSWER = re.compile(rb'"jQ1olc","\[\\"(.+?)\\"\]')
# Nobody speaks fifty letters a second: there the end is missing. MP3 itself doesn't tell.
_LEAST_MS_PER_LETTER = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GoogleSpeech:
    """A SpeechEngine. `kept` is the folder of what was said before."""

    kept: Path
    address: str = ADDRESS
    name: str = NAME

    def speak(self, words: str, voice: Voice, speed: float) -> Speech:
        """Speak as the port says; `voice` makes no difference."""
        del voice
        text_key = hashlib.sha256(f"{_LANGUAGE}\n{words}".encode()).hexdigest()
        path = self.kept / f"{text_key}.mp3"
        mp3 = path.read_bytes() if path.exists() else None
        if mp3 is not None:
            try:
                return self._speech(mp3, words, speed)
            except SpeechFailed as failure:
                _log.warning("kept speech %s is asked for again: %s", path.name, failure)
        mp3 = self._asked(words)
        speech = self._speech(mp3, words, speed)
        self._keep(path, mp3)
        return speech

    def _asked(self, words: str) -> bytes:
        try:
            bodies = gTTS(words, lang=_LANGUAGE, lang_check=False).get_bodies()
        except AssertionError as error:
            raise SpeechFailed(self.name, FailureReason.EMPTY, "no word to send") from error
        ends_at = time.monotonic() + _LIMIT_S + _LIMIT_S_PER_REQUEST * len(bodies)
        try:
            with requests.Session() as session:
                return b"".join(self._asked_part(session, body, ends_at) for body in bodies)
        except requests.Timeout as error:
            raise SpeechFailed(self.name, FailureReason.HUNG, str(error)) from error
        except requests.HTTPError as error:
            raise SpeechFailed(self.name, FailureReason.REFUSED, str(error)) from error
        except requests.RequestException as error:
            raise SpeechFailed(self.name, FailureReason.OFFLINE, str(error)) from error

    def _asked_part(self, session: requests.Session, body: str, ends_at: float) -> bytes:
        answer = bytearray()
        with session.post(
            self.address, data=body, headers=gTTS.GOOGLE_TTS_HEADERS, timeout=(_CONNECT_S, _READ_S), stream=True
        ) as response:
            response.raise_for_status()
            for chunk in response.iter_content(65_536):
                answer += chunk
                if time.monotonic() > ends_at:
                    raise SpeechFailed(self.name, FailureReason.HUNG, "the answer does not end")
                if len(answer) > _LARGEST_ANSWER_BYTES:
                    raise SpeechFailed(self.name, FailureReason.BROKEN, "the answer is too large")
        parts = _MP3_IN_ANSWER.findall(answer)
        if not parts:
            raise SpeechFailed(self.name, FailureReason.REFUSED, "no sound in the answer")
        try:
            return b"".join(map(base64.b64decode, parts))
        except ValueError as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error

    def _speech(self, mp3: bytes, words: str, speed: float) -> Speech:
        pace = (("atempo", f"{speed}"),) if speed != 1.0 else ()
        # Half the strength: MP3 reaches beyond full scale.
        filters = (("volume", "0.5"), *pace, TO_PCM)
        try:
            with av.open(io.BytesIO(mp3), "r", format="mp3") as container:
                pcm = b"".join(map(pcm_of, filtered(container.decode(audio=0), *filters)))
        except (av.FFmpegError, IndexError) as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error
        letters = sum(map(str.isalnum, words))
        if len(pcm) / 2 / RATE * 1000 * speed < letters * _LEAST_MS_PER_LETTER:
            raise SpeechFailed(self.name, FailureReason.BROKEN, "the end of the sound is missing")
        return heard(pcm, RATE, self.name)

    def _keep(self, path: Path, mp3: bytes) -> None:
        """Keeping is a saving, not a promise: a full disk costs it, not the speech."""
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            self.kept.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(mp3)
            partial.replace(path)
        except OSError as error:
            _log.warning("speech was not kept: %s", error)
            partial.unlink(missing_ok=True)
