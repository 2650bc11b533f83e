"""Phrases are put into the reader's language, also when they were stored long ago or by another version."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.words.phrases import Phrase, PhrasedError, Value, as_written, kept_phrase, kept_text
from controller.words.sentences import SENTENCES
from controller.words.translation import Counted, speaking

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_PLAIN = st.one_of(_TEXTS, st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False))
_PHRASES: st.SearchStrategy[Phrase] = st.deferred(
    lambda: st.builds(
        lambda code, values: Phrase(code, **values),
        st.sampled_from(sorted(SENTENCES)),
        st.dictionaries(st.sampled_from(["why", "most", "time", "area"]), st.one_of(_PLAIN, _PHRASES), max_size=3),
    )
)

FULL = Phrase("too_many_sessions", most=2, day="25/11", area="Ấp 1")


def test_a_phrase_is_in_the_readers_language() -> None:
    assert str(FULL) == "Quá 2 buổi phát trong ngày 25/11 ở Ấp 1."
    with speaking("en"):
        assert str(FULL) == "More than 2 sessions on 25/11 in Ấp 1."
    assert str(FULL).startswith("Quá 2")


def test_a_count_of_one_is_singular_in_english() -> None:
    with speaking("en"):
        assert str(Phrase("too_many_sessions", most=1, day="25/11", area="Ấp 1")) == (
            "More than 1 session on 25/11 in Ấp 1."
        )


def test_a_phrase_within_another_is_in_the_same_language() -> None:
    phrase = Phrase("sound_failed", why=Phrase("speech_failed", why=Phrase("engine_offline")))
    assert str(phrase) == "Chưa làm được âm thanh: máy đọc không chạy được (không có mạng). Sửa rồi làm lại."
    with speaking("en"):
        assert str(phrase) == (
            "The sound could not be made: the voice doesn't work (there is no network). Correct that, then try again."
        )


def test_quantities_follow_the_language_and_names_do_not_change() -> None:
    assert str(Phrase("text_too_long", length=20_001, most=20_000)).startswith("Dài 20.001 ký tự, nhiều nhất 20.000.")
    assert str(Phrase("setting_wrong", name="x", variable="LOA_X", why=0.5)) == "x (hoặc LOA_X): 0,5."
    with speaking("en"):
        assert "20,001" in str(Phrase("text_too_long", length=20_001, most=20_000))
        assert str(Phrase("setting_wrong", name="x", variable="LOA_X", why=0.5)) == "x (or LOA_X): 0.5."
    assert "2027" in str(Phrase("year_range", first="2027", last="2030"))


@given(_PHRASES)
@example(Phrase("as_written"))
def test_a_stored_phrase_is_read_again(phrase: Phrase) -> None:
    again = Phrase.from_json(phrase.to_json())
    assert (again, hash(again), str(again)) == (phrase, hash(phrase), str(phrase))
    assert kept_phrase(kept_text(phrase)) == phrase


@pytest.mark.parametrize(
    "text",
    [
        "Quá 2 buổi phát trong ngày 25/11 ở Ấp 1.",
        "",
        "2",
        "null",
        '"x"',
        "[]",
        "{}",
        '{"code": 1, "values": {}}',
        '{"code": "x", "values": []}',
        '{"code": "x", "values": {"a": null}}',
        '{"code": "x", "values": {"a": [1]}}',
        '{"code": "x", "values": {"a": true}}',
        '{"code": "x", "values": {}, "more": 1}',
        '{"code": "x"',
    ],
)
def test_any_other_stored_text_is_a_plain_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a phrase|Expecting|Unterminated"):
        Phrase.from_json(text)
    assert str(kept_phrase(text)) == text
    assert kept_text(kept_phrase(text)) == text
    with speaking("en"):
        assert str(kept_phrase(text)) == text


@pytest.mark.parametrize(
    "of_another_version",
    [
        Phrase("eaten_by_goats", how_many=3, where="Ấp 1"),
        Phrase("too_many_sessions", sessions=2),  # a known code with other values
        Phrase("too_many_sessions", most="hai", day="25/11", area="Ấp 1"),  # the count is no number
    ],
)
def test_a_phrase_with_an_unknown_code_shows_code_and_values(of_another_version: Phrase) -> None:
    for language, tells in (("vi", "Báo kỹ thuật viên"), ("en", "Tell the technician")):
        with speaking("en" if language == "en" else "vi"):
            said = str(of_another_version)
        assert tells in said
        assert of_another_version.code in said
        for name, value in of_another_version.values.items():
            assert f"{name}: {value}" in said


def test_phrases_with_the_same_code_and_values_are_equal() -> None:
    assert Phrase("too_many_sessions", area="Ấp 1", day="25/11", most=2) == FULL
    assert Phrase("too_many_sessions", area="Ấp 2", day="25/11", most=2) != FULL
    assert len({FULL, Phrase("too_many_sessions", area="Ấp 1", day="25/11", most=2)}) == 1


def test_the_text_of_an_error_is_in_the_readers_language() -> None:
    values: dict[str, Value] = {"most": 2, "day": "25/11", "area": "Ấp 1"}
    for error in (PhrasedError("too_many_sessions", **values), PhrasedError(FULL)):
        assert error.phrase == FULL
        assert str(error) == str(FULL)
        with speaking("en"):
            assert str(error) == str(FULL)


def test_a_sentence_without_a_code_is_not_translated() -> None:
    assert str(as_written("100 % {x}")) == "100 % {x}"


def test_a_sentence_with_a_count_shows_the_count() -> None:
    counted = [each for each in SENTENCES.values() if isinstance(each, Counted)]
    assert len(counted) > 1
    assert all(f"{{{each.by}}}" in each.text for each in counted)


def test_the_json_of_a_phrase_is_code_and_values() -> None:
    nested = Phrase("older_words_kept", why=FULL)
    assert json.loads(nested.to_json()) == {
        "code": "older_words_kept",
        "values": {
            "why": {"code": "too_many_sessions", "values": {"most": 2, "day": "25/11", "area": "Ấp 1"}},
        },
    }
