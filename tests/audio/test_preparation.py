"""From words to a clip in the store: whole, the same each time, and honest about who speaks."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from audio import opus
from audio.chimes import CLOSING_LENGTH_MS, LENGTH_MS
from audio.clip_store import ClipStore
from audio.mastering import CLOSING_PAUSE_MS, PAUSE_AFTER_CHIME_MS, NothingToHear
from audio.opus import NotAudio
from audio.preparation import Prepared, prepare, prepare_recording
from audio.speech import FailureReason, SpeechEngine, SpeechFailed, Voice
from audio.speech_espeak import Espeak
from tests.audio.meter import loudness_lufs
from tests.audio.voices import WORDS, FailingEngine, ToneEngine, sound_file, tone
from wire.clips import Clip
from wire.model import ALL_CLASSES, BulletinClass

AROUND_MS = LENGTH_MS + PAUSE_AFTER_CHIME_MS + CLOSING_PAUSE_MS + CLOSING_LENGTH_MS


@pytest.fixture
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "clips")


def _prepared(
    store: ClipStore, *engines: SpeechEngine, bulletin_class: BulletinClass = "normal", words: str = WORDS
) -> Prepared:
    return prepare(
        words,
        bulletin_class=bulletin_class,
        voice=Voice.NORTH,
        speed=1.0,
        engines=engines or [Espeak()],
        store=store,
    )


def test_words_become_a_clip_that_says_of_itself_what_is_true(store: ClipStore) -> None:
    made = _prepared(store)
    clip = store.read(made.sha256)
    assert hashlib.sha256(clip).hexdigest() == made.sha256
    assert len(clip) == made.bytes
    pcm = b"".join(opus.decode(clip))
    assert made.duration_ms == opus.duration_ms(clip) == (len(pcm) // 2 + 24) // 48
    assert loudness_lufs(pcm) == pytest.approx(-16, abs=1)
    assert (made.engine, made.fallback) == ("eSpeak NG", None)


def test_its_values_are_those_that_the_wire_takes(store: ClipStore) -> None:
    made = _prepared(store)
    clip = {"bytes": made.bytes, "sha256": made.sha256, "duration_ms": made.duration_ms}
    Clip.model_validate({**clip, "media_type": opus.MEDIA_TYPE})


def test_the_same_words_give_the_same_clip_in_every_process(store: ClipStore, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from audio.clip_store import ClipStore\n"
        "from audio.preparation import prepare\n"
        "from audio.speech import Voice\n"
        "from audio.speech_espeak import Espeak\n"
        "print(prepare(sys.argv[2], bulletin_class='normal', voice=Voice.NORTH, speed=1.0, engines=[Espeak()],\n"
        "              store=ClipStore(pathlib.Path(sys.argv[1]))).sha256, end='')\n"
    )
    made = _prepared(store)
    assert _prepared(store) == made
    for hash_seed in "1", "2":
        command = [sys.executable, "-c", code, str(tmp_path / hash_seed), WORDS]
        elsewhere = subprocess.run(
            command, env={"PYTHONHASHSEED": hash_seed, "PATH": "/usr/bin"}, capture_output=True, check=True
        )
        assert elsewhere.stdout.decode() == made.sha256
    assert store.clips() == {made.sha256: made.bytes}


def test_each_class_opens_with_its_own_chime(store: ClipStore) -> None:
    clips = {_prepared(store, bulletin_class=one).sha256 for one in ALL_CLASSES}
    assert len(clips) == len(ALL_CLASSES)


def test_when_the_first_voice_fails_the_clip_says_so(store: ClipStore) -> None:
    made = _prepared(store, FailingEngine(FailureReason.OFFLINE), Espeak())
    assert (made.engine, made.fallback) == ("eSpeak NG", "Giọng hỏng")
    assert made.sha256 == _prepared(store).sha256


def test_when_no_voice_speaks_nothing_is_kept(store: ClipStore) -> None:
    with pytest.raises(SpeechFailed):
        _prepared(store, FailingEngine(FailureReason.HUNG))
    with pytest.raises(SpeechFailed, match="empty"):
        _prepared(store, ToneEngine(peak=0.0002))
    assert store.clips() == {}


def test_a_recorded_voice_gets_its_chime_and_its_loudness(store: ClipStore) -> None:
    recording = sound_file("flac", "flac", tone(2_000, 0.05, 48_000, 600))
    made = prepare_recording(recording, bulletin_class="emergency", store=store)
    assert made == prepare_recording(recording, bulletin_class="emergency", store=store)
    assert made.duration_ms == AROUND_MS + 2_000
    assert (made.engine, made.fallback) == (None, None)
    assert loudness_lufs(b"".join(opus.decode(store.path(made.sha256)))) == pytest.approx(-16, abs=1)


def test_a_recording_of_nothing_is_refused_and_nothing_is_kept(store: ClipStore) -> None:
    with pytest.raises(NothingToHear):
        prepare_recording(sound_file("wav", "pcm_s16le", bytes(96_000)), bulletin_class="normal", store=store)
    with pytest.raises(NotAudio):
        prepare_recording("Xin chào".encode(), bulletin_class="normal", store=store)
    assert store.clips() == {}
