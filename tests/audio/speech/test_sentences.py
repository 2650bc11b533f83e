"""Spoken words are cut into sentences, and no word is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.speech.sentences import MAX_SENTENCES, sentences_of


def _cut(words: str) -> list[str]:
    return [each.words for each in sentences_of(words)]


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        ("Kính thưa bà con. Sáng mai cúp điện!", ["Kính thưa bà con.", "Sáng mai cúp điện!"]),
        ("Ai đi? Tất cả; mang theo sổ… Hết", ["Ai đi?", "Tất cả;", "mang theo sổ…", "Hết"]),
        ("Ông nói: “Họp!” Rồi về.", ["Ông nói: “Họp!”", "Rồi về."]),
        ("Thư viện a.b.c mở cửa", ["Thư viện a.b.c mở cửa"]),
        ("Một\nHai", ["Một", "Hai"]),
        ("Kính mời bà con. - . Họp", ["Kính mời bà con. - .", "Họp"]),
        ("... Họp", ["... Họp"]),
        ("", []),
        ("—", ["—"]),
    ],
)
def test_a_text_is_cut_at_the_ends_of_sentences(words: str, cut: list[str]) -> None:
    assert _cut(words) == cut


def test_the_last_sentence_of_a_paragraph_is_marked() -> None:
    assert [each.ends_paragraph for each in sentences_of("Một. Hai.\n\nBa. Bốn")] == [False, True, False, True]


@given(st.text(st.sampled_from("ab .!?;…”\n,-1"), max_size=200))
def test_nothing_is_lost_but_white_space(words: str) -> None:
    assert " ".join(_cut(words)).split() == words.split()


@given(st.text(st.sampled_from("ab .!?;…”\n,-1"), max_size=200))
def test_each_sentence_has_a_letter_or_digit_unless_the_whole_text_has_none(words: str) -> None:
    cut = _cut(words)
    assert len(cut) < 2 or all(any(letter.isalnum() for letter in each) for each in cut)


def test_a_text_of_thousands_of_tiny_sentences_is_cut_into_few() -> None:
    assert len(_cut("a. " * 6_666)) <= MAX_SENTENCES
    assert len(_cut("Kính thưa bà con. " * 1_000)) <= 1_000
