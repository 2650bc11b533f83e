"""The online voice: its answers are kept by their words, and each failure of network or server has its reason.

The server here runs on this machine and answers in the form that gTTS 2.5 reads. Google's own server was never
asked; whether it still answers like this can only be seen at a station with Internet.
"""

import base64
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audio.speech import gtts
from audio.speech.gtts import GoogleSpeech
from audio.speech.port import FailureReason, SpeechFailed
from tests.audio.speech.voices import WORDS, sound_file, tone

MP3 = sound_file("mp3", "libmp3lame", tone(3_000, 0.5), stream_rate=24_000)


def _answer(mp3: bytes) -> bytes:
    inner = json.dumps([base64.b64encode(mp3).decode()], separators=(",", ":"))
    rows = json.dumps([["wrb.fr", "jQ1olc", inner, None, None, None, "generic"]], separators=(",", ":"))
    return b")]}'\n\n" + f"{len(rows)}\n{rows}\n".encode()


class Server:
    """How the server is to answer the next requests, and what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.answer = _answer(MP3)
        self.promised_more = 0
        self.hangs = threading.Event()
        self.hangs.set()
        self.asked: list[str] = []
        self.address = ""
        self.http: ThreadingHTTPServer | None = None

    def secure(self, folder: Path) -> Path:
        """Use TLS from now on, with a self-signed certificate; returns the certificate's file."""
        assert self.http
        self.address = self.address.replace("http:", "https:")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = _certificate(folder)
        context.load_cert_chain(file)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        return file


