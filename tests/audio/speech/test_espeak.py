"""espeak-ng speaks, from Debian and from PyPI, and each of its failures has its reason."""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import espeakng_loader
import numpy as np
import pytest

from audio.sound import child_process
from audio.speech import espeak
from audio.speech.espeak import DEBIAN_COMMAND, LOADER_COMMAND, Espeak
from audio.speech.port import FailureReason, Speech, SpeechFailed, Voice
from tests.audio.sound.meter import samples
from tests.audio.speech.voices import WORDS

BOTH = pytest.mark.parametrize("command", [DEBIAN_COMMAND, LOADER_COMMAND], ids=["debian", "pypi"])


@pytest.fixture(autouse=True, scope="module")
def _debian() -> None:
    assert shutil.which("espeak-ng"), "these tests need Debian's package espeak-ng"


def _seconds(speech: Speech) -> float:
    return len(speech.pcm) / 2 / speech.rate


def _engine_running(code: str) -> Espeak:
    """An engine whose program is this Python code."""
    return Espeak((sys.executable, "-I", "-c", code))


def _reason_of_failure(engine: Espeak, words: str = WORDS) -> FailureReason:
    with pytest.raises(SpeechFailed) as failed:
        engine.speak([words], "north", 1.0)
    assert failed.value.engine == "eSpeak NG"
    return failed.value.reason


@BOTH
def test_it_speaks_the_three_voices_and_each_differs(command: tuple[str, ...]) -> None:
    said = [Espeak(command).speak([WORDS], voice, 1.0) for voice in get_args(Voice)]
    assert len({speech.pcm for speech in said}) == 3
    for speech in said:
        assert speech.rate == 22_050
        assert 3 < _seconds(speech) < 8
        assert np.abs(samples(speech.pcm)).max() > 0.1


@BOTH
def test_speed_changes_the_length(command: tuple[str, ...]) -> None:
    slow, normal, fast = (_seconds(Espeak(command).speak([WORDS], "north", speed)) for speed in (0.5, 1.0, 2.0))
    assert slow / normal == pytest.approx(2, rel=0.25)
    assert normal / fast == pytest.approx(2, rel=0.3)


@BOTH
def test_the_same_words_give_the_same_speech(command: tuple[str, ...]) -> None:
    assert Espeak(command).speak([WORDS], "north", 1.0) == Espeak(command).speak([WORDS], "north", 1.0)


@BOTH
def test_the_longest_announcement_is_spoken_to_its_end(command: tuple[str, ...]) -> None:
    words = (WORDS + " ") * (20_000 // (len(WORDS) + 1))
    assert _seconds(Espeak(command).speak([words], "north", 1.0)) > 15 * 60


@BOTH
def test_a_line_break_is_a_pause(command: tuple[str, ...]) -> None:
    engine = Espeak(command)
    apart, together = (engine.speak([f"Thông báo{end}cúp điện"], "north", 1.0) for end in ("\n", " "))
    assert _seconds(apart) > _seconds(together) + 0.15


@BOTH
def test_commands_to_the_engine_inside_the_text_have_no_effect(command: tuple[str, ...]) -> None:
    engine = Espeak(command)
    plain = engine.speak(["Cúp điện"], "north", 1.0)
    # ^A and a number with "S" would set the speed and not be spoken; NUL would end the text.
    assert engine.speak(["\x01300S Cúp điện"], "north", 1.0) == engine.speak([" 300S Cúp điện"], "north", 1.0)
    assert _seconds(engine.speak(["Cúp\0điện"], "north", 1.0)) == pytest.approx(_seconds(plain), rel=0.3)
    assert engine.speak(["[[tEst"], "north", 1.0) == engine.speak(["[ [tEst"], "north", 1.0)


@BOTH
@pytest.mark.parametrize("words", ["", " ", "\n"])
def test_a_text_without_words_fails_as_empty(command: tuple[str, ...], words: str) -> None:
    assert _reason_of_failure(Espeak(command), words) is FailureReason.EMPTY


def test_it_needs_no_environment() -> None:
    code = (
        "from audio.speech.espeak import *\n"
        "for command in DEBIAN_COMMAND, LOADER_COMMAND:\n"
        "    print(len(Espeak(command).speak(['Xin chào'], 'north', 1.0).pcm))"
    )
    lengths = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, check=True).stdout.split()
    assert len(lengths) == 2
    assert all(int(length) > 20_000 for length in lengths)


