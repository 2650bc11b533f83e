"""Google's voice through gTTS: natural, online, one voice for all regions. The text leaves the country.

For that reason an administrator must turn it on. gTTS splits the text and builds the requests. They are sent here,
because gTTS 2.5 sends them without checking the server's certificate: an attacker on the network could replace the
commune's words. The answers are kept on disk, and each is requested only once.
"""

import base64
import hashlib
import io
import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import requests
from gtts import gTTS

from audio.sound.pcm import RATE, TO_PCM, apply_filters, pcm_of
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice, require_audible
from host.whole_file import write_whole_file

NAME = "Google (gTTS)"
ADDRESS = "https://translate.google.com/_/TranslateWebserverUi/data/batchexecute"

_LANGUAGE = "vi"
_CONNECT_S, _READ_S = 3, 10
# For the whole answer: a server that sends a byte now and then never reaches the read timeout.
_TIMEOUT_S, _TIMEOUT_S_PER_REQUEST = 10.0, 5.0
_MAX_ANSWER_BYTES = 4 * 2**20
_MP3_IN_ANSWER = re.compile(rb'"jQ1olc","\[\\"(.+?)\\"\]')
# Speech of more than 50 letters a second is cut off at its end, which MP3 itself doesn't show.
_MIN_MS_PER_LETTER = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GoogleSpeech:
    """A SpeechEngine. `kept`: the folder for Google's answers, an MP3 file named by the SHA-256 of its request."""

    kept: Path
    address: str = ADDRESS
    name: str = NAME

    @property
    def identity(self) -> str:
        """Its name alone: Google doesn't tell when the voice changes."""
        return self.name

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """As the port says; `voice` is ignored."""
        del voice
        return require_audible([self._speak_sentence(words, speed) for words in sentences], RATE, self.name)

    def _speak_sentence(self, words: str, speed: float) -> bytes:
        """Speak one sentence, from the kept answers if all are there; returns its PCM at 48 kHz."""
        try:
            bodies = gTTS(words, lang=_LANGUAGE, lang_check=False).get_bodies()
        except AssertionError as error:
            raise SpeechFailed(self.name, FailureReason.EMPTY, "no word to send") from error
        try:
            return self._decode([self._path(body).read_bytes() for body in bodies], words, speed)
        except FileNotFoundError:
            pass
        except (OSError, SpeechFailed) as error:
            _log.warning("kept speech is asked for again: %s", error)
        parts = self._request(bodies)
        pcm = self._decode(parts, words, speed)
        self._keep(bodies, parts)
        return pcm

    def _path(self, body: str) -> Path:
        return self.kept / f"{hashlib.sha256(body.encode()).hexdigest()}.mp3"

    def _request(self, bodies: Sequence[str]) -> list[bytes]:
        ends_at = time.monotonic() + _TIMEOUT_S + _TIMEOUT_S_PER_REQUEST * len(bodies)
        try:
            with requests.Session() as session:
                return [self._request_one(session, body, ends_at) for body in bodies]
        except requests.Timeout as error:
            raise SpeechFailed(self.name, FailureReason.HUNG, str(error)) from error
        except requests.HTTPError as error:
            raise SpeechFailed(self.name, FailureReason.REFUSED, str(error)) from error
        except requests.RequestException as error:
            raise SpeechFailed(self.name, FailureReason.OFFLINE, str(error)) from error

    def _request_one(self, session: requests.Session, body: str, ends_at: float) -> bytes:
        answer = bytearray()
        with session.post(
            self.address, data=body, headers=gTTS.GOOGLE_TTS_HEADERS, timeout=(_CONNECT_S, _READ_S), stream=True
        ) as response:
            response.raise_for_status()
            for chunk in response.iter_content(65_536):
                answer += chunk
                if time.monotonic() > ends_at:
                    raise SpeechFailed(self.name, FailureReason.HUNG, "the answer does not end")
                if len(answer) > _MAX_ANSWER_BYTES:
                    raise SpeechFailed(self.name, FailureReason.BROKEN, "the answer is too large")
        parts = _MP3_IN_ANSWER.findall(answer)
        if not parts:
            raise SpeechFailed(self.name, FailureReason.REFUSED, "no sound in the answer")
        try:
            return b"".join(map(base64.b64decode, parts))
        except ValueError as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error

    def _decode(self, parts: Sequence[bytes], words: str, speed: float) -> bytes:
        pace = (("atempo", f"{speed}"),) if speed != 1.0 else ()
        # At half volume: decoded MP3 can exceed full scale.
        frames = apply_filters(chain.from_iterable(map(_decode_frames, parts)), ("volume", "0.5"), *pace, TO_PCM)
        try:
            pcm = b"".join(map(pcm_of, frames))
        except (av.FFmpegError, IndexError) as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error
        letters = sum(map(str.isalnum, words))
        if len(pcm) / 2 / RATE * 1000 * speed < letters * _MIN_MS_PER_LETTER:
            raise SpeechFailed(self.name, FailureReason.BROKEN, "the end of the sound is missing")
        return require_audible([pcm], RATE, self.name).pcm

    def _keep(self, bodies: Sequence[str], parts: Sequence[bytes]) -> None:
        """Save the answers for later; an error, such as a full disk, is only logged: the speech is there."""
        try:
            self.kept.mkdir(parents=True, exist_ok=True)
            for body, mp3 in zip(bodies, parts, strict=True):
                write_whole_file(self._path(body), mp3, durable=False)
        except OSError as error:
            _log.warning("speech was not kept: %s", error)


def _decode_frames(mp3: bytes) -> Iterator[av.AudioFrame]:
    with av.open(io.BytesIO(mp3), "r", format="mp3") as container:
        yield from container.decode(audio=0)