def _certificate(folder: Path) -> Path:
    """Write a self-signed certificate and its key for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "certificate.pem"
    file.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, *plain))
    return file


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.asked.append(json.loads(json.loads(parse_qs(body)["f.req"][0])[0][0][1])[0])
            told.hangs.wait(20)
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.answer) + told.promised_more))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the library
            logging.getLogger(__name__).debug(format, *args)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        told.http = http
        told.address = f"http://127.0.0.1:{http.server_port}/"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            told.hangs.set()
            http.shutdown()
            thread.join()


@pytest.fixture
def engine(server: Server, tmp_path: Path) -> GoogleSpeech:
    return GoogleSpeech(tmp_path / "kept", server.address)


def _reason_of_failure(engine: GoogleSpeech, words: str = WORDS) -> FailureReason:
    with pytest.raises(SpeechFailed) as failed:
        engine.speak([words], "north", 1.0)
    assert failed.value.engine == "Google (gTTS)"
    return failed.value.reason


def _seconds(engine: GoogleSpeech, speed: float = 1.0, words: str = WORDS) -> float:
    speech = engine.speak([words], "north", speed)
    assert speech.rate == 48_000
    return len(speech.pcm) / 2 / speech.rate


def test_it_speaks(engine: GoogleSpeech, server: Server) -> None:
    assert _seconds(engine) == pytest.approx(3, abs=0.1)
    assert server.asked == [WORDS]


def test_the_same_words_are_asked_for_once_for_all_voices_and_speeds(engine: GoogleSpeech, server: Server) -> None:
    first = engine.speak([WORDS], "north", 1.0)
    assert engine.speak([WORDS], "south", 1.0) == first
    assert GoogleSpeech(engine.kept, server.address).speak([WORDS], "north", 1.0) == first
    assert _seconds(engine, 1.5) < 2.2
    assert len(server.asked) == 1
    engine.speak(["Xin chào bà con"], "north", 1.0)
    assert server.asked == [WORDS, "Xin chào bà con"]


def test_a_long_text_is_asked_for_in_parts_and_no_part_is_missing(engine: GoogleSpeech, server: Server) -> None:
    words = " ".join([WORDS] * 5)
    assert _seconds(engine, words=words) == pytest.approx(3 * len(server.asked), abs=0.2 * len(server.asked))
    assert len(server.asked) >= 5
    said = "".join(server.asked)
    assert [c for c in said if c.isalnum()] == [c for c in words if c.isalnum()]


@pytest.mark.parametrize("speed", [0.5, 0.8, 2.0])
def test_speed_changes_the_length(engine: GoogleSpeech, speed: float) -> None:
    assert _seconds(engine, speed) == pytest.approx(3 / speed, rel=0.05)


def test_a_server_that_cannot_be_reached_is_reported(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert _reason_of_failure(GoogleSpeech(tmp_path, address)) is FailureReason.OFFLINE


def test_no_text_is_sent_to_a_server_with_an_untrusted_certificate(server: Server, tmp_path: Path) -> None:
    """Else an attacker in the network could choose the words that the commune hears."""
    server.secure(tmp_path)
    assert _reason_of_failure(GoogleSpeech(tmp_path, server.address)) is FailureReason.OFFLINE
    assert server.asked == []


def test_a_server_with_a_trusted_certificate_speaks(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.secure(tmp_path)))
    assert _seconds(GoogleSpeech(tmp_path / "kept", server.address)) == pytest.approx(3, abs=0.1)


def test_a_server_that_does_not_answer_is_reported(
    engine: GoogleSpeech, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gtts, "_READ_S", 0.3)
    server.hangs.clear()
    assert _reason_of_failure(engine) is FailureReason.HUNG


def test_an_answer_that_does_not_end_in_time_is_reported(engine: GoogleSpeech, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gtts, "_TIMEOUT_S", -100.0)
    assert _reason_of_failure(engine) is FailureReason.HUNG


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_a_server_that_refuses_is_reported(engine: GoogleSpeech, server: Server, status: int) -> None:
    server.status = status
    assert _reason_of_failure(engine) is FailureReason.REFUSED


@pytest.mark.parametrize("answer", [b"", b"<html>captcha</html>", b'[["wrb.fr","jQ1olc",null]]'])
def test_an_answer_without_sound_is_reported(engine: GoogleSpeech, server: Server, answer: bytes) -> None:
    server.answer = answer
    assert _reason_of_failure(engine) is FailureReason.REFUSED


def _broken(change: Callable[[bytes], bytes]) -> bytes:
    return _answer(change(MP3))


@pytest.mark.parametrize(
    "answer",
    [
        _broken(lambda mp3: mp3[: len(mp3) // 5]),
        _broken(lambda _: b"not a sound at all" * 100),
        _broken(lambda mp3: mp3[:60]),
    ],
    ids=["cut off", "text", "a head alone"],
)
def test_a_truncated_or_wrong_sound_is_refused_and_not_kept(
    engine: GoogleSpeech, server: Server, answer: bytes
) -> None:
    good, server.answer = server.answer, answer
    assert _reason_of_failure(engine) is FailureReason.BROKEN
    server.answer = good
    assert _seconds(engine) == pytest.approx(3, abs=0.1)


def test_a_connection_that_breaks_during_the_answer_is_reported(engine: GoogleSpeech, server: Server) -> None:
    server.promised_more = 1_000
    assert _reason_of_failure(engine) is FailureReason.OFFLINE


def test_an_answer_larger_than_any_speech_is_refused(engine: GoogleSpeech, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gtts, "_MAX_ANSWER_BYTES", 1_000)
    assert _reason_of_failure(engine) is FailureReason.BROKEN


@pytest.mark.parametrize("words", ["", " ", "...", "!?"])
def test_a_text_without_words_fails_as_empty_and_is_not_sent(engine: GoogleSpeech, server: Server, words: str) -> None:
    assert _reason_of_failure(engine, words) is FailureReason.EMPTY
    assert server.asked == []


def test_an_answer_of_silence_is_refused(engine: GoogleSpeech, server: Server) -> None:
    server.answer = _answer(sound_file("mp3", "libmp3lame", bytes(288_000), stream_rate=24_000))
    assert _reason_of_failure(engine) is FailureReason.EMPTY


def test_a_damaged_kept_file_is_asked_for_again(engine: GoogleSpeech, server: Server) -> None:
    engine.speak([WORDS], "north", 1.0)
    (kept,) = engine.kept.iterdir()
    kept.write_bytes(b"")
    assert _seconds(engine) == pytest.approx(3, abs=0.1)
    assert len(server.asked) == 2
    assert kept.read_bytes() == MP3


def test_it_speaks_even_when_answers_cannot_be_kept(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert _seconds(GoogleSpeech(tmp_path / "file" / "kept", server.address)) == pytest.approx(3, abs=0.1)
