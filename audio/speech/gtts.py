"""Google's voice by way of gTTS: natural, online, one voice for all regions. The text leaves the country.

So it is built only where an administrator turned it on. gTTS cuts the text and writes the requests; they are sent here,
because gTTS 2.5 sends them without checking the server's certificate: whoever sits on the line could put words into
the commune's mouth. What was said once is kept on disk, and isn't asked for again.
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

from audio.sound.pcm import RATE, TO_PCM, filtered, pcm_of
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice, heard
from disk.whole_file import write_whole_file

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

    @property
    def identity(self) -> str:
        """There is one of it."""
        return self.name

    def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
        """Speak as the port says; `voice` makes no difference."""
        del voice
        return heard([self._spoken(words, speed) for words in sentences], RATE, self.name)

    def _spoken(self, words: str, speed: float) -> bytes:
        """One sentence's PCM; of what was said before, without asking."""
        try:
            bodies = gTTS(words, lang=_LANGUAGE, lang_check=False).get_bodies()
        except AssertionError as error:
            raise SpeechFailed(self.name, FailureReason.EMPTY, "no word to send") from error
        try:
            return self._pcm([self._path(body).read_bytes() for body in bodies], words, speed)
        except FileNotFoundError:
            pass
        except (OSError, SpeechFailed) as error:
            _log.warning("kept speech is asked for again: %s", error)
        parts = self._asked(bodies)
        pcm = self._pcm(parts, words, speed)
        self._keep(bodies, parts)
        return pcm

    def _path(self, body: str) -> Path:
        return self.kept / f"{hashlib.sha256(body.encode()).hexdigest()}.mp3"

    def _asked(self, bodies: Sequence[str]) -> list[bytes]:
        ends_at = time.monotonic() + _LIMIT_S + _LIMIT_S_PER_REQUEST * len(bodies)
        try:
            with requests.Session() as session:
                return [self._asked_part(session, body, ends_at) for body in bodies]
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

    def _pcm(self, parts: Sequence[bytes], words: str, speed: float) -> bytes:
        pace = (("atempo", f"{speed}"),) if speed != 1.0 else ()
        # Half the strength: MP3 reaches beyond full scale.
        frames = filtered(chain.from_iterable(map(_decoded, parts)), ("volume", "0.5"), *pace, TO_PCM)
        try:
            pcm = b"".join(map(pcm_of, frames))
        except (av.FFmpegError, IndexError) as error:
            raise SpeechFailed(self.name, FailureReason.BROKEN, str(error)) from error
        letters = sum(map(str.isalnum, words))
        if len(pcm) / 2 / RATE * 1000 * speed < letters * _LEAST_MS_PER_LETTER:
            raise SpeechFailed(self.name, FailureReason.BROKEN, "the end of the sound is missing")
        return heard([pcm], RATE, self.name).pcm

    def _keep(self, bodies: Sequence[str], parts: Sequence[bytes]) -> None:
        """Keeping is a saving, not a promise: a full disk costs it, not the speech."""
        try:
            self.kept.mkdir(parents=True, exist_ok=True)
            for body, mp3 in zip(bodies, parts, strict=True):
                write_whole_file(self._path(body), mp3, durable=False)
        except OSError as error:
            _log.warning("speech was not kept: %s", error)


def _decoded(mp3: bytes) -> Iterator[av.AudioFrame]:
    with av.open(io.BytesIO(mp3), "r", format="mp3") as container:
        yield from container.decode(audio=0)
