"""piper speaks with a voice file that the test makes, and each failure has its reason."""

import hashlib
import sys
from pathlib import Path

import pytest

from audio.clip_store import ClipStore
from audio.preparation import Manner, prepare
from audio.speech import piper
from audio.speech.espeak import Espeak
from audio.speech.piper import Piper
from audio.speech.port import FailureReason, Speech, SpeechFailed
from tests.audio.speech.piper_voice import RATE, make_voice
from tests.audio.speech.voices import WORDS

SHORT = "Cháy"


@pytest.fixture(scope="module")
def voice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_voice(tmp_path_factory.mktemp("voice"))


def _speak(engine: Piper, *sentences: str, speed: float = 1.0) -> Speech:
    return engine.speak(sentences or (WORDS,), "piper", speed)


def _reason_of_failure(engine: Piper, *sentences: str) -> FailureReason:
    with pytest.raises(SpeechFailed) as failed:
        _speak(engine, *sentences)
    assert failed.value.engine == engine.name
    return failed.value.reason


def test_it_speaks_each_sentence_and_names_its_voice(voice_file: Path) -> None:
    speech = _speak(Piper(voice_file), SHORT, WORDS)
    assert (speech.engine, speech.rate) == ("Piper vi_VN-thu-low", RATE)
    short, long = map(len, speech.sentences)
    assert 0 < 4 * short < long


@pytest.mark.parametrize("speed", [0.5, 0.85, 2.0])
def test_speed_changes_the_length(voice_file: Path, speed: float) -> None:
    plain, changed = (len(_speak(Piper(voice_file), speed=each).pcm) for each in (1.0, speed))
    assert changed == pytest.approx(plain / speed, rel=0.05)


def test_only_the_file_with_the_allowed_hash_speaks(voice_file: Path) -> None:
    sha256 = hashlib.sha256(voice_file.read_bytes()).hexdigest()
    assert _speak(Piper(voice_file, sha256.upper()), SHORT).pcm
    assert _reason_of_failure(Piper(voice_file, "0" * 64)) is FailureReason.BROKEN


def test_a_file_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    file = make_voice(tmp_path)
    sha256 = piper.file_sha256(file)
    file.write_bytes(file.read_bytes() + b"x")
    assert piper.file_sha256(file) != sha256


def test_another_voice_under_the_same_name_is_another_recipe(tmp_path: Path) -> None:
    file = make_voice(tmp_path)

    def recipe() -> str:
        return Manner("normal", "piper", 1.0, [Piper(file)]).recipe(WORDS)

    before = recipe()
    assert recipe() == before
    make_voice(tmp_path, silent=True)
    assert recipe() != before
    file.unlink()
    assert recipe()


def test_without_its_files_the_voice_is_missing(tmp_path: Path) -> None:
    assert _reason_of_failure(Piper(tmp_path / "none.onnx")) is FailureReason.MISSING
    alone = make_voice(tmp_path)
    alone.with_name(f"{alone.name}.json").unlink()
    assert _reason_of_failure(Piper(alone)) is FailureReason.MISSING


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "config"])
def test_a_damaged_voice_is_reported_as_broken(tmp_path: Path, damage: str) -> None:
    file = make_voice(tmp_path)
    if damage == "config":
        file.with_name(f"{file.name}.json").write_text("{}")
    else:
        whole = file.read_bytes()
        file.write_bytes({"cut": whole[: len(whole) // 2], "text": b"no voice", "empty": b""}[damage])
    assert _reason_of_failure(Piper(file)) is FailureReason.BROKEN


def test_a_voice_that_gives_silence_is_reported(tmp_path: Path) -> None:
    assert _reason_of_failure(Piper(make_voice(tmp_path, silent=True))) is FailureReason.EMPTY


def _program(folder: Path, script: str) -> tuple[str, ...]:
    file = folder / "program.py"
    file.write_text(script)
    return (sys.executable, str(file))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit(3)", FailureReason.MISSING),
        ("raise SystemExit(1)", FailureReason.DIED),
        ("import os; os.kill(os.getpid(), 9)", FailureReason.DIED),
        ("import time; time.sleep(60)", FailureReason.HUNG),
        ("print('words')", FailureReason.BROKEN),
        ("print('{\"rate\": 22050, \"bytes\": [4]}'); print('ab', end='')", FailureReason.BROKEN),
        ('print(\'{"rate": 22050, "bytes": []}\')', FailureReason.BROKEN),
        ("print('[]')", FailureReason.BROKEN),
    ],
)
def test_a_child_that_does_not_answer_as_agreed_is_reported(
    voice_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: FailureReason
) -> None:
    monkeypatch.setattr(piper, "_TIMEOUT_S", 1.0)
    monkeypatch.setattr(piper, "_TIMEOUT_S_PER_CHARACTER", 0.0)
    assert _reason_of_failure(Piper(voice_file, command=_program(tmp_path, script))) is reason


def test_without_the_package_the_voice_is_missing(voice_file: Path, tmp_path: Path) -> None:
    (tmp_path / "piper.py").write_text("raise ImportError")
    script = (
        f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); "
        "runpy.run_module('audio.speech.piper_child', run_name='__main__')"
    )
    assert _reason_of_failure(Piper(voice_file, command=(sys.executable, "-c", script))) is FailureReason.MISSING


def test_brackets_for_phonemes_are_ordinary_text(voice_file: Path) -> None:
    assert _speak(Piper(voice_file), "[[tEst ba]]").pcm == _speak(Piper(voice_file), "[ [tEst ba]]").pcm


def test_a_clip_is_made_with_it_and_if_it_fails_with_the_next_voice(voice_file: Path, tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips")
    made = prepare(WORDS, Manner("normal", "piper", 1.0, [Piper(voice_file), Espeak()]), store)
    assert (made.engine, made.fallback) == ("Piper vi_VN-thu-low", None)
    gone = Piper(tmp_path / "gone.onnx")
    made = prepare(WORDS, Manner("normal", "piper", 1.0, [gone, Espeak()]), store)
    assert (made.engine, made.fallback) == ("eSpeak NG", "Piper gone")


def test_the_same_file_with_another_pace_is_another_voice(tmp_path: Path) -> None:
    """Clips are kept by their voice, and its pace stands in the second file."""
    voice = tmp_path / "lan.onnx"
    voice.write_bytes(b"the same")
    config = tmp_path / "lan.onnx.json"
    config.write_text('{"inference": {"length_scale": 1.0}}')
    before = Piper(voice).identity
    assert Piper(voice).identity == before
    config.write_text('{"inference": {"length_scale": 3.00}}')
    assert Piper(voice).identity != before
