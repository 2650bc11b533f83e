"""A mastered clip has the right loudness, keeps below its peak limit, and is exactly as long as its parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.sound import opus
from audio.sound.chimes import SIREN_LENGTH_MS, chime, closing_note, siren
from audio.sound.mastering import (
    CLOSING_PAUSE_MS,
    PAUSE_AFTER_CHIME_MS,
    PAUSE_AFTER_PARAGRAPH_MS,
    PAUSE_AFTER_SENTENCE_MS,
    NothingToHear,
    join_with_pauses,
    master,
    trim,
)
from audio.sound.recording import decode_recording
from audio.speech.espeak import Espeak
from audio.speech.port import Voice
from tests.audio.sound.meter import loudness_lufs, samples, true_peak_dbtp
from tests.audio.speech.voices import WORDS, sound_file, spoken, tone
from wire.model import ALL_CLASSES, BulletinClass

OPENING, CLOSING = chime("normal"), closing_note("normal")
FRAME_BYTES = 2


def mastered(voice: bytes, rate: int, opening: bytes, closing: bytes, horn_filter: bool = False) -> bytes:
    return b"".join(master(voice, rate, opening, closing, horn_filter))


def _noise(peak: float, length: int = 480_000) -> bytes:
    return (np.random.default_rng(7).uniform(-peak, peak, length) * 32_767).astype("<i2").tobytes()


def _clicks() -> bytes:
    wave = np.random.default_rng(7).normal(0, 0.003, 480_000)
    wave[::4_800] = 1.0
    return (wave.clip(-1, 1) * 32_767).astype("<i2").tobytes()


def _sharp_bursts() -> bytes:
    """Every sample lies 3 dB below the wave between them: a quarter of the rate, at 45°."""
    at = np.arange(480_000)
    wave = np.sin(np.pi / 2 * at + np.pi / 4) * (at % 9_600 < 96) * 0.9 + np.sin(at / 40) * 0.02
    return bytes((wave * 32_767).astype("<i2"))


VOICES = {
    "speech": (spoken(f"{WORDS} {WORDS}").pcm, 22_050),
    "one word": (spoken("Cháy").pcm, 22_050),
    "a tenth of a second": (tone(100, 0.5, 22_050), 22_050),
    "far too quiet": (tone(3_000, 0.002, 44_100), 44_100),
    "full scale": (tone(3_000, 1.0, 48_000), 48_000),
    "noise": (_noise(1.0), 48_000),
    "clicks": (_clicks(), 48_000),
    "sharp bursts": (_sharp_bursts(), 48_000),
}


@pytest.mark.parametrize("voice", VOICES)
def test_a_second_meter_finds_the_right_loudness_and_peak(voice: str) -> None:
    finished = mastered(*VOICES[voice], OPENING, CLOSING)
    assert loudness_lufs(finished) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(finished) <= -1


def test_the_decoded_clip_has_the_same_loudness_and_a_peak_below_minus_one() -> None:
    decoded = b"".join(opus.decode(opus.encode(mastered(*VOICES["speech"], OPENING, CLOSING))))
    assert loudness_lufs(decoded) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(decoded) <= -1


def test_a_quiet_voice_is_as_loud_as_its_chime() -> None:
    finished = mastered(*VOICES["far too quiet"], OPENING, CLOSING)
    voice_begins = len(OPENING) + 96 * PAUSE_AFTER_CHIME_MS
    assert loudness_lufs(finished[voice_begins:]) == pytest.approx(loudness_lufs(finished[: len(OPENING)]), abs=2)


@settings(max_examples=20, deadline=None)
@given(frames=st.integers(4_800, 60_000))
def test_no_sample_is_lost_or_added(frames: int) -> None:
    finished = mastered(_noise(0.3, frames), 48_000, OPENING, CLOSING)
    pauses = 48 * (PAUSE_AFTER_CHIME_MS + CLOSING_PAUSE_MS)
    assert len(finished) // FRAME_BYTES == (len(OPENING) + len(CLOSING)) // FRAME_BYTES + frames + pauses


@pytest.mark.parametrize(("voice", "rate"), [(_noise(0.2), 24_000), (_noise(0.2), 48_000)])
def test_every_sample_keeps_its_place(voice: bytes, rate: int) -> None:
    finished = samples(mastered(voice, rate, OPENING, CLOSING))[len(OPENING) // 2 + 48 * PAUSE_AFTER_CHIME_MS :]
    said = finished[: len(voice) // 2 * 48_000 // rate : 48_000 // rate]
    middle = slice(24_000, 240_000)
    alike = [float(np.corrcoef(said[middle], samples(voice)[24_000 + lag : 240_000 + lag])[0, 1]) for lag in (-1, 0, 1)]
    assert np.argmax(alike) == 1
    assert alike[1] > 0.9


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 96_000])
def test_every_rate_keeps_its_length_and_pitch(rate: int) -> None:
    finished = mastered(tone(2_000, 0.3, rate, 1_000), rate, OPENING, CLOSING)
    said = samples(finished)[len(OPENING) // 2 + 48 * PAUSE_AFTER_CHIME_MS : -48 * CLOSING_PAUSE_MS - len(CLOSING) // 2]
    assert len(said) == pytest.approx(96_000, abs=1)
    assert np.fft.rfft(said[:48_000]).__abs__().argmax() == 1_000


def test_the_pauses_are_silent() -> None:
    finished = samples(mastered(*VOICES["speech"], OPENING, CLOSING))
    begins = len(OPENING) // 2
    assert not finished[begins : begins + 48 * PAUSE_AFTER_CHIME_MS].any()
    closes = len(finished) - len(CLOSING) // 2
    assert not finished[closes - 48 * CLOSING_PAUSE_MS : closes].any()


@pytest.mark.parametrize("bulletin_class", sorted(ALL_CLASSES))
def test_the_first_and_last_50_ms_are_audible(bulletin_class: BulletinClass) -> None:
    finished = mastered(*VOICES["speech"], chime(bulletin_class), closing_note(bulletin_class))
    decoded = samples(b"".join(opus.decode(opus.encode(finished))))
    for end in (decoded[:2_400], decoded[-2_400:]):
        assert 20 * np.log10(np.sqrt(np.mean(end**2))) > -40


def test_the_same_voice_gives_the_same_sound() -> None:
    assert mastered(*VOICES["speech"], OPENING, CLOSING) == mastered(*VOICES["speech"], OPENING, CLOSING)


@pytest.mark.parametrize("voice", [b"", bytes(96_000), tone(1_000, 0.0002)])
def test_silence_is_refused_and_not_amplified(voice: bytes) -> None:
    with pytest.raises(NothingToHear):
        mastered(voice, 48_000, OPENING, CLOSING)


def test_silence_before_and_after_a_voice_is_removed_and_the_voice_stays_whole() -> None:
    voice = tone(1_000, 0.3, 22_050)
    left = trim(bytes(2 * 22_050) + voice + bytes(4 * 22_050), 22_050)
    assert len(left) == pytest.approx(len(voice), abs=2 * 22_050 * 0.1)
    assert voice in left
    assert trim(voice, 22_050) == voice
    assert trim(bytes(44_100), 22_050) == bytes(44_100), "of silence alone nothing is known"


@settings(max_examples=30, deadline=None)
@given(before=st.integers(0, 30_000), after=st.integers(0, 30_000), peak=st.sampled_from([0.01, 0.3, 1.0]))
def test_a_voice_of_any_strength_is_trimmed_whole_with_at_most_50_ms_around_it(
    before: int, after: int, peak: float
) -> None:
    voice = tone(300, peak, 22_050)
    left = trim(bytes(2 * before) + voice + bytes(2 * after), 22_050)
    assert voice in left
    assert len(left) - len(voice) <= 2 * 2 * 22_050 * 50 // 1000


def test_the_pause_between_paragraphs_is_longer_than_between_sentences() -> None:
    voice = tone(500, 0.3, 22_050)
    joined, places = join_with_pauses([voice, bytes(9_000) + voice, voice], [False, True, True], 22_050)
    (_, first_ends), (second, second_ends), (third, third_ends) = places
    assert second - first_ends == pytest.approx(PAUSE_AFTER_SENTENCE_MS, abs=2)
    assert third - second_ends == pytest.approx(PAUSE_AFTER_PARAGRAPH_MS, abs=2)
    assert third_ends == pytest.approx(len(joined) / 2 / 22.05, abs=2), "nothing follows the last"
    pause = joined[2 * int(first_ends * 22.05) + 2 : 2 * int(second * 22.05) - 2]
    assert not pause.strip(b"\0")


@pytest.mark.parametrize("horn_filter", [False, True])
@pytest.mark.parametrize("speed", [0.85, 1.0, 1.15])
@pytest.mark.parametrize("voice", ["north", "central", "south"])
def test_every_clip_of_speech_has_the_same_loudness_and_a_peak_below_minus_one(
    voice: Voice, speed: float, horn_filter: bool
) -> None:
    speech = Espeak().speak([WORDS, "Xin cảm ơn.", "Cháy"], voice, speed)
    decoded = b"".join(opus.decode(opus.encode(mastered(speech.pcm, speech.rate, OPENING, CLOSING, horn_filter))))
    assert loudness_lufs(decoded) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(decoded) <= -1


@pytest.mark.parametrize("horn_filter", [False, True])
@pytest.mark.parametrize(("kind", "codec"), [("mp3", "libmp3lame"), ("ipod", "aac"), ("ogg", "libopus")])
def test_a_clip_of_a_recorded_voice_has_the_same_loudness_however_it_was_recorded(
    kind: str, codec: str, horn_filter: bool
) -> None:
    speech = spoken(f"{WORDS} {WORDS}")
    for strength in (0.05, 1.0):
        quieter = (samples(speech.pcm) * strength * 32_767).astype("<i2").tobytes()
        voice = decode_recording(sound_file(kind, codec, quieter, speech.rate, stream_rate=48_000))
        decoded = b"".join(opus.decode(opus.encode(mastered(voice, 48_000, OPENING, CLOSING, horn_filter))))
        assert loudness_lufs(decoded) == pytest.approx(-16, abs=1)
        assert true_peak_dbtp(decoded) <= -1


def test_the_filter_for_horns_removes_frequencies_that_horns_cannot_play_and_keeps_the_voice() -> None:
    pitches = (100, 1_000, 2_500, 15_000)
    wave = sum((samples(tone(4_000, 0.1, 48_000, pitch)) for pitch in pitches), np.zeros(192_000))
    voice = (wave * 32_767).astype("<i2").tobytes()

    def levels_db(*, horn_filter: bool) -> dict[int, float]:
        finished = samples(mastered(voice, 48_000, OPENING, CLOSING, horn_filter))
        begins = len(OPENING) // 2 + 48 * PAUSE_AFTER_CHIME_MS + 48_000
        spectrum = np.abs(np.fft.rfft(finished[begins : begins + 48_000]))
        return {pitch: 20 * np.log10(spectrum[pitch] / spectrum[1_000]) for pitch in pitches}

    plain, filtered = levels_db(horn_filter=False), levels_db(horn_filter=True)
    assert plain[100] == pytest.approx(0, abs=0.5)
    assert filtered[100] == pytest.approx(-10 * np.log10(1 + 9) + 10 * np.log10(1 + 0.09), abs=1), "6 dB an octave"
    assert filtered[15_000] < plain[15_000] - 4
    assert filtered[2_500] == pytest.approx(plain[2_500], abs=1)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100])
def test_the_filter_keeps_length_and_pitch_at_every_rate(rate: int) -> None:
    finished = mastered(tone(2_000, 0.3, rate, 1_000), rate, OPENING, CLOSING, horn_filter=True)
    said = samples(finished)[len(OPENING) // 2 + 48 * PAUSE_AFTER_CHIME_MS : -48 * CLOSING_PAUSE_MS - len(CLOSING) // 2]
    assert len(said) == pytest.approx(96_000, abs=1)
    assert np.abs(np.fft.rfft(said[24_000:72_000])).argmax() == 1_000


def test_the_siren_is_as_loud_as_a_chime_and_its_wave_sweeps() -> None:
    finished = mastered(*VOICES["speech"], siren(), CLOSING)
    assert loudness_lufs(finished) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(finished) <= -1
    wave = samples(siren())
    assert len(wave) == 48 * SIREN_LENGTH_MS
    heard = [int(np.abs(np.fft.rfft(wave[at : at + 4_800], 48_000)).argmax()) for at in (2_400, 46_000, 94_000)]
    assert heard[0] < 600
    assert heard[1] > 1_000
    assert heard[2] < 600