def test_the_librarys_data_may_have_a_path_longer_than_espeak_allows(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    shutil.copytree(Path(espeakng_loader.__file__).parent, deep / "espeakng_loader")
    child = [sys.executable, "-m", "audio.speech.espeak_child", "-v", "vi", "-s", "175"]
    environment = {**os.environ, "PYTHONPATH": str(deep)}
    spoken = subprocess.run(child, input=WORDS.encode(), env=environment, capture_output=True, check=True).stdout
    # If the data weren't found, espeak-ng would end the process or say nothing.
    assert len(spoken) > 100_000
    code = "import espeakng_loader; print(espeakng_loader.__file__)"
    used = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
    assert str(deep) in used.decode()


def test_debians_program_is_preferred_then_the_library_and_without_both_it_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[Sequence[str]] = []
    run = child_process.run

    def run_and_note(command: Sequence[str], given: bytes, *, timeout_s: float) -> bytes:
        commands.append(command)
        return run(command, given, timeout_s=timeout_s)

    monkeypatch.setattr(child_process, "run", run_and_note)
    assert _seconds(Espeak().speak([WORDS], "north", 1.0)) > 3
    monkeypatch.setenv("PATH", "/nonexistent")
    assert _seconds(Espeak().speak([WORDS], "north", 1.0)) > 3
    assert tuple(commands[0])[: len(DEBIAN_COMMAND)] == DEBIAN_COMMAND
    assert tuple(commands[1])[: len(LOADER_COMMAND)] == LOADER_COMMAND
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    monkeypatch.delitem(sys.modules, "espeakng_loader")
    assert _reason_of_failure(Espeak()) is FailureReason.MISSING


def test_a_program_that_does_not_exist_is_reported_as_missing() -> None:
    assert _reason_of_failure(Espeak(("/nonexistent/espeak-ng",))) is FailureReason.MISSING


def test_a_program_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(espeak, "_TIMEOUT_S", 0.5)
    monkeypatch.setattr(espeak, "_TIMEOUT_S_PER_CHARACTER", 0.0)
    note = tmp_path / "pid"
    code = f"import os, pathlib, signal; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); signal.pause()"
    assert _reason_of_failure(_engine_running(code)) is FailureReason.HUNG
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(1)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import sys, os; sys.stdout.buffer.write(b'RIFF'); sys.stdout.flush(); os.abort()",
    ],
)
def test_a_program_that_dies_is_reported(code: str) -> None:
    assert _reason_of_failure(_engine_running(code)) is FailureReason.DIED


def _wav_program(fmt: bytes, sound: bytes) -> Espeak:
    head = b"RIFF\xff\xff\xff\x7fWAVE" + fmt + b"data\xff\xff\xff\x7f"
    return _engine_running(f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({head + sound!r})")


def _fmt(encoding: int = 1, channels: int = 1, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    return b"fmt " + struct.pack("<IHHIIHH", 16, encoding, channels, 22_050, 22_050 * frame, frame, bits)


def test_false_lengths_in_a_wav_do_no_harm() -> None:
    odd_chunk = b"LIST\x03\0\0\0abc\0"
    speech = _wav_program(odd_chunk + _fmt(), b"\1\2\3\4\5").speak([WORDS], "north", 1.0)
    assert (speech.pcm, speech.rate) == (b"\1\2\3\4", 22_050)


def test_a_program_that_gives_nothing_or_silence_is_reported() -> None:
    assert _reason_of_failure(_engine_running("")) is FailureReason.EMPTY
    assert _reason_of_failure(_wav_program(_fmt(), b"")) is FailureReason.EMPTY
    assert _reason_of_failure(_wav_program(_fmt(), bytes(10_000))) is FailureReason.EMPTY


@pytest.mark.parametrize("engine", [
    _engine_running("print('Lỗi')"),
    _engine_running("print('RIFF....WAVE')"),
    _wav_program(b"", b"\1\2"),
    _wav_program(_fmt(channels=2), b"\1\2\3\4"),
    _wav_program(_fmt(bits=8), b"\1\2"),
    _wav_program(_fmt(encoding=3), b"\1\2"),
    _wav_program(b"fmt \xff\xff\xff\x7f", b"\1\2"),
])  # fmt: skip
def test_output_that_is_no_mono_wav_of_16_bits_is_refused(engine: Espeak) -> None:
    assert _reason_of_failure(engine) is FailureReason.BROKEN
