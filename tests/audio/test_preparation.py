"""From words to a stored clip: whole, the same each time, and with the name of the voice that spoke."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from audio.clip_store import ClipStore
from audio.preparation import Manner, PreparedClip, prepare, prepare_recording
from audio.sound import opus
from audio.sound.chimes import CHIME_LENGTH_MS, CLOSING_LENGTH_MS, SIREN_LENGTH_MS
from audio.sound.mastering import CLOSING_PAUSE_MS, PAUSE_AFTER_CHIME_MS, NothingToHear, SoundOptions
from audio.sound.opus import NotAudio
from audio.speech.espeak import Espeak
from audio.speech.port import FailureReason, Speech, SpeechEngine, SpeechFailed, Voice
from tests.audio.sound.meter import loudness_lufs, samples
from tests.audio.speech.voices import WORDS, FailingEngine, ToneEngine, sound_file, tone
from wire.clips import Clip
from wire.model import ALL_CLASSES, BulletinClass

AROUND_MS = CHIME_LENGTH_MS + PAUSE_AFTER_CHIME_MS + CLOSING_PAUSE_MS + CLOSING_LENGTH_MS


@pytest.fixture
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "clips")


def _prepare(
    store: ClipStore, *engines: SpeechEngine, bulletin_class: BulletinClass = "normal", words: str = WORDS
) -> PreparedClip:
    return prepare(words, Manner(bulletin_class, "north", 1.0, engines or [Espeak()]), store)


def test_words_become_a_clip_with_its_true_length_loudness_and_voice(store: ClipStore) -> None:
    made = _prepare(store)
    clip = store.read(made.sha256)
    assert hashlib.sha256(clip).hexdigest() == made.sha256
    assert len(clip) == made.bytes
    pcm = b"".join(opus.decode(clip))
    assert made.duration_ms == opus.duration_ms(clip) == (len(pcm) // 2 + 24) // 48
    assert loudness_lufs(pcm) == pytest.approx(-16, abs=1)
    assert (made.engine, made.fallback) == ("eSpeak NG", None)


def test_the_values_of_a_clip_are_valid_on_the_wire(store: ClipStore) -> None:
    made = _prepare(store)
    clip = {"bytes": made.bytes, "sha256": made.sha256, "duration_ms": made.duration_ms}
    Clip.model_validate({**clip, "media_type": opus.MEDIA_TYPE})


def test_the_same_words_give_the_same_clip_in_every_process(store: ClipStore, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from audio.clip_store import ClipStore\n"
        "from audio.preparation import Manner, prepare\n"
        "from audio.speech.espeak import Espeak\n"
        "print(prepare(sys.argv[2], Manner('normal', 'north', 1.0, [Espeak()]),\n"
        "              ClipStore(pathlib.Path(sys.argv[1]))).sha256, end='')\n"
    )
    made = _prepare(store)
    assert _prepare(store) == made
    for hash_seed in "1", "2":
        command = [sys.executable, "-c", code, str(tmp_path / hash_seed), WORDS]
        elsewhere = subprocess.run(
            command, env={"PYTHONHASHSEED": hash_seed, "PATH": "/usr/bin"}, capture_output=True, check=True
        )
        assert elsewhere.stdout.decode() == made.sha256
    assert store.clips() == {made.sha256: made.bytes}


def test_each_class_opens_with_its_own_chime(store: ClipStore) -> None:
    clips = {_prepare(store, bulletin_class=one).sha256 for one in ALL_CLASSES}
    assert len(clips) == len(ALL_CLASSES)


def test_when_the_first_voice_fails_the_clip_names_the_failure(store: ClipStore) -> None:
    made = _prepare(store, FailingEngine(FailureReason.OFFLINE), Espeak())
    assert (made.engine, made.fallback) == ("eSpeak NG", "Giọng hỏng")
    assert made.sha256 == _prepare(store).sha256


def test_when_no_voice_speaks_no_clip_is_stored(store: ClipStore) -> None:
    with pytest.raises(SpeechFailed):
        _prepare(store, FailingEngine(FailureReason.HUNG))
    with pytest.raises(SpeechFailed, match="empty"):
        _prepare(store, ToneEngine(peak=0.0002))
    assert store.clips() == {}


def test_a_recorded_voice_gets_its_chime_and_its_loudness(store: ClipStore) -> None:
    recording = sound_file("flac", "flac", tone(2_000, 0.05, 48_000, 600))
    made = prepare_recording(recording, bulletin_class="emergency", sound=SoundOptions(), store=store)
    assert made == prepare_recording(recording, bulletin_class="emergency", sound=SoundOptions(), store=store)
    assert made.duration_ms == AROUND_MS + 2_000
    assert (made.engine, made.fallback) == (None, None)
    assert loudness_lufs(b"".join(opus.decode(store.path(made.sha256)))) == pytest.approx(-16, abs=1)


def test_a_silent_recording_is_refused_and_not_stored(store: ClipStore) -> None:
    with pytest.raises(NothingToHear):
        prepare_recording(
            sound_file("wav", "pcm_s16le", bytes(96_000)), bulletin_class="normal", sound=SoundOptions(), store=store
        )
    with pytest.raises(NotAudio):
        prepare_recording("Xin chào".encode(), bulletin_class="normal", sound=SoundOptions(), store=store)
    assert store.clips() == {}


TWO = "Kính thưa bà con. Sáng mai điện lực sửa đường dây!\nCả thôn cúp điện từ bảy giờ."


def test_a_clip_has_the_times_of_its_sentences(store: ClipStore) -> None:
    made = _prepare(store, words=TWO)
    assert made.sentences is not None
    assert len(made.sentences) == 3
    wave = np.abs(samples(b"".join(opus.decode(store.read(made.sha256)))))
    silent = np.flatnonzero(wave[: 48 * made.sentences[0][0]][::-1] > 0.02)
    assert len(silent) == 0 or silent[0] > 48 * 300, "before the first there is the pause after the chime"
    for begins_ms, ends_ms in made.sentences:
        assert wave[48 * begins_ms : 48 * ends_ms].max() > 0.1
    for (_, ends_ms), (begins_ms, _) in pairwise(made.sentences):
        assert wave[48 * ends_ms + 480 : 48 * begins_ms - 480].max() < 0.02
    assert made.sentences[-1][1] < made.duration_ms - CLOSING_LENGTH_MS


def test_a_whole_text_is_spoken_by_one_voice(store: ClipStore) -> None:
    class SaysOneSentence(ToneEngine):
        def speak(self, sentences: Sequence[str], voice: Voice, speed: float) -> Speech:
            if len(sentences) > 1:
                raise SpeechFailed(self.name, FailureReason.HUNG)
            return super().speak(sentences, voice, speed)

    made = _prepare(store, SaysOneSentence(), Espeak(), words=TWO)
    assert (made.engine, made.fallback) == ("eSpeak NG", "Một nốt")
    assert made.sha256 == _prepare(store, words=TWO).sha256


def test_a_recording_is_trimmed_of_silence_and_has_no_sentence_times(store: ClipStore) -> None:
    silence = bytes(2 * 48_000)
    recording = sound_file("flac", "flac", silence + tone(2_000, 0.5, 48_000, 600) + silence)
    made = prepare_recording(recording, bulletin_class="normal", sound=SoundOptions(), store=store)
    assert made.duration_ms == pytest.approx(AROUND_MS + 2_000, abs=120)
    assert made.sentences is None


def test_a_siren_opens_emergencies_alone(store: ClipStore) -> None:
    def length(bulletin_class: BulletinClass, *, siren: bool) -> int:
        manner = Manner(bulletin_class, "north", 1.0, [Espeak()], SoundOptions(siren=siren))
        return prepare(WORDS, manner, store).duration_ms

    assert length("emergency", siren=True) == length("emergency", siren=False) + SIREN_LENGTH_MS - CHIME_LENGTH_MS
    assert length("priority", siren=True) == length("priority", siren=False)


def test_a_recipe_differs_whenever_the_sound_would_differ() -> None:
    plain = Manner("normal", "north", 1.0, [Espeak()])
    recipes = {
        plain.recipe(WORDS),
        plain.recipe(WORDS + "."),
        replace(plain, bulletin_class="priority").recipe(WORDS),
        replace(plain, voice="south").recipe(WORDS),
        replace(plain, speed=0.85).recipe(WORDS),
        replace(plain, engines=[ToneEngine(), Espeak()]).recipe(WORDS),
        replace(plain, sound=SoundOptions(horn_filter=False)).recipe(WORDS),
        replace(plain, sound=SoundOptions(siren=True)).recipe(WORDS),
    }
    assert len(recipes) == 8
    assert plain.recipe(WORDS) == Manner("normal", "north", 1.0, [Espeak()]).recipe(WORDS)
